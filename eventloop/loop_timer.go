package eventloop

import "github.com/duplexws/duplex/protocol"

// expired handles every deadline of s that has passed.
func (l *Loop) expired(s *slot) {
	l.begin(s)
	defer l.end()
	passed := func(by int64) bool { return by != 0 && l.now >= by }
	switch x := s.x; {
	case x != nil && passed(x.headBy):
		l.abort(s, nil)
		return
	case x != nil && passed(x.endBy):
		l.abort(s, nil)
		return
	case passed(l.writeBy(s)):
		l.abort(s, ErrWriteTimeout)
		return
	}
	if s.state == stateOpen {
		if passed(s.out.Deadline()) {
			s.out.Step(l.of(s).cfg, l.now, protocol.TimeUp)
			l.abort(s, ErrCloseTimeout)
			return
		}
		if passed(s.in.Deadline(l.of(s).cfg)) && !l.waitsForUs(s) {
			s.in.Expire(&l.event)
			l.control(s, &l.event)
			return
		}
		if passed(s.keep.Deadline()) && !l.keepalive(s) {
			return
		}
	}
	l.arm(s)
}

// waitsForUs reports whether input waits because of us: then silence is no
// fault of the peer's.
func (l *Loop) waitsForUs(s *slot) bool {
	return s.has(isBlocked) || s.has(isPaused) || s.x != nil && s.x.held.buf != nil
}

// keepalive pings a silent peer, and reports whether there is still one.
func (l *Loop) keepalive(s *slot) bool {
	quiet := !l.waitsForUs(s)
	switch s.keep.Tick(l.of(s).cfg, l.now, s.in.Offset(), quiet) {
	case protocol.KeepDead:
		l.abort(s, ErrPongTimeout)
		return false
	case protocol.KeepPing:
		if quiet && s.out.Sendable() {
			l.cork.buf, _ = s.out.AppendPing(l.of(s).cfg, l.cork.buf, nil)
			l.flush(nil)
			s.keep.Sent(l.of(s).cfg, l.now)
		}
	}
	return s.state == stateOpen
}

// arm sets the timer to the next deadline.
func (l *Loop) arm(s *slot) {
	next := int64(0)
	sooner := func(by int64) {
		if by != 0 && (next == 0 || by < next) {
			next = by
		}
	}
	if x := s.x; x != nil {
		sooner(x.headBy)
		sooner(x.endBy)
	}
	sooner(l.writeBy(s))
	if s.state == stateOpen {
		sooner(s.out.Deadline())
		sooner(s.in.Deadline(l.of(s).cfg))
		sooner(s.keep.Deadline())
	}
	if next != 0 {
		l.timers.arm(s, next)
	}
}
