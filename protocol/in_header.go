package protocol

import (
	"encoding/binary"
	"fmt"
	"sync"
)

// maxHeader is the length of the longest frame header
// (https://www.rfc-editor.org/rfc/rfc6455#section-5.2).
const maxHeader = 14

// part gathers a header or the payload of a control frame that was cut by the
// end of a read.
type part struct {
	n   int
	buf [maxControl]byte
}

// A pool, because a busy connection cuts a header in nearly every read.
var parts = sync.Pool{New: func() any { return new(part) }}

func (in *In) dropPart() {
	if in.part != nil {
		in.part.n = 0
		parts.Put(in.part)
		in.part = nil
	}
}

// header consumes one frame header, and reports whether it is complete. When
// it is not, p is used up or the connection has failed.
func (in *In) header(cfg *Config, now int64, p []byte, ev *Event) (rest []byte, complete bool) {
	if in.part == nil {
		need, err := in.check(cfg, p)
		if err != nil {
			in.fail(ev, err)
			return nil, false
		}
		if len(p) >= need {
			return p[need:], in.begin(cfg, now, p[:need], ev)
		}
		ev.Kind = None
		if len(p) == 0 {
			return nil, false
		}
		in.part = parts.Get().(*part)
		if in.began == 0 {
			in.began = now
		}
	}
	for {
		held := in.part.buf[:in.part.n]
		need, err := in.check(cfg, held)
		if err != nil {
			in.fail(ev, err)
			return nil, false
		}
		if len(held) == need {
			var header [maxHeader]byte
			copy(header[:], held)
			in.offset -= uint64(need) // begin counts the whole header
			in.dropPart()
			return p, in.begin(cfg, now, header[:need], ev)
		}
		if len(p) == 0 {
			ev.Kind = None
			return nil, false
		}
		n := copy(in.part.buf[in.part.n:need], p)
		in.part.n += n
		in.offset += uint64(n)
		p = p[n:]
	}
}

// check returns how long the header that begins with h is, as far as h tells,
// and every fault that h shows already. Nothing is waited for that could not
// help: a fault is found at the first octet that proves it.
func (in *In) check(cfg *Config, h []byte) (need int, err *Error) {
	if len(h) < 2 {
		if len(h) == 1 {
			return 2, in.checkFirst(h[0])
		}
		return 2, nil
	}
	if err := in.checkFirst(h[0]); err != nil {
		return 0, err
	}
	if err := in.checkSecond(cfg, Opcode(h[0]&0x0F), h[1]); err != nil {
		return 0, err
	}
	need = 2
	switch h[1] & 0x7F {
	case 126:
		need = 4
	case 127:
		need = 10
	}
	if len(h) < need {
		return need, nil
	}
	if err := in.checkLength(cfg, h); err != nil {
		return 0, err
	}
	if h[1]&0x80 != 0 {
		need += 4
	}
	return need, nil
}

// checkFirst judges the first octet of a header: FIN, RSV and opcode.
func (in *In) checkFirst(b byte) *Error {
	op := Opcode(b & 0x0F)
	if b&0x30 != 0 {
		return in.broken("RFC 6455 5.2", "a reserved bit (RSV2 or RSV3) is set")
	}
	if !op.known() {
		return in.broken("RFC 6455 5.2", "frame with "+op.String())
	}
	if b&0x40 != 0 {
		if in.flags&inAllowRSV1 == 0 {
			return in.broken("RFC 6455 5.2", "RSV1 is set without an extension that uses it")
		}
		if !op.Data() {
			return in.broken("RFC 7692 6.1", "RSV1 is set on a frame that does not begin a message")
		}
	}
	switch {
	case op.Control():
		if b&0x80 == 0 {
			return in.broken("RFC 6455 5.5", "fragmented "+op.String()+" frame")
		}
	case op == OpContinuation:
		if in.message == 0 {
			return in.broken("RFC 6455 5.4", "continuation without a message to continue")
		}
	case in.message != 0:
		return in.broken("RFC 6455 5.4", "new message inside a fragmented message")
	}
	return nil
}

// checkSecond judges the second octet: MASK and the length of a control frame.
func (in *In) checkSecond(cfg *Config, op Opcode, b byte) *Error {
	masked := b&0x80 != 0
	if masked != (cfg.role == Server) {
		if masked {
			return in.broken("RFC 6455 5.1", "masked frame from a server")
		}
		return in.broken("RFC 6455 5.1", "unmasked frame from a client")
	}
	if op.Control() && b&0x7F > maxControl {
		return in.broken("RFC 6455 5.5", op.String()+" frame longer than 125 octets")
	}
	return nil
}

// checkLength judges the payload length of a data frame: its form, and what it
// does to the limits of the message.
func (in *In) checkLength(cfg *Config, h []byte) *Error {
	if Opcode(h[0] & 0x0F).Control() {
		return nil
	}
	n := payloadLength(h)
	switch {
	case h[1]&0x7F == 126 && n < 126, h[1]&0x7F == 127 && n <= 0xFFFF:
		return in.broken("RFC 6455 5.2", "payload length not in its shortest form")
	case n>>63 != 0:
		return in.broken("RFC 6455 5.2", "payload length with the top bit set")
	}
	limit := cfg.maxMessage
	if h[0]&0x40 != 0 || in.flags&inCompressed != 0 {
		limit = cfg.maxCompressed + fragmentSlack*uint64(in.fragments)
	}
	if in.size > limit || n > limit-in.size {
		return &Error{Code: StatusMessageTooBig, Offset: in.headerOffset(), Limit: "MaxMessage",
			Reason: fmt.Sprintf("message larger than %d octets", limit)}
	}
	if in.message != 0 && in.fragments >= cfg.maxFragments {
		return &Error{Code: StatusPolicyViolation, Offset: in.headerOffset(), Limit: "MaxFragments",
			Reason: fmt.Sprintf("message of more than %d fragments", cfg.maxFragments)}
	}
	return nil
}

// begin enters the frame of a complete and checked header.
func (in *In) begin(cfg *Config, now int64, h []byte, ev *Event) bool {
	op := Opcode(h[0] & 0x0F)
	if cfg.role == Server {
		in.key = binary.LittleEndian.Uint32(h[len(h)-4:])
	}
	in.frame = op
	in.remaining = payloadLength(h)
	if op.Control() {
		if err := in.countControl(cfg, now); err != nil {
			in.fail(ev, err)
			return false
		}
		if in.began == 0 {
			in.began = now
		}
		in.offset += uint64(len(h))
		in.state = inControl
		return true
	}
	in.offset += uint64(len(h))
	in.state = inData
	in.flags &^= inFin
	if h[0]&0x80 != 0 {
		in.flags |= inFin
	}
	if op != OpContinuation {
		in.message = op
		if h[0]&0x40 != 0 {
			in.flags |= inCompressed
		}
		if in.began == 0 {
			in.began = now
		}
	}
	in.size += in.remaining
	in.fragments++
	return true
}

// countControl holds the control frames of a second against the limit: they
// are small, but each one costs the same as a message.
func (in *In) countControl(cfg *Config, now int64) *Error {
	if now-in.window >= 1e9 {
		in.window, in.controls = now, 0
	}
	if in.controls >= cfg.maxControls {
		return &Error{Code: StatusPolicyViolation, Offset: in.offset, Limit: "MaxControlRate",
			Reason: fmt.Sprintf("more than %d control frames in a second", cfg.maxControls)}
	}
	in.controls++
	return nil
}

func payloadLength(h []byte) uint64 {
	switch n := h[1] & 0x7F; n {
	case 126:
		return uint64(binary.BigEndian.Uint16(h[2:]))
	case 127:
		return binary.BigEndian.Uint64(h[2:])
	default:
		return uint64(n)
	}
}

// headerOffset is where the header under way began.
func (in *In) headerOffset() uint64 {
	if in.part != nil {
		return in.offset - uint64(in.part.n)
	}
	return in.offset
}

func (in *In) broken(section, reason string) *Error {
	return &Error{Code: StatusProtocolError, Section: section, Offset: in.headerOffset(), Reason: reason}
}

// HoldsFrame reports whether p, the octets that come next, begins with a whole
// frame, so that Feed would not have to wait for more.
func (in *In) HoldsFrame(p []byte) bool {
	if in.state != inHeader || in.part != nil || len(p) < 2 {
		return in.state == inData && in.remaining > 0 && uint64(len(p)) >= in.remaining
	}
	h := 2
	switch p[1] & 0x7F {
	case 126:
		h = 4
	case 127:
		h = 10
	}
	if len(p) < h {
		return false
	}
	n := payloadLength(p)
	if p[1]&0x80 != 0 {
		h += 4
	}
	return len(p) >= h && n <= uint64(len(p)-h)
}
