package eventloop

import (
	"time"

	"github.com/duplexws/duplex/internal/poll"
	"github.com/duplexws/duplex/protocol"
)

// accepting is what a loop knows of the listener.
type accepting struct {
	ready bool  // there may be connections
	again int64 // not before this time, behind a failure
	pause int64 // how long the next failure stops it
	off   bool  // the server accepts no more
}

const (
	turnAccepts = 256 // connections accepted in one turn
	// A loop that cannot accept, for want of descriptors say, tries again after
	// a while, and after a longer one the next time.
	minPause = int64(5 * time.Millisecond)
	maxPause = int64(time.Second)
)

// accept takes the connections that wait, and gives each to the loop that has
// the fewest.
func (l *Loop) accept() {
	a := &l.accepting
	if !a.ready || a.off || l.stopped || l.now < a.again {
		return
	}
	for range turnAccepts {
		h, err := l.poller.Accept(l.server.listener)
		if err == poll.ErrAgain {
			a.ready = false
			return
		}
		if err != nil {
			l.cannotAccept(err)
			return
		}
		a.pause = 0
		l.place(h)
	}
}

// cannotAccept pauses: the connection that could not be accepted is still there.
func (l *Loop) cannotAccept(err error) {
	a := &l.accepting
	a.pause = min(max(2*a.pause, minPause), maxPause)
	a.again = l.now + a.pause
	l.stats.AcceptErrors++
	l.set.log.Warn("websocket: cannot accept connections", "error", err, "pause", time.Duration(a.pause))
}

// place gives a connection to a loop.
func (l *Loop) place(h poll.Handle) {
	to, total := l.server.fewest()
	if l.set.maxConns >= 0 && total >= int64(l.set.maxConns) {
		l.turnAway(h)
		return
	}
	to.conns.Add(1)
	if to == l {
		l.adopt(h)
	} else if !to.inbox.must(task{handle: h, isAccepted: true}) {
		to.conns.Add(-1)
		l.poller.CloseHandle(h)
	}
}

// turnAway refuses a connection that is one too many, before it costs more.
func (l *Loop) turnAway(h poll.Handle) {
	l.stats.Refused++
	l.tellTurnedAway()
	answer, _ := protocol.AppendRefusal(l.cork.buf[:0], tooMany)
	l.poller.Write(h, answer)
	l.poller.CloseHandle(h)
}

// tellTurnedAway survives a panic: there is no connection yet that it could cost.
func (l *Loop) tellTurnedAway() {
	defer func() {
		if v := recover(); v != nil {
			l.stats.Panics++
			l.set.reportPanic(Conn{}, v)
		}
	}()
	if f := l.set.handler.OnRefused; f != nil {
		f(string(tooMany.Fault), tooMany)
	}
}

var tooMany = &protocol.HandshakeError{Status: 503, Fault: "full", Reason: "the server has as many connections as it can hold"}

// takeIn takes over a connection that another loop has accepted, unless there
// is no time any more.
func (l *Loop) takeIn(h poll.Handle) {
	if l.stopped || l.accepting.off {
		l.poller.CloseHandle(h)
		l.conns.Add(-1)
		return
	}
	l.adopt(h)
}

// adopt begins with a connection.
func (l *Loop) adopt(h poll.Handle) *slot {
	s := l.slots.take()
	s.handle, s.state = h, stateHead
	l.slots.more(s).headBy = l.now + l.set.handshakeTimeout
	l.stats.Accepted++
	if err := l.poller.Add(h, poll.Token(s.id)); err != nil {
		l.abort(s, err)
		return s
	}
	l.timers.arm(s, s.x.headBy)
	return s
}
