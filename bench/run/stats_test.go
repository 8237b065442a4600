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
	testServers   = []server{{name: "ours"}, {name: "theirs"}}
)

func testEntries() []entry {
	e := func(scenario, server string, round int, s sample) entry {
		return entry{Scenario: scenario, Server: server, Round: round, sample: s}
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
	blocks := summarize(testEntries(), testScenarios, testServers, "ours")
	want := []block{
		{testScenarios[0], []summary{
			{Server: "ours", sample: sample{PerSecond: 200, CPU: 2, P50: 20, P99: 80}, Ratio: 1},
			{Server: "theirs", sample: sample{PerSecond: 60, CPU: 12, P50: 50, P99: 200}, Ratio: 6, Failed: 1},
		}},
		{testScenarios[1], []summary{
			{Server: "ours", sample: sample{Bytes: 3000}, Ratio: 1},
			{Server: "theirs", sample: sample{Bytes: 9000}, Ratio: 3},
		}},
	}
	if len(blocks) != len(want) {
		t.Fatalf("%d blocks, want %d", len(blocks), len(want))
	}
	for i := range want {
		if blocks[i].scenario != want[i].scenario || !slices.Equal(blocks[i].Servers, want[i].Servers) {
			t.Errorf("block %d:\n got %+v\nwant %+v", i, blocks[i], want[i])
		}
	}
}

func TestSummarizeWithoutBase(t *testing.T) {
	entries := slices.DeleteFunc(testEntries(), func(e entry) bool { return e.Server == "ours" })
	for _, b := range summarize(entries, testScenarios, testServers, "ours") {
		for _, s := range b.Servers {
			if s.Ratio != 0 {
				t.Errorf("%s: %s has ratio %v to nothing", b.Name, s.Server, s.Ratio)
			}
		}
	}
}
