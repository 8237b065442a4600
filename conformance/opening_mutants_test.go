package conformance

import "testing"

// openingMutants have flaws in their opening handshake.
var openingMutants = []mutant{
	// Servers: the request line, Upgrade and Connection.
	{"accepts POST", servers, "15.1.4", Failed, CloseOK},
	{"accepts any method", servers, "15.1.6", Failed, CloseOK},
	{"accepts any method", servers, "15.1.8", Failed, CloseOK},
	{"accepts methods in lower case", servers, "15.1.7", Failed, CloseOK},
	{"answers 405 without Allow", servers, "15.1.4", NonStrict, CloseOK},
	{"accepts HTTP/1.0", servers, "15.1.9", Failed, CloseOK},
	{"refuses HTTP/1.2", servers, "15.1.10", NonStrict, CloseOK},
	{"reads a head at once", servers, "15.1.12", Failed, CloseNoHandshake},
	{"knows Connection: Upgrade alone", servers, "15.2.1", Failed, CloseNoHandshake},
	{"knows Connection: Upgrade alone", servers, "15.1.2", Failed, CloseNoHandshake},
	{"knows websocket in lower case alone", servers, "15.2.5", Failed, CloseNoHandshake},
	{"knows websocket in lower case alone", servers, "15.2.10", NonStrict, CloseOK},
	{"knows names of fields in one case", servers, "15.2.6", Failed, CloseNoHandshake},
	{"does not trim values", servers, "15.2.9", Failed, CloseNoHandshake},
	{"does not need Upgrade", servers, "15.2.12", Failed, CloseOK},
	{"finds websocket anywhere", servers, "15.2.14", Failed, CloseOK},
	{"does not need Connection", servers, "15.2.15", Failed, CloseOK},
	{"answers 426 without Upgrade", servers, "15.2.12", NonStrict, CloseOK},

	// Key, version and host.
	{"does not need a key", servers, "15.3.1", Failed, CloseOK},
	{"takes the first of two keys", servers, "15.3.3", Failed, CloseOK},
	{"takes the first of two keys", servers, "15.3.4", NonStrict, CloseOK},
	{"never decodes the key", servers, "15.3.5", NonStrict, CloseOK},
	{"never decodes the key", servers, "15.3.8", NonStrict, CloseOK},
	{"does not trim values", servers, "15.3.12", Failed, CloseNoHandshake},
	{"hangs up instead of refusing", servers, "15.3.1", Failed, CloseOK},
	{"stands still instead of refusing", servers, "15.3.1", Failed, CloseOK},
	{"ignores the version", servers, "15.4.2", NonStrict, CloseOK},
	{"ignores the version", servers, "15.4.4", Failed, CloseOK},
	{"reads the beginning of the version", servers, "15.4.7", Failed, CloseOK},
	{"does not tell its version", servers, "15.4.1", Failed, CloseOK},
	{"answers a wrong version with 400", servers, "15.4.1", NonStrict, CloseOK},
	{"does not need Host", servers, "15.5.1", Failed, CloseOK},
	{"takes the first of two Hosts", servers, "15.5.2", Failed, CloseOK},

	// Bodies, and what stands behind.
	{"reads a body and goes on", servers, "15.6.3", NonStrict, CloseOK},
	{"takes a body for frames", servers, "15.6.3", Failed, either},
	{"takes a body for frames", servers, "15.6.6", Failed, CloseWrongSide},
	{"overlooks Transfer-Encoding", servers, "15.6.14", Failed, CloseOK},
	{"takes the last of two lengths", servers, "15.6.9", Failed, CloseOK},
	{"reads lengths as integers", servers, "15.6.10", Failed, CloseOK},
	{"answers 100 too late", servers, "15.6.7", Failed, CloseUnclean},
	{"serves what is behind a refusal", servers, "15.6.6", Failed, CloseOK},
	{"serves what is behind a refusal", servers, "15.6.13", Failed, CloseOK},
	{"serves what is behind a refusal", servers, "15.7.10", NonStrict, CloseOK},
	{"serves what is behind a refusal", servers, "15.7.11", NonStrict, CloseOK},
	{"serves what is behind a handshake", servers, "15.7.9", Failed, CloseUnclean},
	{"drops early frames", servers, "15.7.1", Failed, CloseOK},
	{"drops early frames", servers, "15.7.4", Failed, CloseOK},
	{"takes early frames twice", servers, "15.7.2", Failed, CloseOK},
	{"loses a part of early frames", servers, "15.7.6", Failed, either},

	// HTTP.
	{"skips white space in front of a colon", servers, "15.8.14", Failed, CloseOK},
	{"serves what is behind a refusal", servers, "15.8.14", Failed, CloseOK},
	{"knows no absolute form", servers, "15.9.1", Failed, CloseNoHandshake},
	{"takes any target", servers, "15.9.4", NonStrict, CloseOK},
	{"unescapes the query", servers, "15.9.7", Failed, CloseOK},
	{"takes any number of fields", servers, "15.10.5", NonStrict, CloseOK},
	{"takes any number of fields", servers, "15.10.6", NonStrict, CloseOK},
	{"serves twenty clients", servers, "15.14.5", Failed, CloseOK},
	{"stays when its client has left", servers, "15.14.2", NonStrict, CloseOK},
	{"stays when its client has left", servers, "15.14.6", NonStrict, CloseOK},
	{"upgrades whatever comes", servers, "15.14.3", Failed, CloseOK},
	{"waits for ever", servers, "15.10.8", Informational, CloseOK},

	// Answers.
	{"ends lines in LF", servers, "15.1.1", Failed, CloseOK},
	{"answers in HTTP/1.0", servers, "15.1.1", Failed, CloseOK},
	{"answers two protocols", servers, "15.1.1", Failed, CloseOK},
	{"answers another key", servers, "15.1.2", Failed, CloseOK},
	{"tells the length of nothing", servers, "15.1.1", NonStrict, CloseOK},
	{"chooses what was offered", servers, "15.11.1", Failed, CloseOK},
	{"chooses what was offered", servers, "15.11.6", Failed, CloseOK},
	{"accepts every extension", servers, "15.12.1", Failed, CloseOK},
	{"refuses unknown extensions", servers, "15.12.1", Failed, CloseNoHandshake},

	// Clients: what they ask.
	{"does not wait for the answer", clients, "16.1.1", Failed, CloseOK},
	{"does not wait for the answer", clients, "16.2.1", Failed, CloseOK},
	{"has a body", clients, "16.1.1", Failed, CloseUnclean},
	{"has an empty Host", clients, "16.1.1", Failed, CloseOK},
	{"offers a subprotocol twice", clients, "16.1.1", Failed, CloseOK},
	{"offers extensions in no form", clients, "16.1.1", Failed, CloseOK},
	{"posts", clients, "16.1.1", Failed, CloseNoHandshake},

	// What they do not take.
	{"knows websocket in lower case alone", clients, "16.2.3", Failed, CloseNoHandshake},
	{"knows Connection: Upgrade alone", clients, "16.2.4", Failed, CloseNoHandshake},
	{"knows Connection: Upgrade alone", clients, "16.2.5", Failed, CloseNoHandshake},
	{"knows names of fields in one case", clients, "16.2.7", Failed, CloseNoHandshake},
	{"does not trim values", clients, "16.2.10", Failed, CloseNoHandshake},
	{"takes the first answer for the last", clients, "16.2.16", NonStrict, CloseOK},
	{"takes the first answer for the last", clients, "16.2.17", NonStrict, CloseOK},
	{"drops early frames", clients, "16.3.1", Failed, CloseOK},
	{"takes early frames twice", clients, "16.3.2", Failed, CloseOK},

	// What they should not take.
	{"ignores Sec-WebSocket-Accept", clients, "16.4.1", Failed, CloseOK},
	{"ignores Sec-WebSocket-Accept", clients, "16.4.3", Failed, CloseOK},
	{"needs Sec-WebSocket-Accept only if there is one", clients, "16.4.1", Failed, CloseOK},
	{"ignores the case of Sec-WebSocket-Accept", clients, "16.4.6", Failed, CloseOK},
	{"compares the beginning of Sec-WebSocket-Accept", clients, "16.4.7", Failed, CloseOK},
	{"takes one of several Sec-WebSocket-Accept", clients, "16.4.11", Failed, CloseOK},
	{"takes one of several Sec-WebSocket-Accept", clients, "16.4.13", NonStrict, CloseOK},
	{"takes any status line", clients, "16.5.1", NonStrict, CloseOK},
	{"takes any status line", clients, "16.5.4", NonStrict, CloseOK},
	{"takes any status line", clients, "16.5.5", Failed, CloseOK},
	{"takes any status", clients, "16.5.7", Failed, CloseOK},
	{"does not need Upgrade", clients, "16.5.9", Failed, CloseOK},
	{"finds websocket anywhere", clients, "16.5.12", Failed, CloseOK},
	{"finds websocket anywhere", clients, "16.5.13", Failed, CloseOK},
	{"does not need Connection", clients, "16.5.14", Failed, CloseOK},
	{"takes any subprotocol", clients, "16.5.17", Failed, CloseOK},
	{"takes any subprotocol", clients, "16.5.19", NonStrict, CloseOK},
	{"takes any extension", clients, "16.5.20", Failed, CloseOK},
	{"takes fields without a colon", clients, "16.7.6", NonStrict, CloseOK},
	{"stays when it is refused", clients, "16.6.3", NonStrict, CloseOK},
	{"closes when it is refused", clients, "16.4.3", NonStrict, CloseOK},
	{"asks again when it is refused", clients, "16.6.2", Failed, CloseOK},
	{"reads answers without end", clients, "16.8.1", NonStrict, CloseOK},
	{"reads refusals to their end", clients, "16.8.5", NonStrict, CloseOK},
}

// One connection alone does not show that a key is not new.
func TestReusedKeyIsSeen(t *testing.T) {
	for flaw, want := range map[string]Verdict{"": OK, "reuses its key": Failed} {
		results := judge(t, false, flaw, Options{Cases: []string{"1.1.2", "16.1.1"}})
		if len(results) != 2 || results[0].Verdict != OK || results[1].Verdict != want {
			t.Errorf("%q: %v, wanted OK and %v", flaw, results, want)
		}
	}
}
