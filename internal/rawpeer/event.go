package rawpeer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"unicode/utf8"
)

// An Event is something that the other side sent: a whole message, a Ping, a Pong
// or a Close frame.
type Event struct {
	Op      byte
	Code    uint16 // of a Close frame, 0 if it has none
	Payload string // of a Close frame, the reason
}

// Events are those that answer the frames of an echo server: what a message or
// a Pong with the same payload looks like.
func Events(frames ...Frame) (events []Event) {
	for _, f := range frames {
		events = append(events, Event{Op: f.Op, Payload: string(f.Payload)})
	}
	return events
}

func (e Event) String() string {
	name, ok := map[byte]string{OpText: "text", OpBinary: "binary", OpPing: "ping", OpPong: "pong"}[e.Op]
	switch {
	case e.Op == OpClose:
		return fmt.Sprintf("close %d %q", e.Code, e.Payload)
	case !ok:
		return fmt.Sprintf("opcode %d", e.Op)
	case len(e.Payload) > 64:
		return fmt.Sprintf("%s of %d octets, checksum %08x", name, len(e.Payload), crc32.ChecksumIEEE([]byte(e.Payload)))
	}
	return fmt.Sprintf("%s %q", name, e.Payload)
}

// maxFrame is the longest frame that a test expects.
const maxFrame = 64 << 20

// Reader reads what a server sends behind its 101, or a client behind its
// request, and judges it.
type Reader struct {
	R      io.Reader
	Masked bool // it comes from a client

	message []byte
	op      byte // of the fragmented message under way
	closed  bool // a Close frame came
}

// ErrBroken is in the chain of the errors that say how the other side broke the
// protocol.
var ErrBroken = errors.New("the other side broke the protocol")

func broken(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrBroken, fmt.Sprintf(format, args...))
}

// Next returns the next event. At the end of the transport between two frames
// the error is io.EOF.
func (r *Reader) Next() (Event, error) {
	for {
		f, err := r.frame()
		if err != nil {
			return Event{}, err
		}
		if r.closed {
			return Event{}, broken("opcode %d behind its Close frame", f.Op)
		}
		switch f.Op {
		case OpPing, OpPong, OpClose:
			return r.control(f)
		}
		if e, whole, err := r.data(f); err != nil || whole {
			return e, err
		}
	}
}

func (r *Reader) control(f Frame) (Event, error) {
	e := Event{Op: f.Op, Payload: string(f.Payload)}
	if f.More || len(f.Payload) > 125 {
		return e, broken("control frame of %d octets, FIN %t", len(f.Payload), !f.More)
	}
	if f.Op != OpClose {
		return e, nil
	}
	r.closed = true
	if len(f.Payload) > 0 {
		if len(f.Payload) == 1 || !utf8.Valid(f.Payload[2:]) {
			return e, broken("Close frame with payload %q", f.Payload)
		}
		e.Code, e.Payload = binary.BigEndian.Uint16(f.Payload), string(f.Payload[2:])
		if !sendable(e.Code) {
			return e, broken("Close frame with code %d", e.Code)
		}
	}
	return e, nil
}

// sendable reports whether a code may stand in a Close frame.
func sendable(code uint16) bool {
	switch code {
	case 1004, 1005, 1006:
		return false
	}
	return code >= 1000 && code <= 1014 || code >= 3000 && code <= 4999
}

func (r *Reader) data(f Frame) (e Event, whole bool, err error) {
	switch {
	case f.Op > OpBinary:
		return e, false, broken("opcode %d", f.Op)
	case (f.Op == OpContinuation) != (r.op != 0):
		return e, false, broken("opcode %d while a message of opcode %d is under way", f.Op, r.op)
	case f.Op != OpContinuation:
		r.op, r.message = f.Op, nil
	}
	r.message = append(r.message, f.Payload...)
	if f.More {
		return e, false, nil
	}
	e = Event{Op: r.op, Payload: string(r.message)}
	r.op, r.message = 0, nil
	if e.Op == OpText && !utf8.ValidString(e.Payload) {
		return e, false, broken("text that is no UTF-8")
	}
	return e, true, nil
}

// frame reads one frame.
func (r *Reader) frame() (Frame, error) {
	var head [10]byte
	if _, err := io.ReadFull(r.R, head[:1]); err != nil {
		return Frame{}, err
	}
	if err := r.rest(head[1:2]); err != nil {
		return Frame{}, err
	}
	f := Frame{Op: head[0] & 0x0F, More: head[0]&0x80 == 0, RSV: head[0] >> 4 & 7, Bare: head[1]&0x80 == 0}
	if f.RSV != 0 || f.Bare == r.Masked {
		return f, broken("frame with first octets %#x", head[:2])
	}
	n := uint64(head[1] & 0x7F)
	switch n {
	case 126:
		if err := r.rest(head[2:4]); err != nil {
			return f, err
		}
		f.Form, n = Form16, uint64(binary.BigEndian.Uint16(head[2:]))
	case 127:
		if err := r.rest(head[2:10]); err != nil {
			return f, err
		}
		f.Form, n = Form64, binary.BigEndian.Uint64(head[2:])
	default:
		f.Form = Form7
	}
	if n > maxFrame || f.Form != shortest(n) {
		return f, broken("length %d in form %d", n, f.Form)
	}
	if r.Masked {
		if err := r.rest(f.Key[:]); err != nil {
			return f, err
		}
	}
	f.Payload = make([]byte, n)
	err := r.rest(f.Payload)
	for i := range f.Payload {
		f.Payload[i] ^= f.Key[i%4] // zero if it is not masked
	}
	return f, err
}

// rest reads what must follow within a frame.
func (r *Reader) rest(p []byte) error {
	_, err := io.ReadFull(r.R, p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}
