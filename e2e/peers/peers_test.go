package main

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/duplexws/duplex/conformance"
	"github.com/duplexws/duplex/conformance/report"
	"github.com/duplexws/duplex/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// TestPeersAreJudged plays the first group with each peer that is installed, in
// both roles: all know it.
func TestPeersAreJudged(t *testing.T) {
	t.Chdir("..") // where the program is run
	_, err := os.Stat("node_modules/ws")
	testenv.Need(t, "e2e/node_modules/ws", err == nil, "run npm ci in e2e")
	err = exec.Command("/usr/bin/python3", "-c", "import websockets").Run()
	testenv.Need(t, "the Python package websockets", err == nil, "it is a peer")
	for _, p := range peers() {
		t.Run(p.name, func(t *testing.T) {
			j := &judge{options: conformance.Options{Parallel: 4, Cases: []string{"1.*"}}}
			if err := j.judge(context.Background(), p, ""); err != nil {
				t.Fatal(err)
			}
			var roles []report.Role
			for _, r := range j.runs {
				roles = append(roles, r.Role)
				for _, result := range r.Results {
					if !result.Passed(true) {
						t.Errorf("%s as %s: %v", r.Agent, r.Role, result)
					}
				}
				if len(r.Results) != 16 || strings.Contains(r.Agent, "unknown") {
					t.Errorf("%s as %s: %d results, want 16", r.Agent, r.Role, len(r.Results))
				}
			}
			if len(roles) != 2 {
				t.Errorf("it was judged as %v", roles)
			}
		})
	}
}
