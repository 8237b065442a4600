package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// measureIdle compares the server's resident memory before and after the
// connections were opened and have settled.
func measureIdle(p *process, cmd *exec.Cmd, sc scenario, t timing) (sample, error) {
	time.Sleep(300 * time.Millisecond) // what a server does once behind its listening line
	before, err := p.resident()
	if err != nil {
		return sample{}, err
	}
	var out bytes.Buffer
	cmd.Stdout = &out
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return sample{}, err
	}
	if err := cmd.Start(); err != nil {
		return sample{}, err
	}
	after, err := settled(p, stderr, t)
	cmd.Wait() // its report says what went wrong
	if err != nil {
		return sample{}, fmt.Errorf("%w: %s", err, out.Bytes())
	}
	r, err := parseReport(out.Bytes())
	if err == nil && r.Alive != sc.conns {
		err = fmt.Errorf("%d of %d connections were alive in the end", r.Alive, sc.conns)
	}
	return sample{Bytes: float64(after-before) / float64(sc.conns)}, err
}

// settled waits for wsload's word that every connection has had its echo, then
// for the memory to settle, and reads it.
func settled(p *process, stderr io.Reader, t timing) (int64, error) {
	lines := bufio.NewReader(stderr)
	line, _ := lines.ReadString('\n')
	if !strings.HasPrefix(line, "READY") {
		io.Copy(io.Discard, lines)
		return 0, fmt.Errorf("wsload said %q", line)
	}
	time.Sleep(time.Duration(t.Settle * 1e9))
	rss, err := p.resident()
	io.Copy(io.Discard, lines)
	return rss, err
}
