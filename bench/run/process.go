package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/duplexws/duplex/bench/internal/peer"
)

// The server has a core to itself, and so has the load.
const (
	serverCore = "0"
	loadCore   = "1"
)

// A process is a running server.
type process struct {
	cmd  *exec.Cmd
	port string
}

// start runs a server on its core and waits until it says where it listens.
func start(ctx context.Context, program string, args []string) (*process, error) {
	cmd := exec.CommandContext(ctx, "taskset", append([]string{"-c", serverCore, program}, args...)...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = cmd.Stdout // loggers write there
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd}
	silence := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
	defer silence.Stop()
	if p.port, err = findPort(out); err != nil {
		p.stop()
		return nil, err
	}
	go io.Copy(io.Discard, out)
	return p, nil
}

var listening = regexp.MustCompile(`127\.0\.0\.1:(\d+)`)

// findPort reads a server's output up to the line that says where it listens.
func findPort(output io.Reader) (string, error) {
	lines := bufio.NewScanner(output)
	var said []string
	for lines.Scan() {
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			return m[1], nil
		}
		said = append(said, lines.Text())
	}
	return "", fmt.Errorf("the server ended before it listened; it said %q", said)
}

// stop ends the process, with force if it does not end when asked.
func (p *process) stop() {
	p.cmd.Process.Signal(syscall.SIGTERM)
	force := time.AfterFunc(2*time.Second, func() { p.cmd.Process.Kill() })
	p.cmd.Wait()
	force.Stop()
}

// pid is the server's: taskset becomes the program it starts.
func (p *process) pid() int { return p.cmd.Process.Pid }

// resident returns the server's resident memory in bytes.
func (p *process) resident() (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid()))
	if err != nil {
		return 0, err
	}
	return parseResident(string(status))
}

// trim makes the server give back what it can of its memory.
func (p *process) trim() error {
	resp, err := http.Get("http://127.0.0.1:" + p.port + peer.TrimPath)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		return fmt.Errorf("%s: %s", peer.TrimPath, resp.Status)
	}
	return nil
}

// parseResident finds VmRSS in the text of /proc/PID/status.
func parseResident(status string) (int64, error) {
	for line := range strings.Lines(status) {
		if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(v), "kB")), 10, 64)
			return n << 10, err
		}
	}
	return 0, errors.New("no VmRSS in the process status")
}
