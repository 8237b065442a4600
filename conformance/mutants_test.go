package conformance

import (
	"slices"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
)

func TestRightEndpointsPass(t *testing.T) {
	for _, flaw := range []string{"", "fails without a word", "echoes in fragments"} {
		if testenv.Race && flaw != "" {
			break
		}
		for _, asServer := range []bool{true, false} {
			t.Run(side(asServer)+" "+flaw, func(t *testing.T) {
				opts := Options{Thin: true}
				switch {
				case testenv.Race:
					opts.Cases = []string{"-9.*", "-10.*", "-12.*", "-13.*", "-17.*", "-18.*"}
				case flaw != "":
					opts.Cases = []string{"-9.*", "-12.*", "-13.*", "-14.5.*", "-17.*"}
				case !testenv.Full():
					opts.Cases = []string{"-12.*", "-13.*", "12.*.6", "13.*.12"}
				}
				results := judge(t, asServer, flaw, opts)
				if want, _ := opts.casesFor(role(asServer)); len(results) != len(want) {
					t.Errorf("%d results of %d cases", len(results), len(want))
				}
				for _, r := range results {
					if !r.Passed(true) {
						t.Error(r)
					}
				}
			})
		}
	}
}

// Compressed messages may come in fragments too.
func TestCompressedFragmentsPass(t *testing.T) {
	for _, asServer := range []bool{true, false} {
		for _, r := range judge(t, asServer, "compresses into fragments", Options{Thin: true, Cases: []string{"12.2.5", "13.*.11", "14.5.*"}}) {
			if r.Verdict != OK || r.Close != CloseOK {
				t.Error(r)
			}
		}
	}
}

func side(asServer bool) string {
	if asServer {
		return "server"
	}
	return "client"
}

func role(asServer bool) Roles {
	if asServer {
		return Servers
	}
	return Clients
}

// Which endpoints can have a flaw.
const (
	servers = Servers
	clients = Clients
	both    = Servers | Clients
)

// A mutant is a flaw, and the case that must see it.
type mutant struct {
	flaw    string
	roles   Roles
	id      string
	verdict Verdict
	close   CloseVerdict
}

// either stands where both sides close at once, and one is first.
const either CloseVerdict = 0xff

var mutants = []mutant{
	// Masking and lengths.
	{"accepts wrong masking", both, "14.1.1", Failed, CloseWrongSide},
	{"accepts wrong masking", both, "14.1.2", Failed, CloseWrongSide},
	{"masks wrongly", both, "1.1.1", Failed, CloseUnclean},
	{"does not mask what it announces as masked", clients, "1.2.2", Failed, CloseUnclean},
	{"unmasks each thousand and one octets anew", servers, "1.2.8", Failed, CloseOK},
	{"unmasks with the key of the first fragment", servers, "9.4.5", Failed, CloseOK},
	{"accepts long lengths", both, "14.2.2", Failed, CloseWrongSide},
	{"accepts long lengths", both, "14.2.5", Failed, CloseWrongSide},
	{"accepts long lengths of control frames", both, "14.2.6", Failed, CloseWrongSide},
	{"ignores the highest bit of a length", both, "14.2.7", Failed, CloseWrongSide},
	{"waits for what is announced", both, "14.2.8", NonStrict, CloseOK},
	{"sends long lengths", both, "1.1.1", Failed, CloseUnclean},
	{"sends 65535 in nine octets", both, "1.2.6", Failed, CloseUnclean},
	{"takes lengths for signed", both, "1.1.6", Failed, CloseWrongSide},

	// Messages.
	{"echoes text as binary", both, "1.1.2", Failed, CloseOK},
	{"echoes in upper case", both, "6.2.1", Failed, CloseOK},
	{"drops the last octet", both, "1.2.2", Failed, CloseOK},
	{"forgets empty messages", both, "1.1.1", Failed, CloseOK},
	{"echoes twice", both, "1.2.1", Failed, CloseOK},
	{"cuts at 64 KiB", both, "9.1.6", Failed, CloseOK},
	{"swaps halves of long messages", both, "9.1.1", Failed, CloseOK},
	{"takes no more than 128 KiB", both, "9.2.6", Failed, CloseWrongSide},
	{"takes no more than 1000 fragments", both, "9.3.1", Failed, CloseWrongSide},
	{"sends a reserved opcode", both, "1.2.1", Failed, CloseUnclean},
	{"sets RSV1", both, "1.1.1", Failed, CloseUnclean},
	{"never ends a message", both, "1.1.2", Failed, CloseOK},

	// Pings and Pongs.
	{"forgets Pongs", both, "2.1", Failed, CloseOK},
	{"sends empty Pongs", both, "2.2", Failed, CloseOK},
	{"takes the payload of a Pong for text", both, "2.3", Failed, CloseOK},
	{"cuts Pongs at 124 octets", both, "2.4", Failed, CloseOK},
	{"accepts long control frames", both, "2.5", Failed, CloseUnclean},
	{"answers Pongs", both, "2.7", Failed, CloseOK},
	{"answers the newest Ping alone", both, "2.10", Failed, CloseOK},

	// What is reserved.
	{"accepts RSV1", both, "3.4", Failed, CloseWrongSide},
	{"accepts RSV1", both, "14.3.1", Failed, CloseWrongSide},
	{"accepts RSV2", both, "3.2", Failed, CloseWrongSide},
	{"accepts RSV3", both, "3.1", Failed, CloseWrongSide},
	{"skips reserved opcodes", both, "4.1.1", OK, CloseWrongSide},
	{"skips reserved opcodes", both, "4.1.3", Failed, CloseWrongSide},
	{"takes reserved opcodes for text", both, "4.1.2", Failed, CloseUnclean},
	{"skips reserved control opcodes", both, "4.2.1", OK, CloseWrongSide},
	{"skips reserved control opcodes", both, "4.2.5", Failed, CloseWrongSide},

	// Fragments.
	{"accepts fragmented control frames", both, "5.1", Failed, CloseOK},
	{"accepts messages inside messages", both, "5.18", Failed, CloseWrongSide},
	{"accepts a continuation of nothing", both, "5.9", Failed, CloseWrongSide},
	{"takes each fragment for a message", both, "5.3", Failed, either},
	{"holds Pongs back inside a message", both, "5.6", Failed, CloseOK},
	{"loses a message when a Ping comes", both, "5.7", Failed, CloseOK},
	{"echoes in fragments, each with the opcode", both, "1.1.2", Failed, CloseUnclean},
	{"refuses empty fragments", both, "6.1.2", Failed, CloseWrongSide},

	// UTF-8.
	{"never checks UTF-8", both, "6.3.1", Failed, CloseUnclean},
	{"checks UTF-8 at the end of a message", both, "6.4.1", NonStrict, CloseOK},
	{"checks UTF-8 at the end of a message", both, "6.4.4", NonStrict, CloseOK},
	{"checks UTF-8 at the end of a frame", both, "6.4.2", OK, CloseOK},
	{"checks UTF-8 at the end of a frame", both, "6.4.3", NonStrict, CloseOK},
	{"checks UTF-8 of each frame alone", both, "6.2.3", Failed, CloseWrongSide},
	{"accepts text that ends inside a character", both, "6.6.1", Failed, CloseUnclean},
	{"accepts surrogates", both, "6.20.1", Failed, CloseUnclean},
	{"accepts too long forms", both, "6.17.1", Failed, CloseUnclean},
	{"accepts what lies beyond U+10FFFF", both, "6.11.5", Failed, CloseUnclean},
	{"accepts forms of five octets", both, "6.8.1", Failed, CloseUnclean},
	{"refuses non-characters", both, "6.22.1", Failed, CloseWrongSide},
	{"refuses NUL", both, "6.7.1", Failed, CloseWrongSide},

	// Failing.
	{"ignores every fault", both, "4.1.1", OK, CloseWrongSide},
	{"ignores every fault", both, "6.3.1", Failed, CloseWrongSide},
	{"fails with 1000", both, "2.5", OK, CloseWrongCode},
	{"fails with 1007 always", both, "3.1", OK, CloseWrongCode},
	{"fails with 1002 always", both, "6.3.1", OK, CloseWrongCode},
	{"fails with 1006", both, "5.1", Failed, CloseUnclean},

	// Closing.
	{"closes behind its first echo", both, "9.7.1", Failed, CloseWrongSide},
	{"drops the connection behind its first echo", both, "9.7.1", Failed, CloseWrongSide},
	{"goes on behind the Close frame", both, "7.1.3", Failed, CloseUnclean},
	{"goes on behind the Close frame", both, "7.1.4", Failed, CloseUnclean},
	{"answers Close, then sends a Ping", both, "7.1.1", Failed, CloseUnclean},
	{"answers Close twice", both, "7.3.3", Failed, CloseUnclean},
	{"never answers Close", both, "7.3.3", OK, CloseUnclean},
	{"drops instead of answering Close", both, "7.1.1", OK, CloseUnclean},
	{"answers Close with 1001", both, "7.3.3", Failed, CloseWrongCode},
	{"answers Close with a code of one octet", both, "7.3.3", Failed, CloseUnclean},
	{"overlooks Close inside a message", both, "7.1.5", Failed, CloseUnclean},
	{"accepts Close with one octet", both, "7.3.2", Failed, CloseWrongCode},
	{"refuses long reasons", both, "7.3.5", Failed, CloseWrongCode},
	{"accepts long control frames", both, "7.3.6", Failed, CloseWrongCode},
	{"never checks the reason", both, "7.5.1", Failed, CloseWrongCode},
	{"knows no private codes", both, "7.7.10", Failed, CloseWrongCode},
	{"knows no code above 1011", both, "14.4.1", OK, CloseWrongCode},
	{"accepts codes below 1000", both, "7.9.2", Failed, CloseUnclean},
	{"accepts codes that stand for no Close frame", both, "7.9.3", Failed, CloseUnclean},
	{"accepts codes that stand for no Close frame", both, "14.4.4", Failed, CloseUnclean},
	{"accepts codes of nobody", both, "7.9.7", Failed, CloseUnclean},
	{"leaves the end to the other side", servers, "7.1.1", OK, CloseNotDropped},
	{"never ends the transport", servers, "7.3.1", OK, CloseNotDropped},

	// Compression.
	{"keeps its window", both, "13.2.3", Failed, CloseUnclean},
	{"uses a wider window", both, "13.3.5", Failed, CloseUnclean},
	{"forgets the window of the other side", clients, "12.1.3", Failed, CloseWrongSide},
	{"does not compress what it marks", both, "12.1.3", Failed, CloseUnclean},
	{"damages a compressed message", both, "12.2.2", Failed, CloseUnclean},
	{"marks each fragment as compressed", both, "12.3.4", Failed, CloseUnclean},
	{"drops the last octet", both, "12.4.5", Failed, CloseOK},
	{"cuts at 64 KiB", both, "12.5.10", Failed, CloseOK},
	{"declines compression", both, "13.1.1", Unimplemented, CloseOK},
	{"has no client_max_window_bits", clients, "13.4.1", Unimplemented, CloseOK},
	{"answers a wider window", servers, "13.3.1", OK, CloseOK},
	{"answers a wider window", servers, "14.5.2", Failed, CloseNoHandshake},
	{"does not grant a reset", servers, "13.2.1", OK, CloseOK},
	{"does not grant a reset", servers, "14.5.1", Failed, CloseNoHandshake},
	{"answers a parameter twice", servers, "12.1.1", Failed, CloseNoHandshake},
	{"answers an unknown parameter", servers, "12.1.1", Failed, CloseNoHandshake},
	{"answers a window of 16", servers, "12.1.1", Failed, CloseNoHandshake},
	{"answers a window without a value", servers, "12.1.1", Failed, CloseNoHandshake},
	{"answers two extensions", servers, "12.1.1", Failed, CloseNoHandshake},

	// The opening handshake.
	{"answers 200", servers, "1.1.1", Failed, CloseNoHandshake},
	{"knows websocket in lower case alone", servers, "1.1.1", Failed, CloseNoHandshake},
	{"answers another key", servers, "1.1.1", Failed, CloseNoHandshake},
	{"answers without Upgrade", servers, "1.1.1", Failed, CloseNoHandshake},
	{"answers without Connection", servers, "1.1.1", Failed, CloseNoHandshake},
	{"chooses a subprotocol unasked", servers, "1.1.1", Failed, CloseNoHandshake},
	{"accepts an extension unasked", servers, "1.1.1", Failed, CloseNoHandshake},
	{"hangs up", servers, "1.1.1", Failed, CloseNoHandshake},
	{"answers without Sec-WebSocket-Accept", servers, "1.1.1", Failed, CloseNoHandshake},
	{"asks for version 8", clients, "1.1.1", Failed, CloseNoHandshake},
	{"has a short key", clients, "1.1.1", Failed, CloseNoHandshake},
	{"has no key", clients, "1.1.1", Failed, CloseNoHandshake},
	{"has two keys", clients, "1.1.1", Failed, CloseNoHandshake},
	{"does not ask for an upgrade", clients, "1.1.1", Failed, CloseNoHandshake},
	{"does not name Upgrade in Connection", clients, "1.1.1", Failed, CloseNoHandshake},
	{"posts", clients, "1.1.1", Failed, CloseNoHandshake},
}

// Under the race detector every fifth is caught; make test catches all without it.
func TestMutantsAreCaught(t *testing.T) {
	for i, m := range slices.Concat(mutants, openingMutants, compressionMutants, enduranceMutants, closingMutants) {
		if testenv.Race && i%5 != 0 {
			continue
		}
		for _, asServer := range []bool{true, false} {
			if m.roles&role(asServer) == 0 {
				continue
			}
			t.Run(side(asServer)+" "+m.flaw+" "+m.id, func(t *testing.T) {
				results := judge(t, asServer, m.flaw, Options{Thin: true, Cases: []string{m.id}})
				if len(results) != 1 {
					t.Fatalf("%d results", len(results))
				}
				if r := results[0]; r.Verdict != m.verdict || r.Close != m.close && m.close != either {
					t.Errorf("%v\nclose %v; wanted %v, close %v", r, r.Close, m.verdict, m.close)
				}
			})
		}
	}
}
