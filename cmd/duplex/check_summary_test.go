package main

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/duplexws/duplex/conformance"
	"github.com/duplexws/duplex/conformance/report"
)

// What a peer has sent does not command the terminal.
func TestSummaryOfHostilePeers(t *testing.T) {
	const hostile = "\x1b]0;owned\a\u202e\xff\r\n"
	r := resultOf("1.1.1", conformance.Failed)
	r.Reason = hostile
	run := &report.Run{Agent: hostile, Duration: time.Second, Selected: 3, Results: []*conformance.Result{r}}
	var b strings.Builder
	(&summary{run: run, judged: new(report.Known).Judge(run, false)}).print(&b)
	if got := b.String(); strings.ContainsAny(got, "\x1b\a\r\u202e") || !utf8.ValidString(got) || !strings.Contains(got, `\x1b]0;owned\a\u202e\xff`) {
		t.Errorf("it prints %q", got)
	}
	if want := "FAILED: 1 fault, 2 cases not run\n"; !strings.Contains(b.String(), want) {
		t.Errorf("it prints\n%s\nwithout %q", b.String(), want)
	}
}

func TestSummaryFoldsOneReason(t *testing.T) {
	run := &report.Run{Agent: "a", Selected: 2}
	for _, id := range []string{"1.1.1", "1.1.2"} {
		r := resultOf(id, conformance.Failed)
		r.Close, r.Reason = conformance.CloseNoHandshake, "the server refuses"
		run.Results = append(run.Results, r)
	}
	printed := func() string {
		var b strings.Builder
		(&summary{run: run, judged: new(report.Known).Judge(run, false)}).print(&b)
		return b.String()
	}
	if got := printed(); strings.Count(got, "the server refuses") != 1 || !strings.Contains(got, "2 faults, all for the same reason:") {
		t.Errorf("one reason is told as\n%s", got)
	}
	run.Results[1].Reason = "the server hangs up"
	if got := printed(); !strings.Contains(got, "the server refuses") || !strings.Contains(got, "the server hangs up") {
		t.Errorf("two reasons are told as\n%s", got)
	}
}
