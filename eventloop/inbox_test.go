package eventloop

import (
	"fmt"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/rawpeer"
	"github.com/duplexws/duplex/protocol"
)

// opened returns a connection and its peer.
func opened(t *testing.T, w *world) (c Conn, p *tester) {
	was := w.loop.set.handler.OnOpen
	w.loop.set.handler.OnOpen = func(opened Conn) { c = opened }
	p = w.connect()
	w.loop.set.handler.OnOpen = was
	return c, p
}

func TestSendAndDo(t *testing.T) {
	w := newLogged(t, nil)
	c, p := opened(t, w)
	before := w.net.Calls.Write
	c.Send(Text, []byte("one"))
	c.Do(func(c Conn) { c.Write(Text, []byte("two")) })
	c.Send(Binary, []byte(strings.Repeat("3", 100_000)))
	w.settle()
	p.want(text("one"), text("two"), binary(strings.Repeat("3", 100_000)))
	if n := w.net.Calls.Write - before; n > 2 {
		t.Errorf("%d writes", n)
	}
	if err := c.Send(Text, []byte("\xff")); err != protocol.ErrNotText {
		t.Error(err)
	}
	if err := c.Send(8, nil); err != protocol.ErrOpcode {
		t.Error(err)
	}
	c.Do(func(c Conn) { c.Close(1001, "") })
	c.Send(Text, []byte("too late"))
	w.settle()
	p.want(closing(1001, ""))
	w.loop.stop()
	if err := c.Send(Text, nil); err != ErrClosed {
		t.Error(err)
	}
	if err := c.Do(func(Conn) {}); err != ErrClosed {
		t.Error(err)
	}
}

func TestOverload(t *testing.T) {
	w := newLogged(t, nil)
	c, p := opened(t, w)
	big := make([]byte, maxInbox+1)
	if err := c.Send(Binary, big); err != nil {
		t.Error("an empty inbox refuses: ", err)
	}
	if err := c.Send(Binary, big); err != ErrOverloaded {
		t.Error(err)
	}
	w.settle()
	p.Read()
	for i := range maxTasks {
		if err := c.Do(func(Conn) {}); err != nil {
			t.Fatal(i, err)
		}
	}
	if err := c.Do(func(Conn) {}); err != ErrOverloaded {
		t.Error(err)
	}
	w.settle()
	if err := c.Do(func(Conn) {}); err != nil {
		t.Error(err)
	}
}

// Many goroutines send to many connections: everything arrives, in order.
func TestSendFromManyGoroutines(t *testing.T) {
	onEvery(t, &Handler{OnMessage: func(c Conn, _ MessageType, p []byte) {
		n := 0
		fmt.Sscan(string(p), &n)
		for g := range 4 {
			go func() {
				for i := range n {
					if err := c.Send(Text, fmt.Appendf(nil, "%d %d", g, i)); err != nil {
						t.Error(err)
					}
				}
			}()
		}
	}}, &ServerOptions{Loops: 3}, func(t *testing.T, s *Server) {
		for range 5 {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				nc, r := shakeHands(t, s)
				defer nc.Close()
				nc.Write(rawpeer.Octets(rawpeer.Text("200")))
				in := rawpeer.Reader{R: r}
				next := map[int]int{}
				for range 4 * 200 {
					e, err := in.Next()
					g, i := 0, 0
					fmt.Sscan(e.Payload, &g, &i)
					if err != nil || next[g] != i {
						t.Fatal(e, err)
					}
					next[g]++
				}
			})
		}
	})
}
