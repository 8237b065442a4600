package main

import (
	"strings"
	"testing"
)

func TestTables(t *testing.T) {
	blocks := summarize(testEntries(), testScenarios, testServers, "ours")
	broken := summary{Server: "broken", Failed: 3}
	blocks[0].Servers = append(blocks[0].Servers, broken)
	var got strings.Builder
	writeTables(&got, blocks, "ours")
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
