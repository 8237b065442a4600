package report_test

import (
	"testing"
	"time"

	"github.com/duplexws/duplex/conformance"
	"github.com/duplexws/duplex/conformance/report"
)

func TestMerge(t *testing.T) {
	part := func(agent string, change func(*report.Run), ids ...string) *report.Run {
		r := &report.Run{Agent: agent, Role: report.Server, Started: began, Duration: time.Second, Selected: len(ids)}
		for _, id := range ids {
			r.Results = append(r.Results, result(id, conformance.OK, conformance.CloseOK, ""))
		}
		if change != nil {
			change(r)
		}
		return r
	}
	for _, c := range []struct {
		runs []*report.Run
		want string
	}{
		{nil, ""},
		{[]*report.Run{part("b", nil, "1.1.1"), part("a", nil, "1.1.1")}, "b: 1.1.1 of 1; a: 1.1.1 of 1"},
		{[]*report.Run{part("a", nil, "2.10"), part("a", nil, "2.9", "1.1.1")}, "a: 1.1.1 2.9 2.10 of 3"},
		{[]*report.Run{part("a", nil, "1.1.1"), part("a", nil, "1.1.1", "2.9"), part("a", nil, "2.1")}, "a: 1.1.1 2.1 of 2; a (2): 1.1.1 2.9 of 2"},
		{[]*report.Run{part("a (2)", nil, "1.1.1"), part("a", nil, "1.1.1"), part("a", nil, "1.1.1")}, "a (2): 1.1.1 of 1; a: 1.1.1 of 1; a (3): 1.1.1 of 1"},
		{[]*report.Run{part("a", nil, "1.1.1"), part("a", func(r *report.Run) { r.Role = report.Client }, "2.1")}, "a: 1.1.1 of 1; a (2): 2.1 of 1"},
		{[]*report.Run{part("a", nil, "1.1.1"), part("a", func(r *report.Run) { r.Thin = true }, "2.1")}, "a: 1.1.1 of 1; a (2): 2.1 of 1"},
		{[]*report.Run{part("a", nil, "1.1.1"), part("a", func(r *report.Run) { r.Suite = "v2" }, "2.1")}, "a: 1.1.1 of 1; a (2): 2.1 of 1"},
		{[]*report.Run{part("a", nil, "1.1.1"), part("a", func(r *report.Run) { r.Profile = "any" }, "2.1")}, "a: 1.1.1 of 1; a (2): 2.1 of 1"},
		{[]*report.Run{part("a", nil, "1.1.1"), part("a", func(r *report.Run) { r.Address = "ws://x/" }, "2.1")}, "a: 1.1.1 of 1; a (2): 2.1 of 1"},
	} {
		before := describe(c.runs)
		if got := describe(report.Merge(c.runs...)); got != c.want {
			t.Errorf("%s became %s, want %s", before, got, c.want)
		}
		if after := describe(c.runs); after != before {
			t.Errorf("Merge has changed %s to %s", before, after)
		}
	}
	joined := report.Merge(part("a", nil, "1.1.1"), part("a", func(r *report.Run) { r.Started = began.Add(-time.Hour) }, "2.1"))[0]
	if !joined.Started.Equal(began.Add(-time.Hour)) || joined.Duration != 2*time.Second {
		t.Errorf("joined: started %v, took %v", joined.Started, joined.Duration)
	}
}

func TestMissing(t *testing.T) {
	r := run("a")
	for selected, want := range map[int]int{6: 0, 7: 1, 0: 0} {
		r.Selected = selected
		if got := r.Missing(); got != want {
			t.Errorf("%d missing of %d, want %d", got, selected, want)
		}
	}
}
