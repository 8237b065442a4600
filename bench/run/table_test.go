package main

import (
	"strings"
	"testing"
)

func TestTables(t *testing.T) {
	blocks := summarize(testEntries(), testScenarios, testPrograms, "ours")
	broken := summary{Program: "broken", Failed: 3}
	blocks[0].Programs = append(blocks[0].Programs, broken)
	var got strings.Builder
	writeTables(&got, blocks)
	const want = `
b: many

| server | messages/s | server CPU, us each | p50, us | p99, us | CPU / ours |
| --- | ---: | ---: | ---: | ---: | ---: |
| ours | 200 | 2.000 | 20.0 | 80.0 | 1.00 |
| theirs (1 failed) | 60 | 12.0 | 50.0 | 200 | 6.00 |
| broken | failed |  |  |  |  |

idle: none

| server | resident bytes a connection | bytes / ours |
| --- | ---: | ---: |
| ours | 3,000 | 1.00 |
| theirs | 9,000 | 3.00 |

| cost / ours | b | idle |
| --- | ---: | ---: |
| ours | 1.00 | 1.00 |
| theirs | 6.00 | 3.00 |
| broken | - | - |
| best peer | 6.00 | 3.00 |
`
	if got.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", got.String(), want)
	}
}

// Clients have a table of ratios for each server that they were measured with.
func TestTablesOfClients(t *testing.T) {
	entries := []entry{
		{Scenario: "b", Against: "x", Program: "ours", sample: sample{PerSecond: 1000, CPU: 2}},
		{Scenario: "b", Against: "x", Program: "theirs", sample: sample{PerSecond: 500, CPU: 5}},
		{Scenario: "b", Against: "y", Program: "ours", sample: sample{PerSecond: 10, CPU: 4}},
		{Scenario: "b", Against: "y", Program: "theirs", Failed: "reset"},
	}
	scs := []scenario{{Name: "b", Title: "many", Against: "x"}, {Name: "b", Title: "many", Against: "y"}}
	var got strings.Builder
	writeTables(&got, summarize(entries, scs, testPrograms, "ours"))
	const want = `
b, clients of x: many

| client | messages/s | client CPU, us each | CPU / ours |
| --- | ---: | ---: | ---: |
| ours | 1,000 | 2.000 | 1.00 |
| theirs | 500 | 5.000 | 2.50 |

| cost / ours, clients of x | b |
| --- | ---: |
| ours | 1.00 |
| theirs | 2.50 |
| best peer | 2.50 |

b, clients of y: many

| client | messages/s | client CPU, us each | CPU / ours |
| --- | ---: | ---: | ---: |
| ours | 10 | 4.000 | 1.00 |
| theirs | failed |  |  |

| cost / ours, clients of y | b |
| --- | ---: |
| ours | 1.00 |
| theirs | - |
| best peer | - |
`
	if got.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", got.String(), want)
	}
}

func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 1234567.4: "1,234,567", -4200: "-4,200"} {
		if got := count(v); got != want {
			t.Errorf("count(%v) = %q, want %q", v, got, want)
		}
	}
	for v, want := range map[float64]string{0.3621: "0.362", 9.5: "9.500", 12.34: "12.3", 1234.5: "1,234"} {
		if got := fixed(v); got != want {
			t.Errorf("fixed(%v) = %q, want %q", v, got, want)
		}
	}
}
