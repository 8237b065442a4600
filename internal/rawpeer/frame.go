package rawpeer

import (
	"encoding/binary"
)

// The opcodes.
const (
	OpContinuation = 0x0
	OpText         = 0x1
	OpBinary       = 0x2
	OpClose        = 0x8
	OpPing         = 0x9
	OpPong         = 0xA
)

// The reserved bits of a frame.
const (
	RSV1 = 4
	RSV2 = 2
	RSV3 = 1
)

// Form is how a length is written.
type Form uint8

// The three forms and the one that the length calls for.
const (
	Shortest Form = iota
	Form7         // in the second octet
	Form16        // 126 and two octets
	Form64        // 127 and eight octets
)

// A Frame is one frame to send, or one that came.
type Frame struct {
	Op      byte
	Payload []byte
	More    bool    // FIN is 0
	RSV     byte    // reserved bits
	Bare    bool    // not masked
	Key     [4]byte // masking key
	Form    Form
	Claim   *uint64 // what the header says in place of the length
}

// key is what frames are masked with where the key does not matter: all octets
// differ, none is zero.
var key = [4]byte{0x37, 0xFA, 0x21, 0x3D}

// NewFrame returns a final, masked frame.
func NewFrame(op byte, payload string) Frame {
	return Frame{Op: op, Payload: []byte(payload), Key: key}
}

// Text returns a text frame.
func Text(payload string) Frame { return NewFrame(OpText, payload) }

// Binary returns a binary frame.
func Binary(payload string) Frame { return NewFrame(OpBinary, payload) }

// Continuation returns a continuation frame.
func Continuation(payload string) Frame { return NewFrame(OpContinuation, payload) }

// Ping returns a Ping frame.
func Ping(payload string) Frame { return NewFrame(OpPing, payload) }

// Pong returns a Pong frame.
func Pong(payload string) Frame { return NewFrame(OpPong, payload) }

// Close returns a Close frame with a code and a reason.
func Close(code uint16, reason string) Frame {
	return NewFrame(OpClose, string(binary.BigEndian.AppendUint16(nil, code))+reason)
}

// Unfinished returns f with FIN 0.
func (f Frame) Unfinished() Frame { f.More = true; return f }

// WithRSV returns f with reserved bits.
func (f Frame) WithRSV(bits byte) Frame { f.RSV = bits; return f }

// Unmasked returns f without a mask.
func (f Frame) Unmasked() Frame { f.Bare = true; return f }

// WithKey returns f with another masking key.
func (f Frame) WithKey(k [4]byte) Frame { f.Key = k; return f }

// WithForm returns f with its length written in another form.
func (f Frame) WithForm(form Form) Frame { f.Form = form; return f }

// Claiming returns f with a header that says its payload had n octets.
func (f Frame) Claiming(n uint64) Frame { f.Claim = &n; return f }

// Append appends the frame's octets to dst.
func (f Frame) Append(dst []byte) []byte {
	first := f.Op&0x0F | f.RSV<<4
	if !f.More {
		first |= 0x80
	}
	var mask byte
	if !f.Bare {
		mask = 0x80
	}
	n := uint64(len(f.Payload))
	if f.Claim != nil {
		n = *f.Claim
	}
	form := f.Form
	if form == Shortest {
		form = shortest(n)
	}
	dst = append(dst, first)
	switch form {
	case Form7:
		dst = append(dst, mask|byte(n))
	case Form16:
		dst = binary.BigEndian.AppendUint16(append(dst, mask|126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, mask|127), n)
	}
	if f.Bare {
		return append(dst, f.Payload...)
	}
	dst = append(dst, f.Key[:]...)
	for i, b := range f.Payload {
		dst = append(dst, b^f.Key[i%4])
	}
	return dst
}

func shortest(n uint64) Form {
	switch {
	case n <= 125:
		return Form7
	case n <= 0xFFFF:
		return Form16
	default:
		return Form64
	}
}

// Octets returns the octets of frames, one behind the other.
func Octets(frames ...Frame) (p []byte) {
	for _, f := range frames {
		p = f.Append(p)
	}
	return p
}

// Fragments cuts a message into frames of size octets. If size divides the
// payload an empty final frame follows; a payload of at most size stays in one.
func Fragments(op byte, payload string, size int) (frames []Frame) {
	if len(payload) <= size {
		return []Frame{NewFrame(op, payload)}
	}
	for len(payload) >= size {
		frames = append(frames, NewFrame(op, payload[:size]).Unfinished())
		payload, op = payload[size:], OpContinuation
	}
	return append(frames, NewFrame(op, payload))
}
