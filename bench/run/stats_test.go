package main

import (
	"slices"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, tc := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0},
		{[]float64{3}, 3},
		{[]float64{9, 1, 5}, 5},
		{[]float64{4, 1, 3, 2}, 2.5},
	} {
		in := slices.Clone(tc.values)
		if got := median(in); got != tc.want {
			t.Errorf("median(%v) = %v, want %v", tc.values, got, tc.want)
		}
		if !slices.Equal(in, tc.values) {
			t.Errorf("median changed %v to %v", tc.values, in)
		}
	}
}

var (
	testScenarios = []scenario{{Name: "b", Title: "many"}, {Name: "idle", Title: "none", kind: idle}}
	testPrograms  = []program{{name: "ours"}, {name: "theirs", peer: true}}
)

func testEntries() []entry {
	e := func(scenario, name string, round int, s sample) entry {
		return entry{Scenario: scenario, Program: name, Round: round, sample: s}
	}
	failed := e("b", "theirs", 3, sample{})
	failed.Failed = "reset"
	return []entry{
		e("b", "ours", 1, sample{PerSecond: 100, CPU: 2, P50: 10, P99: 90}),
		e("b", "ours", 2, sample{PerSecond: 300, CPU: 1, P50: 30, P99: 70}),
		e("b", "ours", 3, sample{PerSecond: 200, CPU: 4, P50: 20, P99: 80}),
		e("b", "theirs", 1, sample{PerSecond: 50, CPU: 10, P50: 40, P99: 100}),
		e("b", "theirs", 2, sample{PerSecond: 70, CPU: 14, P50: 60, P99: 300}),
		failed,
		e("idle", "theirs", 1, sample{Bytes: 9000}),
		e("idle", "ours", 1, sample{Bytes: 3000}),
	}
}

func TestSummarize(t *testing.T) {
	blocks := summarize(testEntries(), testScenarios, testPrograms, "ours")
	want := []block{
		{scenario: testScenarios[0], BestPeer: 6, Programs: []summary{
			{Program: "ours", sample: sample{PerSecond: 200, CPU: 2, P50: 20, P99: 80}, Ratio: 1},
			{Program: "theirs", sample: sample{PerSecond: 60, CPU: 12, P50: 50, P99: 200}, Ratio: 6, Failed: 1},
		}},
		{scenario: testScenarios[1], BestPeer: 3, Programs: []summary{
			{Program: "ours", sample: sample{Bytes: 3000}, Ratio: 1},
			{Program: "theirs", sample: sample{Bytes: 9000}, Ratio: 3},
		}},
	}
	if len(blocks) != len(want) {
		t.Fatalf("%d blocks, want %d", len(blocks), len(want))
	}
	for i := range want {
		if blocks[i].scenario != want[i].scenario || !slices.Equal(blocks[i].Programs, want[i].Programs) || blocks[i].BestPeer != want[i].BestPeer || blocks[i].Base != "ours" {
			t.Errorf("block %d:\n got %+v\nwant %+v", i, blocks[i], want[i])
		}
	}
}

func TestSummarizeWithoutBase(t *testing.T) {
	entries := slices.DeleteFunc(testEntries(), func(e entry) bool { return e.Program == "ours" })
	for _, b := range summarize(entries, testScenarios, testPrograms, "ours") {
		for _, s := range b.Programs {
			if s.Ratio != 0 {
				t.Errorf("%s: %s has ratio %v to nothing", b.Name, s.Program, s.Ratio)
			}
		}
	}
}

// What clients do against one server, against another and as servers is kept
// apart.
func TestSummarizeClients(t *testing.T) {
	e := func(against, name string, cpu float64) entry {
		return entry{Scenario: "b", Against: against, Program: name, sample: sample{CPU: cpu}}
	}
	entries := []entry{e("", "ours", 7), e("x", "ours", 2), e("y", "ours", 4), e("x", "theirs", 3), e("y", "theirs", 2), e("", "theirs", 7)}
	scs := []scenario{{Name: "b", Against: "x"}, {Name: "b", Against: "y"}}
	blocks := summarize(entries, scs, testPrograms, "ours")
	if len(blocks) != 2 || blocks[0].BestPeer != 1.5 || blocks[1].BestPeer != 0.5 {
		t.Errorf("got %+v", blocks)
	}
	if got := summarize(entries, scs, testPrograms, "theirs")[0].BestPeer; got != 0 {
		t.Errorf("the base is its own best peer, at %v", got)
	}
}
