package websocket_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/cases"
	"github.com/duplexws/duplex/internal/testenv"
	"github.com/duplexws/duplex/protocol"
	"github.com/duplexws/duplex/websocket"
)

// suiteOptions let the largest message of the catalogue through.
func suiteOptions(clock *websocket.Clock) websocket.Options {
	return websocket.Options{MaxMessage: 32 << 20, Clock: clock}
}

// TestConformanceOfServer runs the catalogue against an echo server.
func TestConformanceOfServer(t *testing.T) {
	o := &websocket.AcceptOptions{Options: suiteOptions(websocket.NewClock())}
	ts := httptest.NewUnstartedServer(o.Handler(echoAll))
	websocket.ConfigureServer(ts.Config)
	ts.Start()
	t.Cleanup(ts.Close)
	for _, c := range cases.Catalogue(testenv.Full()) {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			nc, r := suiteConnects(t, ts.Listener.Addr().String())
			if err := cases.Play(&c, nc, r, false); err != nil {
				t.Error(err)
			}
		})
	}
}

// suiteConnects does the opening handshake that the suite does as a client.
func suiteConnects(t *testing.T, addr string) (net.Conn, *bufio.Reader) {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	nc.Write([]byte("GET / HTTP/1.1\r\nHost: " + addr + "\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n" +
		"Pragma: no-cache\r\nCache-Control: no-cache\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"))
	r := bufio.NewReader(nc)
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		nc.Close()
		t.Fatal(err)
	}
	if accept := resp.Header.Get("Sec-WebSocket-Accept"); resp.StatusCode != http.StatusSwitchingProtocols || accept != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		nc.Close()
		t.Fatalf("status %d, Sec-WebSocket-Accept %q", resp.StatusCode, accept)
	}
	return nc, r
}

// TestConformanceOfClient runs the catalogue against an echo client.
func TestConformanceOfClient(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	clock := websocket.NewClock()
	// One at a time connects, so that a case and its endpoint find each other.
	turn := make(chan struct{}, 1)
	for _, c := range cases.Catalogue(testenv.Full()) {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			turn <- struct{}{}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				echoClient(t, ctx, l.Addr().String(), &websocket.DialOptions{Options: suiteOptions(clock)})
			}()
			nc, r := suiteAccepts(t, l)
			<-turn
			if err := cases.Play(&c, nc, r, true); err != nil {
				t.Error(err)
			}
			<-ended
		})
	}
}

func echoClient(t *testing.T, ctx context.Context, addr string, o *websocket.DialOptions) {
	c, err := websocket.Dial(ctx, "ws://"+addr, o)
	if err != nil {
		t.Error(err)
		return
	}
	echoAll(ctx, c)
	c.Close(ctx, websocket.StatusNormalClosure, "")
}

// suiteAccepts does the opening handshake that the suite does as a server.
func suiteAccepts(t *testing.T, l net.Listener) (net.Conn, *bufio.Reader) {
	t.Helper()
	nc, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(nc)
	req, err := http.ReadRequest(r)
	if err != nil {
		nc.Close()
		t.Fatal(err)
	}
	nc.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		protocol.AcceptKey(req.Header.Get("Sec-WebSocket-Key")) + "\r\n\r\n"))
	return nc, r
}
