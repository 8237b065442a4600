package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/duplexws/duplex/conformance"
)

// Known is a baseline: the faults of an agent that are known. As text it has a
// case in each line, with its verdict as [conformance.Result.String] writes it,
// and behind a # whatever people want to say:
//
//	# Known faults.
//	6.4.1: NON-STRICT
//	7.1.5: OK, close UNCLEAN  # see issue 12
//
//	[a client]
//	9.1.1: FAILED
//
// Behind a name in brackets stand the faults of that agent alone. A Known is not
// safe for concurrent use; nil is one in which nothing stands.
type Known struct {
	head  []string // comments at the beginning
	known []*fault
}

// A fault is a line of a baseline.
type fault struct {
	agent   string // "" is any
	id      string
	verdict conformance.Verdict
	closing conformance.CloseVerdict
	comment string   // behind it, without the #
	above   []string // comments in lines of their own
}

func (f *fault) String() string { return verdictString(f.verdict, f.closing) }

func verdictString(v conformance.Verdict, c conformance.CloseVerdict) string {
	if c > conformance.CloseInformational {
		return fmt.Sprintf("%v, close %v", v, c)
	}
	return v.String()
}

// find returns what is known of a case, of this agent before any, or nil.
func (k *Known) find(agent, id string) (found *fault) {
	if k == nil {
		return nil
	}
	for _, f := range k.known {
		if f.id == id && (f.agent == agent || f.agent == "" && found == nil) {
			found = f
		}
	}
	return found
}

// A Judgement is how a run stands to a baseline.
type Judgement struct {
	Regressions []*conformance.Result // what fails, and is not known or was better
	Known       []*conformance.Result // what fails as it is known to
	Fixed       []Fixed               // what is better than it is known to be
}

// Fixed is a known fault that is one no more, or less bad.
type Fixed struct {
	Result *conformance.Result
	Was    string // such as "FAILED" or "OK, close UNCLEAN"
}

// Judge compares a run with the baseline. What fails is what has not passed, see
// [conformance.Result.Passed]. Cases that were not run count for nothing.
func (k *Known) Judge(r *Run, strict bool) *Judgement {
	j := new(Judgement)
	for _, result := range r.Results {
		f := k.find(r.Agent, result.Case.ID)
		switch {
		case f == nil && result.Passed(strict):
		case f == nil || f.worse(result):
			j.Regressions = append(j.Regressions, result)
		default:
			if f.better(result) {
				j.Fixed = append(j.Fixed, Fixed{result, f.String()})
			}
			if !result.Passed(strict) {
				j.Known = append(j.Known, result)
			}
		}
	}
	return j
}

// worse reports whether a result is worse than what is known, by what came or by
// how the connection was closed.
func (f *fault) worse(r *conformance.Result) bool {
	return rank(r.Verdict) > rank(f.verdict) || closedWrong(r.Close) && !closedWrong(f.closing)
}

func (f *fault) better(r *conformance.Result) bool {
	return rank(r.Verdict) < rank(f.verdict) || !closedWrong(r.Close) && closedWrong(f.closing)
}

func rank(v conformance.Verdict) int {
	switch v {
	case conformance.Failed:
		return 2
	case conformance.NonStrict:
		return 1
	}
	return 0
}

func closedWrong(c conformance.CloseVerdict) bool { return c > conformance.CloseInformational }

// Update makes the baseline say what a run has found: every result that is not
// strictly right, with the comments that stood there. What it says of other cases
// and other agents stays. The faults of a client stand behind its name, those of
// a server behind none: there one baseline belongs to one server.
func (k *Known) Update(r *Run) {
	if k.head == nil && k.known == nil {
		k.head = []string{"# Known faults, for 'duplex check ... --known': a case that is not here and fails,",
			"# or is worse than here, fails the run."}
	}
	name := ""
	if r.Role == Client || slices.ContainsFunc(k.known, func(f *fault) bool { return f.agent == r.Agent }) {
		name = r.Agent
	}
	results := r.byCase()
	old := make(map[string]*fault)
	k.known = slices.DeleteFunc(k.known, func(f *fault) bool {
		if f.agent != name || results[f.id] == nil {
			return false
		}
		old[f.id] = f
		return true
	})
	for id, result := range results {
		if result.Passed(true) {
			continue
		}
		f := &fault{agent: name, id: id, comment: result.Case.Title}
		if was := old[id]; was != nil {
			f.comment, f.above = was.comment, was.above
		}
		f.verdict, f.closing = result.Verdict, result.Close
		k.known = append(k.known, f)
	}
	slices.SortStableFunc(k.known, func(a, b *fault) int {
		if c := strings.Compare(a.agent, b.agent); c != 0 {
			return c
		}
		return conformance.Compare(a.id, b.id)
	})
}

// Write writes the baseline as text.
func (k *Known) Write(w io.Writer) error {
	var b strings.Builder
	for _, line := range k.head {
		b.WriteString(line + "\n")
	}
	if len(k.head) > 0 && len(k.known) > 0 {
		b.WriteString("\n")
	}
	agent := ""
	for i, f := range k.known {
		if f.agent != agent {
			if i > 0 {
				b.WriteString("\n")
			}
			fmt.Fprintf(&b, "[%s]\n", bracketed(f.agent))
			agent = f.agent
		}
		for _, line := range f.above {
			b.WriteString(line + "\n")
		}
		fmt.Fprintf(&b, "%s: %v", f.id, f)
		if f.comment != "" {
			b.WriteString("  # " + oneLine(f.comment))
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// bracketed is a name as it stands in brackets: in quotes if it could be
// mistaken.
func bracketed(name string) string {
	if name != oneLine(name) || name != strings.TrimSpace(name) || name == "" || strings.ContainsAny(name, "\"[]#") {
		return strconv.Quote(name)
	}
	return name
}
