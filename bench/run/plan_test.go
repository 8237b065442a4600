package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPlanInterleaves(t *testing.T) {
	list := []server{{name: "x"}, {name: "y"}, {name: "tcp", raw: true}}
	scs := []scenario{{Name: "a"}, {Name: "idle", kind: idle}}
	var got []string
	for _, j := range plan(list, scs, 3) {
		got = append(got, fmt.Sprint(j.scenario.Name, j.round, j.server.name))
	}
	want := strings.Fields("a0x a0y a0tcp a1tcp a1y a1x a2x a2y a2tcp idle0x idle0y idle1y idle1x idle2x idle2y")
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestTotal(t *testing.T) {
	tm := timing{Secs: 3, Warm: 1, Settle: 2}
	jobs := plan([]server{{name: "x"}}, []scenario{{Name: "a"}, {Name: "idle", kind: idle, conns: 20_000}}, 2)
	// Each round: 4 s of echo; 2 s of opening, 2 s of settling and 1 s more.
	if got, want := total(jobs, tm), 2*(9*time.Second+2*overhead); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFlags(t *testing.T) {
	o, err := parseFlags(strings.Fields("-servers gws,gorilla -scenarios b,idle -idle-conns 77 -out mine"))
	if err != nil {
		t.Fatal(err)
	}
	if o.base != "gws" || len(o.servers) != 2 || o.scenarios[1].conns != 77 || o.rounds != 3 || o.out != "mine" {
		t.Errorf("got %+v", o)
	}
	if scenarios[5].conns != 0 {
		t.Error("the table of scenarios was changed")
	}
	quick, err := parseFlags([]string{"-quick"})
	if err != nil {
		t.Fatal(err)
	}
	if d := total(plan(quick.servers, quick.scenarios, quick.rounds), quick.timing); d > 2*time.Minute {
		t.Errorf("the quick run takes %v", d)
	}
	for _, bad := range []string{"-servers nobody", "-scenarios z", "-rounds 0", "-secs 0", "-base nobody", "-out ../x", "-nope"} {
		if _, err := parseFlags(strings.Fields(bad)); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}

func TestCheckMachine(t *testing.T) {
	have := func(string) (string, error) { return "", nil }
	if err := checkMachine(1, have); err == nil || !strings.Contains(err.Error(), "2 cores") {
		t.Errorf("one core gave %v", err)
	}
	lack := func(name string) (string, error) { return "", errors.New("not installed: " + name) }
	if err := checkMachine(2, lack); err == nil || !strings.Contains(err.Error(), "cc") {
		t.Errorf("no compiler gave %v", err)
	}
}
