package migrate_test

import (
	"context"
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
