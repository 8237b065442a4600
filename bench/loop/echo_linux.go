//go:build linux && (amd64 || arm64)

package main

import (
	"time"

	"github.com/duplexws/duplex/bench/epollecho"
	"github.com/duplexws/duplex/protocol"
)

const (
	maxMessage = 32 << 20
	large      = 16 << 10 // from here on a reply is sent from where it lies
	direct     = 32 << 10 // from here on the rest of a frame is worth a read of its own
	header     = 14       // the longest frame header
)

type (
	loop = epollecho.Loop[state]
	conn = epollecho.Conn[state]
)

// state is a connection. While it is idle, nothing here refers to memory.
type state struct {
	in   protocol.In
	out  protocol.Out
	asm  protocol.Assembler // the message that the end of a read has cut
	lent protocol.Assembler // holds a message that is being sent
}

// echo is the handler: events of the core in, frames of the core out.
type echo struct {
	cfg   *protocol.Config
	start time.Time
}

func newEcho() *echo {
	cfg := protocol.NewConfig(protocol.Server, &protocol.Limits{MaxMessage: maxMessage})
	return &echo{cfg, time.Now()}
}

// Feed answers every event in p.
func (e *echo) Feed(l *loop, c *conn, p []byte) bool {
	s := &c.State
	now := int64(time.Since(e.start)) + 1
	var ev protocol.Event
	for {
		rest := s.in.Feed(e.cfg, now, p, &ev)
		ok := true
		switch ev.Kind {
		case protocol.None:
			c.Into = s.space()
			return true
		case protocol.Data:
			if ev.First && ev.Last {
				ok = e.whole(l, c, p[:len(p)-len(rest)], &ev)
			} else {
				ok = e.piece(l, c, &ev)
			}
		default:
			ok = e.control(l, c, now, &ev)
		}
		if !ok {
			return false
		}
		p = rest
	}
}

// space is where the rest of a large frame is received.
func (s *state) space() []byte {
	if s.in.Remaining() < direct {
		return nil
	}
	return s.asm.Space(&s.in)
}

// whole answers a message that lies in one frame. Its payload is the end of
// frame, and the reply's header, which has no masking key, fits in front.
func (e *echo) whole(l *loop, c *conn, frame []byte, ev *protocol.Event) bool {
	if len(ev.Payload) < large {
		return e.copy(l, c, ev.Opcode, ev.Payload)
	}
	h, ok := e.header(c, ev.Opcode, ev.Payload)
	front := len(frame) - len(ev.Payload) - len(h.Bytes())
	if !ok || front < 0 {
		return ok && e.split(l, c, &h, ev.Payload)
	}
	copy(frame[front:], h.Bytes())
	return l.Lend(c, frame[front:])
}

// piece adds a piece of a message, and answers the message when it is whole.
func (e *echo) piece(l *loop, c *conn, ev *protocol.Event) bool {
	s := &c.State
	message, whole := s.asm.Add(&s.in, ev)
	switch {
	case !whole:
		return true
	case len(message) < large:
		ok := e.copy(l, c, ev.Opcode, message)
		s.asm.Release()
		return ok
	}
	h, ok := e.header(c, ev.Opcode, message)
	// One message can be lent at a time: the one before goes out now.
	if !ok || !l.Flush(c) || !e.split(l, c, &h, message) {
		return false
	}
	s.lent, s.asm = s.asm, protocol.Assembler{}
	return true
}

// copy puts a small reply into the cork.
func (e *echo) copy(l *loop, c *conn, op protocol.Opcode, message []byte) (ok bool) {
	if !l.Room(c, header+len(message)) {
		return false
	}
	var err error
	l.Cork, err = c.State.out.AppendMessage(e.cfg, l.Cork, op, false, message)
	return err == nil
}

// header returns the header of a large reply, if it may be sent.
func (e *echo) header(c *conn, op protocol.Opcode, message []byte) (protocol.Header, bool) {
	err := c.State.out.CheckMessage(op, false, message)
	return protocol.NewHeader(e.cfg, op, true, false, len(message)), err == nil
}

// split sends the header from the cork and the payload from where it lies.
func (e *echo) split(l *loop, c *conn, h *protocol.Header, message []byte) bool {
	if !l.Room(c, header) {
		return false
	}
	l.Cork = append(l.Cork, h.Bytes()...)
	return l.Lend(c, message)
}

// control answers everything but data.
func (e *echo) control(l *loop, c *conn, now int64, ev *protocol.Event) bool {
	if !l.Room(c, header+len(ev.Payload)) {
		return false
	}
	s := &c.State
	var owed protocol.Owed
	switch ev.Kind {
	case protocol.Ping:
		var err error
		l.Cork, err = s.out.AppendPong(e.cfg, l.Cork, ev.Payload)
		return err == nil
	case protocol.Close:
		owed.Reply(ev.Code)
	case protocol.Failed:
		owed.Fail(ev.Err)
	}
	var act protocol.CloseAction
	l.Cork, act = s.out.AppendOwed(e.cfg, now, l.Cork, &owed)
	if act&protocol.EndTransport != 0 {
		s.asm.Release()
		return false
	}
	return true
}

// Sent gives the memory of a message that has gone out back.
func (e *echo) Sent(c *conn) { c.State.lent.Release() }
