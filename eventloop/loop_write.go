package eventloop

import (
	"time"

	"github.com/duplexws/duplex/internal/poll"
)

// sendBox writes what is buffered, as far as the transport takes it.
func (l *Loop) sendBox(s *slot) {
	for s.x != nil && s.x.box.n > 0 && s.state != stateGone {
		x := s.x
		all := x.box.n
		vec := x.box.vector(l.vec[:0])
		n, err := l.poller.Writev(s.handle, vec)
		clear(vec)
		if err == poll.ErrAgain {
			l.block(s)
			return
		}
		if err != nil {
			l.broken(s, err)
			return
		}
		l.stats.BytesOut += uint64(n)
		x.taken += int64(n)
		x.box.sent(n)
		if n < all && len(x.box.segments) < poll.MaxVec { // it was offered all
			l.block(s)
			return
		}
	}
	l.unblock(s)
}

// block waits for the transport to have room.
func (l *Loop) block(s *slot) {
	if s.has(isBlocked) {
		return
	}
	s.flags |= isBlocked
	s.x.blocked, s.x.taken = l.now, 0
	if err := l.poller.WatchWrite(s.handle, poll.Token(s.id), true); err != nil {
		l.broken(s, err)
		return
	}
	if by := l.writeBy(s); by != 0 {
		l.timers.arm(s, by)
	}
}

// writeBy is until when the peer must have read something: what it has taken
// buys it time.
func (l *Loop) writeBy(s *slot) int64 {
	if !s.has(isBlocked) || l.of(s).writeTimeout < 0 {
		return 0
	}
	return s.x.blocked + l.of(s).writeTimeout + s.x.taken*int64(time.Second)/(16<<10)
}

// unblock goes on as before there was no room.
func (l *Loop) unblock(s *slot) {
	if !s.has(isBlocked) || s.state == stateGone {
		return
	}
	s.flags &^= isBlocked
	s.x.blocked = 0
	if err := l.poller.WatchWrite(s.handle, poll.Token(s.id), false); err != nil {
		l.broken(s, err)
		return
	}
	if f := l.of(s).handler.OnDrain; f != nil && s.state == stateOpen {
		f(Conn{l, s.id})
	}
}

// broken ends a connection whose transport does not take anything any more.
func (l *Loop) broken(s *slot, err error) { l.abort(s, abnormal(err)) }
