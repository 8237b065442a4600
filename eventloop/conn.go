package eventloop

import (
	"net"
)

// Conn is a WebSocket connection of a loop. It is a small value: it can be
// copied, compared, used as the key of a map, and kept for ever. When the
// connection has ended, its methods return [ErrClosed], and never reach another;
// those of the zero Conn do so too.
//
// [Conn.Send] and [Conn.Do] may be called from any goroutine; the other methods
// only on the connection's own loop: see the package documentation.
type Conn struct {
	loop *Loop
	id   id
}

// slot returns the slot of the connection, nil if that has ended. The zero Conn
// is one that has.
func (c Conn) slot() *slot {
	if c.loop == nil {
		return nil
	}
	return c.loop.slots.find(c.id)
}

// Write sends a message. p is the caller's again when Write returns; if it is
// what OnMessage was given, it is not even copied when it is large. What is
// written in a callback goes out when that returns, in one write to the
// transport.
//
// Errors: ErrClosed; protocol.ErrNotText and protocol.ErrOpcode; ErrQueueFull
// and ErrSlowConsumer by the policy of the [Queue].
func (c Conn) Write(t MessageType, p []byte) error {
	s := c.slot()
	if s == nil || s.state != stateOpen {
		return ErrClosed
	}
	return c.loop.write(s, t, p)
}

// Send is Write for any goroutine: it hands a copy of p to the loop, which sends
// it in its next turn. Messages of one goroutine go out in order. What becomes
// of a message for which the connection has no room is up to the policy of its
// [Queue].
//
// Errors: protocol.ErrNotText and protocol.ErrOpcode; ErrOverloaded; ErrClosed
// if the loop has ended. That the connection has ended is not noticed here.
func (c Conn) Send(t MessageType, p []byte) error {
	if err := checkMessage(t, p); err != nil {
		return err
	}
	if c.loop == nil {
		return ErrClosed
	}
	return c.loop.inbox.send(c.loop.set.cfg, c.id, t, p)
}

// Do makes the loop call f in its next turn, for what belongs to the loop. f gets
// the connection, and is not called if that has ended. It may be called from
// any goroutine.
//
// Errors: ErrOverloaded; ErrClosed if the loop has ended.
func (c Conn) Do(f func(c Conn)) error {
	if c.loop == nil {
		return ErrClosed
	}
	return c.loop.inbox.do(c.id, f)
}

// Close begins the closing handshake with code and reason, behind what was
// written. No message is delivered any more; OnClose is called when the peer
// has answered or Options.CloseTimeout has passed. StatusNoStatus sends no code.
//
// Errors: ErrClosed; protocol.ErrCloseCode and protocol.ErrCloseReason, behind
// which the connection is as before.
func (c Conn) Close(code StatusCode, reason string) error {
	s := c.slot()
	if s == nil || s.state != stateOpen {
		return ErrClosed
	}
	return c.loop.sendClose(s, code, reason)
}

// CloseNow ends the connection without a closing handshake: what is buffered is
// lost. OnClose is called behind the callback that is under way.
func (c Conn) CloseNow() error {
	s := c.slot()
	if s == nil || s.state != stateOpen {
		return ErrClosed
	}
	c.loop.condemn(s, ErrClosed)
	return nil
}

// Buffered returns how many octets wait for the peer to read.
func (c Conn) Buffered() int {
	s := c.slot()
	if s == nil || s.x == nil {
		return 0
	}
	return s.x.box.n
}

// SetData keeps v with the connection.
func (c Conn) SetData(v any) {
	if s := c.slot(); s != nil {
		s.data = v
	}
}

// Data returns what SetData was given, or what OnUpgrade left in
// [Upgrade].Data; nil when the connection has ended and OnClose returned.
func (c Conn) Data() any {
	if s := c.slot(); s != nil {
		return s.data
	}
	return nil
}

// Subprotocol returns the sub-protocol of the opening handshake, or "".
func (c Conn) Subprotocol() string {
	if s := c.slot(); s != nil && s.subprotocol != nil {
		return *s.subprotocol
	}
	return ""
}

// RemoteAddr returns the peer's address, or nil when the connection has ended.
func (c Conn) RemoteAddr() net.Addr {
	if s := c.slot(); s != nil {
		return c.loop.poller.RemoteAddr(s.handle)
	}
	return nil
}

// Server returns the server of the connection; nil for the zero Conn.
func (c Conn) Server() *Server {
	if c.loop == nil {
		return nil
	}
	return c.loop.server
}

// Loop returns the loop that serves the connection; nil for the zero Conn.
func (c Conn) Loop() *Loop { return c.loop }
