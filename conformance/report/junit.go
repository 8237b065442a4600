package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/duplexws/duplex/conformance"
)

// The types below are JUnit's XML as CI servers read it.
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Time    string        `xml:"time,attr"`
	Skipped *junitProblem `xml:"skipped"`
	Failure *junitProblem `xml:"failure"`
	Output  string        `xml:"system-out,omitempty"`
}

type junitProblem struct {
	Type    string `xml:"type,attr,omitempty"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes JUnit XML, a suite for each agent and group of cases. What
// fails does so with its reason and its wire log. Known faults (known may be nil)
// are skipped with a message, and so is what is not implemented, so that the file
// fails exactly where the baseline says that the run does; strict counts what is
// not strict as failed. The error is that of w.
func WriteJUnit(w io.Writer, runs []*Run, known *Known, strict bool) error {
	all := junitSuites{Name: "duplex check"}
	var took time.Duration
	for _, run := range runs {
		regressions := known.Judge(run, strict).Regressions
		results := run.byCase()
		for _, s := range sections([]*Run{run}) {
			suite, in := run.junitSuite(s, results, regressions, strict)
			all.Suites = append(all.Suites, suite)
			all.Tests += suite.Tests
			all.Failures += suite.Failures
			all.Skipped += suite.Skipped
			took += in
		}
	}
	all.Time = seconds(took)
	text, err := xml.MarshalIndent(all, "", " ")
	if err == nil {
		_, err = io.WriteString(w, xml.Header+string(text)+"\n")
	}
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

func (r *Run) junitSuite(s *section, results map[string]*conformance.Result, regressions []*conformance.Result, strict bool) (junitSuite, time.Duration) {
	agent := oneLine(r.Agent)
	suite := junitSuite{
		Name:      fmt.Sprintf("%s: %s %s", agent, s.number, s.title),
		Timestamp: results[s.cases[0].ID].Started.UTC().Format("2006-01-02T15:04:05"),
		Properties: []junitProperty{
			{"agent", agent}, {"role", string(r.Role)}, {"address", oneLine(r.Address)}, {"suite", oneLine(r.Suite)},
			{"thin", fmt.Sprint(r.Thin)}, {"strict", fmt.Sprint(strict)},
		},
	}
	var took time.Duration
	for _, c := range s.cases {
		result := results[c.ID]
		tc := junitCase{
			Class: strings.ReplaceAll(agent+" / "+s.title, ".", "_"), // readers cut it at dots
			Name:  c.ID + " " + oneLine(c.Title),
			Time:  seconds(result.Duration),
		}
		tc.judge(result, slices.Contains(regressions, result), strict)
		suite.Tests++
		if tc.Failure != nil {
			suite.Failures++
		}
		if tc.Skipped != nil {
			suite.Skipped++
		}
		took += result.Duration
		suite.Cases = append(suite.Cases, tc)
	}
	suite.Time = seconds(took)
	return suite, took
}

func (tc *junitCase) judge(r *conformance.Result, regression, strict bool) {
	what := verdictString(r.Verdict, r.Close)
	said := oneLine(r.Reason)
	if said == "" {
		said = what
	}
	switch {
	case regression:
		tc.Failure = &junitProblem{Type: what, Message: said, Text: explained(r)}
	case !r.Passed(strict):
		tc.Skipped = &junitProblem{Message: "known: " + what + ": " + said}
	case r.Verdict == conformance.Unimplemented:
		tc.Skipped = &junitProblem{Message: what}
	case r.Reason != "":
		tc.Output = what + ": " + printable(r.Reason)
	}
}

// mostLines is how much of a wire log stands in XML: its beginning and its end.
const mostLines = 40

// explained tells all about a result in plain text.
func explained(r *conformance.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nexpected: the peer %s\nwhy: %s\nsee %s\n\nwire log:\n", printable(r.Reason), printable(r.Case.Expect), printable(r.Case.Reason), oneLine(r.Case.Section))
	head, omitted, tail := cut(r.Log, r.Omitted, mostLines)
	for _, e := range head {
		b.WriteString(printableLines(e.String()) + "\n")
	}
	if omitted > 0 {
		fmt.Fprintf(&b, "... %d entries are left out here\n", omitted)
	}
	for _, e := range tail {
		b.WriteString(printableLines(e.String()) + "\n")
	}
	return b.String()
}

// cut leaves at most so many entries of a log in the middle of which some are
// missing already.
func cut(log []conformance.Entry, omitted, most int) (head []conformance.Entry, missing int, tail []conformance.Entry) {
	n := len(log) / 2
	if omitted == 0 && len(log) <= most {
		n = len(log)
	}
	keep := min(n, most/2)
	if n == len(log) {
		keep = n
	}
	rest := log[n:]
	tail = rest[max(0, len(rest)-most/2):]
	return log[:keep], omitted + n - keep + len(rest) - len(tail), tail
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
