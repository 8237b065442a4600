package eventloop

import (
	"github.com/duplexws/duplex/internal/poll"
	"github.com/duplexws/duplex/protocol"
)

// direct is from where on the rest of a frame is worth a read of its own, to
// where the message stays.
const direct = 32 << 10

// read takes in what has come for s, as far as the turn's budget goes.
func (l *Loop) read(s *slot) {
	for budget := turnOctets; ; {
		if s.state == stateGone {
			return
		}
		if s.has(isPaused) || s.state == stateDeciding || s.x != nil && s.x.held.buf != nil {
			return // resume reads on
		}
		if l.tooMuch(s) {
			s.flags |= isPaused
			return
		}
		p := l.destination(s)
		n, err := l.poller.Read(s.handle, p)
		if err != nil {
			if err != poll.ErrAgain {
				l.inputEnds(s, err)
			}
			return
		}
		l.stats.BytesIn += uint64(n)
		l.input(s, p[:n])
		if n < len(p) && !s.has(hasEnded) {
			return
		}
		if budget -= n; budget <= 0 {
			l.again(s)
			return
		}
		l.flush(nil) // what is lent lies where the next octets go
	}
}

// destination is where the next octets of s are received.
func (l *Loop) destination(s *slot) []byte {
	if s.x != nil && s.in.Remaining() >= direct && s.state == stateOpen {
		if p := s.x.asm.Space(&s.in); p != nil {
			return p
		}
	}
	return l.in
}

// input handles octets of the peer.
func (l *Loop) input(s *slot, p []byte) {
	switch s.state {
	case stateOpen:
		l.feed(s, p)
	case stateHead:
		l.head(s, p)
	case stateEnding:
		l.drop(s, len(p))
	}
}

// resume goes on with input that was held, and then reads. It does not while
// too much is buffered.
func (l *Loop) resume(s *slot) {
	if s.state == stateGone || s.state == stateDeciding || l.tooMuch(s) {
		return
	}
	s.flags &^= isPaused
	if x := s.x; x != nil && x.held.buf != nil {
		if s.state == stateOpen {
			l.feed(s, x.held.rest)
			l.flush(nil) // what is lent lies there
		} else {
			x.held.rest = nil
		}
		if s.x == nil || len(s.x.held.rest) > 0 {
			return
		}
		s.x.held.release()
	}
	l.read(s)
}

// tooMuch reports whether so much is buffered that s is not to be read.
func (l *Loop) tooMuch(s *slot) bool { return s.x != nil && s.x.box.n > pauseAt }

// feed hands octets to the core and does what its events say.
func (l *Loop) feed(s *slot, p []byte) {
	l.cork.input = p
	ev := &l.event
	for left := turnMessages; ; left-- {
		if left == 0 || s.x != nil && s.x.box.n > pauseAt {
			l.hold(s, p, left == 0)
			return
		}
		rest := s.in.Feed(l.of(s).cfg, l.now, p, ev)
		switch ev.Kind {
		case protocol.None:
			l.fed(s)
			return
		case protocol.Data:
			if ev.First && ev.Last && !ev.Compressed {
				l.deliver(s, ev.Opcode, ev.Payload)
			} else {
				l.piece(s, ev)
			}
		default:
			l.control(s, ev)
		}
		if p = rest; s.state != stateOpen {
			l.fed(s)
			return
		}
	}
}

// fed notes that everything is fed.
func (l *Loop) fed(s *slot) {
	if s.x != nil && s.x.held.buf != nil {
		s.x.held.rest = nil
	}
	if by := s.in.Deadline(l.of(s).cfg); by != 0 {
		l.timers.arm(s, by)
	}
}

// hold keeps what is left of the input for later.
func (l *Loop) hold(s *slot, p []byte, spent bool) {
	if spent {
		l.again(s)
	} else {
		s.flags |= isPaused
	}
	if len(p) == 0 {
		l.fed(s)
		return
	}
	l.slots.more(s).held.keep(p)
}

// piece adds a piece of a message, which is delivered when it is whole.
func (l *Loop) piece(s *slot, ev *protocol.Event) {
	x := l.slots.more(s)
	message, whole := x.asm.Add(&s.in, ev)
	if !whole {
		return
	}
	if ev.Compressed {
		l.inflate(s, ev.Opcode, message)
		x.asm.Release()
		return
	}
	l.cork.message = message
	l.deliver(s, ev.Opcode, message)
	l.settle(&x.asm)
}

// settle sends what was lent of a message, and gives its memory back.
func (l *Loop) settle(message *protocol.Assembler) {
	if len(l.cork.vec) > 0 {
		l.flush(message)
	}
	l.cork.message = nil
	message.Release()
}

func (l *Loop) deliver(s *slot, op protocol.Opcode, p []byte) {
	l.stats.MessagesIn++
	if f := l.of(s).handler.OnMessage; f != nil && s.out.Sendable() {
		f(Conn{l, s.id}, op, p)
	}
}

// control handles everything but data.
func (l *Loop) control(s *slot, ev *protocol.Event) {
	switch ev.Kind {
	case protocol.Ping:
		l.room(maxHeader + len(ev.Payload))
		l.cork.buf, _ = s.out.AppendPong(l.of(s).cfg, l.cork.buf, ev.Payload) // behind our Close frame none is owed
	case protocol.Close:
		closed := &protocol.CloseError{Code: ev.Code, Reason: string(ev.Payload)}
		var owed protocol.Owed
		owed.Reply(ev.Code)
		l.conclude(s, &owed, closed)
	case protocol.Failed:
		var owed protocol.Owed
		owed.Fail(ev.Err)
		l.conclude(s, &owed, ev.Err)
	}
}

// inputEnds handles the end of what the peer sends.
func (l *Loop) inputEnds(s *slot, err error) {
	if s.state == stateHead {
		l.headEnds(s, err)
		return
	}
	s.out.Step(l.of(s).cfg, l.now, protocol.TransportEnds)
	l.abort(s, abnormal(err))
}
