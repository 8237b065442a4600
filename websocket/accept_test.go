package websocket

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/protocol"
)

// site is a server under test.
type site struct {
	*httptest.Server
	t testing.TB
}

func newSite(t testing.TB, h http.Handler) *site {
	t.Helper()
	s := &site{httptest.NewUnstartedServer(h), t}
	s.Config.ErrorLog = quiet
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// quiet is for servers whose clients misbehave.
var quiet = log.New(io.Discard, "", 0)

func (s *site) url() string { return "ws" + strings.TrimPrefix(s.URL, "http") }

// dial connects a client that is gone when the test is.
func (s *site) dial(o *DialOptions) *Conn {
	s.t.Helper()
	c, err := Dial(s.t.Context(), s.url(), o)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.CloseNow() })
	return c
}

// accepting accepts in a handler of its own and hands the Conn on.
func accepting(o *AcceptOptions, conns chan<- *Conn, errs chan<- error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := Accept(w, r, o)
		if err != nil {
			errs <- err
			return
		}
		conns <- c
	})
}

const handshake = "GET / HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"

// request sends octets and returns the response.
func (s *site) request(octets string) (*http.Response, *bufio.Reader) {
	s.t.Helper()
	nc, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { nc.Close() })
	if _, err := io.WriteString(nc, octets); err != nil {
		s.t.Fatal(err)
	}
	r := bufio.NewReader(nc)
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return res, r
}

// TestAccept: the Conn outlives the handler, and has no deadline of net/http's.
func TestAccept(t *testing.T) {
	conns := make(chan *Conn, 1)
	s := &site{httptest.NewUnstartedServer(accepting(nil, conns, nil)), t}
	s.Config.ReadTimeout, s.Config.WriteTimeout = 50*time.Millisecond, 50*time.Millisecond
	s.Start()
	defer s.Close()
	client := s.dial(nil)
	server := <-conns
	time.Sleep(100 * time.Millisecond) // the server's deadlines
	for range 2 {
		written := async(func() error { return client.Write(t.Context(), Text, []byte("hello")) })
		wantMessage(t, "hello", Text)(server.Read(t.Context()))
		if err := errors.Join(<-written, server.Write(t.Context(), Text, []byte("hello yourself"))); err != nil {
			t.Fatal(err)
		}
		wantMessage(t, "hello yourself", Text)(client.Read(t.Context()))
	}
	closed := async(func() error { return server.Close(t.Context(), StatusNormalClosure, "") })
	client.Read(t.Context())
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// TestAcceptGluedFrames: what came along with the handshake is not lost.
func TestAcceptGluedFrames(t *testing.T) {
	s := newSite(t, Handler(func(ctx context.Context, c *Conn) error {
		for m, err := range c.Messages(ctx) {
			if err != nil {
				return err
			}
			if err := c.Write(ctx, m.Type, m.Data); err != nil {
				return err
			}
		}
		return nil
	}))
	long := text(filled(10_000))
	octets := string(text("a").octets(true)) + string(text("b").octets(true)) + string(long.octets(true))
	res, r := s.request(handshake + "\r\n" + octets + string(closeFrame(1000, "").octets(true)))
	if res.StatusCode != http.StatusSwitchingProtocols || res.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Fatalf("%v", res)
	}
	for _, want := range []frame{text("a"), text("b"), long, closeFrame(1000, "")} {
		if f, err := readFrame(r); f != want || err != nil {
			t.Fatalf("%v, %v; want %v", f, err, want)
		}
	}
}

// TestAcceptRefuses with the status that says why, and ends the HTTP connection.
// The table of hostile inputs has many more.
func TestAcceptRefuses(t *testing.T) {
	var labels []string
	o := &AcceptOptions{Options: Options{Hooks: &Hooks{Refused: func(label string, err error) {
		labels = append(labels, label)
		var e *HandshakeError
		if !errors.As(err, &e) {
			t.Errorf("Hooks: %T", err)
		}
	}}}}
	errs := make(chan error, 1)
	s := newSite(t, accepting(o, nil, errs))
	for _, c := range []struct {
		request string
		status  int
		header  string
	}{
		{"GET / HTTP/1.1\r\nHost: example.com\r\n", http.StatusUpgradeRequired, "Upgrade: websocket"},
		{strings.Replace(handshake, "13", "12", 1), http.StatusUpgradeRequired, "Sec-WebSocket-Version: 13"},
		{handshake + "Origin: https://evil.example\r\n", http.StatusForbidden, ""},
		{handshake + strings.Repeat("X: y\r\n", 101), http.StatusRequestHeaderFieldsTooLarge, ""},
	} {
		res, r := s.request(c.request + "\r\n")
		if res.StatusCode != c.status || !res.Close {
			t.Errorf("%q: status %d, close %v; want %d", c.request, res.StatusCode, res.Close, c.status)
		}
		if name, value, ok := strings.Cut(c.header, ": "); ok && res.Header.Get(name) != value {
			t.Errorf("%q: %v", c.request, res.Header)
		}
		var e *HandshakeError
		if err := <-errs; !errors.As(err, &e) || e.Status != c.status {
			t.Errorf("%q: %v", c.request, err)
		}
		io.Copy(io.Discard, res.Body)
		if _, err := r.ReadByte(); err != io.EOF {
			t.Errorf("%q: the connection lives on: %v", c.request, err)
		}
	}
	if len(labels) != 4 {
		t.Errorf("labels %q", labels)
	}
}

func TestAcceptOptions(t *testing.T) {
	conns := make(chan *Conn, 1)
	for _, c := range []struct {
		o    *AcceptOptions
		want string
	}{
		{&AcceptOptions{Subprotocols: []string{"b", "a"}}, "b"},
		{&AcceptOptions{Subprotocols: []string{"c"}}, ""},
		{&AcceptOptions{Subprotocols: []string{"b"}, SelectSubprotocol: func(r *http.Request, offered []string) string {
			if got := fmt.Sprint(r.URL.Path, offered); got != "/[a b]" {
				t.Errorf("asked for %s", got)
			}
			return offered[0]
		}}, "a"},
	} {
		c.o.Header = http.Header{"X-Server": {"one", "two"}}
		c.o.Origin = protocol.OriginPolicy{Patterns: []string{"https://*.example.com"}}
		s := newSite(t, accepting(c.o, conns, nil))
		client := s.dial(&DialOptions{Subprotocols: []string{"a", "b"}, Header: http.Header{"Origin": {"https://www.example.com"}}})
		server := <-conns
		if client.Subprotocol() != c.want || server.Subprotocol() != c.want {
			t.Errorf("%q, %q; want %q", client.Subprotocol(), server.Subprotocol(), c.want)
		}
		client.CloseNow()
		server.CloseNow()
		res, _ := s.request(handshake + "\r\n")
		if got := res.Header["X-Server"]; fmt.Sprint(got) != "[one two]" {
			t.Errorf("Header %q", got)
		}
		(<-conns).CloseNow()
	}
}

// TestAcceptOptionsInvalid are the server's fault, and its log's business.
func TestAcceptOptionsInvalid(t *testing.T) {
	errs := make(chan error, 1)
	s := newSite(t, accepting(&AcceptOptions{Subprotocols: []string{"not a token"}}, nil, errs))
	if res, _ := s.request(handshake + "\r\n"); res.StatusCode != http.StatusInternalServerError {
		t.Errorf("%v", res)
	}
	if err := <-errs; err == nil {
		t.Error("no error")
	}
}

func TestConfigureServer(t *testing.T) {
	s := &http.Server{IdleTimeout: time.Hour}
	ConfigureServer(s)
	if s.ReadHeaderTimeout != 5*time.Second || s.MaxHeaderBytes != 16<<10 || s.IdleTimeout != time.Hour {
		t.Errorf("%+v", s)
	}
	s = &http.Server{ReadTimeout: time.Hour, MaxHeaderBytes: 1}
	ConfigureServer(s)
	if s.ReadHeaderTimeout != 0 || s.MaxHeaderBytes != 1 || s.IdleTimeout != 2*time.Minute {
		t.Errorf("%+v", s)
	}
}

// TestAcceptSetHeader: what middleware has set goes out with the response, but
// for what would speak for the handshake or of a body.
func TestAcceptSetHeader(t *testing.T) {
	o := &AcceptOptions{Header: http.Header{"X-Server": {"ours"}}}
	set := http.Header{"Set-Cookie": {"a=1", "b=2"}, "X-Request-Id": {"7"}}
	left := http.Header{"Content-Type": {"text/html"}, "Content-Length": {"5"}, "Content-Encoding": {"gzip"}, "Connection": {"close"},
		"Upgrade": {"h2c"}, "Sec-Websocket-Accept": {"x"}, "Sec-Websocket-Protocol": {"x"}, "Transfer-Encoding": {"chunked"}}
	s := newSite(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, values := range set {
			w.Header()[name] = values
		}
		for name, values := range left {
			w.Header()[name] = values
		}
		if c, err := Accept(w, r, o); err != nil {
			t.Error(err)
		} else {
			c.CloseNow()
		}
	}))
	for range 3 {
		var got http.Header
		c, err := Dial(t.Context(), s.url(), &DialOptions{OnResponse: func(r *http.Response) { got = r.Header }})
		if err != nil {
			t.Fatal(err)
		}
		c.CloseNow()
		if !slices.Equal(got["Set-Cookie"], set["Set-Cookie"]) || got.Get("X-Request-Id") != "7" || got.Get("X-Server") != "ours" {
			t.Errorf("the response has %v", got)
		}
		if len(got) != 6 { // with Upgrade, Connection and Sec-WebSocket-Accept
			t.Errorf("the response has %v", got)
		}
	}
}

func TestIsUpgrade(t *testing.T) {
	for _, c := range []struct {
		method, connection, upgrade string
		want                        bool
	}{
		{"GET", "Upgrade", "websocket", true},
		{"GET", "keep-alive, upgrade", "WebSocket", true},
		{"GET", "keep-alive", "websocket", false},
		{"GET", "Upgrade", "h2c", false},
		{"GET", "Upgrade", "h2c, websocket", true},
		{"POST", "Upgrade", "websocket", false},
		{"GET", "", "", false},
		{"GET", "upgrades", "websockets", false},
	} {
		r := httptest.NewRequest(c.method, "/", nil)
		r.Header.Set("Connection", c.connection)
		r.Header.Set("Upgrade", c.upgrade)
		if got := IsUpgrade(r); got != c.want {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}
