package wheel

import "time"

// stall is how late a turn must run to be put off by Grace.
const stall = 500 * time.Millisecond

// state is what a clock does about its timers.
type state uint8

const (
	// idle: nothing is armed, and so is no system timer.
	idle state = iota

	// asleep: the system timer goes off when the tick wake begins. Arm moves
	// it if its timer is due earlier.
	asleep

	// grace: the clock was stalled; the system timer ends the silence, and
	// nothing ends it earlier.
	grace

	// turning: a goroutine calls targets. It goes to sleep by itself.
	turning
)

// sleep ends a turn: until the first slot begins.
func (c *Clock) sleep() {
	_, begin, ok := c.wheel.first()
	if !ok {
		c.state = idle
		return
	}
	c.state, c.wake = asleep, begin
	c.due = begin * int64(Tick) // maybe past: so a stall during a turn shows
	c.reset(c.due - c.Now())
}

// sleepLess starts a sleep, or shortens it, to tick.
func (c *Clock) sleepLess(tick int64) {
	begin, now := tick*int64(Tick), c.Now()
	due := max(begin, now) // a deadline armed too late is no stall,
	if c.state == asleep {
		due = min(due, c.due) // and does not hide one
	}
	c.state, c.wake, c.due = asleep, tick, due
	c.reset(begin - now)
}

func (c *Clock) reset(wait int64) {
	if c.timer == nil {
		c.timer = time.AfterFunc(time.Duration(wait), c.turn)
		return
	}
	c.timer.Reset(time.Duration(wait))
}

// turn is what the system timer runs.
func (c *Clock) turn() {
	now, ok := c.begin()
	if !ok {
		return
	}
	defer c.end() // even if a target calls runtime.Goexit
	for tick := now / int64(Tick); ; {
		target, more := c.take(tick)
		if !more {
			return
		}
		if target != nil {
			c.expire(target, now)
		}
	}
}

// begin tells whether the time for a turn has come. It may be called in vain:
// a system timer that is stopped or reset may have gone off already.
func (c *Clock) begin() (now int64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == idle || c.state == turning {
		return 0, false
	}
	now = c.Now()
	switch late := now - c.due; {
	case late < 0:
		c.reset(-late)
		return 0, false
	case late > int64(stall) && c.state != grace:
		c.stalls++
		c.state, c.due = grace, now+int64(Grace)
		c.reset(int64(Grace))
		return 0, false
	}
	c.wakes++
	c.state = turning
	c.wheel.floor = now/int64(Tick) + 1 // what targets arm is for later turns
	return now, true
}

func (c *Clock) take(tick int64) (target Target, more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, more := c.wheel.take(tick)
	if t != nil {
		target, t.target = t.target, nil
	}
	return target, more
}

func (c *Clock) expire(target Target, now int64) {
	defer c.recovered()
	target.Expired(now)
}

func (c *Clock) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sleep()
}

// recovered, when deferred, contains a panic of the caller's code.
func (c *Clock) recovered() {
	if v := recover(); v != nil {
		c.panics.Add(1)
		if c.OnPanic != nil {
			c.OnPanic(v)
		}
	}
}
