package protocol

import (
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

// ticks waits for the deadline, which has to be a ping interval away, or a
// pong timeout, and wants an action.
func (w *watch) ticks(after time.Duration, reading bool, want KeepaliveAction) {
	w.t.Helper()
	waited := time.Duration(w.Deadline() - w.now)
	if least := after - after/10; waited > after || waited < least || after == DefaultPongTimeout && waited != after {
		w.t.Fatalf("due after %v, want %v at most and %v at least", waited, after, least)
	}
	w.now = w.Deadline()
	if got := w.Tick(w.cfg, w.now, w.received, reading); got != want {
		w.t.Fatalf("action %d, want %d", got, want)
	}
}

const interval, timeout = DefaultPingInterval, DefaultPongTimeout

func TestKeepaliveSilent(t *testing.T) {
	w := newWatch(t)
	w.ticks(interval, true, KeepPing)
	w.ticks(timeout, true, KeepDead)
	if w.Deadline() != 0 {
		t.Error("a dead connection has a deadline")
	}
}

func TestKeepaliveAnswered(t *testing.T) {
	w := newWatch(t)
	for range 3 {
		w.ticks(interval, true, KeepPing)
		w.received += 2
		w.ticks(timeout, true, KeepQuiet)
	}
	w.ticks(interval, true, KeepPing)
	w.ticks(timeout, true, KeepDead)
}

func TestKeepaliveFlowing(t *testing.T) {
	w := newWatch(t)
	for range 10 {
		w.received++
		w.ticks(interval, true, KeepQuiet)
	}
	w.ticks(interval, true, KeepPing)
}

func TestKeepaliveWithoutReader(t *testing.T) {
	w := newWatch(t)
	for range 5 {
		w.ticks(interval, false, KeepPing)
		w.ticks(timeout, false, KeepQuiet)
	}
	// The reader is back: it gets a Ping of its own to see the answer of.
	w.ticks(interval, true, KeepPing)
	w.ticks(timeout, true, KeepDead)
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
	w.ticks(interval, true, KeepPing)
	w.Start(w.cfg, w.now)
	w.ticks(interval, true, KeepPing)
}

// Connections that were opened together are not pinged together.
func TestKeepaliveJitter(t *testing.T) {
	for _, d := range []int64{1, 9, 10, 1000, int64(DefaultPingInterval), 1 << 62} {
		least, most := d, int64(0)
		for range 2000 {
			got := jitter(d)
			if got > d || got < d-d/10 || got <= 0 {
				t.Fatalf("jitter(%d) = %d", d, got)
			}
			least, most = min(least, got), max(most, got)
		}
		if d >= 1000 && (least > d-d/11 || most < d-d/100) {
			t.Errorf("jitter(%d) stays between %d and %d", d, least, most)
		}
	}
}
