package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/conformance/report"
	"github.com/duplexws/duplex/websocket"
)

// few are cases in which the endpoints below differ.
const few = "1.1.1,1.1.2,1.2.2,2.2,7.1.1"

// patiently is a --timeout for busy machines. No case here waits that long, right
// or wrong.
const patiently = "20s"

// newEndpoints serves endpoints of different quality: /good, /loud, which fails
// case 1.1.2, /worse, which fails all but 2.2, /silent, which does not echo, and
// /login, which wants to hear a word first.
func newEndpoints(t *testing.T) *httptest.Server {
	mux := http.NewServeMux()
	handle := func(path string, f func(context.Context, *websocket.Conn) error) {
		mux.Handle(path, websocket.Handler(f))
	}
	handle("/good", echoTo(bytes.Clone))
	handle("/loud", echoTo(loud))
	handle("/worse", echoTo(func(p []byte) []byte { return append(bytes.Clone(p), '!') }))
	handle("/silent", func(ctx context.Context, c *websocket.Conn) error {
		return c.ReadEach(ctx, func(websocket.MessageType, []byte) error { return nil })
	})
	handle("/login", func(ctx context.Context, c *websocket.Conn) error {
		if err := c.Write(ctx, websocket.Text, []byte("who are you?")); err != nil {
			return err
		}
		if _, p, err := c.Read(ctx); err != nil || string(p) != "a friend" {
			return &websocket.CloseError{Code: 4401}
		}
		if err := c.Write(ctx, websocket.Text, []byte("welcome, 7")); err != nil {
			return err
		}
		return echoTo(bytes.Clone)(ctx, c)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// loud changes what case 1.1.2 sends.
func loud(p []byte) []byte { return bytes.ReplaceAll(p, []byte("*"), []byte("!")) }

// echoTo returns an endpoint that sends every message back, changed by f.
func echoTo(f func([]byte) []byte) func(context.Context, *websocket.Conn) error {
	return func(ctx context.Context, c *websocket.Conn) error {
		return c.ReadEach(ctx, func(typ websocket.MessageType, p []byte) error { return c.Write(ctx, typ, f(p)) })
	}
}

func at(s *httptest.Server, path string) string {
	return strings.Replace(s.URL, "http", "ws", 1) + path
}

// An outcome is what a command has come to.
type outcome struct {
	t              *testing.T
	code           int
	stdout, stderr string
}

// duplex runs the binary to its end.
func duplex(t *testing.T, args ...string) outcome {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = append(os.Environ(), asBinary+"=1")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &stdout, &stderr, time.Second
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return outcome{t, cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// want fails unless the command ended with a status and printed texts.
func (o outcome) want(code int, texts ...string) {
	o.t.Helper()
	if o.code != code {
		o.t.Errorf("exit status %d, want %d\n%s\n%s", o.code, code, o.stdout, o.stderr)
	}
	for _, text := range texts {
		if !strings.Contains(o.stdout, text) {
			o.t.Errorf("it does not print %q:\n%s", text, o.stdout)
		}
	}
}

// runsOf reads what --json has written.
func runsOf(t *testing.T, file string) []*report.Run {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	runs, err := report.ReadJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

func contentOf(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
