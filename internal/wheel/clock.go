package wheel

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// Tick is the granularity of timers.
const Tick = 100 * time.Millisecond

// Grace is how long the clock stays silent when it finds that it was stalled.
const Grace = 250 * time.Millisecond

// Target is what a [Timer] times.
type Target interface {
	// Expired is called once for each deadline that passed, on the clock's
	// goroutine, with no lock held. It may arm and stop any timer, this one
	// too. Targets are called one after the other, so it must not block.
	//
	// now is the time of the clock when the turn began, never before the
	// deadline; what other goroutines stamped since may be later.
	Expired(now int64)
}

// Timer is one deadline, to be embedded in what it times. The zero value is
// ready. A Timer belongs to one [Clock], and must not be copied while armed.
type Timer struct {
	_          noCopy
	next, prev *Timer // a ring in order of arming; nil when not armed
	target     Target
	tick       int64
	slot       uint16 // its place in wheel.slots, plus one; 0 when not armed
}

// Clock hands out coarse timers and sweeps. Its methods may be called from any
// goroutine, and with any lock held: they call nothing of the caller's.
//
// It has a goroutine only while targets are being called, and a system timer
// only while something is armed. Make one with [New].
type Clock struct {
	// OnPanic, if not nil, is told what a Target or Swept panicked with, on
	// the goroutine and stack that panicked. The panic goes no further. Set it
	// before first use; it must not panic itself.
	OnPanic func(v any)

	start  time.Time
	panics atomic.Int64

	mu     sync.Mutex
	wheel  wheel
	state  state
	wake   int64       // asleep: the tick slept for, no later than any armed
	due    int64       // asleep, grace: when the turn ought to begin
	timer  *time.Timer // goes off at due; made by the first Arm
	wakes  int64
	stalls int64

	sweeper sweeper
}

// Stats is a snapshot of a [Clock].
type Stats struct {
	Armed  int   // timers armed now
	Wakes  int64 // times the clock woke for its timers
	Stalls int64 // grace periods
	Panics int64 // panics of targets and members of sweeps
}

// New returns a clock that starts now. Under testing/synctest it belongs to
// the bubble in which it was made; nothing of it outlives the bubble.
func New() *Clock {
	return &Clock{start: time.Now()}
}

// Now returns the time since the clock was made, in nanoseconds and never 0,
// so that 0 can stand for "not set". It is monotonic.
func (c *Clock) Now() int64 {
	return int64(time.Since(c.start)) + 1
}

// Arm arms t for the time at, by [Clock.Now], or moves it there if it is
// armed. Target's Expired is called at or after that time, and no later than
// one [Tick] after, but for a stall (see the package's documentation) and for
// targets that block.
//
// A time that has passed is due at once or in the next tick; a target that
// arms itself for the past is called once a tick. Timers of different ticks
// expire in order.
func (c *Clock) Arm(t *Timer, target Target, at int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == idle {
		c.wheel.rewind(c.Now() / int64(Tick))
	}
	t.target = target
	c.wheel.put(t, tickOf(at))
	if c.state == idle || c.state == asleep && t.tick < c.wake {
		c.sleepLess(t.tick)
	}
}

// Stop disarms t, and tells whether it was armed. After true, Expired is not
// called for that deadline. After false, t was not armed or has fired already;
// its Expired may be running or about to run: Stop does not wait for it.
func (c *Clock) Stop(t *Timer) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.slot == 0 {
		return false
	}
	c.wheel.remove(t)
	t.target = nil
	if c.wheel.n == 0 && c.state != turning {
		c.timer.Stop()
		c.state = idle
	}
	return true
}

// Len returns the number of timers armed.
func (c *Clock) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wheel.n
}

// Stats returns a snapshot of the clock.
func (c *Clock) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Stats{Armed: c.wheel.n, Wakes: c.wakes, Stalls: c.stalls, Panics: c.panics.Load()}
}

// tickOf returns the first tick that does not begin before at.
func tickOf(at int64) int64 {
	const last = math.MaxInt64 / int64(Tick)
	tick := at / int64(Tick)
	if at%int64(Tick) > 0 && tick < last {
		tick++
	}
	return tick
}

// noCopy makes go vet report copies.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}
