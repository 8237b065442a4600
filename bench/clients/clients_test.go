// Package clients tests the clients that are measured.
package clients

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/duplexws/duplex/bench/internal/client"
	"github.com/duplexws/duplex/internal/testenv"
	"github.com/duplexws/duplex/websocket"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// lines are all ways to run the clients.
var lines = []string{"duplex", "duplex -into", "gorilla", "coder", "gobwas", "gobwas -batch -buf 16384", "gws"}

var loads = []string{
	"-size 64 -conns 20",
	"-size 0 -depth 3",
	"-size 125 -conns 5 -depth 16",
	"-size 126",
	"-size 65536 -conns 3 -depth 4",
	"-size 3000000 -conns 2",
}

func TestClients(t *testing.T) {
	dir := buildAll(t)
	url := serve(t, func(p []byte) ([]byte, bool) { return p, true })
	for _, line := range lines {
		for _, load := range loads {
			t.Run(line+" "+load, func(t *testing.T) {
				out, err := run(t, dir, line, load+" -time 30ms", url)
				var r client.Report
				if err != nil || json.Unmarshal(out, &r) != nil {
					t.Fatalf("%v: %s", err, out)
				}
				if r.Seconds < 0.03 || r.CPU <= 0 { // and every connection has had an echo
					t.Errorf("got %+v", r)
				}
			})
		}
	}
}

// A client that took any echo would be measured at doing nothing.
func TestWrongEchoes(t *testing.T) {
	dir := buildAll(t)
	for name, wrong := range map[string]struct {
		echo func([]byte) ([]byte, bool)
		says string
	}{
		"short":   {func(p []byte) ([]byte, bool) { return p[1:], true }, "an echo of 199 bytes, want 200"},
		"changed": {func(p []byte) ([]byte, bool) { p[150]++; return p, true }, "differs from what was sent"},
		"ended":   {func([]byte) ([]byte, bool) { return nil, false }, "a connection ended"},
	} {
		url := serve(t, wrong.echo)
		for _, line := range lines {
			t.Run(name+" "+line, func(t *testing.T) {
				out, err := run(t, dir, line, "-size 200 -time 20s", url)
				if err == nil || !strings.Contains(string(out), wrong.says) {
					t.Errorf("%v: %q, want %q", err, out, wrong.says)
				}
			})
		}
	}
}

func buildAll(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir() + string(filepath.Separator)
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", dir, "./...").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

func run(t *testing.T, dir, line, load, url string) ([]byte, error) {
	words := strings.Fields(line + " " + load + " -url " + url)
	return exec.CommandContext(t.Context(), filepath.Join(dir, words[0]), words[1:]...).CombinedOutput()
}

// serve answers every message with what echo makes of it, and ends the
// connection when echo says so.
func serve(t *testing.T, echo func([]byte) (answer []byte, ok bool)) (url string) {
	t.Helper()
	accept := &websocket.AcceptOptions{Options: websocket.Options{MaxMessage: client.MaxMessage}}
	s := httptest.NewServer(accept.Handler(func(ctx context.Context, c *websocket.Conn) error {
		for {
			typ, p, err := c.Read(ctx)
			if err != nil {
				return err
			}
			answer, ok := echo(p)
			if !ok {
				return nil
			}
			if err := c.Write(ctx, typ, answer); err != nil {
				return err
			}
		}
	}))
	t.Cleanup(s.Close)
	return "ws" + strings.TrimPrefix(s.URL, "http") + "/echo"
}
