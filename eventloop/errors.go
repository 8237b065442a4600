package eventloop

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
	// ErrClosed is returned when the connection has ended, or this side has
	// begun to close it. For errors.Is it is net.ErrClosed too.
	ErrClosed error = closedError{}
	// ErrAbnormal is told when the transport ended without a Close frame
	// (status code 1006); it wraps io.ErrUnexpectedEOF or the transport's error.
	ErrAbnormal = errors.New("websocket: connection ended without a closing handshake")
	// ErrPongTimeout is told when the peer was silent for Options.PongTimeout
	// after a Ping.
	ErrPongTimeout = errors.New("websocket: peer does not answer (option PongTimeout)")
	// ErrWriteTimeout is told when the peer did not read for
	// Options.WriteTimeout.
	ErrWriteTimeout = errors.New("websocket: peer does not read (option WriteTimeout)")
	// ErrCloseTimeout is told when the peer did not answer our Close frame
	// within Options.CloseTimeout.
	ErrCloseTimeout = errors.New("websocket: peer does not answer the closing handshake (option CloseTimeout)")
	// ErrQueueFull is returned when Queue.MaxBytes are buffered: the message was
	// dropped.
	ErrQueueFull = errors.New("websocket: send queue full: message dropped")
	// ErrSlowConsumer is returned and told when Queue.MaxBytes were buffered and
	// the policy closed the connection.
	ErrSlowConsumer = errors.New("websocket: send queue full: connection closed")
	// ErrPanic is told when a callback panicked.
	ErrPanic = errors.New("websocket: callback panicked: connection closed")
	// ErrOverloaded is returned when a loop cannot keep up with what other
	// goroutines hand to it: the message was dropped.
	ErrOverloaded = errors.New("websocket: event loop overloaded: message dropped")
)

type closedError struct{}

func (closedError) Error() string        { return "websocket: connection closed" }
func (closedError) Is(target error) bool { return target == net.ErrClosed }

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
