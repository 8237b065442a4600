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
	after, kept, err := settled(p, stderr, sc, t)
	cmd.Wait() // its report says what went wrong
	if err != nil {
		return sample{}, fmt.Errorf("%w: %s", err, out.Bytes())
	}
	r, err := parseReport(out.Bytes())
	if err == nil && r.Alive != sc.conns {
		err = fmt.Errorf("%d of %d connections were alive in the end", r.Alive, sc.conns)
	}
	got := sample{Bytes: float64(after-before) / float64(sc.conns)}
	if sc.kind == zipIdle {
		got.Kept = float64(kept-before) / float64(sc.conns)
	}
	return got, err
}

// settled waits for the load generator's word that every connection has had its
// echoes, then for the memory to settle, and reads it: as it stands and, where
// messages were compressed, once more behind a collection.
func settled(p *process, stderr io.Reader, sc scenario, t timing) (rss, kept int64, err error) {
	lines := bufio.NewReader(stderr)
	defer io.Copy(io.Discard, lines)
	line, _ := lines.ReadString('\n')
	if !strings.HasPrefix(line, "READY") {
		return 0, 0, fmt.Errorf("the load generator said %q", line)
	}
	time.Sleep(time.Duration(t.Settle * 1e9))
	if rss, err = p.resident(); err != nil || sc.kind != zipIdle {
		return rss, 0, err
	}
	if err = p.trim(); err != nil {
		return rss, 0, err
	}
	kept, err = p.resident()
	return rss, kept, err
}
