package conformance

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/testenv"
)

// Whether a case needs an echo is what a server shows that has none: it passes
// those that do not, and fails those that do.
func TestCasesThatNeedAnEcho(t *testing.T) {
	for i, flaw := range []string{"keeps messages to itself", "talks by itself"} {
		if testenv.Race && i > 0 {
			break
		}
		opts := Options{Profile: Any, Thin: true}
		for _, r := range judge(t, true, flaw, opts) {
			if !r.Passed(true) || r.Verdict == Informational && r.Case.ending != tells && r.Case.probe == nil {
				t.Errorf("%s: %v", flaw, r)
			}
			if r.Case.NeedsEcho {
				t.Errorf("%s is selected and needs an echo", r.Case.ID)
			}
		}
	}
	for _, r := range judge(t, true, "keeps messages to itself", Options{Thin: true, Cases: []string{"-12.*", "-13.*", "12.1.1", "13.7.1"}}) {
		if r.Case.NeedsEcho && r.Case.ending != fails && r.Verdict == OK {
			t.Errorf("%s needs no echo", r.Case.ID)
		}
	}
}

// A server may refuse what it does not know, but not with impunity what is
// wrong.
func TestPoliciesAreNoFaults(t *testing.T) {
	for _, flaw := range []string{"refuses messages", "drops whoever sends a message"} {
		refused := 0
		for _, r := range judge(t, true, flaw, Options{Profile: Any, Thin: true}) {
			if !r.Passed(true) {
				t.Errorf("%s: %v", flaw, r)
			}
			if strings.HasPrefix(r.Reason, "the server may have refused") {
				refused++
			}
		}
		if refused == 0 {
			t.Errorf("%s: no result says so", flaw)
		}
	}
}

// What breaks the protocol is seen without an echo too.
func TestMutantsAreCaughtWithoutEcho(t *testing.T) {
	for _, m := range []mutant{
		{"forgets Pongs", servers, "5.6", Failed, CloseOK},
		{"accepts wrong masking", servers, "14.1.1", OK, CloseWrongSide},
		{"skips reserved opcodes", servers, "4.1.3", Failed, CloseWrongSide},
		{"sets RSV1", servers, "3.2", Failed, CloseUnclean},
		{"never checks UTF-8", servers, "6.3.1", Failed, CloseUnclean},
		{"fails with 1000", servers, "2.5", OK, CloseWrongCode},
		{"never answers Close", servers, "7.3.3", OK, CloseUnclean},
		{"answers Close with 1001", servers, "7.1.4", Failed, CloseWrongCode},
	} {
		for _, r := range judge(t, true, m.flaw, Options{Profile: Any, Cases: []string{m.id}}) {
			if r.Verdict != m.verdict || r.Close != m.close {
				t.Errorf("%s: %v\nclose %v; wanted %v, close %v", m.flaw, r, r.Close, m.verdict, m.close)
			}
		}
	}
}

func TestLogin(t *testing.T) {
	welcome := LoginStep{Send: "open sesame", Expect: regexp.MustCompile(`^welcome, \d+$`)}
	for _, c := range []struct {
		login   []LoginStep
		profile Profile
		reason  string
		close   CloseVerdict
	}{
		{[]LoginStep{welcome}, Any, "", CloseOK},
		{[]LoginStep{{Send: "open sesame"}, {Expect: welcome.Expect}}, Echo, "", CloseOK},
		{[]LoginStep{{Send: "knock", Expect: welcome.Expect}}, Any, "the peer closed with 4401", CloseNoHandshake},
		{[]LoginStep{{Expect: welcome.Expect}}, Any, "no text came that matches", CloseNoHandshake},
	} {
		results := judge(t, true, "wants a login", Options{Profile: c.profile, Login: c.login, Timeout: time.Second, Cases: []string{"3.2", "7.3.4"}})
		if len(results) != 2 {
			t.Fatalf("%d results", len(results))
		}
		for _, r := range results {
			if r.Close != c.close || !strings.Contains(r.Reason, c.reason) || r.Passed(true) != (c.close == CloseOK) {
				t.Errorf("%+v: %v, close %v", c.login, r, r.Close)
			}
		}
	}
}

func TestProfileLeavesNothing(t *testing.T) {
	opts := Options{Profile: Any, Cases: []string{"1.*"}}
	if cases, err := opts.cases(); err == nil {
		t.Errorf("%d cases", len(cases))
	}
}
