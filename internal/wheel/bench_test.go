package wheel

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"
)

type noop struct{ timer Timer }

func (*noop) Expired(int64) {}

func (*noop) Sweep() bool { return false }

const million = 1_000_000

// full returns a clock with a million timers armed for the next 25 s and more.
func full() (*Clock, []noop) {
	c, timers := New(), make([]noop, million)
	for i := range timers {
		x := &timers[i]
		c.Arm(&x.timer, x, int64(25*time.Second)+rand.Int64N(int64(25*time.Second)))
	}
	return c, timers
}

// dueClock returns a clock with timers armed over 50 s, all of them due, whose
// turn is called by hand.
func dueClock(timers []noop) *Clock {
	c := New()
	for i := range timers {
		x := &timers[i]
		x.timer = Timer{}
		c.Arm(&x.timer, x, int64(time.Hour)+int64(i)*int64(50*time.Second)/int64(len(timers)))
	}
	c.timer.Stop()
	c.start = c.start.Add(-2 * time.Hour)
	c.due = c.Now()
	return c
}

func release(c *Clock, timers []noop) {
	for i := range timers {
		c.Stop(&timers[i].timer)
	}
}

// BenchmarkMove moves one of a million timers, as a message on one of a
// million connections does: cold memory is most of it.
func BenchmarkMove(b *testing.B) {
	c, timers := full()
	defer release(c, timers)
	for i := 0; b.Loop(); i++ {
		x := &timers[i*7919%million]
		c.Arm(&x.timer, x, int64(30*time.Second)+int64(i%2e6)*int64(time.Microsecond)*10)
	}
}

// BenchmarkMoveHot moves the same timer, beside a million.
func BenchmarkMoveHot(b *testing.B) {
	c, timers := full()
	defer release(c, timers)
	x := &timers[0]
	for i := 0; b.Loop(); i++ {
		c.Arm(&x.timer, x, int64(30*time.Second)+int64(i&1)*int64(20*time.Second))
	}
}

func BenchmarkStopArm(b *testing.B) {
	c, timers := full()
	defer release(c, timers)
	x := &timers[0]
	for b.Loop() {
		c.Stop(&x.timer)
		c.Arm(&x.timer, x, int64(time.Minute))
	}
}

// BenchmarkStopArmAlone starts and stops the system timer each time.
func BenchmarkStopArmAlone(b *testing.B) {
	c, x := New(), new(noop)
	for b.Loop() {
		c.Arm(&x.timer, x, int64(time.Hour))
		c.Stop(&x.timer)
	}
}

func BenchmarkMoveParallel(b *testing.B) {
	c, timers := full()
	defer release(c, timers)
	var worker atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		x := &timers[worker.Add(1)]
		for i := 0; pb.Next(); i++ {
			c.Arm(&x.timer, x, int64(30*time.Second)+int64(i&1)*int64(20*time.Second))
		}
	})
}

// BenchmarkExpire is the whole life of a timer: armed, moved down, fired.
func BenchmarkExpire(b *testing.B) {
	timers := make([]noop, million)
	for b.Loop() {
		dueClock(timers).turn()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/million, "ns/timer")
}

func BenchmarkNow(b *testing.B) {
	c := New()
	for b.Loop() {
		c.Now()
	}
}

// BenchmarkSweep adds members and sweeps them, a thousand at a time.
func BenchmarkSweep(b *testing.B) {
	c, x := New(), new(noop)
	for i := 1; b.Loop(); i++ {
		c.Sweep(x)
		if i%1000 == 0 {
			c.sweeper.timer.Stop()
			c.sweep()
		}
	}
}
