package eventloop

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/poll"
	"github.com/duplexws/duplex/internal/rawpeer"
)

// A world is a server with one loop on a network in memory. Nothing happens in
// it but what the test does: it reads like the trace of packets.
type world struct {
	testing.TB
	net    *poll.Fake
	server *Server
	loop   *Loop
	log    []string // what the application was told, see logging
}

func newWorld(t testing.TB, h *Handler, o *Options) *world {
	t.Helper()
	if o == nil {
		o = new(Options)
	}
	return newServerWorld(t, h, &ServerOptions{Options: *o})
}

// newServerWorld is newWorld with the options of a server.
func newServerWorld(t testing.TB, h *Handler, o *ServerOptions) *world {
	t.Helper()
	o.Loops = 1
	w := &world{TB: t, net: poll.NewFake()}
	s, err := prepare(w.net, "tcp", "server.example:80", h, o)
	if err != nil {
		t.Fatal(err)
	}
	w.server, w.loop = s, s.loops[0]
	t.Cleanup(func() {
		w.loop.stop()
		w.settle()
		if n := s.Conns(); n != 0 {
			t.Errorf("%d connections outlive the server", n)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// settle makes turns until nothing happens any more.
func (w *world) settle() {
	w.Helper()
	for turns := 0; ; turns++ {
		before := w.net.Calls
		before.Wait++
		w.loop.turn(0)
		if w.net.Calls == before && len(w.loop.running) == 0 {
			return
		}
		if turns == 100_000 {
			w.Fatal("the loop does not come to rest")
		}
	}
}

// advance lets time pass, and the loop do what becomes due.
func (w *world) advance(d time.Duration) {
	w.Helper()
	w.settle()
	turns := 0
	for end := w.loop.poller.Now() + int64(d); w.loop.poller.Now() < end; {
		w.loop.turn(time.Duration(end - w.loop.poller.Now()))
		if turns++; turns == 100_000 {
			w.Fatal("the loop does not come to rest")
		}
	}
	w.settle()
}

// note adds to the log.
func (w *world) note(format string, args ...any) { w.log = append(w.log, fmt.Sprintf(format, args...)) }

// wantLog compares the log since the last time.
func (w *world) wantLog(want ...string) {
	w.Helper()
	if got := strings.Join(w.log, "; "); got != strings.Join(want, "; ") {
		w.Fatalf("the application was told\n\t%s\nwant\n\t%s", got, strings.Join(want, "; "))
	}
	w.log = nil
}

// logging is an echo application that notes what it is told.
func (w *world) logging() *Handler {
	return &Handler{
		OnOpen:    func(Conn) { w.note("open") },
		OnMessage: func(c Conn, m MessageType, p []byte) { w.note("%v %q", m, p); echo(c, m, p) },
		OnDrain:   func(Conn) { w.note("drain") },
		OnClose:   func(_ Conn, err error) { w.note("close: %s", cause(err)) },
		OnRefused: func(label string, _ error) { w.note("refused: %s", label) },
		OnPanic:   func(_ Conn, v any, _ []byte) { w.note("panic: %v", v) },
	}
}

// cause names an error.
func cause(err error) string {
	var closed *CloseError
	var broken *ProtocolError
	switch {
	case errors.As(err, &closed):
		return fmt.Sprintf("peer %d %q", closed.Code, closed.Reason)
	case errors.As(err, &broken):
		return fmt.Sprintf("we %d", broken.Code)
	}
	for name, known := range map[string]error{"abnormal": ErrAbnormal, "closed": ErrClosed, "pong": ErrPongTimeout,
		"write": ErrWriteTimeout, "close timeout": ErrCloseTimeout, "slow": ErrSlowConsumer, "panic": ErrPanic} {
		if errors.Is(err, known) {
			return name
		}
	}
	return fmt.Sprint(err)
}

// newLogged is newWorld for the logging application.
func newLogged(t testing.TB, o *Options) *world {
	t.Helper()
	h := new(Handler)
	w := newWorld(t, h, o)
	w.loop.set.handler = *w.logging()
	return w
}

// A tester is a peer in a world.
type tester struct {
	*poll.FakePeer
	w   *world
	in  bytes.Buffer
	seq rawpeer.Reader
}

// dial connects, and sends nothing.
func (w *world) dial() *tester {
	w.Helper()
	p := &tester{FakePeer: w.net.Dial(w.server.listener), w: w}
	p.seq.R = &p.in
	return p
}

// connect opens a connection.
func (w *world) connect() *tester {
	w.Helper()
	p := w.dial()
	p.write(request)
	p.wantHead(101)
	return p
}

// write sends octets and lets the loop settle.
func (p *tester) write(octets string) {
	p.w.Helper()
	p.Write([]byte(octets))
	p.w.settle()
}

// send sends frames in one piece.
func (p *tester) send(frames ...rawpeer.Frame) {
	p.w.Helper()
	p.write(string(rawpeer.Octets(frames...)))
}

// wantHead wants the head of a response, and drops its body.
func (p *tester) wantHead(status int) rawpeer.Response {
	p.w.Helper()
	p.in.Write(p.Read())
	head, body, ok := strings.Cut(p.in.String(), "\r\n\r\n")
	if !ok || !strings.HasPrefix(head, fmt.Sprintf("HTTP/1.1 %d ", status)) {
		p.w.Fatalf("answered %.200q, want status %d", p.in.String(), status)
	}
	p.in.Reset()
	if status == 101 {
		p.in.WriteString(body)
	}
	return rawpeer.Response{Status: status, Fields: strings.Split(head, "\r\n")[1:]}
}

// want wants these events next, and no others.
func (p *tester) want(events ...rawpeer.Event) {
	p.w.Helper()
	p.in.Write(p.Read())
	for _, want := range events {
		if e, err := p.seq.Next(); err != nil || e != want {
			p.w.Fatalf("received %v, %v; want %v", e, err, want)
		}
	}
	if e, err := p.seq.Next(); err != io.EOF {
		p.w.Fatalf("received %v, %v; want nothing more", e, err)
	}
}

// wantEnd wants our half of the transport to be ended, behind these events.
func (p *tester) wantEnd(events ...rawpeer.Event) {
	p.w.Helper()
	p.want(events...)
	if !p.Ended() {
		p.w.Fatal("the server has not ended the transport")
	}
}

// wantClosed wants the transport to be closed.
func (p *tester) wantClosed() {
	p.w.Helper()
	if !p.Closed() {
		p.w.Fatal("the server has not closed the transport")
	}
}

func (p *tester) wantOpen() {
	p.w.Helper()
	if p.Ended() {
		p.w.Fatal("the server has ended the transport")
	}
}

// Events of an echo server.
func text(s string) rawpeer.Event   { return rawpeer.Event{Op: rawpeer.OpText, Payload: s} }
func binary(s string) rawpeer.Event { return rawpeer.Event{Op: rawpeer.OpBinary, Payload: s} }
func ping(s string) rawpeer.Event   { return rawpeer.Event{Op: rawpeer.OpPing, Payload: s} }
func pong(s string) rawpeer.Event   { return rawpeer.Event{Op: rawpeer.OpPong, Payload: s} }
func closing(code uint16, reason string) rawpeer.Event {
	return rawpeer.Event{Op: rawpeer.OpClose, Code: code, Payload: reason}
}
