package eventloop

import (
	"github.com/duplexws/duplex/internal/pool"
	"github.com/duplexws/duplex/protocol"
)

// outbox is what is buffered for a connection, in order.
type outbox struct {
	segments []segment
	n        int // octets
}

// segment is a piece of it.
type segment struct {
	p    []byte             // what is left
	copy *pool.Buffer       // that p lies in, if it is a copy; more may be appended
	lent protocol.Assembler // that p lies in, if it is a message
}

// Copies lie in small buffers at first: most of those who are slow are slow by
// little.
var (
	smallCopies = pool.New(4 << 10)
	largeCopies = pool.New(64 << 10)
)

// append appends a copy of p.
func (b *outbox) append(p []byte) {
	b.n += len(p)
	for len(p) > 0 {
		if k := len(b.segments); k == 0 || b.segments[k-1].room() == 0 {
			b.grow(len(p))
		}
		last := &b.segments[len(b.segments)-1]
		n := min(len(p), last.room())
		last.p, p = append(last.p, p[:n]...), p[n:]
	}
}

func (s *segment) room() int {
	if s.copy == nil {
		return 0
	}
	return cap(s.p) - len(s.p)
}

func (b *outbox) grow(n int) {
	from := smallCopies
	if n > from.Size() || len(b.segments) > 0 {
		from = largeCopies
	}
	buf := from.Get()
	b.segments = append(b.segments, segment{p: buf.B[:0], copy: buf})
}

// lend appends p, which lies in a message, and takes the message over.
func (b *outbox) lend(p []byte, message protocol.Assembler) {
	b.n += len(p)
	b.segments = append(b.segments, segment{p: p, lent: message})
}

// vector appends the pieces to vec, at most up to its capacity.
func (b *outbox) vector(vec [][]byte) [][]byte {
	for i := range b.segments[:min(len(b.segments), cap(vec)-len(vec))] {
		vec = append(vec, b.segments[i].p)
	}
	return vec
}

// sent drops n octets from the front.
func (b *outbox) sent(n int) {
	b.n -= n
	done := 0
	for i := range b.segments {
		s := &b.segments[i]
		if n < len(s.p) {
			s.p = s.p[n:]
			break
		}
		n -= len(s.p)
		s.release()
		done++
	}
	left := copy(b.segments, b.segments[done:])
	clear(b.segments[left:])
	b.segments = b.segments[:left]
}

func (s *segment) release() {
	if s.copy != nil {
		if cap(s.copy.B) == smallCopies.Size() {
			smallCopies.Put(s.copy)
		} else {
			largeCopies.Put(s.copy)
		}
	}
	s.lent.Release()
}

// release drops everything.
func (b *outbox) release() { b.sent(b.n) }
