package protocol

import "strconv"

// Opcode is the four-bit opcode of a frame
// (https://www.rfc-editor.org/rfc/rfc6455#section-5.2).
type Opcode uint8

// The opcodes of RFC 6455. All others are reserved.
const (
	OpContinuation Opcode = 0x0
	OpText         Opcode = 0x1
	OpBinary       Opcode = 0x2
	OpClose        Opcode = 0x8
	OpPing         Opcode = 0x9
	OpPong         Opcode = 0xA
)

// Control reports whether o is the opcode of a control frame, reserved ones
// included (https://www.rfc-editor.org/rfc/rfc6455#section-5.5).
func (o Opcode) Control() bool { return o&0x8 != 0 }

// Data reports whether o is OpText or OpBinary, the opcodes that begin a
// message.
func (o Opcode) Data() bool { return o == OpText || o == OpBinary }

func (o Opcode) String() string {
	switch o {
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
	return "reserved opcode " + strconv.Itoa(int(o))
}

// known reports whether RFC 6455 defines o.
func (o Opcode) known() bool {
	const defined = 1<<OpContinuation | 1<<OpText | 1<<OpBinary | 1<<OpClose | 1<<OpPing | 1<<OpPong
	return defined>>(o&0xF)&1 != 0
}
