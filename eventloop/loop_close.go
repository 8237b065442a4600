package eventloop

import (
	"github.com/duplexws/duplex/protocol"
)

// maxDrop is how much is read and dropped behind the conversation: closing a
// transport with unread input would reset it, and the reset may overtake our
// last words.
const maxDrop = 64 << 10

// sendClose sends our Close frame, unless one has gone out.
func (l *Loop) sendClose(s *slot, code protocol.StatusCode, reason string) error {
	var room [128 + maxHeader]byte
	if !s.out.Sendable() {
		return ErrClosed
	}
	if err := protocol.CheckClose(code, reason); err != nil {
		return err
	}
	l.catchUp(s)
	frame, _, _ := s.out.AppendClose(l.of(s).cfg, l.now, room[:0], code, reason)
	l.put(s, frame)
	l.timers.arm(s, s.out.Deadline())
	return nil
}

// put sends octets that are ready to go, in a callback of s or not.
func (l *Loop) put(s *slot, p []byte) {
	if s == l.cork.owner && len(p) <= corkSize {
		l.room(len(p))
		l.cork.buf = append(l.cork.buf, p...)
		return
	}
	if s != l.cork.owner {
		l.slots.more(s).box.append(p)
		l.soil(s)
		return
	}
	l.flush(nil)
	l.slots.more(s).box.append(p)
	if !s.has(isBlocked) {
		l.sendBox(s)
	}
}

// conclude sends what is owed to the peer at the end of the conversation, which
// has ended because of err.
func (l *Loop) conclude(s *slot, owed *protocol.Owed, err error) {
	l.room(128 + maxHeader)
	act := protocol.CloseAction(0)
	l.cork.buf, act = s.out.AppendOwed(l.of(s).cfg, l.now, l.cork.buf, owed)
	if act&protocol.EndTransport != 0 {
		l.tell(s, err)
		l.finish(s, s.out.Deadline())
	}
}

// fail closes a connection with code, for a reason of our own.
func (l *Loop) fail(s *slot, code protocol.StatusCode, err error) {
	if s.state != stateOpen {
		l.abort(s, err)
		return
	}
	var owed protocol.Owed
	owed.Fail(&protocol.Error{Code: code})
	l.conclude(s, &owed, err)
}

// finish ends the transport: what is buffered goes out, then our half ends, and
// the peer has until by to end its own.
func (l *Loop) finish(s *slot, by int64) {
	s.state = stateEnding
	x := l.slots.more(s)
	x.asm.Release()
	x.head, x.headBy = nil, 0
	x.endBy = by
	l.timers.arm(s, by)
}

// shut ends our half of the transport, once everything is out.
func (l *Loop) shut(s *slot) {
	if s.has(hasShut) || s.has(isBlocked) || s.x != nil && s.x.box.n > 0 {
		return
	}
	s.flags |= hasShut
	if err := l.poller.CloseWrite(s.handle); err != nil {
		l.abort(s, err)
		return
	}
	l.again(s) // there may be input that nobody has looked at
}

// drop counts what comes behind the conversation.
func (l *Loop) drop(s *slot, n int) {
	x := l.slots.more(s)
	if x.dropped += n; x.dropped >= maxDrop {
		l.abort(s, nil)
	}
}

// abort ends a connection at once, because of err. The transport is closed, the
// application told and the slot freed behind the callback.
func (l *Loop) abort(s *slot, err error) {
	if s.state == stateGone {
		return
	}
	s.state = stateGone
	l.slots.more(s).verdict = err
	l.soil(s)
}

// condemn makes s end behind the callback that is under way: its own, or that
// of another connection.
func (l *Loop) condemn(s *slot, err error) {
	if !s.has(isDoomed) {
		s.flags |= isDoomed
		l.slots.more(s).verdict = err
		l.soil(s)
	}
}

// tell tells the application that the conversation is over.
func (l *Loop) tell(s *slot, err error) {
	if !s.has(isTold) {
		return
	}
	s.flags &^= isTold
	l.topics.removeAll(s)
	s.endDeflate()
	l.stats.Conns--
	if f := l.of(s).handler.OnClose; f != nil {
		l.tellClosed(f, s, err)
	}
	s.data = nil
}

// tellClosed survives a panic: there is nothing left to close.
func (l *Loop) tellClosed(f func(Conn, error), s *slot, err error) {
	defer func() {
		if v := recover(); v != nil {
			l.reportPanic(s, v)
		}
	}()
	f(Conn{l, s.id}, err)
}

// free closes the transport and gives the slot to others.
func (l *Loop) free(s *slot) {
	l.tell(s, s.x.verdict)
	l.timers.disarm(s)
	if s.handle != detached {
		l.poller.CloseHandle(s.handle)
	}
	if s.kind != 0 {
		l.kinds.leave(s.kind)
	}
	l.slots.drop(s)
	l.slots.release(s)
	l.conns.Add(-1)
}
