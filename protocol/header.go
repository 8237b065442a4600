package protocol

import (
	"encoding/binary"

	"github.com/duplexws/duplex/internal/mask"
)

// Header is the header of a frame that we send, with the masking key that its
// payload is under when we are a client
// (https://www.rfc-editor.org/rfc/rfc6455#section-5.2).
type Header struct {
	octets [maxHeader]byte
	n      uint8
	masked bool
	key    uint32
}

// NewHeader returns the header of a frame with n payload octets, with a fresh
// masking key for a client (https://www.rfc-editor.org/rfc/rfc6455#section-5.3).
// It checks nothing: [Out] says what may be sent.
func NewHeader(cfg *Config, op Opcode, fin, rsv1 bool, n int) Header {
	var h Header
	h.octets[0] = byte(op)
	if fin {
		h.octets[0] |= 0x80
	}
	if rsv1 {
		h.octets[0] |= 0x40
	}
	switch {
	case n < 126:
		h.octets[1] = byte(n)
		h.n = 2
	case n <= 0xFFFF:
		h.octets[1] = 126
		binary.BigEndian.PutUint16(h.octets[2:], uint16(n))
		h.n = 4
	default:
		h.octets[1] = 127
		binary.BigEndian.PutUint64(h.octets[2:], uint64(n))
		h.n = 10
	}
	if cfg.role == Client {
		h.masked = true
		h.key = cfg.maskKey()
		h.octets[1] |= 0x80
		binary.LittleEndian.PutUint32(h.octets[h.n:], h.key)
		h.n += 4
	}
	return h
}

// Bytes returns the header's octets, borrowed from h.
func (h *Header) Bytes() []byte { return h.octets[:h.n] }

// Masked reports whether the payload has to go through AppendPayload. If not,
// it may also be written as it is.
func (h *Header) Masked() bool { return h.masked }

// AppendPayload appends the next piece of the payload to dst as it goes on the
// wire: masked in one pass for a client, copied for a server. Pieces of any
// size may be appended one after the other.
func (h *Header) AppendPayload(dst, piece []byte) []byte {
	if !h.masked {
		return append(dst, piece...)
	}
	n := len(dst)
	if cap(dst)-n < len(piece) {
		dst = append(make([]byte, 0, max(2*cap(dst), n+len(piece))), dst...)
	}
	dst = dst[:n+len(piece)]
	h.key = mask.Copy(dst[n:], piece, h.key)
	return dst
}
