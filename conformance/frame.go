package conformance

import (
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
)

// An Opcode says what a frame carries, see
// https://www.rfc-editor.org/rfc/rfc6455#section-5.2.
type Opcode byte

// The opcodes that have a meaning. All others are reserved.
const (
	OpContinuation Opcode = 0
	OpText         Opcode = 1
	OpBinary       Opcode = 2
	OpClose        Opcode = 8
	OpPing         Opcode = 9
	OpPong         Opcode = 10
)

func (op Opcode) String() string {
	switch op {
	case OpContinuation:
		return "continuation"
	case OpText:
		return "text"
	case OpBinary:
		return "binary"
	case OpClose:
		return "close"
	case OpPing:
		return "ping"
	case OpPong:
		return "pong"
	}
	return fmt.Sprintf("opcode %d", byte(op))
}

func (op Opcode) control() bool  { return op >= 8 }
func (op Opcode) reserved() bool { return op > OpPong || op > OpBinary && op < OpClose }

// The reserved bits of a frame.
const (
	rsv1 = 4
	rsv2 = 2
	rsv3 = 1
)

// A frame is what the suite sends, be it right or wrong.
type frame struct {
	op      Opcode
	payload string
	open    bool // not the last of its message
	rsv     byte // three bits

	flipped bool   // masked where it must not be, or not where it must
	form    int    // of the length, in octets: 1, 3 or 9; 0 is the shortest
	claimed uint64 // the length that is announced, if not that of payload
}

func text(payload string) frame         { return frame{op: OpText, payload: payload} }
func binaryFrame(payload string) frame  { return frame{op: OpBinary, payload: payload} }
func continuation(payload string) frame { return frame{op: OpContinuation, payload: payload} }
func ping(payload string) frame         { return frame{op: OpPing, payload: payload} }
func pong(payload string) frame         { return frame{op: OpPong, payload: payload} }

// closing is a Close frame with a code and a reason.
func closing(code uint16, reason string) frame {
	return frame{op: OpClose, payload: string(binary.BigEndian.AppendUint16(nil, code)) + reason}
}

func (f frame) unfinished() frame       { f.open = true; return f }
func (f frame) withRSV(bits byte) frame { f.rsv = bits; return f }

// fragments cuts a message into frames of size octets. If these fill the
// message exactly, an empty last frame follows.
func fragments(op Opcode, payload string, size int) []frame {
	if len(payload) <= size {
		return []frame{{op: op, payload: payload}}
	}
	var list []frame
	for ; len(payload) >= size; op, payload = OpContinuation, payload[size:] {
		list = append(list, frame{op: op, payload: payload[:size], open: true})
	}
	return append(list, frame{op: op, payload: payload})
}

// shortForm is how many octets the shortest form of a length takes.
func shortForm(n uint64) int {
	switch {
	case n <= 125:
		return 1
	case n <= 65535:
		return 3
	}
	return 9
}

// length is the one that is announced.
func (f frame) length() uint64 { return max(f.claimed, uint64(len(f.payload))) }

// appendHead appends the header of f, and returns the masking key that it
// announces, if any.
func (f frame) appendHead(b []byte, masked bool) ([]byte, *[4]byte) {
	first := byte(f.op) | f.rsv<<4
	if !f.open {
		first |= 0x80
	}
	var bit byte
	if masked != f.flipped {
		bit = 0x80
	}
	n := f.length()
	form := f.form
	if form == 0 {
		form = shortForm(n)
	}
	switch form {
	case 1:
		b = append(b, first, bit|byte(n))
	case 3:
		b = binary.BigEndian.AppendUint16(append(b, first, bit|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, first, bit|127), n)
	}
	if bit == 0 {
		return b, nil
	}
	var key [4]byte
	binary.NativeEndian.PutUint32(key[:], rand.Uint32())
	return append(b, key[:]...), &key
}

// append appends the octets of f as a client sends it, masked, or a server.
func (f frame) append(b []byte, masked bool) []byte {
	b, key := f.appendHead(b, masked)
	n := len(b)
	b = append(b, f.payload...)
	if key != nil {
		mask(b[n:], *key)
	}
	return b
}

// mask masks or unmasks p in place, which begins with the key's first octet.
func mask(p []byte, key [4]byte) {
	var stream [1024]byte
	for i := range stream {
		stream[i] = key[i%4]
	}
	for len(p) > 0 {
		p = p[subtle.XORBytes(p, p, stream[:]):]
	}
}
