package eventloop

import (
	"cmp"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/duplexws/duplex/internal/http1"
	"github.com/duplexws/duplex/protocol"
)

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
		x.head = nil
		l.refuse(s, malformed(err), "")
	case n > 0 && l.handOver(s, whole):
	case n > 0:
		x.head, x.headBy = nil, 0
		l.answer(s, p[len(p)-(len(whole)-n):])
	case len(x.head) == 0:
		x.head = append(x.head, p...)
	}
}

// headEnds handles the end of what the peer sends before its request is whole.
func (l *Loop) headEnds(s *slot, err error) {
	if err == io.EOF && s.x != nil && len(s.x.head) > 0 {
		l.refuse(s, errHalfRequest, "")
		return
	}
	l.abort(s, err)
}

var errHalfRequest = &protocol.HandshakeError{Status: 400, Fault: "syntax", Reason: "the request ends inside its head"}

// malformed is the refusal of what is no request.
func malformed(err error) error {
	e := new(http1.Error)
	if !errors.As(err, &e) {
		return err
	}
	return &protocol.HandshakeError{Status: e.Status, Fault: protocol.HandshakeFault(e.Fault), Section: e.Section, Reason: e.Reason}
}

// answer decides about the request that was read. What follows it are frames.
func (l *Loop) answer(s *slot, frames []byte) {
	u := &l.upgraded
	err := l.examine(s, &l.request, u)
	switch {
	case err != nil:
		l.refuse(s, err, l.request.Method)
	case l.of(s).handler.Authorize != nil:
		l.authorize(s, frames)
	default:
		l.welcome(s, u, frames)
	}
}

// examine decides about a request, as far as the loop may.
func (l *Loop) examine(s *slot, r *http1.Request, u *Upgrade) (err error) {
	*u = Upgrade{Method: r.Method, Target: r.Target, Path: r.Path, Query: r.Query, Host: r.Host,
		fields: &r.Fields, remote: l.poller.RemoteAddr(s.handle)}
	if err := l.route(s, u); err != nil {
		return err
	}
	return l.of(s).check(handshake(r, l.set.tls != nil), u)
}

// check judges a handshake by the endpoint's policy.
func (e *Endpoint) check(r *protocol.Request, u *Upgrade) (err error) {
	policy := &e.handshake
	if e.choose != nil || e.deflate != nil && len(r.Extensions) > 0 {
		p := *policy
		if e.choose != nil {
			p.SelectSubprotocol = func(offered []string) string { return e.choose(u, offered) }
		}
		p.Extensions = func(offers []protocol.Extension) []protocol.Extension {
			answer, agreed, ok := e.deflate.Accept(offers)
			if !ok {
				return nil
			}
			u.deflate = &agreed
			return []protocol.Extension{answer}
		}
		policy = &p
	}
	if u.response, err = policy.Check(r); err != nil {
		return err
	}
	u.Subprotocol, u.Header = u.response.Subprotocol, u.response.Header
	if f := e.handler.OnUpgrade; f != nil {
		return f(u)
	}
	return nil
}

// welcome accepts a handshake and begins the conversation. What follows the
// request are frames.
func (l *Loop) welcome(s *slot, u *Upgrade, frames []byte) {
	l.room(l.set.head.Head)
	u.response.Header = u.Header
	head, err := u.response.AppendHTTP1(l.cork.buf)
	if err != nil {
		l.refuse(s, err, "")
		return
	}
	l.cork.buf = head
	s.state, s.data = stateOpen, u.Data
	s.subprotocol = l.subprotocol(s, u.response.Subprotocol)
	if u.deflate != nil {
		l.useDeflate(s, *u.deflate)
	}
	s.flags |= isTold
	s.keep.Start(l.of(s).cfg, l.now)
	l.timers.disarm(s) // the deadline of the request
	l.arm(s)
	l.stats.Conns++
	l.stats.Opened++
	if f := l.of(s).handler.OnOpen; f != nil {
		f(Conn{l, s.id})
	}
	if s.state == stateOpen && len(frames) > 0 {
		l.feed(s, frames)
	}
}

// takeOver begins with a connection whose request was answered elsewhere but
// for the response.
func (l *Loop) takeOver(nc net.Conn, e *Endpoint, u *Upgrade, frames []byte) error {
	if l.stopped || l.accepting.off {
		nc.Close()
		return ErrClosed
	}
	h, err := l.server.network.Attach(nc)
	if err != nil {
		return err
	}
	l.conns.Add(1)
	s := l.adopt(h)
	l.begin(s)
	defer l.end()
	if s.state == stateGone {
		return s.x.verdict
	}
	s.x.headBy = 0
	if err := l.enter(s, e); err != nil {
		l.abort(s, nil)
		return err
	}
	l.welcome(s, u, frames)
	return nil
}

// route finds the endpoint of a request.
func (l *Loop) route(s *slot, u *Upgrade) error {
	if l.set.route == nil {
		return nil
	}
	e := l.set.route(u)
	if e == nil {
		return &protocol.HandshakeError{Status: 404, Fault: "path", Reason: "there is nothing at this path"}
	}
	return l.enter(s, e)
}

// enter makes e the endpoint of a connection.
func (l *Loop) enter(s *slot, e *Endpoint) error {
	if e == l.set.Endpoint {
		return nil
	}
	n, ok := l.kinds.enter(e)
	if !ok {
		return tooMany
	}
	s.kind = n
	return nil
}

// handshake is a request as the core judges it.
func handshake(r *http1.Request, secure bool) *protocol.Request {
	return &protocol.Request{
		Method: r.Method, ProtoMajor: 1, ProtoMinor: r.Minor, Secure: secure, Host: r.Host, Target: r.Target,
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
func (l *Loop) subprotocol(s *slot, name string) *string {
	if name == "" {
		return nil
	}
	known := l.of(s).handshake.Subprotocols
	for i := range known {
		if known[i] == name {
			return &known[i]
		}
	}
	own := strings.Clone(name) // the rest of the head need not stay in memory
	return &own
}

// refuse answers with the status that err stands for, and ends the transport.
func (l *Loop) refuse(s *slot, err error, method string) {
	l.stats.Refused++
	e := l.of(s).refused(err)
	l.flush(nil)
	answer, wrong := protocol.AppendRefusal(l.cork.buf, e)
	if wrong != nil {
		e = &protocol.HandshakeError{Status: 500, Fault: protocol.FaultServer}
		answer, _ = protocol.AppendRefusal(l.cork.buf, e)
	}
	if method == "HEAD" {
		answer = answer[:len(answer)-len(e.Body())]
	}
	l.cork.buf = answer
	l.finish(s, l.now+l.of(s).closeTimeout)
}

// refused tells of a refusal, and returns it in its own form.
func (e *Endpoint) refused(err error) *protocol.HandshakeError {
	var h *protocol.HandshakeError
	if !errors.As(err, &h) {
		h = &protocol.HandshakeError{Status: 500, Fault: protocol.FaultServer, Reason: err.Error()}
	}
	if f := e.handler.OnRefused; f != nil {
		f(cmp.Or(string(h.Fault), "application"), err)
	}
	return h
}
