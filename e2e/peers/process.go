package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// newProgram returns a peer in another language: peer.mjs says how it is spoken
// to.
func newProgram(name, script string, programs ...string) peer {
	version := "version unknown"
	return peer{
		name:    name,
		version: func() string { return version },
		serve: func() (url string, stop func(), err error) {
			return serveProgram(&version, script, programs)
		},
		drive: func(ctx context.Context, suite, agent string, workers int) error {
			program, err := find(programs)
			if err != nil {
				return err
			}
			cmd := exec.CommandContext(ctx, program, script, "drive", suite, agent, strconv.Itoa(workers))
			cmd.Stderr = os.Stderr
			return cmd.Run()
		},
	}
}

func serveProgram(version *string, script string, programs []string) (url string, stop func(), err error) {
	program, err := find(programs)
	if err != nil {
		return "", nil, err
	}
	cmd := exec.Command(program, script, "serve")
	cmd.Stderr, cmd.WaitDelay = os.Stderr, time.Second
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		stdin.Close() // which ends it
		timer := time.AfterFunc(5*time.Second, func() { cmd.Process.Kill() })
		defer timer.Stop()
		_ = cmd.Wait()
	}
	var said struct{ URL, Version string }
	if err := json.NewDecoder(stdout).Decode(&said); err != nil {
		stop()
		return "", nil, fmt.Errorf("%s does not say where it serves: %w", script, err)
	}
	*version = said.Version
	return said.URL, stop, nil
}

// find returns the first program that is installed.
func find(programs []string) (path string, err error) {
	for _, name := range programs {
		if path, err = exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", err
}
