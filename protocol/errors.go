package protocol

import (
	"errors"
	"fmt"
)

// Error is what we found wrong with the peer's octets: a rule that it broke or
// a limit that it exceeded. The connection has to be failed with Code
// (https://www.rfc-editor.org/rfc/rfc6455#section-7.1.7).
type Error struct {
	Code    StatusCode // the status code to close with
	Section string     // the rule, such as "RFC 6455 5.2"; "" for a limit of ours
	Offset  uint64     // octets received after the handshake before the fault
	Reason  string     // what is wrong, without octets of the peer's
	Limit   string     // the field of Limits that was exceeded, or ""
}

func (e *Error) Error() string {
	if e.Limit != "" {
		return fmt.Sprintf("websocket: %s at octet %d (option %s; closing with %d)", e.Reason, e.Offset, e.Limit, e.Code)
	}
	return fmt.Sprintf("websocket: %s at octet %d (%s; closing with %d)", e.Reason, e.Offset, e.Section, e.Code)
}

// CloseError is what the peer said: the status code and the reason of its
// Close frame.
type CloseError struct {
	Code   StatusCode // StatusNoStatus when the frame had none
	Reason string     // valid UTF-8, at most 123 octets
}

func (e *CloseError) Error() string {
	if e.Reason == "" {
		return "websocket: closed by peer: " + e.Code.String()
	}
	return fmt.Sprintf("websocket: closed by peer: %v: %q", e.Code, e.Reason)
}

// Errors of [Out]: what the caller asked for may not be sent. Nothing was
// written.
var (
	// ErrCloseSent says that a Close frame has gone out, behind which nothing
	// may follow (RFC 6455 5.5.1).
	ErrCloseSent = errors.New("websocket: cannot send: the closing handshake has begun")
	// ErrCloseCode says that a status code may not stand in a Close frame
	// (RFC 6455 7.4).
	ErrCloseCode = errors.New("websocket: this status code may not be sent (use 1000-1003, 1007-1014 or 3000-4999)")
	// ErrCloseReason says that a close reason is longer than 123 octets, no
	// UTF-8, or given without a status code (RFC 6455 5.5.1).
	ErrCloseReason = errors.New("websocket: a close reason must be UTF-8 of at most 123 octets, behind a status code")
	// ErrControlTooLong says that the payload of a control frame is longer
	// than 125 octets (RFC 6455 5.5).
	ErrControlTooLong = errors.New("websocket: the payload of a control frame is at most 125 octets")
	// ErrNotText says that a text message is no UTF-8 (RFC 6455 5.6).
	ErrNotText = errors.New("websocket: a text message must be UTF-8 (send other octets as binary)")
	// ErrUnderWay says that a fragmented message has to be finished before
	// another can begin (RFC 6455 5.4).
	ErrUnderWay = errors.New("websocket: a fragmented message is under way")
	// ErrOpcode says that a message is neither text nor binary.
	ErrOpcode = errors.New("websocket: a message is either text or binary")
)
