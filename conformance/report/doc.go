// Package report makes of the results of package conformance what people and
// machines read: one HTML page with the wire log of each case, JSON that keeps
// everything, JUnit XML for CI, and a baseline of known faults, so that CI fails
// on new ones alone.
//
// What a peer has sent is hostile. No byte of it can leave its place in a page,
// in XML or in a baseline: what is not printable is written as an escape such as
// \x00, and payloads are base64 until they are shown.
//
// # JSON
//
// [WriteJSON] writes format "duplex-check", version 1, an object with the
// members "format", "version" and "runs". A run is an object with
//
//	agent        name of what was judged
//	role         "server" or "client"
//	address      URL of a server
//	profile      what was asked of the peer: "echo" or "any"
//	thin         whether the large cases were made smaller
//	suite        version of the suite
//	started      time of day, as RFC 3339 has it
//	duration_ns  how long it took, in nanoseconds
//	selected     how many cases were to be run; with fewer results it was cut short
//	results      an array, in the order of the cases
//
// and a result one with
//
//	id, title    of the case, as are section (its address), why and expect
//	verdict      "OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED" or "FAILED"
//	close        the verdict on closing, such as "OK" or "WRONG CODE"
//	reason       what was wrong or remarkable
//	peer_code    of the Close frame, 0 if there was none; suite_code likewise
//	started      as above, as is duration_ns
//	omitted      how many entries are missing in the middle of log
//	log          an array
//
// An entry of the log has at_ns (since the case began), from ("suite" or
// "peer"), and either note, a string, or frame, an object with fin, rsv (RSV1 is
// 4, RSV2 is 2, RSV3 is 1), opcode, masked, length, and data: the beginning of
// the payload, unmasked, in base64.
//
// Members that are empty may be left out. A later version may add members;
// [ReadJSON] refuses what it does not know rather than lose it.
package report
