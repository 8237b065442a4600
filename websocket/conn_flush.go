package websocket

import (
	"context"
	"time"
)

// flush writes wb and then tail, and waits for the transport as long as ctx
// allows. start is where in wb the frame begins that tail belongs to, so that
// it can be taken back if ctx ends before any of it has gone out, or keepFrame.
func (c *Conn) flush(ctx context.Context, tail []byte, start int) error {
	total := len(c.wb) + len(tail)
	n, err := c.stream.Write(c.wb, tail, false)
	if err == errAgain {
		if err = ctx.Err(); err != nil {
			err = errWoken
		} else if !c.stream.Interruptible() && ctx.Done() != nil && ctx != c.ctx {
			return c.flushBehind(ctx)
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
		return c.err()
	}
	return c.cancelled(ctx, tail, start, n, total)
}

// wait writes what is left of wb and tail behind the first done octets. The
// write is watched: by ctx, and by the clock.
func (c *Conn) wait(ctx context.Context, tail []byte, done int) (int, error) {
	c.setWriteBy(len(c.wb) + len(tail) - done)
	defer c.setWriteBy(0)
	if ctx.Done() != nil && ctx != c.ctx {
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
func (c *Conn) cancelled(ctx context.Context, tail []byte, start, n, total int) error {
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
	if total > 0 {
		c.startWriter()
	}
	return &PartialWriteError{cause}
}

// flushBehind hands wb to the writer goroutine and waits for it: for streams
// whose writes cannot be interrupted, and contexts that can end.
func (c *Conn) flushBehind(ctx context.Context) error {
	c.mu.Lock()
	if c.drained == nil {
		c.drained = make(chan struct{})
	}
	drained := c.drained
	c.mu.Unlock()
	c.startWriter()
	c.writeLock.Unlock()
	var err error
	select {
	case <-drained:
	case <-ctx.Done():
		err = &PartialWriteError{context.Cause(ctx)}
	}
	c.writeLock.Lock(context.Background(), nil)
	if c.ended.Load() {
		return c.err()
	}
	return err
}

// startWriter has a goroutine write what is waiting in wb and in the Send
// queue. It ends when both are empty.
func (c *Conn) startWriter() {
	if len(c.wb) > 0 {
		c.dirty.Store(true)
	}
	if !c.writing.Swap(true) {
		go c.writer()
	}
}

func (c *Conn) writer() {
	for {
		c.writeLock.Lock(context.Background(), nil)
		for !c.ended.Load() && (len(c.wb) > 0 || c.fromQueue()) {
			if c.flushWaiting() != nil {
				break
			}
		}
		c.writing.Store(false)
		c.signalDrained()
		c.unlockWrite()
		if c.ended.Load() || !c.queued() || c.writing.Swap(true) {
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

func (c *Conn) signalDrained() {
	c.mu.Lock()
	if c.drained != nil && (len(c.wb) == 0 || c.ended.Load()) {
		close(c.drained)
		c.drained = nil
	}
	c.mu.Unlock()
}

// deferFlush leaves wb to the next reply, to the reader, or to the sweep.
func (c *Conn) deferFlush() {
	if !c.dirty.Load() {
		c.dirty.Store(true)
	}
	if !c.swept.Load() && !c.swept.Swap(true) {
		c.set.clock.Sweep((*connSweep)(c))
	}
}

// flushBeforeRead writes deferred replies before the reader looks for input
// that it does not have. If someone else is writing, they do it.
func (c *Conn) flushBeforeRead() {
	if (c.dirty.Load() || c.outbox.Load()) && c.writeLock.TryLock() {
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

// Sweep is called every 0.1 to 0.2 ms; what was dirty at two calls is written.
func (s *connSweep) Sweep() bool {
	c := (*Conn)(s)
	if !c.dirty.Load() || c.ended.Load() {
		c.stale = false
		c.swept.Store(false)
		// A reply may have been deferred just before.
		return c.dirty.Load() && !c.ended.Load() && !c.swept.Swap(true)
	}
	if !c.stale {
		c.stale = true
		return true
	}
	if c.writeLock.TryLock() {
		if len(c.wb) > 0 && !c.ended.Load() {
			c.flushNow()
		}
		c.unlockWrite()
	}
	return true
}

// writeAllowance is how long octets may take to leave.
func (c *Conn) writeAllowance(octets int) int64 {
	if c.set.writeTimeout < 0 {
		return 0
	}
	return int64(c.set.writeTimeout) + int64(octets/flushSize)*int64(time.Second)
}
