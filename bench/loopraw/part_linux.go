//go:build linux && (amd64 || arm64)

package main

import (
	"encoding/binary"
	"math/bits"

	"github.com/duplexws/duplex/internal/mask"
)

// direct is how much of a frame must be missing for the next read to go
// straight into its buffer: below that a copy is cheaper than one more read.
const direct = 32 << 10

// state is a frame that the end of a read has cut.
type state struct {
	buf   []byte // from its header on; the payload is unmasked
	h, n  int    // octets of header and payload; h is 0 while the header is cut too
	key   uint32 // as it stands for the next octet
	spent []byte // the buffer of the frame before, which may be lent
}

// keep takes over the cut frame p. The buffer is sized by what has come, not
// by what the header declares.
func (e *echo) keep(c *conn, p []byte) bool {
	s := &c.State
	s.buf = e.free.get(len(p), 0)
	s.buf = append(s.buf, p...)
	if !e.header(s) {
		return false
	}
	e.advance(c, len(p)-s.h)
	return true
}

// header parses the header of the cut frame if all of it is there.
func (e *echo) header(s *state) bool {
	b := s.buf
	h, ok := headerSize(b)
	if !ok || len(b) < h {
		return true
	}
	size := uint64(b[1] & 0x7F)
	switch h {
	case 8:
		size = uint64(binary.BigEndian.Uint16(b[2:]))
	case 14:
		size = binary.BigEndian.Uint64(b[2:])
	}
	if b[1]&masked == 0 || size > maxMessage {
		return false
	}
	s.h, s.n, s.key = h, int(size), binary.LittleEndian.Uint32(b[h-4:])
	return true
}

// headerSize is the length of the masked header that begins with b.
func headerSize(b []byte) (h int, ok bool) {
	if len(b) < 2 {
		return 0, false
	}
	switch b[1] & 0x7F {
	case 126:
		return 8, true
	case 127:
		return 14, true
	}
	return 6, true
}

// resume continues the cut frame with p, answers it when it is whole, and
// returns what follows it.
func (e *echo) resume(l *loop, c *conn, p []byte) (rest []byte, ok bool) {
	s := &c.State
	for s.h == 0 && len(p) > 0 {
		s.buf, p = append(s.buf, p[0]), p[1:]
		if !e.header(s) {
			return nil, false
		}
	}
	if s.h == 0 {
		return nil, true
	}
	n := min(len(p), s.h+s.n-len(s.buf))
	if c.Into != nil {
		s.buf = s.buf[:len(s.buf)+n]
	} else {
		e.grow(s, n)
		s.buf = append(s.buf, p[:n]...)
	}
	e.advance(c, n)
	p = p[n:]
	if len(s.buf) < s.h+s.n {
		return p, true
	}
	frame, h := s.buf, s.h
	*s = state{spent: frame}
	ok = e.reply(l, c, frame, h)
	if len(frame)-h < large { // copied, not lent
		e.Sent(c)
	}
	return p, ok
}

// advance unmasks the last n octets of the cut frame, while they are in the
// cache, and chooses where the next read goes.
func (e *echo) advance(c *conn, n int) {
	s := &c.State
	c.Into = nil
	if s.h == 0 {
		return
	}
	s.key = mask.Bytes(s.buf[len(s.buf)-n:], s.key)
	if total := s.h + s.n; total-len(s.buf) >= direct {
		e.grow(s, min(total-len(s.buf), len(s.buf)))
		c.Into = s.buf[len(s.buf):min(total, cap(s.buf))]
	}
}

// grow makes room for n octets more.
func (e *echo) grow(s *state, n int) {
	if len(s.buf)+n <= cap(s.buf) {
		return
	}
	old := s.buf
	s.buf = append(e.free.get(len(old), n), old...)
	e.free.put(old)
}

// Sent gives the buffer of an answered frame back.
func (e *echo) Sent(c *conn) {
	if c.State.spent != nil {
		e.free.put(c.State.spent)
		c.State.spent = nil
	}
}

// A pool keeps buffers by size, so that no message allocates: powers of two,
// with room for a header beyond that, since messages like round sizes.
type pool [26][][]byte

const (
	slack   = 64
	minBits = 10
	maxKept = 16
)

// get returns an empty buffer for a+b octets at least.
func (p *pool) get(a, b int) []byte {
	k := class(a + b)
	if free := p[k]; len(free) > 0 {
		p[k] = free[:len(free)-1]
		return free[len(free)-1]
	}
	return make([]byte, 0, 1<<k+slack)
}

func (p *pool) put(buf []byte) {
	if k := class(cap(buf)); len(p[k]) < maxKept {
		p[k] = append(p[k], buf[:0])
	}
}

func class(n int) int { return max(minBits, bits.Len(uint(max(n-slack, 1)-1))) }
