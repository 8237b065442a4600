package eventloop

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/rawpeer"
	"github.com/duplexws/duplex/protocol"
)

// with is the request with more fields.
func with(fields ...string) string {
	return strings.TrimSuffix(request, "\r\n") + strings.Join(append(fields, "\r\n"), "\r\n")
}

func TestUpgrade(t *testing.T) {
	var seen Upgrade
	var c Conn
	w := newWorld(t, &Handler{
		OnUpgrade: func(u *Upgrade) error {
			seen = *u
			if u.Value("Authorization") != "yes" || !slices.Equal(u.Values("x-list"), []string{"1", "2"}) || u.Value("X-None") != "" || u.RemoteAddr() == nil {
				t.Error("the fields are not those of the request")
			}
			u.Header = append(u.Header, protocol.HeaderField{Name: "Set-Cookie", Value: "a=b"})
			u.Data = "data"
			return nil
		},
		OnOpen: func(opened Conn) { c = opened },
	}, &Options{Subprotocols: []string{"chat", "echo"}, Header: map[string][]string{"Server": {"duplex"}}})
	p := w.dial()
	p.write(strings.Replace(with("Authorization: yes", "X-List: 1", "Sec-WebSocket-Protocol: echo", "X-List: 2"), "GET / ", "GET /a%20b?c=d ", 1))
	head := p.wantHead(101)
	for _, line := range []string{"Server: duplex", "Set-Cookie: a=b", "Sec-WebSocket-Protocol: echo"} {
		if !slices.Contains(head.Fields, line) {
			t.Errorf("%q is missing in %q", line, head.Fields)
		}
	}
	if seen.Path != "/a b" || seen.Query != "c=d" || seen.Target != "/a%20b?c=d" || seen.Host != "server.example" || seen.Method != "GET" || seen.Subprotocol != "echo" {
		t.Errorf("%+v", seen)
	}
	if c.Data() != "data" || c.Subprotocol() != "echo" || c.RemoteAddr() == nil || c.Loop() != w.loop {
		t.Error("the connection does not know what was agreed")
	}
}

func TestChoiceOfSubprotocol(t *testing.T) {
	var c Conn
	w := newWorld(t, &Handler{OnOpen: func(opened Conn) { c = opened }}, &Options{
		SelectSubprotocol: func(u *Upgrade, offered []string) string { return offered[len(offered)-1] },
	})
	p := w.dial()
	p.write(with("Sec-WebSocket-Protocol: a, b"))
	if head := p.wantHead(101); !slices.Contains(head.Fields, "Sec-WebSocket-Protocol: b") || c.Subprotocol() != "b" {
		t.Errorf("%q, %q", head.Fields, c.Subprotocol())
	}
}

func TestRefusals(t *testing.T) {
	refuses := func(err error) *Handler { return &Handler{OnUpgrade: func(*Upgrade) error { return err }} }
	for _, c := range []struct {
		name, request string
		h             *Handler
		status        int
		log           string
	}{
		{"not HTTP", "\x16\x03\x01", nil, 400, "refused: syntax"},
		{"too large", "GET /" + strings.Repeat("x", 9000), nil, 414, "refused: target"},
		{"no upgrade", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", nil, 426, "refused: upgrade"},
		{"foreign page", with("Origin: http://evil.example"), nil, 403, "refused: origin"},
		{"application", request, refuses(&HandshakeError{Status: 401, Reason: "who are you?"}), 401, "refused: application"},
		{"application's error", request, refuses(errors.New("secret")), 500, "refused: server"},
		{"impossible status", request, refuses(&HandshakeError{Status: 200}), 500, "refused: application"},
		{"impossible field", request, &Handler{OnUpgrade: func(u *Upgrade) error {
			u.Header = append(u.Header, protocol.HeaderField{Name: "X", Value: "a\r\nb"})
			return nil
		}}, 500, "refused: server"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newLogged(t, nil)
			if c.h != nil {
				w.loop.set.handler.OnUpgrade = c.h.OnUpgrade
			}
			p := w.dial()
			p.write(c.request)
			octets := string(p.Read())
			p.in.WriteString(octets)
			p.wantHead(c.status)
			if strings.Contains(octets, "secret") {
				t.Error("the application's error is shown to the peer")
			}
			w.wantLog(c.log)
			p.wantEnd()
			p.CloseWrite()
			w.settle()
			p.wantClosed()
		})
	}
}

func TestHalfRequest(t *testing.T) {
	w := newLogged(t, nil)
	silent, halting := w.dial(), w.dial()
	silent.CloseWrite()
	halting.write("GET / HT")
	halting.CloseWrite()
	w.settle()
	silent.wantClosed()
	halting.wantHead(400)
	halting.wantClosed()
	w.wantLog("refused: syntax")
}

func TestRoute(t *testing.T) {
	named := func(name string, most int64) *Endpoint {
		e, err := NewEndpoint(&Handler{OnMessage: func(c Conn, m MessageType, p []byte) {
			c.Write(m, []byte(name))
		}}, &Options{MaxMessage: most})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	small, large := named("small", 10), named("large", 1000)
	var w *world
	w = newServerWorld(t, &Handler{OnMessage: echo}, &ServerOptions{Route: func(u *Upgrade) *Endpoint {
		return map[string]*Endpoint{"/small": small, "/large": large, "/": w.server.set.Endpoint}[u.Path]
	}})
	at := func(path string) *tester {
		p := w.dial()
		p.write(strings.Replace(request, "GET / ", "GET "+path+" ", 1))
		return p
	}
	a, b, c := at("/small"), at("/large"), at("/")
	for p, want := range map[*tester]string{a: "small", b: "large", c: "hello"} {
		p.wantHead(101)
		p.send(rawpeer.Text("hello"))
		p.want(text(want))
	}
	at("/nowhere").wantHead(404)
	a.send(rawpeer.Text("more than 10"))
	a.wantEnd(closing(1009, "message larger than 10 octets"))
	b.send(rawpeer.Text("more than 10"))
	b.want(text("large"))
	a.CloseWrite()
	b.Reset()
	w.settle()
	if k := &w.loop.kinds; len(k.index) != 1 || len(k.free) != 2 {
		t.Errorf("endpoints without connections are kept: %d, %d free", len(k.index), len(k.free))
	}
	d := at("/large")
	d.wantHead(101)
	d.send(rawpeer.Text("again"))
	d.want(text("large"))
}

func TestBadOptions(t *testing.T) {
	if _, err := NewEndpoint(nil, &Options{Subprotocols: []string{"a b"}}); err == nil {
		t.Error("no error")
	}
	if _, err := Listen("tcp", "127.0.0.1:0", nil, &ServerOptions{Options: Options{Header: map[string][]string{"Upgrade": {"x"}}}}); err == nil {
		t.Error("no error")
	}
	if _, err := Listen("tcp", "127.0.0.1:nowhere", nil, nil); err == nil {
		t.Error("no error")
	}
}

// The application takes its time to decide, and the loop goes on.
func TestAuthorize(t *testing.T) {
	decide := make(chan error)
	w := newLogged(t, nil)
	w.loop.set.handler.Authorize = func(ctx context.Context, u *Upgrade) error {
		u.Data = u.Value("Host")
		u.Header = append(u.Header, protocol.HeaderField{Name: "X", Value: "y"})
		select {
		case err := <-decide:
			return err
		case <-ctx.Done():
			<-decide
			return ctx.Err()
		}
	}
	decided := func() { // the loop has been told
		for n := w.server.outside.Load(); n > 0; n = w.server.outside.Load() {
			time.Sleep(time.Millisecond)
		}
		for !w.loop.inbox.filled.Load() {
			time.Sleep(time.Millisecond)
		}
		w.settle()
	}
	p := w.dial()
	p.write(request + string(rawpeer.Octets(rawpeer.Text("glued"))))
	p.send(rawpeer.Text("early"))
	w.wantLog()
	if got := p.Read(); len(got) > 0 {
		t.Fatalf("answered %q", got)
	}
	decide <- nil
	decided()
	if head := p.wantHead(101); !slices.Contains(head.Fields, "X: y") {
		t.Error(head.Fields)
	}
	p.want(text("glued"), text("early"))
	w.wantLog("open", `text "glued"`, `text "early"`)

	p = w.dial()
	p.write(request)
	decide <- &HandshakeError{Status: 401, Reason: "no"}
	decided()
	p.wantHead(401)
	w.wantLog("refused: application")

	p = w.dial()
	p.write(request)
	p.Reset()
	w.settle()
	p.wantClosed()
	decide <- nil // its context has ended
	decided()
	w.wantLog()
}

func TestAuthorizePanics(t *testing.T) {
	w := newLogged(t, nil)
	told := make(chan any, 1)
	w.loop.set.handler.OnPanic = func(_ Conn, v any, _ []byte) { told <- v }
	w.loop.set.handler.Authorize = func(context.Context, *Upgrade) error { panic("boom") }
	p := w.dial()
	p.write(request)
	if v := <-told; v != "boom" {
		t.Error(v)
	}
	for !p.Ended() {
		time.Sleep(time.Millisecond)
		w.settle()
	}
	p.wantHead(500)
}

func TestAcceptPauses(t *testing.T) {
	w := newLogged(t, nil)
	w.net.FailAccept(w.server.listener, io.ErrNoProgress, io.ErrNoProgress)
	p := w.dial()
	p.write(request)
	if n := w.loop.stats.AcceptErrors; n != 1 {
		t.Errorf("%d errors", n)
	}
	calls := w.net.Calls.Accept
	w.settle()
	if n := w.net.Calls.Accept - calls; n != 0 {
		t.Errorf("tried %d times more while it should pause", n)
	}
	w.advance(time.Duration(minPause)) // and fails again
	w.advance(time.Duration(2 * minPause))
	p.wantHead(101)
	if n := w.loop.stats.AcceptErrors; n != 2 {
		t.Errorf("%d errors", n)
	}
}

func TestMaxConns(t *testing.T) {
	h := new(Handler)
	w := newServerWorld(t, h, &ServerOptions{MaxConns: 2})
	w.loop.set.handler = *w.logging()
	p := w.connect()
	w.connect()
	w.log = nil
	third := w.dial()
	third.write(request)
	third.wantHead(503)
	third.wantClosed()
	w.wantLog("refused: full")
	w.loop.set.handler.OnRefused = func(string, error) { panic("boom") }
	fourth := w.dial()
	fourth.write(request)
	fourth.wantHead(503)
	w.wantLog("panic: boom")
	p.Reset()
	w.settle()
	w.connect()
}

// Each connection goes to the loop that has the fewest.
func TestConnectionsOfManyLoops(t *testing.T) {
	s, err := Listen("tcp", "127.0.0.1:0", &Handler{OnMessage: echo}, &ServerOptions{Loops: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 40 {
		nc, r := shakeHands(t, s)
		defer nc.Close()
		nc.Write(rawpeer.Octets(rawpeer.Text("x")))
		if e, err := (&rawpeer.Reader{R: r}).Next(); err != nil || e != text("x") {
			t.Fatal(e, err)
		}
	}
	for i, l := range s.Loops() {
		if n := l.conns.Load(); n != 10 {
			t.Errorf("loop %d has %d connections", i, n)
		}
	}
}
