package e2e

import (
	"net"
	"testing"

	"golang.org/x/net/nettest"

	"github.com/duplexws/duplex/websocket/wstest"
)

// TestPipe holds the connections of wstest against the suite that any net.Conn
// has to pass, with faults and without, and the net.Conn view of a Conn over them.
func TestPipe(t *testing.T) {
	t.Run("pipe", func(t *testing.T) {
		nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
			c1, c2 = wstest.Pipe()
			return c1, c2, func() { c1.Close(); c2.Close() }, nil
		})
	})
	t.Run("faults", func(t *testing.T) {
		nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
			a, b := wstest.Pipe()
			c1 = wstest.Inject(a, wstest.Faults{Read: wstest.Fault{Chunk: 100}, Write: wstest.Fault{Chunk: 1000}})
			c2 = wstest.Inject(b, wstest.Faults{})
			return c1, c2, func() { c1.Close(); c2.Close() }, nil
		})
	})
	t.Run("view", func(t *testing.T) {
		l := wstest.Listen()
		nettest.TestConn(t, netConns(t, func(testing.TB) net.Listener { return l }, l.Dial))
	})
}
