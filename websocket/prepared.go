package websocket

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/duplexws/duplex/protocol"
)

// Prepared is a message that is encoded once and written to many connections:
// compressed once too, for all that agreed to the same parameters. It is
// immutable and safe for concurrent use.
type Prepared struct {
	typ   MessageType // with Uncompressed, if that was asked for
	data  []byte
	forms atomic.Pointer[preparedForm] // that were compressed so far, the newest first
	mu    sync.Mutex                   // held while one is
}

// preparedForm is a message in one compressed form.
type preparedForm struct {
	form    protocol.DeflateForm
	payload []byte // nil if the message gets no shorter
	next    *preparedForm
}

// NewPrepared prepares a message. It keeps a copy of data. Errors:
// protocol.ErrNotText, protocol.ErrOpcode.
func NewPrepared(typ MessageType, data []byte) (*Prepared, error) {
	switch typ &^ Uncompressed {
	default:
		return nil, protocol.ErrOpcode
	case Binary:
	case Text:
		if !protocol.ValidText(data) {
			return nil, protocol.ErrNotText
		}
	}
	return &Prepared{typ: typ, data: append([]byte(nil), data...)}, nil
}

// encode returns the message as c sends it, and counts it as sent. Called with
// the write lock held.
func (p *Prepared) encode(c *Conn) (typ MessageType, rsv1 bool, payload []byte, err error) {
	typ = p.typ &^ Uncompressed
	if err := c.out.CheckMessage(typ, true, nil); err != nil {
		return 0, false, nil, err
	}
	c.counts.messagesOut.add(1)
	if c.compresses(p.typ) && c.deflate.out.Wants(p.data) {
		if payload := p.deflated(c.deflate.out.Form()); payload != nil {
			c.deflate.out.Sent(p.data)
			return typ, true, payload, nil
		}
	}
	return typ, false, p.data, nil
}

// deflated returns the message in a compressed form, or nil if it gets no
// shorter.
func (p *Prepared) deflated(form protocol.DeflateForm) []byte {
	if f := p.find(form); f != nil {
		return f.payload
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.find(form)
	if f == nil {
		f = &preparedForm{form: form, next: p.forms.Load()}
		if payload, ok := form.Append(nil, p.data); ok {
			f.payload = payload
		}
		p.forms.Store(f)
	}
	return f.payload
}

func (p *Prepared) find(form protocol.DeflateForm) *preparedForm {
	f := p.forms.Load()
	for f != nil && f.form != form {
		f = f.next
	}
	return f
}

// WritePrepared writes p like [Conn.Write].
func (c *Conn) WritePrepared(ctx context.Context, p *Prepared) error {
	if err := c.lockWrite(ctx); err != nil {
		return err
	}
	if c.composing {
		return c.writeBehind(ctx, p.typ, p.data)
	}
	defer c.unlockWrite()
	if c.flags.has(hasEnded) {
		return c.Err()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	typ, rsv1, payload, err := p.encode(c)
	if err != nil {
		return c.refused(err)
	}
	return c.writeFrame(ctx, typ, rsv1, payload)
}

// SendPrepared hands p to the connection like [Conn.Send].
func (c *Conn) SendPrepared(ctx context.Context, p *Prepared) error {
	return c.send(ctx, queued{prepared: p})
}
