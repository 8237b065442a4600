package eventloop

import (
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/rawpeer"
)

func TestKeepalive(t *testing.T) {
	w := newLogged(t, nil)
	p := w.connect()
	w.advance(11 * time.Second) // half an interval less a tenth, at least
	p.want()
	w.advance(14200 * time.Millisecond)
	p.want(ping(""))
	p.send(rawpeer.Pong(""))
	for range 4 { // who sends is not pinged
		w.advance(6 * time.Second)
		p.send(rawpeer.Pong(""))
	}
	p.want()
	w.log = nil
	w.advance(25200 * time.Millisecond)
	p.want(ping(""))
	w.advance(10300 * time.Millisecond)
	p.wantClosed()
	w.wantLog("close: pong")
}

func TestNoKeepalive(t *testing.T) {
	w := newLogged(t, &Options{PingInterval: -1})
	p := w.connect()
	w.advance(time.Hour)
	p.want()
	p.wantOpen()
}

func TestAssemblyTimeout(t *testing.T) {
	w := newLogged(t, &Options{PingInterval: -1})
	p := w.connect()
	p.send(rawpeer.Text("x").Unfinished())
	w.advance(29 * time.Second)
	p.wantOpen()
	w.advance(1200 * time.Millisecond)
	p.in.Write(p.Read())
	if e, err := p.seq.Next(); err != nil || e.Code != 1008 {
		t.Errorf("%v, %v", e, err)
	}
	p.wantEnd()
	w.wantLog("open", "close: we 1008")
}

// Behind a stall input comes first: deadlines that passed meanwhile wait for it.
func TestStall(t *testing.T) {
	w := newLogged(t, nil)
	p := w.connect()
	w.advance(25 * time.Second)
	p.want(ping(""))
	p.send(rawpeer.Pong(""))
	p.Write(rawpeer.Octets(rawpeer.Text("still here")))
	w.net.Advance(time.Hour) // the machine was suspended
	w.settle()
	p.want(text("still here"))
	w.advance(5 * time.Second)
	p.wantOpen()
}

func TestHandshakeTimeout(t *testing.T) {
	w := newLogged(t, nil)
	silent, halting := w.dial(), w.dial()
	halting.write(request[:40])
	w.advance(4900 * time.Millisecond)
	if silent.Closed() || halting.Closed() {
		t.Error("closed too early")
	}
	w.advance(300 * time.Millisecond)
	silent.wantClosed()
	halting.wantClosed()
	w.wantLog()
}

// A callback that waits is counted.
func TestSlowCallback(t *testing.T) {
	w := newLogged(t, nil)
	w.loop.set.handler.OnMessage = func(Conn, MessageType, []byte) { w.net.Advance(60 * time.Millisecond) }
	p := w.connect()
	w.advance(time.Second) // to wait is not slow
	p.send(rawpeer.Text("x"))
	w.settle()
	if n := w.loop.stats.SlowTurns; n != 1 {
		t.Errorf("%d slow turns", n)
	}
}

// Timers fire once, in order, however far they are and however time passes.
func TestTimers(t *testing.T) {
	var all slots
	w := timers{slots: &all}
	want := map[id]int64{}
	at := []int64{1, tick, tick + 1, 5 * tick, wheelSize*tick - 1, wheelSize * tick, wheelSize*tick + 1, 3 * wheelSize * tick, 3*wheelSize*tick + tick}
	for _, by := range at {
		s := all.take()
		s.state = stateOpen
		w.arm(s, by)
		w.arm(s, by+1e12) // later: it is left alone
		want[s.id] = by
	}
	moved := all.take()
	moved.state = stateOpen
	w.arm(moved, 40*tick)
	w.arm(moved, 2*tick)
	want[moved.id] = 2 * tick
	gone := all.take()
	w.arm(gone, 7*tick)
	w.disarm(gone)
	w.disarm(gone)

	now := int64(0)
	for len(want) > 0 {
		wait := w.wait(now)
		if wait < 0 {
			t.Fatalf("nothing is due, but %v", want)
		}
		now += max(int64(wait), 1)
		for _, i := range w.expire(now) {
			by, ok := want[i]
			if !ok || now < by || now > by+tick {
				t.Errorf("%x fired at %d, due at %d, known %t", i, now, by, ok)
			}
			delete(want, i)
		}
	}
	if wait := w.wait(now); wait >= 0 {
		t.Errorf("something is due in %v", wait)
	}
}
