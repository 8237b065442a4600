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

// With compression the bytes on the wire stand beside the rest, and what a
// collection leaves is what is compared.
func TestTablesOfCompression(t *testing.T) {
	entries := []entry{
		{Scenario: "z", Program: "ours", sample: sample{PerSecond: 1000, CPU: 2, Sent: 50, Received: 40}},
		{Scenario: "z", Program: "theirs", sample: sample{PerSecond: 500, CPU: 5, Sent: 60, Received: 70}},
		{Scenario: "zidle", Program: "ours", sample: sample{Bytes: 9000, Kept: 2000}},
		{Scenario: "zidle", Program: "theirs", sample: sample{Bytes: 3000, Kept: 3000}},
	}
	scs := []scenario{{Name: "z", Title: "JSON", kind: zip}, {Name: "zidle", Title: "idle", kind: zipIdle}}
	var got strings.Builder
	writeTables(&got, summarize(entries, scs, testPrograms, "ours"))
	const want = `
z: JSON

| server | messages/s | server CPU, us each | bytes sent to it, each | bytes received, each | CPU / ours |
| --- | ---: | ---: | ---: | ---: | ---: |
| ours | 1,000 | 2.000 | 50.0 | 40.0 | 1.00 |
| theirs | 500 | 5.000 | 60.0 | 70.0 | 2.50 |

zidle: idle

| server | resident bytes a connection | behind a collection | these / ours |
| --- | ---: | ---: | ---: |
| ours | 9,000 | 2,000 | 1.00 |
| theirs | 3,000 | 3,000 | 1.50 |

| cost / ours | z | zidle |
| --- | ---: | ---: |
| ours | 1.00 | 1.00 |
| theirs | 2.50 | 1.50 |
| best peer | 2.50 | 1.50 |
`
	if got.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", got.String(), want)
	}
}
