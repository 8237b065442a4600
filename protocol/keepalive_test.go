package protocol

import (
	"math/rand/v2"
	"testing"
	"time"
)

// A watch is a Keepalive on a clock of its own.
type watch struct {
	t *testing.T
	Keepalive
	cfg      *Config
	now      int64
	received uint64
}

func newWatch(t *testing.T) *watch {
	w := &watch{t: t, cfg: NewConfig(Server, nil), now: start}
	w.Start(w.cfg, w.now)
	return w
}

// looks waits for the deadline, which has to be half a ping interval away, and
// wants an action.
func (w *watch) looks(reading bool, want KeepaliveAction) {
	w.t.Helper()
	w.ticks(interval/2-interval/20, interval/2, reading, want)
}

// ticks waits for the deadline, which has to be at least and at most so far
// away, and wants an action.
func (w *watch) ticks(least, most time.Duration, reading bool, want KeepaliveAction) {
	w.t.Helper()
	if waited := time.Duration(w.Deadline() - w.now); waited > most || waited < least {
		w.t.Fatalf("due after %v, want %v at most and %v at least", waited, most, least)
	}
	w.now = w.Deadline()
	if got := w.Tick(w.cfg, w.now, w.received, reading); got != want {
		w.t.Fatalf("action %d, want %d", got, want)
	}
}

const interval, timeout = DefaultPingInterval, DefaultPongTimeout

func TestKeepaliveSilent(t *testing.T) {
	w := newWatch(t)
	w.looks(true, KeepQuiet) // the handshake was not long ago
	w.looks(true, KeepPing)
	w.ticks(timeout, timeout, true, KeepDead)
	if w.Deadline() != 0 {
		t.Error("a dead connection has a deadline")
	}
}

func TestKeepaliveAnswered(t *testing.T) {
	w := newWatch(t)
	w.looks(true, KeepQuiet)
	w.looks(true, KeepPing)
	for range 3 {
		w.received += 2
		w.ticks(timeout, timeout, true, KeepQuiet)
		w.looks(true, KeepPing)
	}
	w.ticks(timeout, timeout, true, KeepDead)
}

func TestKeepaliveFlowing(t *testing.T) {
	w := newWatch(t)
	for range 10 {
		w.received++
		w.looks(true, KeepQuiet)
	}
	w.looks(true, KeepPing)
}

// TestKeepaliveInterval: whenever the last octet came, a Ping follows within an
// interval, whatever the pong timeout is.
func TestKeepaliveInterval(t *testing.T) {
	for _, limits := range []*Limits{nil, {PingInterval: time.Second}, {PongTimeout: time.Minute}, {PingInterval: time.Second, PongTimeout: time.Millisecond}, {PingInterval: 3, PongTimeout: 1}} {
		w := newWatch(t)
		w.cfg = NewConfig(Server, limits)
		w.Start(w.cfg, w.now)
		last := w.now
		step := max(w.cfg.ping/97, 1)
		for range 2000 {
			// Now and then something arrives between two looks.
			for w.now+step < w.Deadline() {
				w.now += step
				if rand.IntN(60) == 0 {
					w.received++
					last = w.now
				}
			}
			w.now = w.Deadline()
			switch w.Tick(w.cfg, w.now, w.received, true) {
			case KeepPing:
				if silent := w.now - last; silent > w.cfg.ping+1 || silent < w.cfg.ping/2-w.cfg.ping/20 {
					t.Fatalf("%+v: pinged after %v of silence", limits, time.Duration(silent))
				}
				w.received++ // the answer is there at once
				last = w.now
			case KeepDead:
				t.Fatalf("%+v: dead", limits)
			case KeepQuiet:
				if silent := w.now - last; silent > w.cfg.ping+1 {
					t.Fatalf("%+v: quiet after %v of silence", limits, time.Duration(silent))
				}
			}
		}
	}
}

// TestKeepaliveSlow: a peer may take its whole time, also if that is longer
// than the interval.
func TestKeepaliveSlow(t *testing.T) {
	w := newWatch(t)
	w.cfg = NewConfig(Server, &Limits{PingInterval: time.Second, PongTimeout: time.Minute})
	w.Start(w.cfg, w.now)
	var pinged int64
	for {
		w.now = w.Deadline()
		switch w.Tick(w.cfg, w.now, w.received, true) {
		case KeepPing:
			if pinged != 0 {
				t.Fatal("pinged twice")
			}
			pinged = w.now
		case KeepDead:
			if waited := time.Duration(w.now - pinged); waited != time.Minute {
				t.Errorf("dead after %v", waited)
			}
			return
		}
	}
}

// TestKeepaliveHeldUp: a Ping that goes out late is answered late.
func TestKeepaliveHeldUp(t *testing.T) {
	w := newWatch(t)
	w.looks(true, KeepQuiet)
	w.looks(true, KeepPing)
	pinged := w.now + int64(timeout) - int64(time.Millisecond)
	w.Sent(w.cfg, pinged)
	w.ticks(timeout, timeout, true, KeepQuiet)
	w.now = w.Deadline()
	if got := w.Tick(w.cfg, w.now, w.received, true); got != KeepDead || time.Duration(w.now-pinged) != timeout {
		t.Errorf("action %d after %v", got, time.Duration(w.now-pinged))
	}
	w = newWatch(t)
	w.Sent(w.cfg, w.now) // none was asked for
	w.looks(true, KeepQuiet)
	w.looks(true, KeepPing)
}

func TestKeepaliveWithoutReader(t *testing.T) {
	w := newWatch(t)
	w.looks(false, KeepQuiet)
	for range 5 {
		w.looks(false, KeepPing)
		w.ticks(timeout, timeout, false, KeepQuiet)
	}
	// The reader is back: it gets a Ping of its own to see the answer of.
	w.looks(true, KeepPing)
	w.ticks(timeout, timeout, true, KeepDead)
}

func TestKeepaliveOff(t *testing.T) {
	for _, interval := range []time.Duration{-1, -time.Hour} {
		cfg := NewConfig(Server, &Limits{PingInterval: interval})
		var k Keepalive
		k.Start(cfg, start)
		if k.Deadline() != 0 || k.Tick(cfg, start+int64(time.Hour), 0, true) != KeepQuiet || k.Deadline() != 0 {
			t.Error("a keepalive that is off asks for something")
		}
	}
}

func TestKeepaliveRestart(t *testing.T) {
	w := newWatch(t)
	w.looks(true, KeepQuiet)
	w.looks(true, KeepPing)
	w.Start(w.cfg, w.now)
	w.looks(true, KeepQuiet)
	w.looks(true, KeepPing)
}

// Connections that were opened together are not pinged together.
func TestKeepaliveJitter(t *testing.T) {
	for _, interval := range []time.Duration{1, 2, 9, 10, 1000, DefaultPingInterval, 1 << 62} {
		cfg := NewConfig(Server, &Limits{PingInterval: interval})
		half := (int64(interval) + 1) / 2
		least, most := half, int64(0)
		for range 2000 {
			got := pause(cfg)
			if got > half || got < half-half/10 || got <= 0 {
				t.Fatalf("the pause of %d is %d", interval, got)
			}
			least, most = min(least, got), max(most, got)
		}
		if half >= 500 && (least > half-half/11 || most < half-half/100) {
			t.Errorf("the pause of %d stays between %d and %d", interval, least, most)
		}
	}
}
