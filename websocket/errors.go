package websocket

import (
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/duplexws/duplex/protocol"
)

// The vocabulary of package protocol, under the names that a user of this
// package needs.
type (
	// StatusCode is the status code of a Close frame.
	StatusCode = protocol.StatusCode
	// CloseError is what the peer said in its Close frame.
	CloseError = protocol.CloseError
	// ProtocolError is a rule or limit that the peer broke, for which we
	// closed the connection.
	ProtocolError = protocol.Error
	// HandshakeError is why an opening handshake failed.
	HandshakeError = protocol.HandshakeError
)

// The status codes of RFC 6455 and its registry.
const (
	StatusNormalClosure      = protocol.StatusNormalClosure
	StatusGoingAway          = protocol.StatusGoingAway
	StatusProtocolError      = protocol.StatusProtocolError
	StatusUnsupportedData    = protocol.StatusUnsupportedData
	StatusNoStatus           = protocol.StatusNoStatus
	StatusAbnormalClosure    = protocol.StatusAbnormalClosure
	StatusInvalidPayload     = protocol.StatusInvalidPayload
	StatusPolicyViolation    = protocol.StatusPolicyViolation
	StatusMessageTooBig      = protocol.StatusMessageTooBig
	StatusMandatoryExtension = protocol.StatusMandatoryExtension
	StatusInternalError      = protocol.StatusInternalError
	StatusServiceRestart     = protocol.StatusServiceRestart
	StatusTryAgainLater      = protocol.StatusTryAgainLater
	StatusBadGateway         = protocol.StatusBadGateway
)

var (
	// ErrClosed is returned when this side has closed the connection. For
	// errors.Is it is net.ErrClosed too.
	ErrClosed error = closedError{}
	// ErrAbnormal is returned when the transport ended without a Close frame
	// (status code 1006); it wraps io.ErrUnexpectedEOF or the transport's error.
	ErrAbnormal = errors.New("websocket: connection ended without a closing handshake")
	// ErrPongTimeout is returned when the peer was silent for
	// Options.PongTimeout after a Ping.
	ErrPongTimeout = errors.New("websocket: peer does not answer (option PongTimeout)")
	// ErrWriteTimeout is returned when the peer did not read for
	// Options.WriteTimeout.
	ErrWriteTimeout = errors.New("websocket: peer does not read (option WriteTimeout)")
	// ErrCloseTimeout is returned when the peer did not answer our Close frame
	// within Options.CloseTimeout.
	ErrCloseTimeout = errors.New("websocket: peer does not answer the closing handshake (option CloseTimeout)")
	// ErrQueueFull is returned by Send when the queue is full and its policy
	// dropped the message.
	ErrQueueFull = errors.New("websocket: send queue full: message dropped")
	// ErrSlowConsumer is returned when the queue was full and its policy
	// closed the connection.
	ErrSlowConsumer = errors.New("websocket: send queue full: connection closed")
)

type closedError struct{}

func (closedError) Error() string        { return "websocket: connection closed by this side" }
func (closedError) Is(target error) bool { return target == net.ErrClosed }

// ErrMalformedRequest is what errors.Is finds in an error of Dial when the URL or
// the options make no request that could be sent. No retry mends that.
var ErrMalformedRequest = errors.New("websocket: the request of the opening handshake is malformed")

// requestError is an ErrMalformedRequest that says what is wrong.
type requestError struct{ error }

func (requestError) Is(target error) bool { return target == ErrMalformedRequest }
func (e requestError) Unwrap() error      { return e.error }

// PartialWriteError is returned when a Write was cancelled and part of the
// message may have gone out. The connection is still good: the rest of the
// message goes out before anything else, so the peer may get the whole.
type PartialWriteError struct{ Err error }

func (e *PartialWriteError) Error() string {
	return fmt.Sprintf("websocket: write cancelled, but the message may still arrive whole: %v", e.Err)
}

// Unwrap returns the cause of the cancellation.
func (e *PartialWriteError) Unwrap() error { return e.Err }

// Timeout reports whether a deadline cancelled the write. With Temporary it
// makes this a net.Error.
func (e *PartialWriteError) Timeout() bool {
	var t interface{ Timeout() bool }
	return errors.As(e.Err, &t) && t.Timeout()
}

// Temporary is Timeout.
func (e *PartialWriteError) Temporary() bool { return e.Timeout() }

// CloseStatus returns the status code that err stands for: the peer's for a
// [CloseError], the one we closed with for a [ProtocolError],
// StatusAbnormalClosure for [ErrAbnormal], and 0 for any other error and nil.
func CloseStatus(err error) StatusCode {
	var closed *CloseError
	var broken *ProtocolError
	switch {
	case errors.As(err, &closed):
		return closed.Code
	case errors.As(err, &broken):
		return broken.Code
	case errors.Is(err, ErrAbnormal):
		return StatusAbnormalClosure
	}
	return 0
}

// abnormal is the error of a transport that ended with err.
func abnormal(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%w: %w", ErrAbnormal, err)
}
