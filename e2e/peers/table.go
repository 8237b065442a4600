package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/duplexws/duplex/conformance"
	"github.com/duplexws/duplex/conformance/report"
)

// writeTable writes Markdown: a row of figures for each run, the cases that are in
// use everywhere before those of this suite, and below what is not OK.
func writeTable(w io.Writer, runs []*report.Run) {
	fmt.Fprintln(w, "| peer | as | cases of 1-13 | OK | NON-STRICT | INFORMATIONAL | UNIMPLEMENTED | FAILED | from 14 on | OK | NON-STRICT | INFORMATIONAL | UNIMPLEMENTED | FAILED |")
	fmt.Fprintln(w, "|"+strings.Repeat(" --- |", 14))
	for _, r := range runs {
		fmt.Fprintf(w, "| %s | %s |", r.Agent, r.Role)
		old, own := split(r.Results)
		writeFigures(w, old)
		writeFigures(w, own)
		fmt.Fprintln(w)
	}
	for _, r := range runs {
		fmt.Fprintf(w, "\n## %s as %s, in %v\n\n", r.Agent, r.Role, r.Duration.Round(1e9))
		writeFaults(w, r)
	}
}

// split parts the results of groups 1 to 13 from those behind.
func split(results []*conformance.Result) (old, own []*conformance.Result) {
	for _, r := range results {
		if conformance.Compare(r.Case.ID, "14") < 0 {
			old = append(old, r)
		} else {
			own = append(own, r)
		}
	}
	return old, own
}

// writeFigures counts as failed what failed by how it closed, too.
func writeFigures(w io.Writer, results []*conformance.Result) {
	s := conformance.Summarize(results)
	failed := fmt.Sprint(s.Failed + s.CloseFailed)
	if s.CloseFailed > 0 {
		failed += fmt.Sprintf(", %d by the close alone", s.CloseFailed)
	}
	fmt.Fprintf(w, " %d | %d | %d | %d | %d | %s |", s.Total, s.OK, s.NonStrict, s.Informational, s.Unimplemented, failed)
}

// writeFaults writes what is not OK, by what was wrong: cases with one verdict
// and one reason stand in a line.
func writeFaults(w io.Writer, r *report.Run) {
	type fault struct{ verdict, reason string }
	cases := make(map[fault][]string)
	var order []fault
	for _, result := range r.Results {
		if result.Passed(true) && result.Verdict != conformance.Unimplemented {
			continue
		}
		f := fault{result.Verdict.String(), cmp.Or(result.Reason, "-")}
		if result.Close > conformance.CloseInformational {
			f.verdict += ", close " + result.Close.String()
		}
		if cases[f] == nil {
			order = append(order, f)
		}
		cases[f] = append(cases[f], result.Case.ID)
	}
	slices.SortStableFunc(order, func(a, b fault) int { return strings.Compare(a.verdict, b.verdict) })
	for _, f := range order {
		fmt.Fprintf(w, "- %s: %s: %s\n", f.verdict, strings.Join(cases[f], " "), f.reason)
	}
}
