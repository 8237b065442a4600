package websocket_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/duplexws/duplex/websocket"
)

// A wrapper is a ResponseWriter of some middleware.
type wrapper struct{ http.ResponseWriter }

// An openWrapper lets through to what it wraps.
type openWrapper struct{ http.ResponseWriter }

func (w openWrapper) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Middleware that hides the Hijacker gets a refusal, and an error that names
// it; middleware with Unwrap is no hindrance.
func TestAcceptThroughMiddleware(t *testing.T) {
	for _, c := range []struct {
		name string
		wrap func(http.ResponseWriter) http.ResponseWriter
		want string // part of the error, "" if there must be none
	}{
		{"none", func(w http.ResponseWriter) http.ResponseWriter { return w }, ""},
		{"open", func(w http.ResponseWriter) http.ResponseWriter { return openWrapper{openWrapper{w}} }, ""},
		{"closed", func(w http.ResponseWriter) http.ResponseWriter { return wrapper{w} }, "websocket_test.wrapper"},
		{"closed behind open", func(w http.ResponseWriter) http.ResponseWriter { return openWrapper{wrapper{w}} }, "websocket_test.wrapper"},
		{"leads nowhere", func(http.ResponseWriter) http.ResponseWriter { return openWrapper{httptest.NewRecorder()} }, "httptest.ResponseRecorder"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var labels []string
			o := &websocket.AcceptOptions{Options: websocket.Options{Hooks: &websocket.Hooks{
				Refused: func(label string, _ error) { labels = append(labels, label) },
			}}}
			got := make(chan error, 1)
			ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				conn, err := websocket.Accept(c.wrap(w), r, o)
				got <- err
				if err == nil {
					conn.CloseNow()
				}
			}))
			defer ts.Close()
			nc, err := net.Dial("tcp", ts.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			nc.Write([]byte("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
				"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"))
			err = <-got
			if c.want == "" {
				if err != nil || len(labels) > 0 {
					t.Errorf("%v, refused %q", err, labels)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || len(labels) != 1 || labels[0] != "server" {
				t.Errorf("%v, refused %q; want %q", err, labels, c.want)
			}
			var refused *websocket.HandshakeError
			if errors.As(err, &refused) {
				t.Errorf("a fault of the server's is blamed on the peer: %v", err)
			}
		})
	}
}
