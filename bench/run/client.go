package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"

	"github.com/duplexws/duplex/bench/internal/client"
)

// against returns those scenarios that make sense for clients, as clients of s.
func against(scs []scenario, s program) []scenario {
	var picked []scenario
	for _, sc := range scs {
		if sc.kind == echo {
			sc.Against = s.name
			picked = append(picked, sc)
		}
	}
	return picked
}

// clientArgs returns a client's arguments but for the URL.
func (sc scenario) clientArgs(t timing) []string {
	return []string{"-conns", strconv.Itoa(sc.conns), "-size", strconv.Itoa(sc.size), "-depth", strconv.Itoa(sc.depth),
		"-warm", seconds(t.Warm) + "s", "-time", seconds(t.Secs) + "s"}
}

// measureClient runs one client through one scenario. It says itself what it
// has spent, to the nanosecond.
func (b toolbox) measureClient(ctx context.Context, p program, sc scenario, t timing) (sample, error) {
	list, err := pickPrograms(servers, []string{sc.Against})
	if err != nil {
		return sample{}, err
	}
	s, err := start(ctx, b.program(list[0]), list[0].command(sc.kind))
	if err != nil {
		return sample{}, err
	}
	defer s.stop()
	args := slices.Concat([]string{"-c", loadCore, b.program(p)}, p.args, sc.clientArgs(t),
		[]string{"-url", "ws://127.0.0.1:" + s.port + "/echo"})
	cmd := exec.CommandContext(ctx, "taskset", args...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return sample{}, fmt.Errorf("the client: %w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	return parseClient(out)
}

func parseClient(line []byte) (sample, error) {
	var r client.Report
	if err := json.Unmarshal(line, &r); err != nil {
		return sample{}, fmt.Errorf("the client said %q: %w", line, err)
	}
	if r.Messages == 0 || r.Seconds <= 0 {
		return sample{}, fmt.Errorf("not one message came back in %v s", r.Seconds)
	}
	n := float64(r.Messages)
	return sample{PerSecond: n / r.Seconds, CPU: r.CPU * 1e6 / n}, nil
}
