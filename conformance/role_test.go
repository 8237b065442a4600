package conformance

import (
	"context"
	"strings"
	"testing"
)

func TestCasesHaveTheirRoles(t *testing.T) {
	count := make(map[Roles]int)
	for _, c := range catalogue(true) {
		want := Servers | Clients
		switch {
		case strings.HasPrefix(c.ID, "15."):
			want = Servers
		case strings.HasPrefix(c.ID, "16."):
			want = Clients
		}
		if count[c.Judges]++; strings.HasPrefix(c.ID, "15.") || strings.HasPrefix(c.ID, "16.") {
			if c.Judges != want {
				t.Errorf("case %s judges %v, want %v", c.ID, c.Judges, want)
			}
		}
	}
	for _, role := range []Roles{Servers, Clients} {
		cases, err := new(Options).casesFor(role)
		if all, _ := Cases(); err != nil || len(cases) == 0 || len(cases) == len(all) {
			t.Errorf("%d of %d cases judge %v: %v", len(cases), len(all), role, err)
		}
		for _, c := range cases {
			if c.Judges&role == 0 {
				t.Errorf("case %s is played with %v", c.ID, role)
			}
		}
	}
	if count[Servers] < 150 || count[Clients] < 90 || count[Servers|Clients] < 517 {
		t.Errorf("there are %v", count)
	}
}

func TestCasesOfTheOtherRole(t *testing.T) {
	if _, err := NewClientHandler(&Options{Cases: []string{"15.*"}}, nil); err == nil || err.Error() != "conformance: none of these cases judges clients" {
		t.Errorf("a client is judged by cases for servers: %v", err)
	}
	if _, err := RunServer(context.Background(), "ws://localhost/", &Options{Cases: []string{"16.*"}}); err == nil || err.Error() != "conformance: none of these cases judges servers" {
		t.Errorf("a server is judged by cases for clients: %v", err)
	}
	h, err := NewClientHandler(&Options{Cases: []string{"1.1.1", "15.*", "16.1.1"}}, nil)
	if err != nil || len(h.cases) != 2 {
		t.Errorf("cases of both: %v, %v", h, err)
	}
}
