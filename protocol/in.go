package protocol

import (
	"encoding/binary"

	"github.com/duplexws/duplex/internal/mask"
	"github.com/duplexws/duplex/internal/utf8"
)

// In turns the octets received from the peer into events. The zero value is
// the state right behind the opening handshake. Only the reader may use it.
type In struct {
	part      *part          // a header or control payload cut by the end of a read
	offset    uint64         // octets consumed
	remaining uint64         // payload octets of the current frame still to come
	size      uint64         // payload octets of the current message, by its headers
	began     int64          // when the unfinished message or header began, 0 if none
	window    int64          // start of the current second for control frames
	fragments uint32         // frames of the current message
	controls  uint32         // control frames in the current second
	key       uint32         // masking key, as it stands for the next octet
	text      utf8.Validator // text so far
	state     inState
	frame     Opcode // of the current frame
	message   Opcode // of the current message, OpContinuation if none
	flags     inFlags
}

type inState uint8

const (
	inHeader  inState = iota // a frame header is next
	inData                   // inside the payload of a data frame
	inControl                // inside the payload of a control frame
	inDone                   // closed or failed: everything is ignored
)

type inFlags uint8

const (
	inFin        inFlags = 1 << iota // the current frame has FIN
	inLater                          // a chunk of the message was reported already
	inCompressed                     // RSV1 on the message's first frame
	inAllowRSV1                      // an extension that uses RSV1 was negotiated
)

// AllowRSV1 says that an extension which uses RSV1 on the first frame of a
// message was negotiated (https://www.rfc-editor.org/rfc/rfc7692#section-6).
// Such a message is reported as received: Event.Compressed is set, its text is
// not checked, and its limit is MaxMessage + MaxMessage/64 + 1 KiB, and 16 octets
// for each frame.
func (in *In) AllowRSV1() { in.flags |= inAllowRSV1 }

// Offset returns the number of octets consumed so far.
func (in *In) Offset() uint64 { return in.offset }

// Remaining returns how many payload octets of the current data frame are
// still to come; 0 outside the payload of one.
func (in *In) Remaining() uint64 {
	if in.state != inData {
		return 0
	}
	return in.remaining
}

// MessageEnds reports whether the current data frame is the last of its
// message.
func (in *In) MessageEnds() bool { return in.state == inData && in.flags&inFin != 0 }

// InMessage reports whether a message has begun and not ended.
func (in *In) InMessage() bool { return in.message != 0 }

// Message returns the opcode of the message that has begun and not ended, or
// OpContinuation.
func (in *In) Message() Opcode { return in.message }

// Idle reports whether nothing has begun: no header, frame or message.
func (in *In) Idle() bool { return in.state == inHeader && in.part == nil && in.message == 0 }

// Done reports whether a Close or Failed event was reported, behind which
// nothing can come.
func (in *In) Done() bool { return in.state == inDone }

// Deadline returns when the unfinished message is overdue
// (Limits.AssemblyTimeout), or 0. It counts while the driver waits for the
// peer, not while the application is busy; when it passes, call [In.Expire].
func (in *In) Deadline(cfg *Config) int64 {
	if in.began == 0 || cfg.assembly == 0 {
		return 0
	}
	return in.began + cfg.assembly
}

// Expire ends the connection because Deadline has passed.
func (in *In) Expire(ev *Event) {
	in.fail(ev, &Error{Code: StatusPolicyViolation, Offset: in.offset,
		Reason: "message not complete in time", Limit: "AssemblyTimeout"})
}

// Feed consumes octets of p up to the end of one event, which it stores in ev,
// and returns the rest. With Kind None all of p is consumed and the rest is
// empty. Payloads are unmasked in place, so p must be writable and its consumed
// part is changed. Behind Close or Failed everything is ignored.
//
//	for rest := p; ; {
//		if rest = in.Feed(cfg, now, rest, &ev); ev.Kind == protocol.None {
//			break
//		}
//		...
//	}
func (in *In) Feed(cfg *Config, now int64, p []byte, ev *Event) []byte {
	if in.state == inHeader && len(p) >= 6 && in.part == nil && in.message == 0 {
		n := 0
		if cfg.role == Server {
			n = feedWhole(cfg, p, ev)
		} else {
			n = feedWholeUnmasked(cfg, p, ev)
		}
		if n > 0 {
			in.offset += uint64(n)
			return p[n:]
		}
	}
	return in.feed(cfg, now, p, ev)
}

// feedWhole is the short way for the common case: an unfragmented message of a
// client, at most 64 KiB long, that lies in p whole. It returns the octets
// consumed; 0 leaves the frame, every fault included, to feed.
func feedWhole(cfg *Config, p []byte, ev *Event) int {
	op := Opcode(p[0] & 0x0F)
	if p[0]&0xF0 != 0x80 || !op.Data() || p[1]&0x80 == 0 {
		return 0
	}
	h, n := 6, int(p[1]&0x7F)
	if n == 126 && len(p) >= 8 {
		h, n = 8, int(binary.BigEndian.Uint16(p[2:]))
		if n < 126 {
			return 0
		}
	} else if n > 125 {
		return 0
	}
	if len(p) < h+n || uint64(n) > cfg.maxMessage {
		return 0
	}
	payload, key := p[h:h+n:h+n], binary.LittleEndian.Uint32(p[h-4:])
	mask.Bytes(payload, key)
	if op == OpText && !utf8.Valid(payload) {
		mask.Bytes(payload, key) // undo, so that feed finds the offset of the fault
		return 0
	}
	// Field by field: a composite literal would be built aside and copied.
	ev.Kind, ev.Opcode, ev.First, ev.Last, ev.Compressed = Data, op, true, true, false
	ev.Payload = payload
	return h + n
}

// feedWholeUnmasked is feedWhole for a message of a server.
func feedWholeUnmasked(cfg *Config, p []byte, ev *Event) int {
	op := Opcode(p[0] & 0x0F)
	if p[0]&0xF0 != 0x80 || !op.Data() {
		return 0
	}
	h, n := 2, int(p[1]) // which is above 127 with a mask
	if n == 126 {
		h, n = 4, int(binary.BigEndian.Uint16(p[2:]))
		if n < 126 {
			return 0
		}
	} else if n > 125 {
		return 0
	}
	if len(p) < h+n || uint64(n) > cfg.maxMessage {
		return 0
	}
	payload := p[h : h+n : h+n]
	if op == OpText && !utf8.Valid(payload) {
		return 0
	}
	ev.Kind, ev.Opcode, ev.First, ev.Last, ev.Compressed = Data, op, true, true, false
	ev.Payload = payload
	return h + n
}

func (in *In) feed(cfg *Config, now int64, p []byte, ev *Event) []byte {
	for {
		switch in.state {
		case inHeader:
			var complete bool
			if p, complete = in.header(cfg, now, p, ev); !complete {
				return p
			}
		case inData:
			var reported bool
			if p, reported = in.data(cfg, p, ev); reported || len(p) == 0 && in.state == inData {
				return p
			}
		case inControl:
			return in.control(cfg, p, ev)
		case inDone:
			in.offset += uint64(len(p))
			ev.Kind = None
			return nil
		}
	}
}

// data consumes payload octets of a data frame. It reports no chunk for an
// empty piece unless that ends the message.
func (in *In) data(cfg *Config, p []byte, ev *Event) (rest []byte, reported bool) {
	n := len(p)
	if uint64(n) > in.remaining {
		n = int(in.remaining)
	}
	chunk := p[:n:n]
	if cfg.role == Server {
		in.key = mask.Bytes(chunk, in.key)
	}
	// Invalid text fails at its first impossible octet
	// (https://www.rfc-editor.org/rfc/rfc6455#section-8.1).
	if in.message == OpText && in.flags&inCompressed == 0 {
		if bad := in.text.Write(chunk); bad >= 0 {
			return in.failAt(ev, in.offset+uint64(bad), StatusInvalidPayload, "RFC 6455 8.1", "text is not UTF-8"), true
		}
	}
	in.offset += uint64(n)
	in.remaining -= uint64(n)
	last := false
	if in.remaining == 0 {
		in.state = inHeader
		last = in.flags&inFin != 0
	}
	if n == 0 && !last {
		ev.Kind = None
		return p, false
	}
	ev.Kind, ev.Opcode, ev.Last = Data, in.message, last
	ev.First = in.flags&inLater == 0
	ev.Compressed = in.flags&inCompressed != 0
	ev.Payload = chunk
	in.flags |= inLater
	if last {
		if in.message == OpText && !ev.Compressed && !in.text.Complete() {
			return in.failAt(ev, in.offset, StatusInvalidPayload, "RFC 6455 8.1", "text ends inside a character"), true
		}
		in.endMessage()
	}
	return p[n:], true
}

func (in *In) endMessage() {
	in.message = OpContinuation
	in.size, in.began, in.fragments = 0, 0, 0
	in.flags &= inAllowRSV1
	in.text.Reset()
}

// fail makes Failed the event, and the last one.
func (in *In) fail(ev *Event, err *Error) {
	in.state = inDone
	in.began = 0
	in.dropPart()
	*ev = Event{Kind: Failed, Err: err}
}

func (in *In) failAt(ev *Event, offset uint64, code StatusCode, section, reason string) []byte {
	in.fail(ev, &Error{Code: code, Section: section, Offset: offset, Reason: reason})
	return nil
}
