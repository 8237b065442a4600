//go:build linux && (amd64 || arm64)

package main

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/duplexws/duplex/bench/epollecho"
	"github.com/duplexws/duplex/internal/mask"
)

const (
	maxMessage = 32 << 20
	large      = 16 << 10 // from here on a reply is sent from where it lies

	fin      = 0x80
	opText   = 1
	opClose  = 8
	opPing   = 9
	opPong   = 10
	control  = 8 // the bit that all control opcodes have
	masked   = 0x80
	maxShort = 125 // the longest payload that the second octet can tell
)

type (
	loop = epollecho.Loop[state]
	conn = epollecho.Conn[state]
)

// echo is the handler: frames in, the same frames unmasked out.
type echo struct{ free pool }

// Feed is the hot loop: whole frames in p are answered in place. A frame that
// the end of p cuts is kept for the next call (part_linux.go).
func (e *echo) Feed(l *loop, c *conn, p []byte) bool {
	if c.State.buf != nil {
		var ok bool
		if p, ok = e.resume(l, c, p); !ok {
			return false
		}
	}
	for len(p) >= 6 {
		b0, b1 := p[0], p[1]
		if b1&masked == 0 {
			return false
		}
		h, n := 6, int(b1&0x7F)
		if n > maxShort {
			if n == 126 {
				if len(p) < 8 {
					break
				}
				h, n = 8, int(binary.BigEndian.Uint16(p[2:]))
			} else {
				if len(p) < 14 {
					break
				}
				size := binary.BigEndian.Uint64(p[2:])
				if size > maxMessage {
					return false
				}
				h, n = 14, int(size)
			}
		}
		if len(p) < h+n {
			break
		}
		frame, payload := p[:h+n], p[h:h+n]
		p = p[h+n:]
		mask.Bytes(payload, binary.LittleEndian.Uint32(frame[h-4:]))
		if n > maxShort || b0&control != 0 {
			if !e.reply(l, c, frame, h) {
				return false
			}
			continue
		}
		if b0 == fin|opText && !utf8.Valid(payload) {
			return false
		}
		if !l.Room(c, 2+n) {
			return false
		}
		l.Cork = append(append(l.Cork, b0, byte(n)), payload...)
	}
	return len(p) == 0 || e.keep(c, p)
}

// reply answers one whole, unmasked frame whose header is h octets long.
func (e *echo) reply(l *loop, c *conn, frame []byte, h int) bool {
	b0, payload := frame[0], frame[h:]
	n := len(payload)
	if b0&control != 0 {
		return e.control(l, c, b0, payload)
	}
	if b0 == fin|opText && !utf8.Valid(payload) {
		return false
	}
	switch {
	case n >= large:
		return l.Lend(c, rewrite(frame, h))
	case !l.Room(c, 4+n):
		return false
	case n <= maxShort:
		l.Cork = append(l.Cork, b0, byte(n))
	default:
		l.Cork = append(l.Cork, b0, 126, byte(n>>8), byte(n))
	}
	l.Cork = append(l.Cork, payload...)
	return true
}

// rewrite puts the reply's header, four octets shorter than the request's,
// right in front of the payload.
func rewrite(frame []byte, h int) []byte {
	b0, n := frame[0], len(frame)-h
	reply := frame[4:]
	reply[0] = b0
	if h == 8 {
		reply[1] = 126
		binary.BigEndian.PutUint16(reply[2:], uint16(n))
	} else {
		reply[1] = 127
		binary.BigEndian.PutUint64(reply[2:], uint64(n))
	}
	return reply
}

func (e *echo) control(l *loop, c *conn, b0 byte, payload []byte) bool {
	n, op := len(payload), b0&0x0F
	if n > maxShort || b0&fin == 0 {
		return false
	}
	switch op {
	case opPong:
		return true
	case opPing:
		op = opPong
	}
	if !l.Room(c, 2+n) {
		return false
	}
	l.Cork = append(append(l.Cork, fin|op, byte(n)), payload...)
	return op != opClose
}
