package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/testenv"
	"github.com/duplexws/duplex/websocket"
)

// patience is how long a process may take for anything.
const patience = 20 * time.Second

// A process is the binary, running a server.
type process struct {
	t         *testing.T
	cmd       *exec.Cmd
	announced string // the first line of standard output
	url       string // the first URL in it, without the slash
	stdout    *bufio.Reader
	rest      chan string
	log       lockedBuffer
}

// start starts a command that listens and waits until it says where.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := launch(t, args...)
	var err error
	p.announced, err = p.stdout.ReadString('\n')
	found := regexp.MustCompile(`^duplex [\w ]+: listening on (\w+://[^/\s]+)/`).FindStringSubmatch(p.announced)
	if found == nil {
		t.Fatalf("it printed %q (%v)\n%s", p.announced, err, p.log.String())
	}
	p.url = found[1]
	p.readOn()
	return p
}

// readOn reads what else is printed.
func (p *process) readOn() {
	go func() {
		var rest bytes.Buffer
		rest.ReadFrom(p.stdout)
		p.rest <- rest.String()
	}()
}

// launch starts a command, of whose output nothing is read yet.
func launch(t *testing.T, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.Command(self, args...), rest: make(chan string, 1)}
	p.cmd.Env = append(os.Environ(), asBinary+"=1")
	p.cmd.Stderr = &p.log
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killer := time.AfterFunc(patience, func() { p.cmd.Process.Kill() })
	t.Cleanup(func() {
		killer.Stop()
		p.cmd.Process.Kill()
		p.cmd.Wait()
		if t.Failed() {
			t.Logf("log of duplex %s:\n%s", strings.Join(args, " "), p.log.String())
		}
	})
	p.stdout = bufio.NewReader(stdout)
	return p
}

// websocketURL is where a path is connected to.
func (p *process) websocketURL(path string) string {
	return strings.Replace(p.url, "http", "ws", 1) + path
}

// dial connects to a path.
func (p *process) dial(path string, o websocket.DialOptions) (*websocket.Conn, error) {
	p.t.Helper()
	o.MaxMessage = 64 << 20
	c, err := websocket.Dial(ctx(p.t), p.websocketURL(path), &o)
	if err == nil {
		p.t.Cleanup(func() { c.CloseNow() })
	}
	return c, err
}

func (p *process) mustDial(path string) *websocket.Conn {
	p.t.Helper()
	c, err := p.dial(path, websocket.DialOptions{})
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

// handshake sends the opening handshake of a page and returns the status of the
// answer.
func (p *process) handshake(path, origin string) int {
	p.t.Helper()
	nc, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(patience))
	io.WriteString(nc, upgrade(path, strings.TrimPrefix(p.url, "http://"), origin))
	res, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

// upgrade is a handshake as browsers write it; origin may be empty.
func upgrade(path, host, origin string) string {
	request := "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	if origin != "" {
		request += "Origin: " + origin + "\r\n"
	}
	return request + "\r\n"
}

// signal sends a signal.
func (p *process) signal(s os.Signal) {
	p.t.Helper()
	testenv.Need(p.t, "a system with signals", runtime.GOOS != "windows", "the server is stopped by one")
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// waitLog waits until the log contains text.
func (p *process) waitLog(text string) {
	p.t.Helper()
	waitFor(p.t, fmt.Sprintf("the log says %q", text), func() bool { return strings.Contains(p.log.String(), text) })
}

// waitFor waits until something is true.
func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// wantExit waits for the process to end with a status, and returns what it has
// printed behind its announcement.
func (p *process) wantExit(code int) string {
	p.t.Helper()
	rest := <-p.rest
	err := p.cmd.Wait()
	if got := p.cmd.ProcessState.ExitCode(); got != code {
		p.t.Errorf("exit status %d, want %d (%v)\n%s", got, code, err, p.log.String())
	}
	return rest
}

func ctx(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// wantEcho sends a message and expects it back.
func wantEcho(t *testing.T, c *websocket.Conn, typ websocket.MessageType, p []byte) {
	t.Helper()
	go c.Write(ctx(t), typ, p)
	got, q, err := c.Read(ctx(t))
	if err != nil || got != typ || !bytes.Equal(q, p) {
		t.Fatalf("sent %v of %d octets, received %v of %d octets: %v", typ, len(p), got, len(q), err)
	}
}

// wantClose expects the peer to close with a code.
func wantClose(t *testing.T, c *websocket.Conn, code websocket.StatusCode) {
	t.Helper()
	if _, _, err := c.Read(ctx(t)); websocket.CloseStatus(err) != code {
		t.Errorf("read: %v, want it to end with %d", err, code)
	}
}

// lockedBuffer is a bytes.Buffer that may be read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
