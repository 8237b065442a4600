// Package try is what the tests of the examples share: a client that talks to
// a server the way a browser and an attacker would.
package try

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/websocket"
)

// Server serves h until the test ends.
func Server(t testing.TB, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return "ws" + strings.TrimPrefix(s.URL, "http")
}

// Context returns the test's context, with an end.
func Context(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// Dial connects, and is gone when the test is.
func Dial(t testing.TB, url string, o *websocket.DialOptions) *websocket.Conn {
	t.Helper()
	c, err := websocket.Dial(Context(t), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.CloseNow() })
	return c
}

// Answer writes a text message and wants another as the answer.
func Answer(t testing.TB, c *websocket.Conn, message, want string) {
	t.Helper()
	if err := c.Write(Context(t), websocket.Text, []byte(message)); err != nil {
		t.Fatal(err)
	}
	Read(t, c, want)
}

// Read wants a text message.
func Read(t testing.TB, c *websocket.Conn, want string) {
	t.Helper()
	typ, p, err := c.Read(Context(t))
	if typ != websocket.Text || string(p) != want || err != nil {
		t.Fatalf("%v %q, %v; want the text %q", typ, p, err, want)
	}
}

// Closed wants the peer to close with code.
func Closed(t testing.TB, c *websocket.Conn, code websocket.StatusCode) {
	t.Helper()
	_, p, err := c.Read(Context(t))
	if websocket.CloseStatus(err) != code {
		t.Fatalf("%q, %v; want to be closed with %d", p, err, code)
	}
}

// Refused wants the server to answer the opening handshake with status.
func Refused(t testing.TB, url string, o *websocket.DialOptions, status int) {
	t.Helper()
	c, err := websocket.Dial(Context(t), url, o)
	if err == nil {
		c.CloseNow()
	}
	var refused *websocket.RefusedError
	if !errors.As(err, &refused) || refused.Status != status {
		t.Fatalf("%v; want to be refused with %d", err, status)
	}
}

// Foreign is how a page of another site connects.
var Foreign = &websocket.DialOptions{Header: http.Header{"Origin": {"https://evil.example"}}}
