package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	coder "github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	gorilla "github.com/gorilla/websocket"

	duplex "github.com/duplexws/duplex/websocket"
)

// The tables of differences say how the libraries behave. These are the rows
// that a peer on the wire can show: what comes of the same in each.
var differences = []struct {
	row                    string
	probe                  func(t *testing.T, l library) string
	gorilla, coder, duplex string
}{
	{"32 KiB in a message", sends(gorilla.BinaryMessage, strings.Repeat("x", 32<<10)), "read", "read", "read"},
	{"more than 32 KiB", sends(gorilla.BinaryMessage, strings.Repeat("x", 32<<10+1)), "read", "1009", "read"},
	{"1 MiB", sends(gorilla.BinaryMessage, strings.Repeat("x", 1<<20)), "read", "1009", "read"},
	{"more than 1 MiB", sends(gorilla.BinaryMessage, strings.Repeat("x", 1<<20+1)), "read", "1009", "1009"},
	{"text that is no UTF-8", sends(gorilla.TextMessage, "\xff"), "read", "read", "1007"},
	{"origin: host differs", origin("http://elsewhere.example"), "403", "403", "403"},
	{"origin: scheme differs", origin("https://HOST"), "101", "101", "403"},
	{"origin: none", origin(""), "101", "101", "101"},
	{"subprotocol in another case", subprotocol, "", "CHAT", ""},
	{"cookie set on the ResponseWriter", cookie, "", "a=b", "a=b"},
	{"end of a deadline", deadline, "dead", "dead", "alive"},
	{"the transport ends", transportEnds, "1006", "EOF", "1006"},
	{"JSON as it is written", writtenJSON, "1\n", "1\n", "1"},
	{"a message that is no JSON", sendsNoJSON("{"), "alive", "1007", "alive"},
	{"two values in a message", sendsNoJSON("1 2"), "read", "1007", "alive"},
	{"a closed Conn", closed, "other", "net.ErrClosed", "ErrClosed"},
	{"URL with a user name", userName, "", "Basic YTpi", "Basic YTpi"},
	{"redirect", redirect, "302", "101", "302"},
}

func TestDifferences(t *testing.T) {
	for _, d := range differences {
		t.Run(d.row, func(t *testing.T) {
			for i, want := range []string{d.gorilla, d.coder, d.duplex} {
				l := libraries[i]
				if got := d.probe(t, l); got != want {
					t.Errorf("%s: %q, want %q", l.name, got, want)
				}
			}
		})
	}
}

// A library is one of the three, with what the probes need of it.
type library struct {
	name   string
	accept func(w http.ResponseWriter, r *http.Request) (conn, error)
	dial   func(url string) (status int, err error)
}

type conn struct {
	read          func(ctx context.Context) error
	readUntilPing func() error // a read whose deadline passes when a Ping arrives
	readJSON      func(v any) error
	writeJSON     func(v any) error
	close         func()
}

var libraries = []library{
	{"gorilla", acceptGorilla, dialGorilla},
	{"coder", acceptCoder, dialCoder},
	{"duplex", acceptDuplex, dialDuplex},
}

func acceptGorilla(w http.ResponseWriter, r *http.Request) (conn, error) {
	u := gorilla.Upgrader{Subprotocols: []string{"chat"}}
	c, err := u.Upgrade(w, r, nil)
	read := func() error { _, _, err := c.ReadMessage(); return err }
	return conn{
		func(context.Context) error { c.SetReadDeadline(time.Time{}); return read() },
		func() error {
			c.SetPingHandler(func(string) error { return c.SetReadDeadline(time.Now().Add(-time.Second)) })
			return read()
		},
		func(v any) error { return c.ReadJSON(v) },
		func(v any) error { return c.WriteJSON(v) },
		func() { c.Close() },
	}, err
}

func acceptCoder(w http.ResponseWriter, r *http.Request) (conn, error) {
	untilPing, cancel := context.WithCancel(ctx)
	c, err := coder.Accept(w, r, &coder.AcceptOptions{
		Subprotocols:   []string{"chat"},
		OnPingReceived: func(context.Context, []byte) bool { cancel(); return false },
	})
	read := func(ctx context.Context) error { _, _, err := c.Read(ctx); return err }
	return conn{
		read,
		func() error { return read(untilPing) },
		func(v any) error { return wsjson.Read(ctx, c, v) },
		func(v any) error { return wsjson.Write(ctx, c, v) },
		func() { c.CloseNow() },
	}, err
}

func acceptDuplex(w http.ResponseWriter, r *http.Request) (conn, error) {
	untilPing, cancel := context.WithCancel(ctx)
	c, err := duplex.Accept(w, r, &duplex.AcceptOptions{
		Subprotocols: []string{"chat"},
		Options:      duplex.Options{Hooks: &duplex.Hooks{Pinged: func(*duplex.Conn) { cancel() }}},
	})
	read := func(ctx context.Context) error { _, _, err := c.Read(ctx); return err }
	return conn{
		read,
		func() error { return read(untilPing) },
		func(v any) error { return c.ReadJSON(ctx, v) },
		func(v any) error { return c.WriteJSON(ctx, v) },
		func() { c.CloseNow() },
	}, err
}

func dialGorilla(url string) (status int, err error) {
	c, res, err := gorilla.DefaultDialer.Dial(url, nil)
	if err == nil {
		c.Close()
	}
	return statusOf(res), err
}

func dialCoder(url string) (status int, err error) {
	c, res, err := coder.Dial(ctx, url, nil)
	if err == nil {
		c.CloseNow()
	}
	return statusOf(res), err
}

func dialDuplex(url string) (status int, err error) {
	c, err := duplex.Dial(ctx, url, &duplex.DialOptions{
		OnResponse: func(res *http.Response) { status = res.StatusCode },
	})
	if err == nil {
		c.CloseNow()
	}
	return status, err
}

func statusOf(res *http.Response) int {
	if res == nil {
		return 0
	}
	return res.StatusCode
}

// serve accepts connections with l, and hands them to do.
func (l library) serve(t *testing.T, do func(c conn)) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "a=b")
		c, err := l.accept(w, r)
		if err != nil {
			return
		}
		defer c.close()
		do(c)
	}))
	t.Cleanup(s.Close)
	return s
}

// meet connects a peer of gorilla's, which does what it is told, with a server
// of l's that do is given to.
func meet(t *testing.T, l library, header http.Header, do func(c conn)) (*gorilla.Conn, *http.Response) {
	t.Helper()
	s := l.serve(t, do)
	if header.Get("Origin") == "https://HOST" {
		header.Set("Origin", "https://"+strings.TrimPrefix(s.URL, "http://"))
	}
	peer, res, err := gorilla.DefaultDialer.Dial(wsURL(s), header)
	if err != nil && res == nil {
		t.Fatal(err)
	}
	if err == nil {
		t.Cleanup(func() { peer.Close() })
	}
	return peer, res
}

// outcome is what became of a call, and of the connection behind it: "read" if
// there was no error, the status code that the peer was told, or "alive".
func outcome(peer *gorilla.Conn, result <-chan error) string {
	_, p, told := peer.ReadMessage()
	var closed *gorilla.CloseError
	switch {
	case <-result == nil:
		return "read"
	case strings.Contains(string(p), "alive"):
		return "alive"
	case errors.As(told, &closed) && closed.Code != gorilla.CloseAbnormalClosure:
		return fmt.Sprint(closed.Code)
	}
	return "dead"
}

func sends(typ int, text string) func(t *testing.T, l library) string {
	return func(t *testing.T, l library) string {
		result, over := make(chan error, 1), make(chan struct{})
		defer close(over)
		peer, _ := meet(t, l, nil, func(c conn) {
			err := c.read(ctx)
			result <- err
			if err != nil {
				<-over // a socket that is closed with input unread is reset
			}
		})
		go peer.WriteMessage(typ, []byte(text))
		return outcome(peer, result)
	}
}

func sendsNoJSON(text string) func(t *testing.T, l library) string {
	return func(t *testing.T, l library) string {
		result := make(chan error, 1)
		peer, _ := meet(t, l, nil, func(c conn) {
			var v any
			result <- c.readJSON(&v)
			c.writeJSON("alive")
		})
		peer.WriteMessage(gorilla.TextMessage, []byte(text))
		return outcome(peer, result)
	}
}

func origin(of string) func(t *testing.T, l library) string {
	return func(t *testing.T, l library) string {
		header := make(http.Header)
		if of != "" {
			header.Set("Origin", of)
		}
		_, res := meet(t, l, header, func(conn) {})
		return fmt.Sprint(res.StatusCode)
	}
}

func subprotocol(t *testing.T, l library) string {
	_, res := meet(t, l, http.Header{"Sec-Websocket-Protocol": {"CHAT"}}, func(conn) {})
	return res.Header.Get("Sec-Websocket-Protocol")
}

func cookie(t *testing.T, l library) string {
	_, res := meet(t, l, nil, func(conn) {})
	return res.Header.Get("Set-Cookie")
}

func deadline(t *testing.T, l library) string {
	result := make(chan error, 1)
	peer, _ := meet(t, l, nil, func(c conn) {
		result <- c.readUntilPing()
		if c.read(ctx) == nil {
			c.writeJSON("alive")
		}
	})
	peer.WriteControl(gorilla.PingMessage, nil, time.Now().Add(time.Minute))
	err := <-result
	result <- err
	peer.WriteMessage(gorilla.TextMessage, []byte("more"))
	return outcome(peer, result)
}

func transportEnds(t *testing.T, l library) string {
	result := make(chan error, 1)
	peer, _ := meet(t, l, nil, func(c conn) { result <- c.read(ctx) })
	peer.NetConn().Close()
	err := <-result
	switch {
	case gorilla.IsCloseError(err, gorilla.CloseAbnormalClosure), duplex.CloseStatus(err) == 1006 && errors.Is(err, duplex.ErrAbnormal):
		return "1006"
	case errors.Is(err, io.EOF) && coder.CloseStatus(err) == -1:
		return "EOF"
	}
	return fmt.Sprint(err)
}

func writtenJSON(t *testing.T, l library) string {
	peer, _ := meet(t, l, nil, func(c conn) {
		c.writeJSON(1)
		c.read(ctx)
	})
	_, p, err := peer.ReadMessage()
	if err != nil {
		t.Error(err)
	}
	return string(p)
}

func closed(t *testing.T, l library) string {
	result := make(chan error, 1)
	meet(t, l, nil, func(c conn) {
		c.close()
		result <- c.writeJSON(1)
	})
	switch err := <-result; {
	case err == nil:
		return "no error"
	case errors.Is(err, duplex.ErrClosed):
		return "ErrClosed"
	case errors.Is(err, net.ErrClosed) && l.name == "coder":
		return "net.ErrClosed"
	}
	return "other"
}

func userName(t *testing.T, l library) string {
	got := make(chan string, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header.Get("Authorization")
	}))
	defer s.Close()
	l.dial(strings.Replace(wsURL(s), "ws://", "ws://a:b@", 1))
	select {
	case value := <-got:
		return value
	default:
		return "" // no request was made
	}
}

func redirect(t *testing.T, l library) string {
	s := l.serve(t, func(conn) {})
	from := httptest.NewServer(http.RedirectHandler(s.URL, http.StatusFound))
	defer from.Close()
	status, _ := l.dial(wsURL(from))
	return fmt.Sprint(status)
}
