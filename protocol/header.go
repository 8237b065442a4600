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
	octets, key := appendHeader(cfg, h.octets[:0], op, fin, rsv1, n)
	h.n, h.masked, h.key = uint8(len(octets)), cfg.role == Client, key
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
	dst, h.key = appendMasked(dst, piece, h.key)
	return dst
}

// appendFrame appends a whole frame. It does not go through a Header, which
// would be built octet by octet and then copied.
func appendFrame(cfg *Config, dst []byte, op Opcode, fin, rsv1 bool, payload []byte) []byte {
	dst, key := appendHeader(cfg, dst, op, fin, rsv1, len(payload))
	if cfg.role == Server {
		return append(dst, payload...)
	}
	dst, _ = appendMasked(dst, payload, key)
	return dst
}

// appendHeader appends a header and, for a client, returns the masking key in
// it.
func appendHeader(cfg *Config, dst []byte, op Opcode, fin, rsv1 bool, n int) (out []byte, key uint32) {
	first, second := byte(op), byte(0)
	if fin {
		first |= 0x80
	}
	if rsv1 {
		first |= 0x40
	}
	if cfg.role == Client {
		second = 0x80
	}
	switch {
	case n < 126:
		dst = append(dst, first, second|byte(n))
	case n <= 0xFFFF:
		dst = append(dst, first, second|126, byte(n>>8), byte(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, first, second|127), uint64(n))
	}
	if cfg.role == Server {
		return dst, 0
	}
	key = cfg.maskKey()
	return binary.LittleEndian.AppendUint32(dst, key), key
}

// appendMasked appends a piece of a payload under key and returns the key for
// what follows it.
func appendMasked(dst, piece []byte, key uint32) ([]byte, uint32) {
	n := len(dst)
	if cap(dst)-n < len(piece) {
		dst = append(make([]byte, 0, max(2*cap(dst), n+len(piece))), dst...)
	}
	dst = dst[:n+len(piece)]
	return dst, mask.Copy(dst[n:], piece, key)
}
