package main

import (
	"encoding/json"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/testenv"
)

// TestSmoke makes every kind of measurement once, with every peer and every
// client in short.
func TestSmoke(t *testing.T) {
	testenv.Tool(t, "the load generator is C", "cc")
	testenv.Tool(t, "server and load have a core each", "taskset")
	testenv.Need(t, "a second core", runtime.NumCPU() > 1, "server and load have a core each")
	o, err := parseFlags([]string{"-servers", "gobwasbatch,gorilla,coder,gobwas,gws,loopraw,rawecho",
		"-clients", "duplex,duplex-into,gorilla,coder,gobwas,gobwasbatch,gws", "-against", "loop", "-scenarios", "b,idle,rate",
		"-rounds", "1", "-secs", "0.3", "-warm", "0", "-settle", "0.1", "-idle-conns", "200", "-out", "smoke"})
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir("..")
	tools, err := build(t.Context(), t.TempDir(), o.programs())
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir()) // for the results
	if err := o.run(t.Context(), tools, thisMachine(time.Now())); err != nil {
		t.Fatal(err)
	}
	checkResults(t, "results/smoke.json")
}

// TestSmokeCompression does the same with compression, where the memory of a
// connection tells the tiers apart.
func TestSmokeCompression(t *testing.T) {
	testenv.Tool(t, "the load generator of the others is C", "cc")
	testenv.Tool(t, "server and load have a core each", "taskset")
	testenv.Need(t, "a second core", runtime.NumCPU() > 1, "server and load have a core each")
	o, err := parseFlags([]string{"-servers", "duplex-off,duplex-takeover,gorilla-deflate,gws-takeover15", "-scenarios", "z1k,zidle",
		"-rounds", "1", "-secs", "0.2", "-warm", "0", "-settle", "0.1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir("..")
	tools, err := build(t.Context(), t.TempDir(), o.programs())
	if err != nil {
		t.Fatal(err)
	}
	entries, err := run(t.Context(), tools, jobs(o.contests, 1), o.timing, t.Output())
	if err != nil || len(entries) != 8 {
		t.Fatalf("%d measurements, %v", len(entries), err)
	}
	for _, e := range entries {
		off := e.Program == "duplex-off"
		keeps := e.Program == "duplex-takeover" || e.Program == "gws-takeover15"
		switch {
		case e.Failed != "":
			t.Errorf("%s of %s: %s", e.Scenario, e.Program, e.Failed)
		case e.Scenario == "z1k" && (e.CPU <= 0 || e.Sent > 500 != off || e.Received > 500 != off):
			t.Errorf("%s: %+v", e.Program, e.sample)
		case e.Scenario == "zidle" && (e.Kept < 1000 || e.Bytes < e.Kept || e.Kept > 64<<10 != keeps):
			t.Errorf("%s: %+v", e.Program, e.sample)
		}
	}
}

func checkResults(t *testing.T, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Machine machine
		Runs    []entry
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if r.Machine.Cores < 2 || r.Machine.Kernel == "" || r.Machine.Go == "" || r.Machine.Date == "" {
		t.Errorf("the machine is not described: %+v", r.Machine)
	}
	if want := 7 + 6 + 6 + 7; len(r.Runs) != want { // the raw echo has no handshake; clients only echo
		t.Errorf("%d runs, want %d", len(r.Runs), want)
	}
	for _, e := range r.Runs {
		switch {
		case e.Scenario == "idle" && e.Bytes < 50:
			t.Errorf("%s: %s has %v bytes a connection", e.Scenario, e.Program, e.Bytes)
		case e.Scenario != "idle" && (e.PerSecond < 100 || e.CPU <= 0 || e.P99 < e.P50):
			t.Errorf("%s: %s measured %+v", e.Scenario, e.Program, e.sample)
		}
	}
}
