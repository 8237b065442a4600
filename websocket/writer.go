package websocket

import (
	"context"
	"errors"
	"io"

	"github.com/duplexws/duplex/internal/pool"
)

// NextWriter waits until no other message is being written, and returns a
// writer of one message. Other messages wait until it is closed, so it must be
// closed; control frames do not. Each time 16 KiB are together they go out as a
// fragment, and a message of less goes out in one frame; where messages are
// compressed, the fragments are one by one. ctx holds for the writer too. The
// writer is not for concurrent use.
//
// When a Write has failed, the peer may have part of the message, which cannot
// be finished any more: Close then closes the connection with 1011.
func (c *Conn) NextWriter(ctx context.Context, typ MessageType) (io.WriteCloser, error) {
	if err := c.lockMessage(ctx); err != nil {
		return nil, err
	}
	packs := c.compresses(typ)
	typ &^= Uncompressed
	if err := c.compose(ctx, typ); err != nil {
		c.more().messageLock.Unlock()
		return nil, err
	}
	return &messageWriter{c: c, ctx: ctx, typ: typ, packs: packs}, nil
}

// compose makes other messages wait for this one.
func (c *Conn) compose(ctx context.Context, typ MessageType) error {
	if err := c.lockWrite(ctx); err != nil {
		return err
	}
	defer c.unlockWrite()
	if c.flags.has(hasEnded) {
		return c.Err()
	}
	if err := c.out.CheckMessage(typ, true, nil); err != nil {
		return c.refused(err)
	}
	c.composing = true
	return nil
}

var errWriterClosed = errors.New("websocket: the message has been closed")

// messageWriter writes one message in fragments.
type messageWriter struct {
	c    *Conn
	ctx  context.Context
	typ  MessageType
	buf  *pool.Buffer
	n    int // octets in buf
	err  error
	over bool

	packs bool // it is compressed
	begun bool // a fragment has gone out
}

// Write adds p to the message. It does not keep p.
func (w *messageWriter) Write(p []byte) (int, error) {
	total := len(p)
	for w.err == nil && len(p) > 0 {
		if w.n == 0 && len(p) >= flushSize {
			w.err = w.fragment(p, false)
			p = nil
			break
		}
		if w.buf == nil {
			w.buf = conns.Get()
		}
		n := copy(w.buf.B[w.n:flushSize], p)
		w.n += n
		p = p[n:]
		if w.n == flushSize {
			w.err = w.fragment(w.buf.B[:w.n], false)
			w.n = 0
		}
	}
	if w.err != nil {
		return 0, w.err
	}
	return total, nil
}

// Close ends the message.
func (w *messageWriter) Close() error {
	if w.over {
		return errWriterClosed
	}
	w.over = true
	if w.err == nil {
		var rest []byte
		if w.buf != nil {
			rest = w.buf.B[:w.n]
		}
		w.err = w.fragment(rest, true)
	}
	if w.buf != nil {
		conns.Put(w.buf)
		w.buf = nil
	}
	err := w.err
	if err != nil {
		// The close deadline bounds the wait for who is writing.
		w.c.sendClose(context.Background(), StatusInternalError, "message broken off")
	} else {
		w.err = errWriterClosed
	}
	w.c.composed()
	return err
}

func (w *messageWriter) fragment(p []byte, last bool) error {
	c := w.c
	if err := c.lockWrite(w.ctx); err != nil {
		return err
	}
	defer c.unlockWrite()
	if c.flags.has(hasEnded) {
		return c.Err()
	}
	if err := c.out.BeginFragment(w.typ, last, false, p); err != nil {
		return c.refused(err)
	}
	d, rsv1 := w.pack(p, last)
	defer d.release()
	if rsv1 {
		p = d.payload
	}
	h := c.out.FragmentHeader(c.set.cfg, w.typ, last, rsv1, len(p))
	w.begun = true
	if last {
		c.counts.messagesOut.add(1)
	}
	return c.writePayload(w.ctx, &h, p, false)
}

// pack compresses a fragment. It reports false if it is to be sent as it is,
// which only a message of a single one can be.
func (w *messageWriter) pack(p []byte, last bool) (d deflated, ok bool) {
	switch {
	case !w.packs:
		return deflated{}, false
	case last && !w.begun:
		return w.c.pack(p)
	}
	return w.c.packFragment(p, last), true
}

// composed lets other messages through again.
func (c *Conn) composed() {
	c.writeLock.Lock(context.Background(), nil)
	c.composing = false
	if c.queued() {
		c.startWriter()
	}
	c.unlockWrite()
	c.more().messageLock.Unlock()
}
