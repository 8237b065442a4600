package wstest

import (
	"context"
	"net"
	"net/http"
	"testing"

	"github.com/duplexws/duplex/websocket"
)

// PairOptions are the settings of [NewPair]. Nil is the default of everything.
type PairOptions struct {
	// Client holds the client's options. Proxy, NetDial and UnixSocket are
	// not used.
	Client *websocket.DialOptions
	// Server holds the server's options.
	Server *websocket.AcceptOptions
	// WrapClient and WrapServer, if not nil, return what the client and the
	// server are to use in place of their end of the [Pipe]: one with faults,
	// as [Inject] returns it, or one that counts.
	WrapClient, WrapServer func(net.Conn) net.Conn
}

// exampleURL is where clients connect to whose URL is of no account.
const exampleURL = "ws://example.com/"

// NewPair returns the two ends of a connection within the process, behind a real
// opening handshake. Each end that has no Options.Clock gets one of its own, so
// that the pair works in a synctest bubble as it does outside. When the test
// ends both are closed. If the handshake fails the test does.
func NewPair(t testing.TB, o *PairOptions) (client, server *websocket.Conn) {
	t.Helper()
	if o == nil {
		o = new(PairOptions)
	}
	l := Listen()
	server, stop := acceptOne(t, wrapped{l, o.WrapServer}, o.Server, func() {
		client = dial(t, exampleURL, dialOptions(o.Client, func(ctx context.Context, network, address string) (net.Conn, error) {
			nc, err := l.Dial(ctx, network, address)
			if err == nil && o.WrapClient != nil {
				nc = o.WrapClient(nc)
			}
			return nc, err
		}))
	})
	stop()
	return client, server
}

// ClientConn returns a client's Conn and the scripted server that it is connected
// to. Both are behind the opening handshake, and are closed when the test ends;
// [AcceptPeer] is for a handshake of one's own. The clock is as with [NewPair].
func ClientConn(t testing.TB, o *websocket.DialOptions) (*websocket.Conn, *Peer) {
	t.Helper()
	theirs, ours := Pipe()
	peer := PlayServer(t, theirs)
	type dialed struct {
		c   *websocket.Conn
		err error
	}
	done := make(chan dialed, 1)
	o = dialOptions(o, func(context.Context, string, string) (net.Conn, error) { return ours, nil })
	go func() {
		c, err := websocket.Dial(t.Context(), exampleURL, o)
		done <- dialed{c, err}
	}()
	peer.Upgrade(nil)
	d := <-done
	if d.err != nil {
		t.Fatalf("wstest: cannot connect: %v", d.err)
	}
	t.Cleanup(func() { d.c.CloseNow() })
	return d.c, peer
}

// ServerConn returns a server's Conn and the scripted client that has connected
// to it. Both are behind the opening handshake, and are closed when the test
// ends. The clock is as with [NewPair].
func ServerConn(t testing.TB, o *websocket.AcceptOptions) (*websocket.Conn, *Peer) {
	t.Helper()
	var peer *Peer
	l := Listen()
	c, stop := acceptOne(t, l, o, func() {
		nc, err := l.Dial(t.Context(), "", "")
		if err != nil {
			t.Fatalf("wstest: cannot connect: %v", err)
		}
		peer = PlayClient(t, nc)
		peer.Open(exampleURL, nil)
	})
	stop()
	return c, peer
}

// acceptOne returns the server's Conn of the connection that connect makes, and
// what ends the server around it.
func acceptOne(t testing.TB, l net.Listener, o *websocket.AcceptOptions, connect func()) (*websocket.Conn, func()) {
	t.Helper()
	o = acceptOptions(o)
	accepted := make(chan *websocket.Conn, 1)
	stop := serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := websocket.Accept(w, r, o); err == nil {
			accepted <- c
		}
	}))
	t.Cleanup(stop) // connect may end the test
	connect()
	c := <-accepted
	t.Cleanup(func() { c.CloseNow() })
	return c, stop
}

func dial(t testing.TB, url string, o *websocket.DialOptions) *websocket.Conn {
	t.Helper()
	c, err := websocket.Dial(t.Context(), url, o)
	if err != nil {
		t.Fatalf("wstest: cannot connect to %s: %v", url, err)
	}
	t.Cleanup(func() { c.CloseNow() })
	return c
}

// dialOptions returns o with a clock and a way to connect.
func dialOptions(o *websocket.DialOptions, connect func(ctx context.Context, network, address string) (net.Conn, error)) *websocket.DialOptions {
	var own websocket.DialOptions
	if o != nil {
		own = *o
	}
	if own.Clock == nil {
		own.Clock = websocket.NewClock()
	}
	own.NetDial, own.Proxy, own.UnixSocket = connect, websocket.NoProxy, ""
	return &own
}

// acceptOptions returns o with a clock. AcceptOptions may not be copied as a
// whole once they are in use.
func acceptOptions(o *websocket.AcceptOptions) *websocket.AcceptOptions {
	own := new(websocket.AcceptOptions)
	if o != nil {
		own.Options = o.Options
		own.Subprotocols = o.Subprotocols
		own.SelectSubprotocol = o.SelectSubprotocol
		own.Origin = o.Origin
		own.Header = o.Header
		own.BaseContext = o.BaseContext
		own.HandshakeTimeout = o.HandshakeTimeout
	}
	if own.Clock == nil {
		own.Clock = websocket.NewClock()
	}
	return own
}

// wrapped is a listener whose connections are wrapped.
type wrapped struct {
	net.Listener
	wrap func(net.Conn) net.Conn
}

func (l wrapped) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err == nil && l.wrap != nil {
		nc = l.wrap(nc)
	}
	return nc, err
}
