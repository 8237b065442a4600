package eventloop

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/rawpeer"
)

// closer is a world whose application closes at each message.
func closer(t *testing.T, o *Options) (*world, *tester) {
	w := newLogged(t, o)
	w.loop.set.handler.OnMessage = func(c Conn, _ MessageType, p []byte) {
		w.note("%q", p)
		if err := c.Close(4000, "enough"); err != nil {
			t.Error(err)
		}
	}
	p := w.connect()
	w.wantLog("open")
	return w, p
}

func TestWeClose(t *testing.T) {
	w, p := closer(t, nil)
	p.send(rawpeer.Text("one"), rawpeer.Text("two"), rawpeer.Ping(""))
	p.want(closing(4000, "enough"))
	p.wantOpen()
	w.wantLog(`"one"`) // behind Close nothing is delivered
	p.send(rawpeer.Text("three"), rawpeer.Close(4000, ""))
	p.wantEnd()
	w.wantLog(`close: peer 4000 ""`)
	p.CloseWrite()
	w.settle()
	p.wantClosed()
}

func TestPeerDoesNotAnswerClose(t *testing.T) {
	w, p := closer(t, nil)
	p.send(rawpeer.Text("one"))
	w.advance(4900 * time.Millisecond)
	p.wantOpen()
	w.advance(300 * time.Millisecond)
	p.wantClosed()
	w.wantLog(`"one"`, "close: close timeout")
}

// A peer that does not end its half is given up in time, and one that sends on
// is, sooner.
func TestPeerDoesNotEnd(t *testing.T) {
	w := newLogged(t, nil)
	p := w.connect()
	p.send(rawpeer.Close(1000, ""))
	p.wantEnd(closing(1000, ""))
	w.advance(4900 * time.Millisecond)
	if p.Closed() {
		t.Error("closed too early")
	}
	w.advance(300 * time.Millisecond)
	p.wantClosed()

	p = w.connect()
	p.send(rawpeer.Close(1000, ""))
	p.write(strings.Repeat("x", maxDrop-1))
	if p.Closed() {
		t.Error("closed too early")
	}
	p.write("x")
	p.wantClosed()
}

func TestFaults(t *testing.T) {
	for code, frames := range map[uint16][]rawpeer.Frame{
		1002: {rawpeer.Text("x").WithRSV(rawpeer.RSV2)},
		1007: {rawpeer.Text("\xff")},
		1009: {rawpeer.Binary("").Claiming(1<<20 + 1)},
	} {
		w := newLogged(t, nil)
		p := w.connect()
		p.send(append([]rawpeer.Frame{rawpeer.Text("good")}, frames...)...)
		p.in.Write(p.Read())
		if e, err := p.seq.Next(); err != nil || e != text("good") {
			t.Error(e, err)
		}
		if e, err := p.seq.Next(); err != nil || e.Code != code {
			t.Error(e, err)
		}
		p.wantEnd()
		if got := strings.Join(w.log, "; "); !strings.HasSuffix(got, fmt.Sprintf("we %d", code)) {
			t.Errorf("told %s", got)
		}
	}
}

func TestCloseNow(t *testing.T) {
	w := newLogged(t, nil)
	var conns []Conn
	w.loop.set.handler.OnOpen = func(c Conn) { conns = append(conns, c) }
	w.loop.set.handler.OnMessage = func(Conn, MessageType, []byte) {
		for _, c := range conns {
			c.CloseNow()
			if c.CloseNow() != nil {
				t.Error("CloseNow is not idempotent in a callback")
			}
		}
		w.note("returned")
	}
	p, q := w.connect(), w.connect()
	p.send(rawpeer.Text("x"))
	p.wantClosed()
	q.wantClosed()
	w.wantLog("returned", "close: closed", "close: closed")
}

// A Conn that is kept never reaches the connection that has its slot later.
func TestStaleConn(t *testing.T) {
	w := newLogged(t, nil)
	var conns []Conn
	w.loop.set.handler.OnOpen = func(c Conn) { conns = append(conns, c); c.SetData(len(conns)) }
	p := w.connect()
	p.Reset()
	w.settle()
	q := w.connect()
	stale, fresh := conns[0], conns[1]
	if stale.id.slot() != fresh.id.slot() || stale == fresh {
		t.Fatalf("ids %x and %x", stale.id, fresh.id)
	}
	for _, err := range []error{stale.Write(Text, nil), stale.Close(1000, ""), stale.CloseNow()} {
		if !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	}
	stale.Send(Text, []byte("for the dead"))
	stale.Do(func(Conn) { t.Error("called for a connection that has ended") })
	stale.SetData("x")
	if stale.Data() != nil || stale.RemoteAddr() != nil || stale.Buffered() != 0 || fresh.Data() != 2 {
		t.Error("a stale Conn has data")
	}
	w.settle()
	q.want()
}

func TestZeroConn(t *testing.T) {
	var c Conn
	for _, err := range []error{c.Write(Text, nil), c.Send(Text, nil), c.Do(nil), c.Close(1000, ""), c.CloseNow(), c.Publish("x", Text, nil)} {
		if err != ErrClosed {
			t.Error(err)
		}
	}
	c.SetData(1)
	_, deflates := c.Deflate()
	if c.Data() != nil || c.Buffered() != 0 || c.Subprotocol() != "" || c.RemoteAddr() != nil || c.Loop() != nil || c.Server() != nil ||
		c.Subscribe("x") || c.Unsubscribe("x") || deflates {
		t.Error("the zero Conn has something")
	}
}
