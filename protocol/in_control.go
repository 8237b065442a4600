package protocol

import (
	"encoding/binary"

	"github.com/duplexws/duplex/internal/mask"
	"github.com/duplexws/duplex/internal/utf8"
)

// maxControl is the longest payload of a control frame
// (https://www.rfc-editor.org/rfc/rfc6455#section-5.5).
const maxControl = 125

// control consumes the payload of a control frame and reports the frame when
// it is whole.
func (in *In) control(cfg *Config, p []byte, ev *Event) []byte {
	if in.part == nil && uint64(len(p)) >= in.remaining {
		n := int(in.remaining)
		in.endControl(cfg, p[:n:n], ev)
		in.offset += uint64(n)
		return p[n:]
	}
	if in.part == nil {
		in.part = parts.Get().(*part)
	}
	room := in.part.buf[in.part.n : in.part.n+int(in.remaining)]
	n := copy(room, p)
	in.part.n += n
	in.remaining -= uint64(n)
	in.offset += uint64(n)
	if in.remaining > 0 {
		ev.Kind = None
		return nil
	}
	// The event borrows the gathered octets, so the part stays with the
	// event and is dropped by the garbage collector. This is rare.
	payload := in.part.buf[:in.part.n]
	in.part = nil
	in.offset -= uint64(len(payload)) // so that offsets in the payload come out right
	in.endControl(cfg, payload, ev)
	in.offset += uint64(len(payload))
	return p[n:]
}

func (in *In) endControl(cfg *Config, payload []byte, ev *Event) {
	if cfg.role == Server {
		mask.Bytes(payload, in.key)
	}
	in.state = inHeader
	in.remaining = 0
	if in.message == 0 {
		in.began = 0
	}
	switch in.frame {
	case OpPing:
		*ev = Event{Kind: Ping, Payload: payload}
	case OpPong:
		*ev = Event{Kind: Pong, Payload: payload}
	case OpClose:
		in.close(payload, ev)
	}
}

// close judges the payload of a Close frame
// (https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1).
func (in *In) close(payload []byte, ev *Event) {
	code, reason := StatusNoStatus, payload
	switch {
	case len(payload) == 1:
		in.failAt(ev, in.offset, StatusProtocolError, "RFC 6455 5.5.1", "close payload of one octet")
		return
	case len(payload) >= 2:
		code, reason = StatusCode(binary.BigEndian.Uint16(payload)), payload[2:]
		if !code.Valid() {
			in.failAt(ev, in.offset, StatusProtocolError, "RFC 6455 7.4", "close with a status code that may not be sent")
			return
		}
		if !utf8.Valid(reason) {
			in.failAt(ev, in.offset+2, StatusInvalidPayload, "RFC 6455 8.1", "close reason is not UTF-8")
			return
		}
	}
	in.state = inDone
	in.began = 0
	*ev = Event{Kind: Close, Code: code, Payload: reason}
}
