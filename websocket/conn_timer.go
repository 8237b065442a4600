package websocket

import "github.com/duplexws/duplex/protocol"

// arm sets the timer to the next deadline. A timer that is early is left alone:
// it finds nothing due and arms itself anew. Called with mu held.
func (c *Conn) arm() {
	if c.flags.has(hasEnded) {
		return
	}
	next := c.keep.Deadline()
	if x := c.ext.Load(); x != nil {
		for _, d := range [...]int64{x.closeBy, x.writeBy, x.assembleBy} {
			if d != 0 && (next == 0 || d < next) {
				next = d
			}
		}
	}
	if next != 0 && (c.armed == 0 || next < c.armed) {
		c.armed = next
		c.set.clock.Arm(&c.timer, (*connTimer)(c), next)
	}
}

func (c *Conn) setWriteBy(octets int) {
	var by int64
	if octets > 0 {
		if by = c.writeAllowance(octets); by != 0 {
			by += c.set.clock.Now()
		}
	}
	c.mu.Lock()
	c.more().writeBy = by
	c.arm()
	c.mu.Unlock()
}

func (c *Conn) setAssembleBy(by int64) {
	c.mu.Lock()
	c.more().assembleBy = by
	c.arm()
	c.mu.Unlock()
}

func (c *Conn) setCloseBy(by int64) {
	c.mu.Lock()
	c.more().closeBy = by
	c.arm()
	c.mu.Unlock()
}

func (c *Conn) closeDeadline() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.more().closeBy
}

// awaitRest sets the deadline of the message under way, by. Since the reader
// last stopped waiting the application was busy, for which the peer is not to
// blame.
func (c *Conn) awaitRest(by int64) {
	if by != c.rd.due {
		c.rd.due, c.rd.busy = by, 0
	}
	if by != 0 {
		c.rd.busy += c.set.clock.Now() - c.rd.now
		by += c.rd.busy
		c.flags.set(isParked)
	}
	c.setAssembleBy(by)
}

// connTimer is a Conn as its timer sees it.
type connTimer Conn

// Expired handles every deadline that has passed. It runs on the clock's
// goroutine and does not block.
func (t *connTimer) Expired(now int64) {
	c := (*Conn)(t)
	passed := func(d int64) bool { return d != 0 && now >= d }
	var end error
	wake, ping := false, false

	c.mu.Lock()
	c.armed = 0
	if x := c.ext.Load(); x != nil {
		switch {
		case passed(x.closeBy):
			end = ErrCloseTimeout
		case passed(x.writeBy):
			end = ErrWriteTimeout
		}
		if passed(x.assembleBy) {
			wake = c.flags.has(isParked) // otherwise it sets the deadline again before it waits
			x.assembleBy = 0
		}
	}
	if passed(c.keep.Deadline()) {
		switch c.keep.Tick(c.set.cfg, now, c.counts.bytesIn.load(), c.expectsPong()) {
		case protocol.KeepPing:
			ping = true
			c.flags.set(owesPing)
		case protocol.KeepDead:
			end = ErrPongTimeout
		}
	}
	c.arm()
	c.mu.Unlock()

	if end != nil {
		c.end(end)
		return
	}
	if wake {
		c.stream.WakeRead()
	}
	if ping {
		c.flags.set(owesFrames)
		if c.writeLock.TryLock() {
			c.unlockWrite()
		}
	}
}

// expectsPong reports whether silence means that the peer is gone: someone waits
// for input, and the Ping is not held up by a message that is still going out,
// for which there is a deadline of its own.
func (c *Conn) expectsPong() bool {
	return c.flags.has(isParked) && !c.flags.has(owesPing) && !c.flags.has(hasWriter) && !c.writeLock.Held()
}
