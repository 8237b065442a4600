package websocket

import (
	"context"
	"iter"

	"github.com/duplexws/duplex/protocol"
)

// Messages returns an iterator of the messages to come, for a range loop:
//
//	for m, err := range c.Messages(ctx) {
//
// It ends without an error when the peer closes with 1000 or 1001 or without a
// code, and otherwise with the error of [Conn.Read]. The bytes of a message are
// the loop's own.
func (c *Conn) Messages(ctx context.Context) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for {
			typ, p, err := c.Read(ctx)
			if err != nil {
				if unlessClean(err) != nil {
					yield(Message{}, err)
				}
				return
			}
			if !yield(Message{Type: typ, Data: p}, nil) {
				return
			}
		}
	}
}

// ReadEach calls f for each message to come until one call returns an error,
// which it returns, or the connection ends, with the error of [Conn.Read]. It is
// the fastest way to read: p is borrowed memory, valid until f returns, and no
// message costs an allocation but a compressed one above 32 KiB.
//
// f may write. It must not read from c, nor close it, since that waits for f: it
// returns an error instead, and the caller closes.
func (c *Conn) ReadEach(ctx context.Context, f func(typ MessageType, p []byte) error) error {
	if err := c.lockRead(ctx); err != nil {
		return err
	}
	defer c.unlockRead()
	if err := c.eachOfOld(ctx, f); err != nil {
		return err
	}
	var ev protocol.Event
	for {
		if err := c.next(ctx, &ev); err != nil {
			return err
		}
		if err := c.each(&ev, f); err != nil {
			return err
		}
	}
}

// each calls f if ev completes a message.
func (c *Conn) each(ev *protocol.Event, f func(typ MessageType, p []byte) error) error {
	if ev.Compressed {
		return c.eachInflated(ev, f)
	}
	if ev.First {
		c.rd.asm.Lend()
	}
	p, whole := c.rd.asm.Add(&c.in, ev)
	if !whole {
		return nil
	}
	c.delivered()
	return f(ev.Opcode, p)
}

// eachOfOld calls f for the messages that were received before.
func (c *Conn) eachOfOld(ctx context.Context, f func(typ MessageType, p []byte) error) error {
	x := c.ext.Load()
	if x == nil {
		return nil
	}
	for len(x.stash) > 0 {
		typ, p, _ := c.unstash(nil, false)
		if err := f(typ, p); err != nil {
			return err
		}
	}
	if x.reader != nil {
		return c.skipReader(ctx)
	}
	return nil
}
