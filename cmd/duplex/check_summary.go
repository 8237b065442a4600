package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/duplexws/duplex/conformance"
	"github.com/duplexws/duplex/conformance/report"
)

// A summary tells a person what became of a run.
type summary struct {
	run      *report.Run
	judged   *report.Judgement
	strict   bool
	baseline string // the file of known faults
	html     string // the report
}

func (s *summary) print(w io.Writer) {
	var b strings.Builder
	r := s.run
	fmt.Fprintf(&b, "\n%s: %s in %v\n", clean(r.Agent), count(len(r.Results), "case"), r.Duration.Round(100*time.Millisecond))
	s.faults(&b)
	s.fixed(&b)
	fmt.Fprintf(&b, "\n%s\n", counts(conformance.Summarize(r.Results)))
	s.conclusion(&b)
	io.WriteString(w, b.String())
}

// faults lists what failed, with what is needed to look into it.
func (s *summary) faults(b *strings.Builder) {
	list := s.judged.Regressions
	if len(list) > 1 && alike(list) {
		fmt.Fprintf(b, "\n  %s, all for the same reason:\n      %s\n      %s\n", count(len(list), "fault"), clean(list[0].Reason), list[0].Case.Section)
		return
	}
	for _, r := range list {
		fmt.Fprintf(b, "\n  %s  %s  %s\n", verdict(r), r.Case.ID, clean(r.Case.Title))
		if r.Reason != "" {
			fmt.Fprintf(b, "      %s\n", clean(r.Reason))
		}
		fmt.Fprintf(b, "      %s\n", r.Case.Section)
	}
}

// alike reports whether nothing else can be learned from the other faults.
func alike(list []*conformance.Result) bool {
	for _, r := range list {
		if r.Reason != list[0].Reason || r.Close != conformance.CloseNoHandshake {
			return false
		}
	}
	return true
}

func (s *summary) fixed(b *strings.Builder) {
	if len(s.judged.Fixed) > 0 {
		fmt.Fprintf(b, "\nBetter than %s says (--update-known takes note of it):\n", s.baseline)
	}
	for _, f := range s.judged.Fixed {
		fmt.Fprintf(b, "  %s is %s, was %s  %s\n", f.Result.Case.ID, verdict(f.Result), f.Was, clean(f.Result.Case.Title))
	}
}

// conclusion says how it ended, and what can be done next.
func (s *summary) conclusion(b *strings.Builder) {
	n, known := len(s.judged.Regressions), len(s.judged.Known)
	switch {
	case n > 0 && s.baseline != "":
		fmt.Fprintf(b, "FAILED: %s new or worse", count(n, "fault"))
	case n > 0:
		fmt.Fprintf(b, "FAILED: %s", count(n, "fault"))
	case s.run.Missing() > 0:
		b.WriteString("NOT DONE")
	default:
		b.WriteString("PASSED")
	}
	if known > 0 {
		fmt.Fprintf(b, ", %d known", known)
	}
	if missing := s.run.Missing(); missing > 0 {
		fmt.Fprintf(b, ", %s not run", count(missing, "case"))
	}
	b.WriteString("\n")
	const few = 10
	if n > 0 && s.html == "" {
		b.WriteString("To see what was on the wire, add")
		if n <= few {
			b.WriteString(" --cases " + strings.Join(ids(s.judged.Regressions), ","))
		}
		b.WriteString(" --report report.html\n")
	}
}

// counts are those that are not 0.
func counts(s conformance.Summary) string {
	var list []string
	for _, c := range []struct {
		n    int
		what string
	}{
		{s.OK, "OK"}, {s.NonStrict, "NON-STRICT"}, {s.Informational, "INFORMATIONAL"}, {s.Unimplemented, "UNIMPLEMENTED"},
		{s.Failed, "FAILED"}, {s.CloseFailed, "closed wrong"},
	} {
		if c.n > 0 {
			list = append(list, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	if len(list) == 0 {
		return "Nothing was run."
	}
	return strings.Join(list, ", ")
}

func ids(results []*conformance.Result) (list []string) {
	for _, r := range results {
		list = append(list, r.Case.ID)
	}
	return list
}

// verdict is both verdicts in a few words.
func verdict(r *conformance.Result) string {
	if r.Close > conformance.CloseInformational {
		return fmt.Sprintf("%v, close %v", r.Verdict, r.Close)
	}
	return r.Verdict.String()
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// clean is text of a peer that cannot command a terminal.
func clean(s string) string {
	for _, r := range s {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return strconv.Quote(s)
		}
	}
	return s
}
