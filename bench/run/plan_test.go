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
	list := []program{{name: "x"}, {name: "y"}, {name: "tcp", raw: true}}
	scs := []scenario{{Name: "a"}, {Name: "idle", kind: idle}}
	var got []string
	for _, j := range plan(list, scs, 3) {
		got = append(got, fmt.Sprint(j.scenario.Name, j.round, j.program.name))
	}
	want := strings.Fields("a0x a0y a0tcp a1tcp a1y a1x a2x a2y a2tcp idle0x idle0y idle1y idle1x idle2x idle2y")
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestTotal(t *testing.T) {
	tm := timing{Secs: 3, Warm: 1, Settle: 2}
	jobs := plan([]program{{name: "x"}}, []scenario{{Name: "a"}, {Name: "idle", kind: idle, conns: 20_000}}, 2)
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
	if len(o.contests) != 1 || o.rounds != 3 || o.out != "mine" {
		t.Fatalf("got %+v", o)
	}
	if c := o.contests[0]; c.base != "gws" || len(c.programs) != 2 || c.scenarios[1].conns != 77 {
		t.Errorf("got %+v", c)
	}
	if scenarios[5].conns != 0 {
		t.Error("the table of scenarios was changed")
	}
	quick, err := parseFlags([]string{"-quick"})
	if err != nil {
		t.Fatal(err)
	}
	if d := total(jobs(quick.contests, quick.rounds), quick.timing); d > 200*time.Second {
		t.Errorf("the quick run takes %v", d)
	}
	for _, bad := range []string{"-servers nobody", "-scenarios z", "-rounds 0", "-secs 0", "-base nobody", "-out ../x", "-nope",
		"-clients nobody", "-clients rawecho", "-against nobody", "-against rawecho", "-clients gws -scenarios idle,rate", "-clients gws -base rawecho"} {
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

func TestFlagsOfClients(t *testing.T) {
	for args, want := range map[string]string{
		"-clients duplex,gws -scenarios e,idle,a":                        "duplex gws: e/loopraw a/loopraw; duplex gws: e/loop a/loop",
		"-clients duplex -against gorilla -scenarios b":                  "duplex: b/gorilla",
		"-servers coder -clients duplex -against loop -scenarios rate,c": "coder: rate/ c/; duplex: c/loop",
		"-servers coder -scenarios b":                                    "coder: b/",
	} {
		o, err := parseFlags(strings.Fields(args))
		if err != nil {
			t.Fatalf("%s: %v", args, err)
		}
		var got []string
		for _, c := range o.contests {
			text := strings.Join(names(c.programs), " ") + ":"
			for _, sc := range c.scenarios {
				text += " " + sc.Name + "/" + sc.Against
			}
			got = append(got, text)
		}
		if got := strings.Join(got, "; "); got != want {
			t.Errorf("%s:\n got %s\nwant %s", args, got, want)
		}
	}
}

// Clients and servers of one name are programs of their own.
func TestFiles(t *testing.T) {
	dirs := map[string]string{}
	for _, p := range slices.Concat(servers, clients) {
		if dir, ok := dirs[p.file()]; ok && dir != p.dir {
			t.Errorf("%s is built from %s and from %s", p.file(), dir, p.dir)
		}
		dirs[p.file()] = p.dir
	}
}

func TestClientArgs(t *testing.T) {
	sc := scenario{conns: 10, size: 16384, depth: 4}
	got := strings.Join(sc.clientArgs(timing{Secs: 0.25, Warm: 1, Settle: 7}), " ")
	if want := "-conns 10 -size 16384 -depth 4 -warm 1s -time 0.25s"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Servers that compress are measured with compression, and only they.
func TestPlanOfCompression(t *testing.T) {
	list := []program{{name: "plain"}, {name: "zips", zips: true}, {name: "tcp", raw: true}}
	scs := []scenario{{Name: "a"}, {Name: "idle", kind: idle}, {Name: "z", kind: zip}, {Name: "zidle", kind: zipIdle}}
	var got []string
	for _, j := range plan(list, scs, 1) {
		got = append(got, fmt.Sprint(j.scenario.Name, " ", j.program.name))
	}
	want := []string{"a plain", "a tcp", "idle plain", "z zips", "zidle zips"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestZipArgs(t *testing.T) {
	tm := timing{Secs: 0.25, Warm: 1, Settle: 7}
	for sc, want := range map[scenario]string{
		{kind: zip, conns: 10, size: 16384}:     "-c 10 -s 16384 -w 1 -t 0.25",
		{kind: zipIdle, conns: 1000, size: 100}: "-c 1000 -s 100 -n 40 -t 8",
	} {
		if got := strings.Join(sc.zipArgs(tm), " "); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
