package main

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// Scripts say what a command line prints, and how it ends: "duplex" runs it and
// expects exit status 0, "status N duplex" another.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv(asBinary, "1")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"duplex": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg {
					ts.Fatalf("say which: status N duplex ...")
				}
				wantStatus(ts, 0, args)
			},
			"status": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) < 2 || args[1] != "duplex" {
					ts.Fatalf("usage: status N duplex ...")
				}
				code, err := strconv.Atoi(args[0])
				ts.Check(err)
				wantStatus(ts, code, args[2:])
			},
		},
	})
}

func wantStatus(ts *testscript.TestScript, want int, args []string) {
	self, err := os.Executable()
	ts.Check(err)
	err = ts.Exec(self, args...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}
