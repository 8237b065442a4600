package protocol

import (
	"errors"

	"github.com/duplexws/duplex/internal/deflate"
	"github.com/duplexws/duplex/internal/utf8"
)

// Inflater inflates what one connection receives. Only the reader may use it.
// Between messages it holds nothing but the text that the next one may refer to.
type Inflater struct {
	keep    int // octets of text
	history deflate.History
}

// NewInflater returns an Inflater for what was agreed on receiving
// ([DeflateAgreement]).
func NewInflater(agreed DeflateDirection) *Inflater {
	if !agreed.Takeover {
		return &Inflater{}
	}
	// Peers that stand on zlib agree to 8 bits and use 9.
	return &Inflater{keep: 1 << max(agreed.WindowBits, deflate.MinWindowBits+1)}
}

// Forget drops the text and its memory, behind the last message.
func (i *Inflater) Forget() { i.history.Forget() }

// Append appends the message that the peer sent as payload, with RSV1, to dst.
// in is what reported the payload, right behind its last chunk. The error is an
// [*Error], upon which the connection must be failed: in ignores everything from
// then on, and dst is returned as it was. A good message is joined once from
// pieces, for which its size is needed twice.
//
//   - 1007: the payload cannot be inflated
//     (https://www.rfc-editor.org/rfc/rfc7692#section-7.2.2), or the text of a
//     text message is not UTF-8. No more is inflated than shows that.
//   - 1009: the message exceeds Limits.MaxMessage. At most that, a hundredth of
//     it and 64 KiB are allocated.
//   - 1008: the payload is made to waste time.
func (i *Inflater) Append(cfg *Config, in *In, dst []byte, op Opcode, payload []byte) ([]byte, error) {
	var text utf8.Validator
	check := func(piece []byte) bool { return op != OpText || text.Write(piece) < 0 }
	message, err := deflate.Inflate(dst, payload, i.history.Bytes(), cfg.maxInflated, check)
	if err == nil && op == OpText && !text.Complete() {
		err = deflate.ErrRefused
	}
	if err != nil {
		failure := inflateError(err, in.offset)
		in.fail(new(Event), failure)
		return dst, failure
	}
	if i.keep > 0 {
		i.history.Add(message[len(dst):], i.keep)
	}
	return message, nil
}

// inflateError is the failure of a connection at the end of a payload.
func inflateError(err error, offset uint64) *Error {
	switch {
	case errors.Is(err, deflate.ErrTooLarge):
		return &Error{Code: StatusMessageTooBig, Offset: offset, Limit: "MaxMessage",
			Reason: "compressed message that is too large when inflated"}
	case errors.Is(err, deflate.ErrRefused):
		return &Error{Code: StatusInvalidPayload, Section: "RFC 6455 8.1", Offset: offset, Reason: "compressed text is not UTF-8"}
	case errors.Is(err, deflate.ErrBlocks):
		return &Error{Code: StatusPolicyViolation, Section: "RFC 7692 7.2.1", Offset: offset, Reason: "compressed message of too many blocks"}
	}
	return &Error{Code: StatusInvalidPayload, Section: "RFC 7692 7.2.2", Offset: offset, Reason: "compressed message that cannot be inflated"}
}
