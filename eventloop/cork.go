package eventloop

import (
	"unsafe"

	"github.com/duplexws/duplex/internal/poll"
	"github.com/duplexws/duplex/protocol"
)

// cork gathers what is written to the connection whose callbacks run. Small
// messages are copied into one buffer; large ones that lie in memory of the
// loop are lent.
type cork struct {
	owner  *slot
	buf    []byte
	vec    [][]byte // what goes out in front of buf[sealed:]
	sealed int
	// lendable is memory that stays as it is until the cork is flushed: the
	// input that is being fed, and the message that is being delivered.
	input, message []byte
}

const (
	corkSize = 64 << 10
	// large is from where on lending costs less than a copy.
	large = 16 << 10
	// maxHeader is the longest header of a frame of ours.
	maxHeader = 14
)

func (k *cork) empty() bool { return len(k.buf) == 0 && len(k.vec) == 0 }

// lends reports whether p stays as it is until the cork is flushed.
func (k *cork) lends(p []byte) bool { return within(p, k.input) || within(p, k.message) }

// within reports whether p lies in b.
func within(p, b []byte) bool {
	at, from := uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	return from <= at && at+uintptr(len(p)) <= from+uintptr(len(b))
}

// seal moves what buf has gathered since the last time into vec.
func (k *cork) seal() {
	if k.sealed < len(k.buf) {
		k.vec = append(k.vec, k.buf[k.sealed:])
		k.sealed = len(k.buf)
	}
}

func (k *cork) reset() {
	clear(k.vec)
	k.buf, k.vec, k.sealed = k.buf[:0], k.vec[:0], 0
}

// room makes room for n octets in the cork, at most corkSize.
func (l *Loop) room(n int) {
	if len(l.cork.buf)+n > cap(l.cork.buf) {
		l.flush(nil)
	}
}

// write sends a message to s.
func (l *Loop) write(s *slot, op protocol.Opcode, p []byte) (err error) {
	k := &l.cork
	if s.sub != 0 {
		l.catchUp(s)
	}
	if l.isFull(s) {
		return l.overflow(s)
	}
	done := false
	if s.deflate != nil && op&Uncompressed == 0 {
		done, err = l.writeDeflated(s, op, p)
	}
	op &^= Uncompressed
	switch {
	case done:
	case s != k.owner:
		err = l.writeAside(s, op, p)
	case len(p) >= large && (k.lends(p) || len(p) > corkSize-maxHeader):
		err = l.writeLarge(s, op, p)
	default:
		l.room(maxHeader + len(p))
		k.buf, err = s.out.AppendMessage(l.of(s).cfg, k.buf, op, false, p)
	}
	if err == nil {
		l.stats.MessagesOut++
	}
	return closedIfSent(err)
}

// closedIfSent says ErrClosed in the words of this package.
func closedIfSent(err error) error {
	if err == protocol.ErrCloseSent {
		return ErrClosed
	}
	return err
}

// writeLarge sends the header from the cork and p from where it lies. Memory of
// the caller's own goes out at once, and what does not is copied.
func (l *Loop) writeLarge(s *slot, op protocol.Opcode, p []byte) error {
	if err := s.out.CheckMessage(op, false, p); err != nil {
		return err
	}
	k := &l.cork
	if len(k.vec)+4 > cap(k.vec) {
		l.flush(nil)
	}
	l.room(maxHeader)
	h := protocol.NewHeader(l.of(s).cfg, op, true, false, len(p))
	k.buf = append(k.buf, h.Bytes()...)
	k.seal()
	k.vec = append(k.vec, p)
	if !k.lends(p) {
		l.flush(nil)
	}
	return nil
}

// writeAside sends to a connection whose callback does not run: at the end of
// the turn.
func (l *Loop) writeAside(s *slot, op protocol.Opcode, p []byte) error {
	if err := s.out.CheckMessage(op, false, p); err != nil {
		return err
	}
	h := protocol.NewHeader(l.of(s).cfg, op, true, false, len(p))
	box := &l.slots.more(s).box
	box.append(h.Bytes())
	box.append(p)
	l.soil(s)
	return nil
}

// isFull reports whether so much is buffered that no message is admitted.
func (l *Loop) isFull(s *slot) bool { return s.x != nil && s.x.box.n >= l.of(s).queue.MaxBytes }

// overflow does what the policy says of a message for which there is no room.
func (l *Loop) overflow(s *slot) error {
	l.stats.Dropped++
	if l.of(s).queue.Policy == DropNewest {
		return ErrQueueFull
	}
	l.condemn(s, ErrSlowConsumer)
	return ErrSlowConsumer
}

// flush sends what the cork has gathered for its owner. What cannot go out now is
// buffered: as a copy, or, if it is the rest of message, by taking that over.
func (l *Loop) flush(message *protocol.Assembler) {
	k := &l.cork
	if k.empty() {
		return
	}
	s := k.owner
	if s.state == stateGone {
		k.reset()
		return
	}
	n := 0
	if s.x == nil || s.x.box.n == 0 {
		n = l.push(s)
	} else {
		k.seal() // its turn comes behind that
	}
	if n >= 0 {
		l.buffer(s, n, message)
	}
	k.reset()
	if n >= 0 && s.x != nil && s.x.box.n > 0 && !s.has(isBlocked) {
		l.sendBox(s)
	}
}

// push writes the cork to the transport, and returns how much that took, or -1
// if it broke.
func (l *Loop) push(s *slot) (n int) {
	k := &l.cork
	var err error
	if len(k.vec) == 0 {
		if n, err = l.poller.Write(s.handle, k.buf); n == len(k.buf) {
			l.stats.BytesOut += uint64(n)
			return n
		}
		k.seal()
	} else {
		k.seal()
		n, err = l.poller.Writev(s.handle, k.vec)
	}
	if err != nil && err != poll.ErrAgain {
		l.broken(s, err)
		return -1
	}
	l.stats.BytesOut += uint64(n)
	return n
}

// buffer puts what is left behind n octets of the cork into the box.
func (l *Loop) buffer(s *slot, n int, message *protocol.Assembler) {
	rest := l.cork.vec
	for len(rest) > 0 && n >= len(rest[0]) {
		n -= len(rest[0])
		rest = rest[1:]
	}
	if len(rest) == 0 {
		return
	}
	box := &l.slots.more(s).box
	for i, p := range rest {
		p, n = p[n:], 0
		if i == len(rest)-1 && message != nil && within(p, l.cork.message) {
			box.lend(p, *message)
			*message = protocol.Assembler{}
			continue
		}
		box.append(p)
	}
}
