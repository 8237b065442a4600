package eventloop

import (
	"context"

	"github.com/duplexws/duplex/protocol"
)

// MessageType says whether a message is text or binary.
type MessageType = protocol.Opcode

// The two types of message.
const (
	Text   = protocol.OpText
	Binary = protocol.OpBinary
)

// Handler has the callbacks of a [Server]. Any of them may be nil. They are
// called by the loop of the connection, one at a time for all its connections,
// so they must not wait. One that panics costs its connection, no other.
type Handler struct {
	// OnUpgrade decides about an opening handshake that is in order. Nil
	// accepts it; an error refuses it: with its status if it is a
	// [*HandshakeError], with 500 otherwise.
	OnUpgrade func(u *Upgrade) error
	// Authorize decides behind OnUpgrade, where the decision has to wait for
	// something: it runs on a goroutine of its own. ctx ends when the peer is
	// gone, or when Options.HandshakeTimeout has passed once more. Its error is
	// that of OnUpgrade.
	Authorize func(ctx context.Context, u *Upgrade) error
	// OnOpen: the opening handshake is done.
	OnOpen func(c Conn)
	// OnMessage: a message has come. p is borrowed until the callback returns,
	// which may write to it.
	OnMessage func(c Conn, t MessageType, p []byte)
	// OnDrain: everything that was buffered while the peer did not read has
	// gone out.
	OnDrain func(c Conn)
	// OnClose: the conversation is over, once for each OnOpen; the Conn's
	// methods return [ErrClosed] by now. err says why: a [*CloseError] of the
	// peer's, whatever its code; a [*ProtocolError]; [ErrAbnormal], [ErrClosed]
	// and their like. [CloseStatus] tells the code.
	OnClose func(c Conn, err error)

	// OnRefused: an opening handshake was refused. label is one of a small
	// fixed set, fit to be the label of a metric.
	OnRefused func(label string, err error)
	// OnPanic: a callback panicked; its connection was closed with 1011. c is
	// the zero Conn if there was none yet.
	OnPanic func(c Conn, v any, stack []byte)
}
