package eventloop

import (
	"context"
	"time"

	"github.com/duplexws/duplex/internal/http1"
	"github.com/duplexws/duplex/protocol"
)

// authorize lets the application decide about a handshake in a goroutine. The
// peer waits meanwhile, and what it sends behind its request is held.
func (l *Loop) authorize(s *slot, frames []byte) {
	u := l.upgraded
	r := l.request
	l.request = http1.Request{} // its memory is u's now
	u.fields = &r.Fields
	s.state = stateDeciding
	x := l.slots.more(s)
	if len(frames) > 0 {
		x.held.keep(frames)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(l.set.handshakeTimeout))
	x.cancel = cancel
	of, e := s.id, l.of(s)
	l.server.Outside(1)
	l.server.running.Go(func() {
		err := e.authorize(ctx, Conn{l, of}, &u)
		l.server.Outside(-1)
		l.inbox.must(task{run: func() { l.authorized(of, &u, err) }})
	})
}

// authorize asks the application.
func (e *Endpoint) authorize(ctx context.Context, c Conn, u *Upgrade) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = ErrPanic
			c.loop.inbox.must(task{run: func() { c.loop.stats.Panics++ }})
			e.reportPanic(c, v)
		}
	}()
	if err := e.handler.Authorize(ctx, u); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return errUndecided
	}
	return nil
}

// errUndecided refuses who waited in vain.
var errUndecided = &protocol.HandshakeError{Status: 503, Fault: protocol.FaultServer, Reason: "not decided in time"}

// authorized goes on with a handshake about which the application has decided.
func (l *Loop) authorized(of id, u *Upgrade, err error) {
	s := l.slots.find(of)
	if s == nil || s.state != stateDeciding {
		return
	}
	l.begin(s)
	defer l.end()
	s.x.cancel()
	s.x.cancel = nil
	if err != nil {
		l.refuse(s, err, "")
		return
	}
	l.welcome(s, u, nil)
	l.again(s)
}
