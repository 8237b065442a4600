package eventloop

import (
	"errors"
	"iter"
	"net"
	"strings"

	"github.com/duplexws/duplex/internal/http1"
	"github.com/duplexws/duplex/internal/poll"
	"github.com/duplexws/duplex/protocol"
)

// Upgrade is an opening handshake that is in order, as OnUpgrade decides about
// it. It is valid until OnUpgrade returns. A string that is kept keeps the whole
// head of the request in memory, unless it is cloned.
type Upgrade struct {
	// Target is what the client asked for, as it was sent, such as
	// "/chat?room=1". Path is its path with percent-encoding undone, and Query
	// what follows "?".
	Target, Path, Query string
	// Host is the host that the client asked for, with its port if it has one.
	Host string
	// Subprotocol is what was chosen, or "".
	Subprotocol string
	// Header holds further fields of the response. OnUpgrade may append to them.
	Header []protocol.HeaderField
	// Data is what [Conn.Data] will return.
	Data any

	fields *http1.Fields
	loop   *Loop
	handle poll.Handle
}

// Values returns the values of all fields of the request with that name, in
// order. Names are compared without regard to case. The slice is valid until
// OnUpgrade returns.
func (u *Upgrade) Values(name string) []string { return u.fields.Values(name) }

// Value returns the first of Values, or "".
func (u *Upgrade) Value(name string) string {
	if values := u.fields.Values(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

// Fields returns names and values of all fields of the request, in order.
func (u *Upgrade) Fields() iter.Seq2[string, string] { return u.fields.All() }

// RemoteAddr returns the peer's address.
func (u *Upgrade) RemoteAddr() net.Addr { return u.loop.poller.RemoteAddr(u.handle) }

// head takes in octets of the request, and answers it when its head is whole.
func (l *Loop) head(s *slot, p []byte) {
	x := l.slots.more(s)
	whole := p
	if len(x.head) > 0 {
		x.head = append(x.head, p...)
		whole = x.head
	}
	n, err := l.request.Parse(whole, &x.parsed, &l.set.head)
	switch {
	case err != nil:
		l.refuse(s, malformed(err))
	case n > 0:
		x.head, x.headBy = nil, 0
		l.answer(s, p[len(p)-(len(whole)-n):])
	case len(x.head) == 0:
		x.head = append(x.head, p...)
	}
}

// malformed is the refusal of what is no request.
func malformed(err error) error {
	e := new(http1.Error)
	if !errors.As(err, &e) {
		return err
	}
	return &protocol.HandshakeError{Status: e.Status, Fault: protocol.HandshakeFault(e.Fault), Section: e.Section, Reason: e.Reason}
}

// answer answers the request that was read. What follows it are frames.
func (l *Loop) answer(s *slot, frames []byte) {
	if err := l.upgrade(s, &l.request); err != nil {
		l.refuse(s, err)
		return
	}
	l.open(s)
	if s.state == stateOpen && len(frames) > 0 {
		l.feed(s, frames)
	}
}

// upgrade answers a request.
func (l *Loop) upgrade(s *slot, r *http1.Request) error {
	u := &l.upgraded
	*u = Upgrade{Target: r.Target, Path: r.Path, Query: r.Query, Host: r.Host, fields: &r.Fields, loop: l, handle: s.handle}
	policy := &l.set.handshake
	if l.set.choose != nil {
		p := *policy
		p.SelectSubprotocol = func(offered []string) string { return l.set.choose(u, offered) }
		policy = &p
	}
	response, err := policy.Check(handshake(r))
	if err != nil {
		return err
	}
	u.Subprotocol, u.Header = response.Subprotocol, response.Header
	if f := l.set.handler.OnUpgrade; f != nil {
		if err := f(u); err != nil {
			return err
		}
	}
	response.Header = u.Header
	l.flush(nil)
	if l.cork.buf, err = response.AppendHTTP1(l.cork.buf); err != nil {
		return err
	}
	s.data = u.Data
	s.subprotocol = l.subprotocol(response.Subprotocol)
	return nil
}

// handshake is a request as the core judges it.
func handshake(r *http1.Request) *protocol.Request {
	return &protocol.Request{
		Method: r.Method, ProtoMajor: 1, ProtoMinor: r.Minor, Host: r.Host,
		Upgrade:          r.Values("Upgrade"),
		Connection:       r.Values("Connection"),
		Key:              r.Values("Sec-WebSocket-Key"),
		Version:          r.Values("Sec-WebSocket-Version"),
		Subprotocols:     r.Values("Sec-WebSocket-Protocol"),
		Extensions:       r.Values("Sec-WebSocket-Extensions"),
		Origin:           r.Values("Origin"),
		ContentLength:    r.Values("Content-Length"),
		TransferEncoding: r.Values("Transfer-Encoding"),
	}
}

// subprotocol returns a pointer to the name; those that were announced share one.
func (l *Loop) subprotocol(name string) *string {
	if name == "" {
		return nil
	}
	known := l.set.handshake.Subprotocols
	for i := range known {
		if known[i] == name {
			return &known[i]
		}
	}
	own := strings.Clone(name) // the rest of the head need not stay in memory
	return &own
}

// open begins the conversation.
func (l *Loop) open(s *slot) {
	s.state = stateOpen
	s.flags |= isTold
	s.keep.Start(l.set.cfg, l.now)
	l.timers.disarm(s) // the deadline of the request
	l.arm(s)
	l.stats.Conns++
	l.stats.Opened++
	if f := l.set.handler.OnOpen; f != nil {
		f(Conn{l, s.id})
	}
}

// refuse answers with the status that err stands for, and ends the transport.
func (l *Loop) refuse(s *slot, err error) {
	var e *protocol.HandshakeError
	if !errors.As(err, &e) {
		e = &protocol.HandshakeError{Status: 500, Fault: protocol.FaultServer, Reason: err.Error()}
	}
	l.stats.Refused++
	if f := l.set.handler.OnRefused; f != nil {
		f(string(e.Fault), err)
	}
	l.flush(nil)
	frame, wrong := protocol.AppendRefusal(l.cork.buf, e)
	if wrong != nil {
		frame, _ = protocol.AppendRefusal(l.cork.buf, &protocol.HandshakeError{Status: 500, Fault: protocol.FaultServer})
	}
	l.cork.buf = frame
	l.finish(s, l.now+l.set.closeTimeout)
}
