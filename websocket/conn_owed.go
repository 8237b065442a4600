package websocket

import "github.com/duplexws/duplex/protocol"

// sendOwed writes the outbox, and what was deferred and need not wait any
// longer. It does not block: what the transport does not take is left to the
// writer goroutine. Called with the write lock held.
func (c *Conn) sendOwed() {
	var act protocol.CloseAction
	if c.flags.has(owesFrames) {
		act = c.takeOutbox()
	}
	if len(c.wb) > 0 && !c.flags.has(hasWriter) && (!c.flags.has(hasMore) || len(c.wb) >= flushSize || act != 0) {
		c.flushNow()
	} else if len(c.wb) > 0 {
		if !c.flags.has(hasWriter) {
			c.deferFlush()
		}
	} else if c.wbuf != nil {
		c.written(0)
	}
	if act&protocol.EndTransport != 0 {
		c.startFinish()
	}
}

// takeOutbox moves what the reader and the clock owe the peer to wb.
func (c *Conn) takeOutbox() (act protocol.CloseAction) {
	c.needBuffer()
	now := c.set.clock.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flags.clear(owesFrames)
	if c.flags.clear(owesPing) {
		c.wb, _ = c.out.AppendPing(c.set.cfg, c.wb, nil) // behind our Close frame it is not needed
		c.flags.set(hasPing)
	}
	if x := c.ext.Load(); x != nil && x.owed != nil {
		c.wb, act = c.out.AppendOwed(c.set.cfg, now, c.wb, x.owed)
		x.owed = nil
		if by := c.out.Deadline(); by != 0 && (x.closeBy == 0 || by < x.closeBy) {
			x.closeBy = by // CloseNow may be in more of a hurry
		}
		c.arm()
	}
	return act
}
