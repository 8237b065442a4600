package wstest

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/duplexws/duplex/internal/rawpeer"
	"github.com/duplexws/duplex/websocket"
)

// The opcodes of frames.
// https://www.rfc-editor.org/rfc/rfc6455#section-5.2
const (
	OpContinuation byte = 0x0
	OpText         byte = 0x1
	OpBinary       byte = 0x2
	OpClose        byte = 0x8
	OpPing         byte = 0x9
	OpPong         byte = 0xA
)

// The reserved bits of a frame. Extensions give them a meaning; without one they
// break the protocol.
const (
	RSV1 byte = 0b100
	RSV2 byte = 0b010
	RSV3 byte = 0b001
)

// A Frame is what a [Peer] sends or wants. As it is made it is final, of the
// shortest form, and masked if it is a client that sends it; its methods return
// frames that break such a rule. Frames are values and can be used again.
type Frame struct {
	Opcode  byte
	Payload string // what it holds, before it is masked

	more        bool
	rsv         byte
	wrongMask   bool
	form        rawpeer.Form
	claim       uint64
	claims      bool
	size        int // octets to send of it
	isTruncated bool
}

// Text returns a text frame. Nothing checks that the payload is UTF-8.
func Text(payload string) Frame { return Frame{Opcode: OpText, Payload: payload} }

// Binary returns a binary frame.
func Binary(payload string) Frame { return Frame{Opcode: OpBinary, Payload: payload} }

// Continuation returns a further frame of a message that was begun by one that
// is [Frame.Unfinished].
func Continuation(payload string) Frame { return Frame{Opcode: OpContinuation, Payload: payload} }

// Ping returns a Ping frame. Nothing checks that the payload has at most 125
// octets.
func Ping(payload string) Frame { return Frame{Opcode: OpPing, Payload: payload} }

// Pong returns a Pong frame.
func Pong(payload string) Frame { return Frame{Opcode: OpPong, Payload: payload} }

// Close returns a Close frame with any code and reason. One without a code is
// Frame{Opcode: OpClose}.
func Close(code websocket.StatusCode, reason string) Frame {
	return Frame{Opcode: OpClose, Payload: string(binary.BigEndian.AppendUint16(nil, uint16(code))) + reason}
}

// Unfinished returns f with FIN 0: another frame of its message is to follow.
func (f Frame) Unfinished() Frame { f.more = true; return f }

// WithRSV returns f with reserved bits, [RSV1] for one.
func (f Frame) WithRSV(bits byte) Frame { f.rsv = bits; return f }

// WronglyMasked returns f masked if a server sends it, and bare if a client does.
func (f Frame) WronglyMasked() Frame { f.wrongMask = true; return f }

// WithLength16 returns f with its length in 16 bits, however short it is.
func (f Frame) WithLength16() Frame { f.form = rawpeer.Form16; return f }

// WithLength64 returns f with its length in 64 bits, however short it is.
func (f Frame) WithLength64() Frame { f.form = rawpeer.Form64; return f }

// Claiming returns f with a header that says its payload had n octets.
func (f Frame) Claiming(n uint64) Frame { f.claim, f.claims = n, true; return f }

// Truncated returns f of which only the first n octets are sent, header
// included.
func (f Frame) Truncated(n int) Frame { f.size, f.isTruncated = n, true; return f }

// Fragments returns the frames of a message cut into pieces of size octets of
// payload: the first has the opcode of f, the others continue it.
func (f Frame) Fragments(size int) (frames []Frame) {
	for _, raw := range rawpeer.Fragments(f.Opcode, f.Payload, max(1, size)) {
		piece := Frame{Opcode: raw.Op, Payload: string(raw.Payload), more: raw.More}
		frames = append(frames, piece)
	}
	return frames
}

// Code returns the code of a Close frame, or 0 if it has none.
func (f Frame) Code() websocket.StatusCode {
	if f.Opcode != OpClose || len(f.Payload) < 2 {
		return 0
	}
	return websocket.StatusCode(binary.BigEndian.Uint16([]byte(f.Payload)))
}

// String describes f on one line; a long payload is cut.
func (f Frame) String() string {
	var b strings.Builder
	name, ok := names[f.Opcode]
	if !ok {
		name = fmt.Sprintf("opcode %#x", f.Opcode)
	}
	b.WriteString(name)
	payload := f.Payload
	if f.Opcode == OpClose && len(payload) >= 2 {
		fmt.Fprintf(&b, " %d", f.Code())
		payload = payload[2:]
	}
	const most = 64
	if fmt.Fprintf(&b, " %q", payload[:min(len(payload), most)]); len(payload) > most {
		fmt.Fprintf(&b, "... of %d octets", len(payload))
	}
	f.describeFaults(&b)
	return b.String()
}

var names = map[byte]string{OpContinuation: "continuation", OpText: "text", OpBinary: "binary",
	OpClose: "close", OpPing: "ping", OpPong: "pong"}

func (f Frame) describeFaults(b *strings.Builder) {
	if f.more {
		b.WriteString(", unfinished")
	}
	if f.rsv != 0 {
		fmt.Fprintf(b, ", RSV %03b", f.rsv)
	}
	if f.wrongMask {
		b.WriteString(", wrongly masked")
	}
	switch f.form {
	case rawpeer.Form16:
		b.WriteString(", length in 16 bits")
	case rawpeer.Form64:
		b.WriteString(", length in 64 bits")
	}
	if f.claims {
		fmt.Fprintf(b, ", claiming %d octets", f.claim)
	}
	if f.isTruncated {
		fmt.Fprintf(b, ", truncated to %d octets", f.size)
	}
}

// octets returns what stands on the wire.
func (f Frame) octets(fromClient bool) []byte {
	raw := rawpeer.NewFrame(f.Opcode, f.Payload)
	raw.More, raw.RSV, raw.Form = f.more, f.rsv, f.form
	raw.Bare = fromClient == f.wrongMask
	if f.claims {
		raw = raw.Claiming(f.claim)
	}
	p := raw.Append(nil)
	if f.isTruncated {
		p = p[:min(len(p), max(0, f.size))]
	}
	return p
}

// frameOf returns what arrived as a frame.
func frameOf(e rawpeer.Event) Frame {
	if e.Op == rawpeer.OpClose && e.Code != 0 {
		return Close(websocket.StatusCode(e.Code), e.Payload)
	}
	return Frame{Opcode: e.Op, Payload: e.Payload}
}
