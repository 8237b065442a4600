package conformance

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

// A violation is a fault of the peer's own: what it sent is not WebSocket.
type violation struct {
	what    string
	section string // with its RFC
}

func (v *violation) Error() string { return v.what + " (" + v.section + ")" }

func violates(section, format string, args ...any) error {
	return &violation{fmt.Sprintf(format, args...), "RFC 6455, section " + section}
}

// mostPayload bounds what one message of the peer may hold: no case makes it
// send as much.
const mostPayload = 64 << 20

// A frameReader reads the frames of the peer, strictly: what it returns is legal
// by itself. What may follow what is up to the assembler.
type frameReader struct {
	r      io.Reader
	masked bool // the peer is a client
	rsv1   bool // the extension is negotiated that uses it
}

// next returns a frame of the peer. Its errors are violations and those of the
// transport; io.EOF stands between frames only.
func (r *frameReader) next() (Frame, error) {
	f, err := r.head()
	if err != nil {
		return f, err
	}
	var key [4]byte
	if f.Masked {
		if _, err := io.ReadFull(r.r, key[:]); err != nil {
			return f, cutShort(err)
		}
	}
	var payload bytes.Buffer // grows with what comes, not with what is announced
	if _, err := io.CopyN(&payload, r.r, int64(f.Length)); err != nil {
		return f, cutShort(err)
	}
	f.Payload = payload.Bytes()
	if f.Masked {
		mask(f.Payload, key)
	}
	return f, nil
}

func (r *frameReader) head() (f Frame, err error) {
	var b [8]byte
	if _, err = io.ReadFull(r.r, b[:1]); err != nil {
		return f, err
	}
	f.Final, f.RSV, f.Opcode = b[0]&0x80 != 0, b[0]>>4&7, Opcode(b[0]&15)
	if _, err = io.ReadFull(r.r, b[:1]); err != nil {
		return f, cutShort(err)
	}
	f.Masked = b[0]&0x80 != 0
	form := 1
	f.Length = uint64(b[0] & 0x7f)
	if wide := map[uint64]int{126: 2, 127: 8}[f.Length]; wide > 0 {
		if _, err = io.ReadFull(r.r, b[8-wide:]); err != nil {
			return f, cutShort(err)
		}
		clear(b[:8-wide])
		f.Length, form = binary.BigEndian.Uint64(b[:]), wide+1
	}
	return f, r.check(f, form)
}

func (r *frameReader) check(f Frame, form int) error {
	switch {
	case f.Masked && !r.masked:
		return violates("5.1", "the peer is a server and masks a frame")
	case !f.Masked && r.masked:
		return violates("5.1", "the peer is a client and does not mask a frame")
	case f.Opcode.reserved():
		return violates("5.2", "the peer sends the reserved opcode %d", byte(f.Opcode))
	case f.RSV&^rsv1 != 0, f.RSV != 0 && (!r.rsv1 || f.Opcode.control() || f.Opcode == OpContinuation):
		return violates("5.2", "the peer sets reserved bits: %03b", f.RSV)
	case f.Opcode.control() && !f.Final:
		return violates("5.5", "the peer fragments a control frame")
	case f.Opcode.control() && f.Length > 125:
		return violates("5.5", "the peer sends a control frame of %d octets", f.Length)
	case form != shortForm(f.Length):
		return violates("5.2", "the peer sends the length %d not in its shortest form", f.Length)
	case f.Length > mostPayload:
		return violates("5.2", "the peer announces a frame of %d octets", f.Length)
	}
	return nil
}

// cutShort makes an end inside a frame one that is seen as such.
func cutShort(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// An event is what the peer has sent: a whole message, or a control frame.
type event struct {
	op      Opcode
	payload string

	compressed bool // payload still is
	frames     int  // that carried it
}

func (e event) String() string {
	const most = 48
	if len(e.payload) > most {
		return fmt.Sprintf("%s %q... (%d octets)", e.op, e.payload[:most], len(e.payload))
	}
	return fmt.Sprintf("%s %q", e.op, e.payload)
}

// same reports whether two events mean the same.
func (e event) same(other event) bool { return e.op == other.op && e.payload == other.payload }

// code is that of a Close frame, 0 if it has none.
func (e event) code() uint16 {
	if len(e.payload) < 2 {
		return 0
	}
	return uint16(e.payload[0])<<8 | uint16(e.payload[1])
}

// An assembler makes events of the peer's frames.
type assembler struct {
	message event // under way
	begun   bool
	parts   []byte
	closed  bool
}

// add takes a frame and reports whether it made an event. Its errors are
// violations.
func (a *assembler) add(f Frame) (e event, whole bool, err error) {
	if a.closed {
		return e, false, violates("5.5.1", "the peer sends a frame behind its Close frame: %s", f.Opcode)
	}
	if f.Opcode.control() {
		e = event{op: f.Opcode, payload: string(f.Payload), frames: 1}
		if f.Opcode == OpClose {
			a.closed = true
			err = checkClose(e)
		}
		return e, true, err
	}
	switch {
	case f.Opcode == OpContinuation && !a.begun:
		return e, false, violates("5.4", "the peer continues a message that it has not begun")
	case f.Opcode != OpContinuation && a.begun:
		return e, false, violates("5.4", "the peer begins a message inside another")
	case f.Opcode != OpContinuation:
		a.message = event{op: f.Opcode, compressed: f.RSV == rsv1}
		a.begun, a.parts = true, nil
	}
	a.message.frames++
	a.parts = append(a.parts, f.Payload...)
	if len(a.parts) > mostPayload {
		return e, false, violates("5.4", "the peer sends a message without end")
	}
	if !f.Final {
		return e, false, nil
	}
	a.begun = false
	e = a.message
	e.payload, a.parts = string(a.parts), nil
	if e.op == OpText && !e.compressed && !utf8.ValidString(e.payload) {
		return e, false, violates("5.6", "the peer sends text that is no UTF-8")
	}
	return e, true, nil
}

func checkClose(e event) error {
	switch code := e.code(); {
	case len(e.payload) == 1:
		return violates("5.5.1", "the peer sends a Close frame of one octet")
	case len(e.payload) == 0:
		return nil
	case !validCode(code):
		return violates("7.4", "the peer closes with %d, which may not be sent", code)
	case !utf8.ValidString(e.payload[2:]):
		return violates("5.5.1", "the peer sends a reason for closing that is no UTF-8")
	}
	return nil
}

// validCode reports whether a Close frame may carry code: the registered ones
// and those for libraries and applications.
func validCode(code uint16) bool {
	return code >= 3000 && code <= 4999 || code >= 1000 && code <= 1014 && !slices.Contains([]uint16{1004, 1005, 1006}, code)
}
