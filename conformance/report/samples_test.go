package report_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/conformance"
	"github.com/duplexws/duplex/conformance/report"
)

var began = time.Date(2026, 3, 1, 12, 30, 0, 5000, time.UTC)

// hostile is what a peer would say to get out of a page, of XML, of a line or of
// a terminal.
const hostile = "</script><script>alert(1)</script>'\"`<!--<img src=x onerror=alert(1)>]]>\x00\x1b[2J\xff\u202e\u2028\r\n{{.}}"

// result is one of a case with a log of both sides.
func result(id string, v conformance.Verdict, c conformance.CloseVerdict, reason string) *conformance.Result {
	return &conformance.Result{
		Case: conformance.Case{
			ID: id, Title: "title of " + id, Section: "https://www.rfc-editor.org/rfc/rfc6455#section-5.2",
			Reason: "why " + id, Expect: "sends everything back",
		},
		Verdict: v, Close: c, Reason: reason, PeerCode: 1000, SuiteCode: 1002,
		Started: began, Duration: 1234567 * time.Nanosecond,
		Log: []conformance.Entry{
			{At: 10 * time.Microsecond, From: conformance.Suite, Note: "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
			{At: 20 * time.Microsecond, From: conformance.Peer, Note: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"},
			{At: 30 * time.Microsecond, From: conformance.Suite, Frame: &conformance.Frame{
				Final: true, RSV: 4, Opcode: conformance.OpText, Masked: true, Length: 5, Payload: []byte("hello")}},
			{At: 1500 * time.Millisecond, From: conformance.Peer, Frame: &conformance.Frame{
				Opcode: conformance.OpBinary, Length: 1 << 20, Payload: bytes.Repeat([]byte{0, 0xff}, 128)}},
			{At: 1600 * time.Millisecond, From: conformance.Peer, Frame: &conformance.Frame{
				Final: true, Opcode: conformance.OpClose, Length: 2, Payload: []byte{3, 232}}},
		},
	}
}

// run is one with a result of each kind.
func run(agent string) *report.Run {
	return &report.Run{
		Agent: agent, Role: report.Server, Address: "ws://127.0.0.1:9001/", Profile: "echo", Suite: "v1.2.3",
		Started: began, Duration: 3 * time.Second, Selected: 6,
		Results: []*conformance.Result{
			result("1.1.1", conformance.OK, conformance.CloseOK, ""),
			result("1.1.2", conformance.Failed, conformance.CloseUnclean, "came: nothing; wanted: text"),
			result("6.4.1", conformance.NonStrict, conformance.CloseOK, "not before the end"),
			result("7.1.5", conformance.OK, conformance.CloseWrongCode, "the peer closed with 1000"),
			result("7.13.1", conformance.Informational, conformance.CloseInformational, "came before the end: nothing"),
			result("12.1.1", conformance.Unimplemented, conformance.CloseOK, ""),
		},
	}
}

// hostileRun is one in which all that a peer can choose is hostile.
func hostileRun() *report.Run {
	r := run(hostile)
	r.Role, r.Address = report.Client, hostile
	for _, result := range r.Results {
		result.Reason = hostile
		result.Case.Title = hostile
		result.Log = append(result.Log,
			conformance.Entry{From: conformance.Peer, Note: hostile},
			conformance.Entry{From: conformance.Peer, Frame: &conformance.Frame{Final: true, Opcode: conformance.OpText, Length: uint64(len(hostile)), Payload: []byte(hostile)}})
	}
	return r
}

func written(t *testing.T, write func(b *bytes.Buffer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func asJSON(t *testing.T, runs ...*report.Run) string {
	t.Helper()
	return written(t, func(b *bytes.Buffer) error { return report.WriteJSON(b, runs) })
}

func names(results []*conformance.Result) string {
	var list []string
	for _, r := range results {
		list = append(list, r.Case.ID)
	}
	return strings.Join(list, " ")
}

func describe(runs []*report.Run) string {
	var list []string
	for _, r := range runs {
		list = append(list, fmt.Sprintf("%s: %s of %d", r.Agent, names(r.Results), r.Selected))
	}
	return strings.Join(list, "; ")
}
