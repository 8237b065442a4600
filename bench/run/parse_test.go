package main

import (
	"strings"
	"testing"
)

func TestParseReport(t *testing.T) {
	const line = `{"mode":"echo","msgs":10,"msgs_per_s":2500,"lat_us":{"mean":3.0,"p50":2.5,"p90":4,"p99":9.5},` +
		`"alive":7,"server_cpu_s":1.20,"server_cpu_per_m":0.364,"errors":0,"note":""}`
	r, err := parseReport([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	if r.PerSecond != 2500 || r.CPU != 0.364 || r.Latency.P50 != 2.5 || r.Latency.P99 != 9.5 || r.Messages != 10 || r.Alive != 7 {
		t.Errorf("got %+v", r)
	}
	_, err = parseReport([]byte(`{"msgs":10,"errors":2,"note":"connection 3: echo differs"}`))
	if err == nil || !strings.Contains(err.Error(), "echo differs") {
		t.Errorf("a run with errors gave %v", err)
	}
	if _, err := parseReport([]byte("wsload: oops")); err == nil {
		t.Error("a line that is no JSON was accepted")
	}
}

func TestParseClient(t *testing.T) {
	got, err := parseClient([]byte(`{"messages":4000,"seconds":2,"cpu_seconds":0.01}`))
	if want := (sample{PerSecond: 2000, CPU: 2.5}); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, said := range []string{`{"messages":0,"seconds":2,"cpu_seconds":0.01}`, "connection reset"} {
		if got, err := parseClient([]byte(said)); err == nil {
			t.Errorf("%s gave %+v", said, got)
		}
	}
}

func TestParseResident(t *testing.T) {
	n, err := parseResident("Name:\tx\nVmHWM:\t   90000 kB\nVmRSS:\t   12345 kB\nThreads:\t5\n")
	if n != 12345<<10 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	if _, err := parseResident("Name:\tx\n"); err == nil {
		t.Error("a status without VmRSS was accepted")
	}
}

func TestParseCPU(t *testing.T) {
	if got := parseCPU("processor\t: 0\nmodel name\t: Example 9000 @ 3 GHz\n"); got != "Example 9000 @ 3 GHz" {
		t.Errorf("got %q", got)
	}
	if got := parseCPU(""); got != "unknown" {
		t.Errorf("got %q", got)
	}
}

func TestFindPort(t *testing.T) {
	for _, said := range []string{
		"listening 127.0.0.1:4711\n",
		"level=INFO msg=starting\nlevel=INFO msg=listening addr=127.0.0.1:4711 url=ws://x/\n",
	} {
		if port, err := findPort(strings.NewReader(said)); port != "4711" || err != nil {
			t.Errorf("%q: %q, %v", said, port, err)
		}
	}
	if _, err := findPort(strings.NewReader("address in use\n")); err == nil || !strings.Contains(err.Error(), "address in use") {
		t.Errorf("a server that ended gave %v", err)
	}
}

func TestLoad(t *testing.T) {
	if got := parseLoad("2.48 2.40 1.59 3/90 4253\n"); got != 2.48 {
		t.Errorf("got %v", got)
	}
	if got := parseLoad(""); got != 0 {
		t.Errorf("got %v of nothing", got)
	}
	if w := (machine{Load: 0.2}).warning(); w != "" {
		t.Errorf("a quiet machine gave %q", w)
	}
	if w := (machine{Load: 2.48}).warning(); !strings.Contains(w, "2.48") {
		t.Errorf("a busy machine gave %q", w)
	}
}
