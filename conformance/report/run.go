package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/duplexws/duplex/conformance"
)

// A Role is which side of a connection was judged.
type Role string

// The roles of what is judged.
const (
	Server Role = "server"
	Client Role = "client"
)

// A Run is what one agent did in the cases that were played with it.
type Run struct {
	Agent    string // the name of what was judged
	Role     Role
	Address  string // URL of a server, "" for a client
	Profile  string // what was asked of the agent: "echo" or "any"
	Thin     bool   // see [conformance.Options]
	Suite    string // version of the suite
	Started  time.Time
	Duration time.Duration

	// Selected is how many cases were to be run. With fewer results the run
	// was cut short.
	Selected int

	// Results are in the order of the cases, no case twice.
	Results []*conformance.Result
}

// Missing is how many cases were to be run and were not.
func (r *Run) Missing() int { return max(0, r.Selected-len(r.Results)) }

// Merge returns the runs as one report shows them. Runs of one agent that share
// no case, such as those of a suite that CI has split, become one. Where they do
// share one they stay apart, and the later has a number behind its name. The
// runs that it was given are not changed.
func Merge(runs ...*Run) (merged []*Run) {
	for _, r := range runs {
		i := slices.IndexFunc(merged, func(m *Run) bool { return m.joins(r) })
		if i >= 0 {
			merged[i].join(r)
			continue
		}
		own := *r
		own.Results = slices.Clone(r.Results)
		merged = append(merged, &own)
	}
	taken := make(map[string]bool)
	for _, r := range merged {
		name := r.Agent
		for n := 2; taken[r.Agent]; n++ {
			r.Agent = fmt.Sprintf("%s (%d)", name, n)
		}
		taken[r.Agent] = true
	}
	return merged
}

// joins reports whether other may be a part of the same run.
func (r *Run) joins(other *Run) bool {
	if r.Agent != other.Agent || r.Role != other.Role || r.Address != other.Address ||
		r.Profile != other.Profile || r.Thin != other.Thin || r.Suite != other.Suite {
		return false
	}
	ids := make(map[string]bool)
	for _, result := range r.Results {
		ids[result.Case.ID] = true
	}
	return !slices.ContainsFunc(other.Results, func(result *conformance.Result) bool { return ids[result.Case.ID] })
}

func (r *Run) join(other *Run) {
	r.Results = append(r.Results, other.Results...)
	slices.SortStableFunc(r.Results, byNumber)
	r.Selected += other.Selected
	r.Duration += other.Duration
	if other.Started.Before(r.Started) {
		r.Started = other.Started
	}
}

func byNumber(a, b *conformance.Result) int { return conformance.Compare(a.Case.ID, b.Case.ID) }

// A section is the part of some results that one group of cases has.
type section struct {
	number, title string
	cases         []conformance.Case
}

// sections returns the cases of all runs, each once, by their groups and in the
// order of their numbers.
func sections(runs []*Run) (list []*section) {
	seen := make(map[string]bool)
	var cases []conformance.Case
	for _, run := range runs {
		for _, result := range run.Results {
			if c := result.Case; !seen[c.ID] {
				seen[c.ID] = true
				cases = append(cases, c)
			}
		}
	}
	slices.SortStableFunc(cases, func(a, b conformance.Case) int { return conformance.Compare(a.ID, b.ID) })
	byTitle := make(map[[2]string]*section)
	for _, c := range cases {
		key := [2]string{firstPart(c.ID), c.Group()}
		if byTitle[key] == nil {
			byTitle[key] = &section{number: key[0], title: key[1]}
			list = append(list, byTitle[key])
		}
		byTitle[key].cases = append(byTitle[key].cases, c)
	}
	return list
}

// common is the beginning that the numbers of all its cases share.
func (s *section) common() string {
	shared := strings.Split(s.cases[0].ID, ".")
	shared = shared[:max(1, len(shared)-1)]
	for _, c := range s.cases {
		for !strings.HasPrefix(c.ID+".", strings.Join(shared, ".")+".") {
			shared = shared[:len(shared)-1]
		}
	}
	return strings.Join(shared, ".")
}

// byCase are the results of a run by the numbers of their cases.
func (r *Run) byCase() map[string]*conformance.Result {
	m := make(map[string]*conformance.Result, len(r.Results))
	for _, result := range r.Results {
		m[result.Case.ID] = result
	}
	return m
}
