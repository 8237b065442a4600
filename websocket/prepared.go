package websocket

import (
	"context"

	"github.com/duplexws/duplex/protocol"
)

// Prepared is a message that is encoded once and written to many connections.
// It is immutable and safe for concurrent use.
type Prepared struct {
	typ   MessageType
	data  []byte
	frame []byte // as a server sends it: header and data
}

// NewPrepared prepares a message. It keeps a copy of data. Errors:
// protocol.ErrNotText, protocol.ErrOpcode.
func NewPrepared(typ MessageType, data []byte) (*Prepared, error) {
	if typ == Text && !protocol.ValidText(data) {
		return nil, protocol.ErrNotText
	}
	if !typ.Data() {
		return nil, protocol.ErrOpcode
	}
	h := protocol.NewHeader(serverForm, typ, true, false, len(data))
	frame := make([]byte, 0, len(h.Bytes())+len(data))
	frame = h.AppendPayload(append(frame, h.Bytes()...), data)
	return &Prepared{typ: typ, data: frame[len(h.Bytes()):], frame: frame}, nil
}

var serverForm = protocol.NewConfig(protocol.Server, nil)

// append appends the message to dst as c sends it.
func (p *Prepared) append(c *Conn, dst []byte) ([]byte, error) {
	if err := c.out.CheckMessage(p.typ, true, nil); err != nil {
		return dst, err
	}
	c.counts.messagesOut.add(1)
	if c.set.cfg.Role() == protocol.Server {
		return append(dst, p.frame...), nil
	}
	h := protocol.NewHeader(c.set.cfg, p.typ, true, false, len(p.data))
	return h.AppendPayload(append(dst, h.Bytes()...), p.data), nil
}

// WritePrepared writes p like [Conn.Write].
func (c *Conn) WritePrepared(ctx context.Context, p *Prepared) error {
	if c.set.cfg.Role() == protocol.Client || len(p.data) >= flushSize {
		return c.Write(ctx, p.typ, p.data)
	}
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
	c.needBuffer()
	start := len(c.wb)
	wb, err := p.append(c, c.wb)
	if err != nil {
		return c.refused(err)
	}
	c.wb = wb
	return c.flushOrDefer(ctx, start)
}

// SendPrepared hands p to the connection like [Conn.Send].
func (c *Conn) SendPrepared(ctx context.Context, p *Prepared) error {
	return c.send(ctx, queued{prepared: p})
}
