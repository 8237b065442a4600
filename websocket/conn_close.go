package websocket

import (
	"context"
	"errors"
	"math"

	"github.com/duplexws/duplex/protocol"
)

// Close does the closing handshake: it sends what waits in the Send queue and a
// Close frame with code and reason, waits for the peer's, and ends the transport.
// Messages that arrive meanwhile are dropped, unless a read is waiting for them.
// It returns nil when both Close frames have passed, whoever sent the first.
//
// ctx bounds the wait, as does Options.CloseTimeout; when it ends the
// connection is closed without more ado, and the cause is returned. Other
// errors: protocol.ErrCloseCode and protocol.ErrCloseReason, behind which the
// connection is as before; why the connection had ended.
func (c *Conn) Close(ctx context.Context, code StatusCode, reason string) error {
	if err := c.sendClose(ctx, code, reason); err != nil {
		if errors.Is(err, protocol.ErrCloseCode) || errors.Is(err, protocol.ErrCloseReason) {
			return err
		}
		if ctx.Err() != nil {
			c.end(ErrClosed)
			return context.Cause(ctx)
		}
	}
	done := c.Done()
	// If nobody reads, read for the peer's Close frame here.
	if c.readLock.Lock(ctx, done) == nil {
		c.breakReader(ErrClosed)
		var ev protocol.Event
		for c.next(ctx, &ev) == nil {
		}
		if ctx.Err() != nil {
			c.end(ErrClosed) // before anyone reads on in the midst of a message
		}
		c.unlockRead()
	}
	select {
	case <-done:
	case <-ctx.Done():
		c.end(ErrClosed)
	}
	if err := c.closeResult(); err != ErrClosed || ctx.Err() == nil {
		return err
	}
	return context.Cause(ctx)
}

func (c *Conn) closeResult() error {
	var closed *CloseError
	if err := c.Err(); !errors.As(err, &closed) {
		return err
	}
	return nil
}

// sendClose sends our Close frame, unless one has gone out.
func (c *Conn) sendClose(ctx context.Context, code StatusCode, reason string) error {
	if err := c.lockToClose(ctx); err != nil {
		return err
	}
	defer c.unlockWrite()
	if c.flags.has(hasEnded) {
		return c.Err()
	}
	if c.flags.has(owesFrames) { // the peer's Close frame may have come first
		if act := c.takeOutbox(); act&protocol.EndTransport != 0 {
			c.startFinish()
		}
	}
	if err := c.emptyQueue(ctx); err != nil {
		return err
	}
	c.needBuffer()
	wb, act, err := c.out.AppendClose(c.set.cfg, c.set.clock.Now(), c.wb, code, reason)
	c.setCloseBy(c.out.Deadline())
	if err != nil {
		return err
	}
	c.wb = wb
	if act&protocol.EndTransport != 0 {
		c.startFinish()
	}
	if len(c.wb) > 0 {
		c.flushNow() // the rest follows while we read: both sides may be closing
	}
	return nil
}

// emptyQueue sends what waits in the Send queue, as far as the close deadline
// allows. Called with the write lock held.
func (c *Conn) emptyQueue(ctx context.Context) error {
	if !c.out.Sendable() || !c.queued() {
		return nil
	}
	if c.closeDeadline() == 0 {
		c.setCloseBy(c.set.clock.Now() + int64(c.set.cfg.Limits().CloseTimeout))
	}
	for c.fromQueue() {
		if err := c.flush(ctx, nil, keepFrame); err != nil {
			return err
		}
	}
	return nil
}

// closeBegun returns why nothing more can be sent once either side has begun to
// close.
func (c *Conn) closeBegun() error {
	x := c.more()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case x.verdict != nil:
		return x.verdict
	case x.closeBy != 0:
		return ErrClosed
	}
	return nil
}

// lockToClose takes the write lock. A peer that does not read may keep others in
// the midst of a write: the close deadline bounds that too.
func (c *Conn) lockToClose(ctx context.Context) error {
	if c.writeLock.TryLock() {
		return nil
	}
	if c.closeDeadline() == 0 {
		c.setCloseBy(c.set.clock.Now() + int64(c.set.cfg.Limits().CloseTimeout))
	}
	return c.writeLock.Lock(ctx, nil)
}

// startFinish ends the transport in a goroutine, once.
func (c *Conn) startFinish() {
	c.mu.Lock()
	started := c.more().finishing
	c.more().finishing = true
	c.mu.Unlock()
	if !started {
		go c.finish()
	}
}

// maxDrain is how much a server reads and drops behind the closing handshake:
// closing a socket with unread input would reset it, and the reset may overtake
// our Close frame. A client, which has not ended its half first, drops whatever
// comes until the deadline.
const maxDrain = 64 << 10

// finish ends the transport as the closing handshake wants it: the server ends
// its half first, the client waits for that. The close deadline bounds it all.
func (c *Conn) finish() {
	background := context.Background()
	c.writeLock.Lock(background, nil)
	for !c.flags.has(hasEnded) && len(c.wb) > 0 && c.flushWaiting() == nil {
	}
	halves, most := true, math.MaxInt
	if !c.flags.has(hasEnded) && c.set.cfg.Role() == protocol.Server {
		halves, most = c.stream.CloseWrite() == nil, maxDrain
	}
	c.unlockWrite()

	c.readLock.Lock(background, nil)
	c.breakReader(c.readErr)
	c.dropInput()
	for dropped := 0; halves && dropped < most && !c.flags.has(hasEnded); {
		c.flags.set(isBorrowed)
		if c.more().readers.Load() > 0 { // who asks again why need not wait for the peer
			c.flags.clear(isBorrowed)
			c.unlockRead()
			c.readLock.Lock(background, nil)
			continue
		}
		n, err := c.stream.Read((*connMemory)(c))
		c.flags.clear(isBorrowed)
		if err != nil && err != errWoken {
			break
		}
		dropped += n
	}
	err := c.readErr
	c.unlockRead()
	c.end(err)
}
