package websocket

import (
	"context"
	"errors"
	"io"

	"github.com/duplexws/duplex/protocol"
)

var errSuperseded = errors.New("websocket: a later message is being read")

// messageReader reads one message of a Conn as it arrives.
type messageReader struct {
	c    *Conn
	ctx  context.Context
	rest []byte // of the chunk under way, borrowed from the Conn's input
	last bool   // the chunk under way is the last
	err  error
}

// NextReader waits for the next message and returns a reader of it, which ends
// with io.EOF. The message is not gathered, unless it is compressed: a chunk is
// handed on as it comes, and text is checked as it comes. What is left unread of the message before is
// skipped. ctx holds for the reader too.
//
// Errors are those of [Conn.Read]. A text that turns out to be invalid, or a
// limit that is exceeded, is an error in the middle.
func (c *Conn) NextReader(ctx context.Context) (MessageType, io.Reader, error) {
	typ, r, err := c.nextReader(ctx)
	if err != nil {
		return 0, nil, err
	}
	return typ, r, nil
}

func (c *Conn) nextReader(ctx context.Context) (MessageType, *messageReader, error) {
	if err := c.lockRead(ctx); err != nil {
		return 0, nil, err
	}
	defer c.unlockRead()
	if len(c.more().stash) > 0 {
		typ, p, _ := c.unstash(nil, false)
		return typ, &messageReader{c: c, ctx: ctx, rest: p, last: true}, nil
	}
	if c.more().reader != nil {
		if err := c.skipReader(ctx); err != nil {
			return 0, nil, err
		}
	}
	r := &messageReader{c: c, ctx: ctx}
	var ev protocol.Event
	if c.rd != nil && c.rd.asm.Len() > 0 { // a cancelled Read has begun the message
		ev.Opcode = c.in.Message()
		r.rest = c.rd.asm.Take()
	} else if err := c.next(ctx, &ev); err != nil {
		return 0, nil, err
	} else if ev.Compressed {
		if r.rest, err = c.inflate(&ev, nil); err != nil {
			return 0, nil, err
		}
		r.last = true
	} else {
		r.rest, r.last = ev.Payload, ev.Last
	}
	c.more().reader = r
	return ev.Opcode, r, nil
}

// Read reads on in the message.
func (r *messageReader) Read(p []byte) (int, error) { return r.read(r.ctx, p) }

func (r *messageReader) read(ctx context.Context, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if err := r.c.lockRead(ctx); err != nil {
		return 0, err
	}
	defer r.c.unlockRead()
	if r.err != nil {
		return 0, r.err
	}
	if err := r.c.advance(ctx, r); err != nil {
		return 0, err
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// advance gets r a chunk that is not empty. io.EOF means that there is none.
func (c *Conn) advance(ctx context.Context, r *messageReader) error {
	var ev protocol.Event
	for len(r.rest) == 0 {
		if r.last {
			r.end(io.EOF)
			return r.err
		}
		if err := c.next(ctx, &ev); err != nil {
			if c.readErr != nil {
				r.end(err)
			}
			return err
		}
		r.rest, r.last = ev.Payload, ev.Last
	}
	return nil
}

// end makes err the answer to every further Read of r.
func (r *messageReader) end(err error) {
	r.err, r.rest = err, nil
	if r.c.more().reader == r {
		r.c.more().reader = nil
		if err == io.EOF {
			r.c.delivered()
		}
	}
}

// breakReader makes err the answer to every further Read of the message under
// way: the memory that it borrows is about to go.
func (c *Conn) breakReader(err error) {
	if x := c.ext.Load(); x != nil && x.reader != nil {
		x.reader.end(err)
	}
}

// skipReader skips what is left of the message that a messageReader reads.
func (c *Conn) skipReader(ctx context.Context) error {
	r := c.more().reader
	r.err = errSuperseded
	for {
		r.rest = nil
		if err := c.advance(ctx, r); err == io.EOF {
			r.err = errSuperseded
			return nil
		} else if err != nil {
			return err
		}
	}
}
