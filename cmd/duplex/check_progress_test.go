package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/duplexws/duplex/conformance"
)

func resultOf(id string, v conformance.Verdict) *conformance.Result {
	return &conformance.Result{Case: conformance.Case{ID: id}, Verdict: v, Reason: "because\x1b"}
}

// told is what a progress writes in 24 s in which a case passes, another does
// not, a third is not strict, and the fourth comes late.
func told(t *testing.T, change func(*progress)) (written string) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		p := &progress{w: &b, total: 2, started: time.Now(), stop: make(chan struct{})}
		change(p)
		if !p.quiet {
			p.ended.Go(p.tell)
		}
		p.more(2)
		p.add(resultOf("1.1.1", conformance.OK))
		time.Sleep(6 * time.Second)
		p.add(resultOf("2.2", conformance.Failed))
		p.add(resultOf("6.4.1", conformance.NonStrict))
		time.Sleep(12 * time.Second)
		p.add(resultOf("7.1.1", conformance.OK))
		time.Sleep(6 * time.Second)
		p.end()
		p.add(resultOf("9.1.1", conformance.Failed))
		written = b.String()
	})
	return written
}

func TestProgress(t *testing.T) {
	const log = "1 of 4 cases, 0 failed, 5s\n\"2.2: FAILED: because\\x1b\"\n3 of 4 cases, 1 failed, 10s\n"
	if got := told(t, func(*progress) {}); got != log {
		t.Errorf("in a log\n%s\nwant\n%s", got, log)
	}
	if got := told(t, func(p *progress) { p.strict = true }); !strings.Contains(got, "\"6.4.1: NON-STRICT: because") || !strings.Contains(got, "2 failed") {
		t.Errorf("strictly\n%s", got)
	}
	if got := told(t, func(p *progress) { p.quiet = true }); got != "" {
		t.Errorf("quietly\n%s", got)
	}
}

// On a terminal there is one line, which changes, and gives way to what stays.
func TestProgressLive(t *testing.T) {
	got := told(t, func(p *progress) { p.live = true })
	screen := ""
	for _, part := range strings.SplitAfter(got, "\n") {
		lines := strings.Split(part, "\r\x1b[K")
		screen += lines[len(lines)-1]
	}
	if screen != "\"2.2: FAILED: because\\x1b\"\n" {
		t.Errorf("on the screen stays %q", screen)
	}
	for _, want := range []string{"\r\x1b[K1 of 4 cases, last 1.1.1, 0 failed, 0s", "\r\x1b[K3 of 4 cases, last 6.4.1, 1 failed, 18s\r\x1b[K"} {
		if !strings.Contains(got, want) {
			t.Errorf("the line never says %q:\n%q", want, got)
		}
	}
}
