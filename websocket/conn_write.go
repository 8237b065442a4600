package websocket

import (
	"context"

	"github.com/duplexws/duplex/protocol"
)

// Write writes a message in one frame. It does not keep or change p.
//
// A reply to a message behind which another whole one has already been received
// waits for the next reply, so that both go out together: until the handler
// reads on, or for about 1 ms. Otherwise the message has been handed to the
// transport when Write returns.
//
// Cancelling ctx ends this call and leaves the connection good. If part of the
// message has gone out the error is a [*PartialWriteError], and the rest
// follows before anything else; otherwise the message was not sent. Other
// errors: protocol.ErrNotText, protocol.ErrOpcode; why the connection has ended.
func (c *Conn) Write(ctx context.Context, typ MessageType, p []byte) error {
	if err := c.lockWrite(ctx); err != nil {
		return err
	}
	if c.composing {
		return c.writeBehind(ctx, typ, p)
	}
	err := c.writeMessage(ctx, typ, p)
	c.unlockWrite()
	return err
}

// writeBehind writes a message once that of NextWriter is finished. It is
// entered with the write lock held.
func (c *Conn) writeBehind(ctx context.Context, typ MessageType, p []byte) error {
	c.unlockWrite()
	if err := c.lockMessage(ctx); err != nil {
		return err
	}
	defer c.more().messageLock.Unlock()
	if err := c.lockWrite(ctx); err != nil {
		return err
	}
	defer c.unlockWrite()
	return c.writeMessage(ctx, typ, p)
}

// lockMessage waits until no other message of NextWriter is unfinished.
func (c *Conn) lockMessage(ctx context.Context) error {
	l := &c.more().messageLock
	if l.TryLock() {
		return nil
	}
	err := l.Lock(ctx, c.Done())
	if err == errGivenUp {
		err = c.Err()
	}
	return err
}

func (c *Conn) lockWrite(ctx context.Context) error {
	if c.writeLock.TryLock() {
		return nil
	}
	return c.writeLock.Lock(ctx, nil)
}

// unlockWrite sends what the reader left in the outbox meanwhile, and unlocks.
func (c *Conn) unlockWrite() {
	for {
		ended := c.flags.has(hasEnded)
		if ended {
			c.releaseWrite()
		} else {
			c.sendOwed()
		}
		c.writeLock.Unlock()
		// The reader may have asked for something while the lock was held,
		// or have stopped holding another frame, or the connection have ended.
		due := c.flags.has(owesFrames) || c.flags.has(isDirty) && !c.flags.has(hasMore) && !c.flags.has(hasWriter)
		if c.flags.has(hasEnded) {
			due = !ended
		}
		if !due || !c.writeLock.TryLock() {
			return
		}
	}
}

func (c *Conn) releaseWrite() {
	c.flags.clear(owesFrames)
	c.written(len(c.wb))
	if c.deflate != nil {
		c.deflate.out.Close()
	}
}

// writeMessage writes one message, with the lock held.
func (c *Conn) writeMessage(ctx context.Context, typ MessageType, p []byte) error {
	if c.flags.has(hasEnded) {
		return c.Err()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if c.deflate != nil {
		if done, err := c.writeDeflated(ctx, typ, p); done {
			return err
		}
	}
	typ &^= Uncompressed
	if len(p) >= flushSize {
		return c.writeLarge(ctx, typ, p)
	}
	c.needBuffer()
	start := len(c.wb)
	wb, err := c.out.AppendMessage(c.set.cfg, c.wb, typ, false, p)
	if err != nil {
		return c.refused(err)
	}
	c.wb = wb
	c.counts.messagesOut.add(1)
	return c.flushOrDefer(ctx, start)
}

// writeDeflated is writeMessage for what is long enough to be compressed. It
// reports false for what is not.
func (c *Conn) writeDeflated(ctx context.Context, typ MessageType, p []byte) (done bool, err error) {
	if typ&Uncompressed != 0 || !c.deflate.out.Wants(p) {
		return false, nil
	}
	if err := c.out.CheckMessage(typ, false, p); err != nil {
		return true, c.refused(err)
	}
	d, ok := c.pack(p)
	defer d.release()
	if ok {
		p = d.payload
	}
	c.counts.messagesOut.add(1)
	return true, c.writeFrame(ctx, typ, ok, p)
}

// writeFrame writes a message that the core has allowed and whose payload is as
// it goes out. If it is taken back, no compressed one refers to it.
func (c *Conn) writeFrame(ctx context.Context, typ MessageType, rsv1 bool, payload []byte) error {
	var err error
	if len(payload) >= flushSize {
		h := protocol.NewHeader(c.set.cfg, typ, true, rsv1, len(payload))
		err = c.writePayload(ctx, &h, payload, true)
	} else {
		start := len(c.wb)
		c.appendFrame(typ, rsv1, payload)
		err = c.flushOrDefer(ctx, start)
	}
	if err != nil && rsv1 {
		c.deflate.out.Forget()
	}
	return err
}

// refused turns the core's refusal behind a Close frame into the reason of the
// close, if that is known. Called with the write lock held.
func (c *Conn) refused(err error) error {
	if len(c.wb) == 0 {
		c.written(0)
	}
	if err != protocol.ErrCloseSent {
		return err
	}
	if err = c.closeBegun(); err == nil {
		err = ErrClosed
	}
	return err
}

// writeLarge writes a message too large to be copied first, where it need not
// be masked; otherwise piece by piece.
func (c *Conn) writeLarge(ctx context.Context, typ MessageType, p []byte) error {
	if err := c.out.CheckMessage(typ, false, p); err != nil {
		return c.refused(err)
	}
	c.counts.messagesOut.add(1)
	return c.writeFrame(ctx, typ, false, p)
}

// writePayload writes the header and payload of a frame. whole says that a
// frame of which nothing has gone out may be taken back.
func (c *Conn) writePayload(ctx context.Context, h *protocol.Header, p []byte, whole bool) error {
	c.needBufferFor(h, p)
	start := len(c.wb)
	c.wb = append(c.wb, h.Bytes()...)
	if !h.Masked() {
		return c.flush(ctx, p, c.takeBack(start, whole))
	}
	for {
		n := min(len(p), max(len(c.wbuf.B)-len(c.wb), flushSize))
		c.wb = h.AppendPayload(c.wb, p[:n])
		p = p[n:]
		if len(p) == 0 {
			return c.flush(ctx, nil, c.takeBack(start, whole))
		}
		if err := c.flush(ctx, nil, c.takeBack(start, whole)); err != nil {
			if _, partial := err.(*PartialWriteError); partial {
				c.needBuffer() // all that was there may have been taken over
				c.wb = h.AppendPayload(c.wb, p)
				c.startWriter()
			}
			return err
		}
		start, whole = 0, false
		c.needBufferFor(h, p)
	}
}

// keepFrame as a start says that no frame may be taken back.
const keepFrame = -1

func (c *Conn) takeBack(start int, whole bool) int {
	if whole {
		return start
	}
	return keepFrame
}

// flushOrDefer flushes, unless the reader is about to cause more replies.
func (c *Conn) flushOrDefer(ctx context.Context, start int) error {
	if c.flags.has(hasMore) && len(c.wb) < flushSize {
		c.deferFlush()
		return nil
	}
	return c.flush(ctx, nil, start)
}

func (c *Conn) needBuffer() {
	if c.wbuf == nil {
		c.wbuf = conns.Get()
		c.wb = c.wbuf.B[:0]
	}
}

// needBufferFor is needBuffer in front of a payload that may have to be masked.
func (c *Conn) needBufferFor(h *protocol.Header, p []byte) {
	if c.wbuf == nil && h.Masked() && len(p) > 4*bufferSize {
		c.wbuf = masks.Get()
		c.wb = c.wbuf.B[:0]
		return
	}
	c.needBuffer()
}

// putBuffer gives wbuf back to the pool that it is from.
func (c *Conn) putBuffer() {
	if len(c.wbuf.B) == maskSize {
		masks.Put(c.wbuf)
	} else {
		conns.Put(c.wbuf)
	}
	c.wbuf = nil
}

// written forgets the first n octets of wb.
func (c *Conn) written(n int) {
	if n < len(c.wb) {
		c.wb = c.wb[n:]
		return
	}
	c.wb = nil
	if c.wbuf != nil {
		c.putBuffer()
	}
	if c.flags.has(isDirty | hasPing) {
		c.flags.clear(isDirty)
		if c.flags.clear(hasPing) {
			c.pingSent()
		}
	}
}

// pingSent lets the time for the Pong begin: when what stands before the Ping
// may have reached a peer that reads slowly, but fast enough.
func (c *Conn) pingSent() {
	now := c.set.clock.Now() + allowance(c.stream.Backlog())
	c.mu.Lock()
	c.keep.Sent(c.set.cfg, now)
	c.mu.Unlock()
}
