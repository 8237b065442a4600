package eventloop

import (
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/rawpeer"
)

// A peer that does not read is not read from either, for long, and gets
// everything in order when it reads on.
func TestBackPressure(t *testing.T) {
	w := newLogged(t, nil)
	p := w.connect()
	p.SetRoom(1000)
	var want []rawpeer.Event
	for range 400 {
		m := strings.Repeat("m", 1000)
		p.send(rawpeer.Binary(m))
		want = append(want, binary(m))
	}
	s := w.loop.slots.at(1)
	if n := s.x.box.n; n < pauseAt || n > pauseAt+2000 {
		t.Errorf("%d octets are buffered", n)
	}
	if n := (Conn{w.loop, s.id}).Buffered(); n != s.x.box.n {
		t.Errorf("Buffered is %d", n)
	}
	w.log = nil
	for range 1000 {
		p.in.Write(p.ReadN(700))
		w.settle()
	}
	p.want(want...)
	if !strings.HasSuffix(strings.Join(w.log, "; "), "drain") || s.x != nil {
		t.Errorf("at last %q, extra %v", w.log[len(w.log)-1], s.x)
	}
}

// Large messages for a peer that reads slowly are whole, and by default none of
// any size is refused: reading stops before.
func TestSlowReaderOfLargeMessages(t *testing.T) {
	w := newWorld(t, &Handler{OnMessage: echo}, nil)
	p := w.connect()
	p.SetRoom(10_000)
	var want []rawpeer.Event
	for i := range 15 {
		m := strings.Repeat(string(rune('a'+i)), []int{1 << 20, 700_000, 100}[i%3])
		p.send(rawpeer.Binary(m))
		want = append(want, binary(m))
	}
	for range 2000 {
		p.in.Write(p.Read())
		w.settle()
	}
	p.want(want...)
}

func TestWriteTimeout(t *testing.T) {
	w := newLogged(t, &Options{PingInterval: -1})
	p := w.connect()
	p.SetRoom(100)
	p.send(rawpeer.Binary(strings.Repeat("m", 1000)))
	w.log = nil
	w.advance(9 * time.Second)
	p.wantOpen()
	w.advance(1100 * time.Millisecond)
	p.wantClosed()
	w.wantLog("close: write")
}

// What a slow peer takes buys it time.
func TestSlowIsNotDead(t *testing.T) {
	w := newLogged(t, &Options{PingInterval: -1})
	p := w.connect()
	p.SetRoom(1 << 10)
	big := strings.Repeat("m", 1<<20)
	p.send(rawpeer.Binary(big))
	w.log = nil
	for range 1 << 20 / (20 << 10) { // 20 KiB a second
		for range 20 {
			p.in.Write(p.Read())
			w.settle()
		}
		w.advance(time.Second)
	}
	for range 10 * 20 {
		p.in.Write(p.Read())
		w.settle()
	}
	p.want(binary(big))
	w.wantLog("drain")
}

func TestQueuePolicy(t *testing.T) {
	for policy, want := range map[Policy]error{CloseSlow: ErrSlowConsumer, DropNewest: ErrQueueFull} {
		t.Run(policy.String(), func(t *testing.T) {
			var errs []error
			w := newLogged(t, &Options{Queue: Queue{MaxBytes: 5000, Policy: policy}})
			w.loop.set.handler.OnMessage = func(c Conn, m MessageType, p []byte) {
				for range 3 {
					errs = append(errs, c.Write(Binary, make([]byte, 4000)))
				}
			}
			p := w.connect()
			p.SetRoom(10)
			w.log = nil
			p.send(rawpeer.Text("one"))
			p.send(rawpeer.Text("two"))
			// The first three are corked: what is gathered is not refused.
			if len(errs) < 4 || errs[0] != nil || errs[3] != want {
				t.Fatal(errs)
			}
			if policy == CloseSlow {
				p.wantClosed()
				w.wantLog("close: slow")
			} else {
				p.wantOpen()
				w.wantLog()
			}
			if w.loop.stats.Dropped == 0 {
				t.Error("nothing counted as dropped")
			}
		})
	}
}

// What a callback writes to other connections goes out together, at the end of
// the turn.
func TestWriteAside(t *testing.T) {
	var all []Conn
	w := newWorld(t, &Handler{
		OnOpen: func(c Conn) { all = append(all, c) },
		OnMessage: func(_ Conn, m MessageType, p []byte) {
			for _, c := range all {
				c.Write(m, p)
			}
		},
	}, nil)
	var peers []*tester
	for range 10 {
		peers = append(peers, w.connect())
	}
	before := w.net.Calls.Write
	peers[3].send(rawpeer.Text("to all"), rawpeer.Text("and again"))
	for _, p := range peers {
		p.want(text("to all"), text("and again"))
	}
	if n := w.net.Calls.Write - before; n != len(peers) {
		t.Errorf("%d writes to %d peers", n, len(peers))
	}
}

func TestBrokenTransport(t *testing.T) {
	w := newLogged(t, nil)
	p := w.connect()
	p.Reset()
	w.settle()
	p.wantClosed()
	w.wantLog("open", "close: abnormal")

	p = w.connect()
	p.send(rawpeer.Text("x").Unfinished())
	p.CloseWrite()
	w.settle()
	p.wantClosed()
	w.wantLog("open", "close: abnormal")
}

// A connection for which much was written in the same turn is not read until that
// is out, in the midst of a large message either.
func TestWriteAsideToWhoSends(t *testing.T) {
	var all []Conn
	big := []byte(strings.Repeat("b", 2*pauseAt))
	w := newWorld(t, &Handler{
		OnOpen: func(c Conn) { all = append(all, c) },
		OnMessage: func(c Conn, m MessageType, p []byte) {
			if len(p) == 2 {
				all[1].Write(Binary, big)
				return
			}
			c.Write(m, p)
		},
	}, &Options{MaxMessage: 8 << 20})
	a, b := w.connect(), w.connect()
	huge := strings.Repeat("h", 3<<20)
	octets := string(rawpeer.Octets(rawpeer.Binary(huge)))
	for from := 0; from < len(octets); from += 700_000 {
		a.Write(rawpeer.Octets(rawpeer.Text("go")))
		b.Write([]byte(octets[from:min(from+700_000, len(octets))]))
		w.settle()
	}
	b.in.Write(b.Read())
	for range 5 {
		if e, err := b.seq.Next(); err != nil || e != binary(string(big)) {
			t.Fatal(e, err)
		}
	}
	b.want(binary(huge))
}
