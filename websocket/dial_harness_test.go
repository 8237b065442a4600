package websocket

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// An answerer is a scripted server: it hands each connection's first request
// to a function that answers octet by octet as it likes.
type answerer struct {
	address string
	url     string // ws, or wss over TLS

	mu       sync.Mutex
	requests []*http.Request
}

// answering starts an answerer. With a config it speaks TLS.
func answering(t testing.TB, config *tls.Config, answer func(nc net.Conn, r *http.Request)) *answerer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &answerer{address: l.Addr().String(), url: "ws://" + l.Addr().String()}
	if config != nil {
		l = tls.NewListener(l, config)
		s.url = "wss://" + s.address
	}
	serving(t, l, func(nc net.Conn) { s.serve(nc, answer) })
	return s
}

// serving serves connections until the test ends. They have 20 seconds.
func serving(t testing.TB, l net.Listener, serve func(nc net.Conn)) {
	var running sync.WaitGroup
	running.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer nc.Close()
				nc.SetDeadline(time.Now().Add(20 * time.Second))
				serve(nc)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		running.Wait()
	})
}

// servingTCP is serving on a port of its own.
func servingTCP(t testing.TB, serve func(nc net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serving(t, l, serve)
	return l.Addr().String()
}

// blurting says octets before it is asked, and then waits for the client to go.
func blurting(t testing.TB, octets string) (address string) {
	return servingTCP(t, func(nc net.Conn) {
		io.WriteString(nc, octets)
		io.Copy(io.Discard, nc)
	})
}

func (s *answerer) serve(nc net.Conn, answer func(nc net.Conn, r *http.Request)) {
	r, err := http.ReadRequest(bufio.NewReader(nc))
	if err != nil {
		return
	}
	s.mu.Lock()
	s.requests = append(s.requests, r)
	s.mu.Unlock()
	answer(nc, r)
}

// asked returns the requests that have come.
func (s *answerer) asked() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// says answers with octets, whatever the request is.
func says(octets string) func(net.Conn, *http.Request) {
	return func(nc net.Conn, _ *http.Request) { io.WriteString(nc, octets) }
}

// switches does the opening handshake with further header lines, and then waits
// for the client to go.
func switches(lines ...string) func(net.Conn, *http.Request) {
	return func(nc net.Conn, r *http.Request) {
		answer := switching(r)
		for _, line := range lines {
			answer = strings.TrimSuffix(answer, "\r\n") + line + "\r\n\r\n"
		}
		io.WriteString(nc, answer)
		io.Copy(io.Discard, nc)
	}
}

// endless answers with head, and then with more until the client goes.
func endless(head, more string) func(net.Conn, *http.Request) {
	more = strings.Repeat(more, 1+4096/len(more))
	return func(nc net.Conn, _ *http.Request) {
		_, err := io.WriteString(nc, head)
		for err == nil {
			_, err = io.WriteString(nc, more)
		}
	}
}

// echo is a handler that sends back what it gets.
func echo(ctx context.Context, c *Conn) error {
	for m, err := range c.Messages(ctx) {
		if err != nil {
			return err
		}
		if err := c.Write(ctx, m.Type, m.Data); err != nil {
			return err
		}
	}
	return nil
}

// echoing starts an echo server, over TLS with a config, and returns its URL.
func echoing(t testing.TB, config *tls.Config) string {
	t.Helper()
	s := httptest.NewUnstartedServer(Handler(echo))
	s.Config.ErrorLog = quiet
	t.Cleanup(s.Close)
	if config == nil {
		s.Start()
		return "ws" + strings.TrimPrefix(s.URL, "http")
	}
	s.TLS = config
	s.StartTLS()
	return "wss" + strings.TrimPrefix(s.URL, "https")
}

// wantEcho sends a message through c and takes it back, and closes c.
func wantEcho(t testing.TB, c *Conn, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
		return
	}
	defer c.CloseNow()
	if err := c.Write(t.Context(), Text, []byte("hello")); err != nil {
		t.Error(err)
		return
	}
	wantMessage(t, "hello", Text)(c.Read(t.Context()))
	if err := c.Close(t.Context(), StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
}
