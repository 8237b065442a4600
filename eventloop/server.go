package eventloop

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/duplexws/duplex/internal/poll"
	"github.com/duplexws/duplex/protocol"
)

// Server serves the connections of one listener from several loops. Its methods
// may be called from any goroutine, but not wait in a callback for the loop that
// runs it.
type Server struct {
	set      *settings
	network  poll.Network
	listener poll.Handle
	addr     net.Addr
	loops    []*Loop
	running  sync.WaitGroup
	outside  atomic.Int64
	requests requests

	closing sync.Once
	ended   chan struct{}
}

// Listen starts a server on a local address, as [net.Listen] names it; the
// network is "tcp", "tcp4", "tcp6" or "unix". A nil o is the default of all
// options. Its error is that of listening, or says which option cannot work.
func Listen(network, address string, h *Handler, o *ServerOptions) (*Server, error) {
	return listen(poll.System, network, address, h, o)
}

func listen(on poll.Network, network, address string, h *Handler, o *ServerOptions) (*Server, error) {
	s, err := prepare(on, network, address, h, o)
	if err != nil {
		return nil, err
	}
	s.start()
	return s, nil
}

func (s *Server) start() {
	for _, l := range s.loops {
		s.running.Go(l.run)
	}
}

// prepare makes a server whose loops do not run yet.
func prepare(on poll.Network, network, address string, h *Handler, o *ServerOptions) (*Server, error) {
	set, err := newSettings(h, o)
	if err != nil {
		return nil, err
	}
	s := &Server{set: set, ended: make(chan struct{})}
	if set.tls != nil {
		on = poll.NewSecure(on, set.tls, time.Duration(set.handshakeTimeout), s.Outside)
	}
	s.network = on
	s.requests.server, s.requests.come = s, sync.NewCond(&s.requests.mu)
	if s.listener, s.addr, err = on.Listen(network, address, set.reusePort); err != nil {
		return nil, err
	}
	for range set.loops {
		p, err := on.NewPoller()
		if err == nil {
			s.loops = append(s.loops, newLoop(s, p))
			err = p.Watch(s.listener, listenerToken)
		}
		if err != nil {
			s.release()
			return nil, err
		}
	}
	return s, nil
}

// release gives back what the server has of the network.
func (s *Server) release() error {
	var errs []error
	for _, l := range s.loops {
		l.poller.Unwatch(s.listener)
	}
	errs = append(errs, s.network.CloseListener(s.listener))
	for _, l := range s.loops {
		errs = append(errs, l.poller.Close())
	}
	return errors.Join(errs...)
}

// Addr returns the address that the server listens on.
func (s *Server) Addr() net.Addr { return s.addr }

// Loops returns the server's loops.
func (s *Server) Loops() []*Loop { return s.loops }

// Stats returns the figures of all loops together.
func (s *Server) Stats() (sum Stats) {
	for _, l := range s.loops {
		sum.add(l.Stats())
	}
	return sum
}

// Outside tells the loops that n more goroutines, or -n fewer, have work of
// their own. While there are any, a loop under load steps aside once a
// millisecond, so that they get a processor.
func (s *Server) Outside(n int) { s.outside.Add(int64(n)) }

// fewest returns the loop with the fewest connections, and how many there are in
// all.
func (s *Server) fewest() (l *Loop, total int64) {
	least := int64(0)
	for _, m := range s.loops {
		n := m.conns.Load()
		if total += n; l == nil || n < least {
			l, least = m, n
		}
	}
	return l, total
}

// Close ends the server and all its connections at once, without closing
// handshakes. It returns when everything has ended.
func (s *Server) Close() (err error) {
	s.closing.Do(func() {
		for _, l := range s.loops {
			l.inbox.must(task{run: l.stop})
		}
		s.requests.end()
		s.running.Wait()
		err = s.release()
		close(s.ended)
	})
	<-s.ended
	return err
}

// Drain accepts no more connections and closes those that there are with code
// and reason, perSecond of them a second so that they do not all come back at
// once (0: all at once). When all have ended, or ctx ends, it closes the server.
//
// Errors: protocol.ErrCloseCode and protocol.ErrCloseReason, behind which the
// server is as before; the cause of ctx.
func (s *Server) Drain(ctx context.Context, code StatusCode, reason string, perSecond int) error {
	if err := protocol.CheckClose(code, reason); err != nil {
		return err
	}
	conns := s.stopAccepting()
	err := s.closeAll(ctx, conns, code, reason, perSecond)
	return errors.Join(err, s.Close())
}

// stopAccepting returns the connections that there are then.
func (s *Server) stopAccepting() (conns []Conn) {
	lists := make(chan []Conn)
	asked := 0
	for _, l := range s.loops {
		if l.inbox.must(task{run: func() { lists <- l.withdraw() }}) {
			asked++
		}
	}
	for range asked {
		conns = append(conns, <-lists...)
	}
	return conns
}

// closeAll closes connections at their pace and waits for their end.
func (s *Server) closeAll(ctx context.Context, conns []Conn, code StatusCode, reason string, perSecond int) error {
	var wait time.Duration
	if perSecond > 0 {
		wait = time.Second / time.Duration(perSecond)
	}
	for i, c := range conns {
		if wait > 0 && i > 0 && !sleep(ctx, wait) {
			return context.Cause(ctx)
		}
		c.loop.inbox.must(task{id: c.id, do: func(c Conn) { c.Close(code, reason) }})
	}
	for s.Conns() > 0 {
		if !sleep(ctx, 10*time.Millisecond) {
			return context.Cause(ctx)
		}
	}
	return nil
}

// sleep reports false if ctx ended meanwhile.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// Conns returns how many connections there are, those whose opening or closing
// is under way included.
func (s *Server) Conns() (n int) {
	for _, l := range s.loops {
		n += int(l.conns.Load())
	}
	return n
}

// stop ends the loop behind the turn that is under way, and its connections.
func (l *Loop) stop() {
	l.stopped = true
	l.inbox.close()
	l.each(func(s *slot) { l.abort(s, ErrClosed) })
}

// withdraw accepts no more, and returns the connections that are open.
func (l *Loop) withdraw() (conns []Conn) {
	l.accepting.off = true
	l.poller.Unwatch(l.server.listener)
	l.each(func(s *slot) {
		switch s.state {
		case stateOpen:
			conns = append(conns, Conn{l, s.id})
		case stateHead, stateDeciding:
			l.abort(s, nil)
		}
	})
	return conns
}

// each calls f for all connections.
func (l *Loop) each(f func(s *slot)) {
	for i := uint32(1); i < l.slots.next; i++ {
		if s := l.slots.at(i); s.state != stateFree {
			f(s)
		}
	}
}

func (s *Stats) add(o Stats) {
	s.Conns += o.Conns
	s.Accepted += o.Accepted
	s.Opened += o.Opened
	s.Refused += o.Refused
	s.HandedOver += o.HandedOver
	s.MessagesIn += o.MessagesIn
	s.MessagesOut += o.MessagesOut
	s.BytesIn += o.BytesIn
	s.BytesOut += o.BytesOut
	s.Dropped += o.Dropped
	s.Panics += o.Panics
	s.AcceptErrors += o.AcceptErrors
	s.Turns += o.Turns
	s.SlowTurns += o.SlowTurns
	s.Parks += o.Parks
}
