package websocket

import (
	"context"
	"time"
)

// flush writes wb and then tail, and waits for the transport as long as ctx
// allows. start is where in wb the frame begins that tail belongs to, so that
// it can be taken back if ctx ends before any of it has gone out, or keepFrame.
func (c *Conn) flush(ctx context.Context, tail []byte, start int) error {
	n, err := c.stream.Write(c.wb, tail, false)
	if err == errAgain {
		if err = ctx.Err(); err != nil {
			err = errWoken
		} else {
			n, err = c.wait(ctx, tail, n)
		}
	}
	c.counts.bytesOut.add(uint64(n))
	if err == nil {
		c.written(len(c.wb))
		return nil
	}
	if err != errWoken {
		err = abnormal(err)
		c.end(err)
		return c.Err()
	}
	return c.cancelled(ctx, tail, start, n)
}

// wait writes what is left of wb and tail behind the first done octets. The
// write is watched: by ctx, and by the clock.
func (c *Conn) wait(ctx context.Context, tail []byte, done int) (int, error) {
	c.setWriteBy(len(c.wb) + len(tail) - done)
	defer c.setWriteBy(0)
	if ctx.Done() != nil && !c.owns(ctx) {
		stop := context.AfterFunc(ctx, c.stream.WakeWrite)
		defer stop()
	}
	for {
		head := c.wb[min(done, len(c.wb)):]
		rest := tail[max(done-len(c.wb), 0):]
		n, err := c.stream.Write(head, rest, true)
		done += n
		if err != errWoken || ctx.Err() != nil {
			return done, err
		}
	}
}

// cancelled tidies up behind a write of which n octets have gone out.
func (c *Conn) cancelled(ctx context.Context, tail []byte, start, n int) error {
	cause := context.Cause(ctx)
	if start != keepFrame && n <= start {
		if n == start {
			c.written(len(c.wb))
		} else {
			c.wb = c.wb[n:start]
			c.startWriter()
		}
		return cause
	}
	// Part of the frame is out, so the rest has to follow.
	if n >= len(c.wb) {
		tail = tail[n-len(c.wb):]
		n = len(c.wb)
	}
	c.wb = append(c.wb[n:len(c.wb):len(c.wb)], tail...)
	if len(c.wb) > 0 {
		c.startWriter()
	} else {
		c.written(0)
	}
	return &PartialWriteError{cause}
}

// startWriter has a goroutine write what is waiting in wb and in the Send
// queue. It ends when both are empty.
func (c *Conn) startWriter() {
	if len(c.wb) > 0 {
		c.flags.set(isDirty)
	}
	if !c.flags.set(hasWriter) {
		go c.writer()
	}
}

func (c *Conn) writer() {
	for {
		c.writeLock.Lock(context.Background(), nil)
		for !c.flags.has(hasEnded) && (len(c.wb) > 0 || c.fromQueue()) {
			if c.flushWaiting() != nil {
				break
			}
		}
		composing := c.composing // then NextWriter's Close goes on with the queue
		c.flags.clear(hasWriter)
		c.unlockWrite()
		if composing || c.flags.has(hasEnded) || !c.queued() || c.flags.set(hasWriter) {
			return
		}
	}
}

// flushWaiting writes wb however long the transport takes.
func (c *Conn) flushWaiting() error {
	n, err := c.stream.Write(c.wb, nil, false)
	if err == errAgain {
		n, err = c.wait(context.Background(), nil, n)
	}
	c.counts.bytesOut.add(uint64(n))
	if err != nil {
		c.end(abnormal(err))
		return err
	}
	c.written(len(c.wb))
	return nil
}

// deferFlush leaves wb to the next reply, to the reader, or to the sweep.
func (c *Conn) deferFlush() {
	if !c.flags.has(isDirty) {
		c.flags.set(isDirty)
	}
	if !c.flags.has(isSwept) && !c.flags.set(isSwept) {
		c.set.clock.Sweep((*connSweep)(c))
	}
}

// flushBeforeRead writes deferred replies before the reader looks for input
// that it does not have. If someone else is writing, they do it.
func (c *Conn) flushBeforeRead() {
	if (c.flags.has(isDirty) || c.flags.has(owesFrames)) && c.writeLock.TryLock() {
		c.unlockWrite()
	}
}

// flushNow writes wb without waiting, and leaves the rest to the writer.
func (c *Conn) flushNow() {
	n, err := c.stream.Write(c.wb, nil, false)
	c.counts.bytesOut.add(uint64(n))
	switch {
	case err == errAgain:
		if n > 0 {
			c.wb = c.wb[n:]
		}
		c.startWriter()
	case err != nil:
		c.end(abnormal(err))
	default:
		c.written(len(c.wb))
	}
}

// connSweep flushes what a handler that does not read on has left behind.
type connSweep Conn

// Sweep is called every 0.1 ms at best; what was dirty at two calls is written.
func (s *connSweep) Sweep() bool {
	c := (*Conn)(s)
	if !c.needsSweep() {
		c.stale = false
		c.flags.clear(isSwept)
		// A reply may have been deferred just before.
		return c.needsSweep() && !c.flags.set(isSwept)
	}
	if !c.stale {
		c.stale = true
		return true
	}
	if c.writeLock.TryLock() {
		if len(c.wb) > 0 && !c.flags.has(hasEnded) {
			c.flushNow()
		}
		c.unlockWrite()
	}
	return true
}

// needsSweep reports whether something waits that nobody else will write.
func (c *Conn) needsSweep() bool {
	return c.flags.has(isDirty) && !c.flags.has(hasWriter) && !c.flags.has(hasEnded)
}

// writeAllowance is how long octets may take to leave.
func (c *Conn) writeAllowance(octets int) int64 {
	if c.set.writeTimeout < 0 {
		return 0
	}
	return int64(c.set.writeTimeout) + allowance(octets)
}

// allowance is the time that octets take on the slowest way that is waited for.
func allowance(octets int) int64 { return int64(octets/flushSize) * int64(time.Second) }
