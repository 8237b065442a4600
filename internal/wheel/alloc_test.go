//go:build !race

package wheel

import (
	"testing"
	"time"
)

func TestAllocsArmStop(t *testing.T) {
	c, x := New(), new(noop)
	c.Arm(&x.timer, x, int64(time.Hour))
	at := int64(0)
	if n := testing.AllocsPerRun(1000, func() {
		at += int64(time.Second)
		c.Arm(&x.timer, x, at+int64(time.Hour)) // a move
		c.Stop(&x.timer)                        // the last: the system timer too
		c.Arm(&x.timer, x, c.Now()+int64(time.Hour))
	}); n != 0 {
		t.Errorf("Arm and Stop allocate %v times", n)
	}
	c.Stop(&x.timer)
}

func TestAllocsTurn(t *testing.T) {
	var c *Clock
	timers := make([]noop, 1000)
	if n := testing.AllocsPerRun(10, func() {
		c = dueClock(timers)
		c.turn()
	}); n > 5 { // the clock, its system timer
		t.Errorf("a turn of %d timers allocates %v times", len(timers), n)
	}
	if c.Len() != 0 {
		t.Errorf("%d of %d timers are left", c.Len(), len(timers))
	}
}

func TestAllocsSweep(t *testing.T) {
	c, x := New(), new(noop)
	sweep := func() {
		for range 100 {
			c.Sweep(x)
		}
		c.sweeper.timer.Stop()
		c.sweep()
	}
	sweep()
	sweep()
	if n := testing.AllocsPerRun(100, sweep); n != 0 {
		t.Errorf("a sweep allocates %v times", n)
	}
}
