package conformance

import (
	"strings"
	"testing"
)

// enduranceMutants are caught by group 18.
var enduranceMutants = []mutant{
	{"answers the newest Ping alone", both, "18.1.1", OK, CloseOK},
	{"answers the first 1000 Pings alone", both, "18.1.1", Failed, CloseOK},
	{"answers the first 1000 Pings alone", both, "18.1.2", Failed, CloseOK},
	{"closes a flood with 1002", both, "18.1.1", OK, CloseWrongCode},
	{"closes a flood with 1002", both, "18.1.3", OK, CloseWrongCode},
	{"serves one connection at a time", servers, "18.1.2", Failed, CloseOK},
	{"answers Pongs", both, "18.1.3", Failed, CloseOK},
	{"takes no more than 1000 fragments", both, "18.1.4", OK, CloseOK},
	{"refuses empty fragments", both, "18.1.4", OK, CloseWrongCode},
	{"takes each fragment for a message", both, "18.1.4", Failed, either},
	{"serves one connection at a time", servers, "18.1.5", Failed, CloseOK},
	{"dies of long frames", servers, "18.1.5", Failed, CloseOK},
	{"unmasks each thousand and one octets anew", servers, "18.2.1", Failed, either},
	{"cuts at 64 KiB", both, "18.2.2", Failed, CloseOK},
	{"serves one connection at a time", servers, "18.2.3", Failed, CloseOK},
	{"loses the tenth message", servers, "18.2.3", OK, CloseWrongSide},
	{"swaps halves of long messages", servers, "18.2.3", Failed, CloseWrongSide},
	{"dies of resets", servers, "18.3.5", Failed, CloseOK},
	{"dies of resets", servers, "18.3.4", Failed, CloseOK},
	{"dies of resets", servers, "18.3.8", Failed, CloseOK},
	{"drops the last octet", servers, "18.3.8", Failed, CloseWrongSide},
	{"forgets Pongs", servers, "18.3.2", Failed, CloseOK},
}

// closingMutants are caught by group 19.
var closingMutants = []mutant{
	{"drops what waits when Close comes", both, "19.1.1", NonStrict, CloseOK},
	{"drops what waits when Close comes", both, "19.1.3", NonStrict, CloseOK},
	{"closes behind its first echo", both, "19.1.3", NonStrict, CloseOK},
	{"echoes text as binary", both, "19.1.3", Failed, CloseOK},
	{"goes on behind the Close frame", both, "19.1.4", Failed, CloseUnclean},
	{"goes on behind the Close frame", both, "19.1.5", Failed, CloseUnclean},
	{"goes on behind the Close frame", both, "19.1.6", Failed, CloseUnclean},
	{"goes on behind the Close frame", both, "19.1.8", Failed, CloseUnclean},
	{"overlooks Close inside a message", both, "19.1.10", OK, CloseUnclean},
	{"forgets Pongs", both, "19.1.10", Failed, CloseOK},
	{"never answers Close", both, "19.1.11", OK, CloseUnclean},
	{"refuses long reasons", both, "19.1.12", OK, CloseWrongCode},
	{"never checks the reason", both, "19.1.13", OK, CloseWrongCode},
	{"resets instead of ending", servers, "19.2.1", NonStrict, CloseOK},
	{"leaves the end to the other side", servers, "19.2.1", OK, CloseNotDropped},
	{"resets instead of ending", both, "19.2.2", NonStrict, CloseOK},
	{"resets instead of ending", both, "19.2.3", NonStrict, CloseOK},
	{"drops instead of answering Close", both, "19.2.3", OK, CloseUnclean},
	{"waits for a peer that is gone", both, "19.2.4", OK, CloseWrongSide},
	{"answers the end with 1006", both, "19.2.4", Failed, CloseUnclean},
	{"waits for a peer that is gone", both, "19.2.5", OK, CloseWrongSide},
	{"waits for a peer that is gone", both, "19.2.6", OK, CloseWrongSide},
	{"echoes what is not whole", both, "19.2.6", Failed, CloseOK},
	{"echoes what is not whole", both, "19.2.7", Failed, CloseOK},
	{"waits for a peer that is gone", both, "19.2.8", OK, CloseWrongSide},
	{"waits for a peer that is gone", both, "19.2.9", Informational, CloseInformational},
	{"drops instead of answering Close", both, "19.2.10", OK, CloseUnclean},
	{"takes one message of a read", both, "19.3.1", Failed, either},
	{"takes one message of a read", both, "19.3.2", Failed, either},
	{"answers the newest Ping alone", both, "19.3.2", Failed, CloseOK},
	{"holds Pongs back inside a message", both, "19.3.3", Failed, CloseOK},
	{"unmasks each thousand and one octets anew", servers, "19.3.7", Failed, CloseOK},
	{"takes lengths for signed", both, "19.3.6", OK, CloseOK},
}

// A server that is gone did not fail the cases that come then, and the one that
// ended it has often passed.
func TestServerThatIsGone(t *testing.T) {
	opts := Options{Cases: []string{"14.2.6", "14.2.8", "14.3.*"}, Parallel: 1}
	results := judge(t, true, "dies of long frames", opts)
	for _, r := range results {
		after := strings.HasPrefix(r.Case.ID, "14.3.")
		blamed := strings.Contains(r.Reason, "no longer accepts connections; when it still did, it was busy with 14.2.8: ")
		if after != blamed || after != (r.Close == CloseNoHandshake) {
			t.Errorf("%v, close %v", r, r.Close)
		}
	}
}
