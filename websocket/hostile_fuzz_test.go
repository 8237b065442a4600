package websocket_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/rawpeer"
	"github.com/duplexws/duplex/websocket"
)

// pipeListener serves the ends of in-memory connections.
type pipeListener struct {
	conns chan net.Conn
	ended chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case nc := <-l.conns:
		return nc, nil
	case <-l.ended:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { close(l.ended); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

// FuzzServer sends any octets to a server, handshake and frames. What it
// answers must be HTTP and then frames, and nobody may panic.
func FuzzServer(f *testing.F) {
	head := "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
	for _, fields := range []string{
		"", "Origin: http://a\r\n", "Origin: null\r\n", "Sec-WebSocket-Protocol: chat, \xff\r\n", "Sec-WebSocket-Extensions: a; b=\"c\"\r\n",
		"Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "Sec-WebSocket-Version:\r\n", "Expect: 100-continue\r\n",
	} {
		f.Add([]byte(head+fields+"\r\n"), rawpeer.Octets(rawpeer.Text("a"), rawpeer.Ping("p"), rawpeer.Close(1000, "")))
	}
	f.Add([]byte(head+"\r\n"), rawpeer.Octets(rawpeer.Text("a").Unfinished(), rawpeer.Continuation("\xff")))
	f.Add([]byte(head+"\r\n"), rawpeer.Octets(rawpeer.Binary("").Claiming(1<<63-1)))

	panics := make(chan string, 100)
	o := &websocket.AcceptOptions{Subprotocols: []string{"chat"}, Options: websocket.Options{
		CloseTimeout: 50 * time.Millisecond,
		Hooks:        &websocket.Hooks{Panicked: func(_ *websocket.Conn, v any, stack []byte) { panics <- fmt.Sprintf("%v\n%s", v, stack) }},
	}}
	handlers := make(chan struct{}, 1)
	echo := o.Handler(func(ctx context.Context, c *websocket.Conn) error {
		defer func() { handlers <- struct{}{} }()
		return echoAll(ctx, c)
	})
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				panics <- fmt.Sprint(v)
			}
		}()
		echo.ServeHTTP(w, r)
	})}
	websocket.ConfigureServer(server)
	l := &pipeListener{make(chan net.Conn), make(chan struct{})}
	served := make(chan struct{})
	go func() {
		defer close(served)
		server.Serve(l)
	}()
	f.Cleanup(func() {
		server.Close()
		<-served
	})
	f.Fuzz(func(t *testing.T, head, frames []byte) {
		ours, theirs := net.Pipe()
		l.conns <- theirs
		ours.SetDeadline(time.Now().Add(10 * time.Second))
		go func() {
			ours.Write(append(head, frames...))
			ours.Write(rawpeer.Octets(rawpeer.Close(1000, "")))
			time.Sleep(time.Millisecond) // the server may still answer
			ours.Close()
		}()
		if accepted := judgeAnswer(t, ours); accepted {
			<-handlers
		}
		ours.Close()
		select {
		case p := <-panics:
			t.Error(p)
		default:
		}
	})
}

// judgeAnswer reads what a server answers to its end, and reports whether it
// accepted a handshake.
func judgeAnswer(t *testing.T, nc net.Conn) (accepted bool) {
	r := bufio.NewReader(nc)
	for {
		resp, err := rawpeer.ReadResponse(r)
		if errors.Is(err, rawpeer.ErrBroken) {
			t.Error(err)
		}
		if err != nil {
			return false
		}
		if resp.Status == http.StatusSwitchingProtocols {
			break
		}
		if _, err := resp.Body(r); err != nil {
			return false
		}
	}
	events := rawpeer.Reader{R: r}
	for {
		if _, err := events.Next(); err != nil {
			if errors.Is(err, rawpeer.ErrBroken) {
				t.Error(err)
			}
			return true
		}
	}
}
