package conformance

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"time"
)

// A site is the server under test, for cases that need further connections.
type site struct {
	ctx    context.Context
	target *url.URL
	opts   *Options
}

// judge plays a case over a connection of its own.
func (s *site) judge(c *Case) *Result { return s.opts.judgeServer(s.ctx, c, s.target) }

// connect makes a transport without a handshake.
func (s *site) connect() (net.Conn, error) { return s.opts.transport(s.ctx, s.target) }

// open makes a connection that no player looks after.
func (s *site) open(c *Case) (net.Conn, error) {
	nc, _, _, err := s.opts.open(s.ctx, c, s.target, &wireLog{start: time.Now()})
	return nc, err
}

// serves finds a fault if the peer is a server that does not serve another
// connection.
func (p *player) serves() {
	if p.site == nil {
		return
	}
	p.log.note(Suite, "sends a Ping over another connection")
	c := answering("", "", sends(burst, list(ping(hello)), back(OpPong, hello)))
	if r := p.site.judge(&c); !r.Passed(false) {
		p.fault(Failed, "the server does not serve another connection%v", r)
	}
}

// halfClose ends the suite's direction of the transport, and reports whether
// that is possible.
func (p *player) halfClose() bool {
	half, ok := p.nc.(interface{ CloseWrite() error })
	if !ok {
		p.unimplemented("the transport cannot end in one direction")
		return false
	}
	p.log.note(Suite, "ends its direction of the connection")
	p.deaf = true
	half.CloseWrite()
	return true
}

// socket returns what is under TLS.
func socket(nc net.Conn) net.Conn {
	if outer, ok := nc.(interface{ NetConn() net.Conn }); ok {
		return outer.NetConn()
	}
	return nc
}

// reset drops a transport so that the other side sees a reset, where there is
// such a thing.
func reset(nc net.Conn) {
	inner := socket(nc)
	if tcp, ok := inner.(interface{ SetLinger(sec int) error }); ok {
		tcp.SetLinger(0)
	}
	inner.Close()
}

// wasReset reports whether the transport ended otherwise than by the peer's
// ending its direction.
func (p *player) wasReset() bool {
	var broken *violation
	return p.how != nil && !errors.Is(p.how, io.EOF) && !errors.Is(p.how, io.ErrUnexpectedEOF) && !errors.As(p.how, &broken)
}

// finishing says that a reset, instead of the peer's ending its direction, gives
// it a verdict and is no other fault.
func (p *player) finishing(onReset Verdict) { p.onReset = &onReset }

// rests gives the peer time to end the connection.
func (p *player) rests() { time.Sleep(p.opts.pause()) }

// unread sends while nothing is read, and calls meanwhile, if not nil, once
// everything has gone out or no more goes.
func (p *player) unread(send, meanwhile func()) {
	p.log.note(Suite, "stops reading")
	p.in.hold()
	done := make(chan struct{})
	go func() {
		defer close(done)
		send()
	}()
	p.stalled(done)
	if meanwhile != nil {
		meanwhile()
	}
	p.log.note(Suite, "reads on")
	p.in.release()
	<-done
}

// stalled waits until done, or until nothing has gone out for the suite's pause.
func (p *player) stalled(done <-chan struct{}) {
	pause := time.NewTimer(p.opts.pause())
	defer pause.Stop()
	for {
		before := p.written.Load()
		select {
		case <-done:
			return
		case <-pause.C:
		}
		if p.written.Load() == before {
			return
		}
		pause.Reset(p.opts.pause())
	}
}
