package e2e

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/nettest"

	"github.com/duplexws/duplex/websocket"
)

// TestNetConn holds the net.Conn view against the suite that any net.Conn has to
// pass: of sockets, and of connections that cannot be told to wait.
func TestNetConn(t *testing.T) {
	t.Run("tcp", func(t *testing.T) {
		nettest.TestConn(t, netConns(t, listenTCP, new(net.Dialer).DialContext))
	})
	t.Run("pipe", func(t *testing.T) {
		l := &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
		nettest.TestConn(t, netConns(t, func(testing.TB) net.Listener { return l }, l.dial))
	})
}

// netConns returns what makes a server's view and a client's.
func netConns(t *testing.T, listen func(testing.TB) net.Listener, dial func(ctx context.Context, network, address string) (net.Conn, error)) nettest.MakePipe {
	accepted := make(chan net.Conn)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		accepted <- websocket.NetConn(c, websocket.Binary)
	}))
	server.Listener.Close()
	server.Listener = listen(t)
	server.Start()
	t.Cleanup(server.Close)
	url := "ws" + strings.TrimPrefix(server.URL, "http")
	return func() (c1, c2 net.Conn, stop func(), err error) {
		c, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{NetDial: dial})
		if err != nil {
			return nil, nil, nil, err
		}
		ours, theirs := <-accepted, websocket.NetConn(c, websocket.Binary)
		return ours, theirs, func() {
			closed := make(chan struct{})
			go func() {
				defer close(closed)
				ours.Close()
			}()
			theirs.Close()
			<-closed
		}, nil
	}
}

func listenTCP(t testing.TB) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// pipeListener accepts what is dialled within the process.
type pipeListener struct {
	conns  chan net.Conn
	done   chan struct{}
	closed sync.Once
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case nc := <-l.conns:
		return nc, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.closed.Do(func() { close(l.done) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }
