package poll

import (
	"net"
	"sync/atomic"
	"time"
)

// securePoller is a poller of a Secure network. Transports that it does not know
// are not secured.
type securePoller struct {
	Poller
	net     *Secure
	conns   []*secured // by handle
	tokens  []*secured // by the low half of the token
	ready   []Event    // to be announced
	token   Token      // of the listener
	accepts atomic.Bool
	scratch []byte
}

func (p *securePoller) Watch(listener Handle, t Token) error {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	p.token = t
	p.net.pollers = append(p.net.pollers, p)
	return p.Poller.Watch(listener, t)
}

func (p *securePoller) Unwatch(listener Handle) error {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	for i, q := range p.net.pollers {
		if p == q {
			p.net.pollers = append(p.net.pollers[:i], p.net.pollers[i+1:]...)
			break
		}
	}
	return p.Poller.Unwatch(listener)
}

// Accept begins handshakes for all who wait, and returns one that is done.
func (p *securePoller) Accept(listener Handle) (Handle, error) {
	var failed error
	more := true
	for more {
		h, err := p.Poller.Accept(listener)
		if err != nil {
			failed = err
			break
		}
		nc, err := p.Poller.Detach(h)
		if err != nil {
			failed = err
			break
		}
		more = p.net.begin(nc)
	}
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	if len(p.net.done) <= 1 && more {
		p.accepts.Store(false) // nothing is left that would have to be announced
	}
	if len(p.net.done) > 0 {
		c := p.net.done[0]
		p.net.done = p.net.done[1:]
		return p.net.settle(c)
	}
	if failed == nil {
		failed = ErrAgain
	}
	return 0, failed
}

func (p *securePoller) Wait(events []Event, timeout time.Duration) int {
	if len(p.ready) > 0 || p.accepts.Load() {
		timeout = 0
	}
	own := copy(events, p.ready)
	p.ready = append(p.ready[:0], p.ready[own:]...)
	n := own
	if n < len(events) {
		n += p.Poller.Wait(events[n:], timeout)
	}
	kept := own
	for _, ev := range events[own:n] {
		if ev.Ready&Writable != 0 {
			ev.Ready = p.flushed(ev)
		}
		if ev.Ready != 0 {
			events[kept] = ev
			kept++
		}
	}
	if kept < len(events) && p.accepts.Swap(false) {
		events[kept] = Event{p.token, Readable}
		kept++
	}
	return kept
}

// flushed sends what was encrypted, now that there is room, and returns what is
// left of the announcement.
func (p *securePoller) flushed(ev Event) Ready {
	i := uint32(ev.Token)
	if int(i) >= len(p.tokens) || p.tokens[i] == nil || p.tokens[i].token != ev.Token {
		return ev.Ready
	}
	c := p.tokens[i]
	c.flush()
	if len(c.out) > 0 || !c.watched {
		ev.Ready &^= Writable
	}
	return ev.Ready
}

func (p *securePoller) Add(h Handle, t Token) error {
	c := p.net.take(h)
	if err := p.Poller.Add(h, t); err != nil || c == nil {
		return err
	}
	for int(h) >= len(p.conns) {
		p.conns = append(p.conns, nil)
	}
	for int(uint32(t)) >= len(p.tokens) {
		p.tokens = append(p.tokens, nil)
	}
	p.conns[h], p.tokens[uint32(t)] = c, c
	c.poller, c.handle, c.token = p.Poller, h, t
	p.readAhead(c)
	return nil
}

// readAhead takes in what crypto/tls has read of the transport behind the
// handshake, which nobody will announce.
func (p *securePoller) readAhead(c *secured) {
	var b [4 << 10]byte
	n, err := c.tls.Read(b[:])
	switch {
	case n > 0:
		c.in = append(c.in, b[:n]...)
		p.ready = append(p.ready, Event{c.token, Readable})
	case err != error(interrupted{}): // crypto/tls says so again
		p.ready = append(p.ready, Event{c.token, Readable | Ended})
	}
}

func (p *securePoller) of(h Handle) *secured {
	if int(h) < len(p.conns) {
		return p.conns[h]
	}
	return nil
}

func (p *securePoller) WatchWrite(h Handle, t Token, on bool) error {
	c := p.of(h)
	if c == nil {
		return p.Poller.WatchWrite(h, t, on)
	}
	c.watched = on
	if on && len(c.out) == 0 {
		p.ready = append(p.ready, Event{t, Writable})
	}
	return nil
}

// Read fills b as far as there are records: what comes short has been all.
func (p *securePoller) Read(h Handle, b []byte) (n int, err error) {
	c := p.of(h)
	if c == nil {
		return p.Poller.Read(h, b)
	}
	if len(c.in) > 0 {
		n = copy(b, c.in)
		if c.in = c.in[n:]; len(c.in) == 0 {
			c.in = nil
		}
	}
	for n < len(b) {
		m, err := c.tls.Read(b[n:])
		n += m
		switch {
		case err == nil:
		case err == error(interrupted{}) && n > 0:
			return n, nil
		case err == error(interrupted{}):
			return 0, ErrAgain
		case n > 0: // crypto/tls says so again
			p.ready = append(p.ready, Event{c.token, Readable | Ended})
			return n, nil
		default:
			return 0, err
		}
	}
	return n, nil
}

func (p *securePoller) Write(h Handle, b []byte) (int, error) {
	c := p.of(h)
	if c == nil {
		return p.Poller.Write(h, b)
	}
	return c.send(b)
}

// Writev joins the pieces, so that each does not make a record of its own.
func (p *securePoller) Writev(h Handle, bufs [][]byte) (n int, err error) {
	c := p.of(h)
	if c == nil {
		return p.Poller.Writev(h, bufs)
	}
	for bufs = bufs[:min(len(bufs), MaxVec)]; len(bufs) > 0; {
		p.scratch = p.scratch[:0]
		for len(bufs) > 0 && (len(p.scratch) == 0 || len(p.scratch)+len(bufs[0]) <= joined) {
			p.scratch, bufs = append(p.scratch, bufs[0]...), bufs[1:]
		}
		m, err := c.send(p.scratch)
		n += m
		if err != nil && n == 0 {
			return 0, err
		}
		if m < len(p.scratch) {
			break
		}
	}
	if cap(p.scratch) > 4*joined {
		p.scratch = nil
	}
	return n, nil
}

// joined is how much is joined for records that are written together.
const joined = 64 << 10

func (p *securePoller) CloseWrite(h Handle) error {
	c := p.of(h)
	if c == nil {
		return p.Poller.CloseWrite(h)
	}
	err := c.tls.CloseWrite()
	c.ending = true
	c.flush()
	return err
}

func (p *securePoller) CloseHandle(h Handle) error {
	p.forget(h)
	return p.Poller.CloseHandle(h)
}

func (p *securePoller) forget(h Handle) *secured {
	c := p.of(h)
	if c == nil {
		return p.net.take(h) // never added
	}
	p.conns[h] = nil
	if i := uint32(c.token); p.tokens[i] == c {
		p.tokens[i] = nil
	}
	return c
}

// Detach returns a *tls.Conn.
func (p *securePoller) Detach(h Handle) (net.Conn, error) {
	c := p.forget(h)
	nc, err := p.Poller.Detach(h)
	if err != nil || c == nil {
		return nc, err
	}
	c.nc, c.poller = nc, nil
	return c.tls, nil
}
