package eventloop

import (
	"log/slog"
	"time"

	"github.com/duplexws/duplex/protocol"
)

// Options are the settings of connections. In every field the zero value is the
// default, never "unlimited"; docs/defaults.md gives the reason of each. They
// must not be changed once they are in use.
type Options struct {
	// MaxMessage is the largest message to receive in octets, after
	// decompression. A larger one closes the connection with 1009. Negative:
	// unlimited. Default 1 MiB.
	MaxMessage int64
	// MaxFragments is the largest number of frames of one message to receive,
	// empty ones included. Negative: unlimited. Default 131072.
	MaxFragments int
	// MaxControlRate is the largest number of Ping, Pong and Close frames to
	// receive in a second. Negative: unlimited. Default 1000.
	MaxControlRate int
	// AssemblyTimeout is how long the peer may take for one message. Negative:
	// no deadline. Default 30 s.
	AssemblyTimeout time.Duration
	// WriteTimeout is how long a peer that does not read may hold up what is
	// buffered, to which one second is added for every 16 KiB that it takes.
	// When it has passed the connection is closed. Negative: no deadline.
	// Default 10 s.
	WriteTimeout time.Duration
	// CloseTimeout is how long the peer may take for its part of the closing
	// handshake, and then to end the transport. Default 5 s.
	CloseTimeout time.Duration
	// PingInterval is how long the peer may be silent before it is pinged: at
	// most so long, and at least about half of it. Negative: no keepalive.
	// Default 25 s.
	PingInterval time.Duration
	// PongTimeout is how long the connection may be silent after that. Default
	// 10 s.
	PongTimeout time.Duration

	// Deflate turns permessage-deflate on. Nil: off, since compression tells
	// eavesdroppers something about secrets that share messages with text of
	// others' choosing.
	Deflate *DeflateOptions

	// Queue bounds what is buffered for one connection, and says what happens
	// beyond.
	Queue Queue
	// Logger receives panics of callbacks and turns that took too long. Nil:
	// silent.
	Logger *slog.Logger

	// Subprotocols lists what the server speaks, in its order of preference.
	Subprotocols []string
	// SelectSubprotocol, if not nil, decides instead of Subprotocols: it
	// returns one of those that the client offered, or "" for none.
	SelectSubprotocol func(u *Upgrade, offered []string) string
	// Origin decides which web pages may connect; the zero value allows the
	// same origin, and requests without Origin.
	Origin protocol.OriginPolicy
	// Header holds further fields of the response, as an http.Header does.
	Header map[string][]string
}

// Policy says what happens to a message for which there is no room.
type Policy uint8

const (
	// CloseSlow: the connection is ended; it would not read why. The default.
	CloseSlow Policy = iota
	// DropNewest: the message is dropped.
	DropNewest
)

func (p Policy) String() string {
	if p > DropNewest {
		return "unknown policy"
	}
	return [...]string{"close slow", "drop newest"}[p]
}

// Queue bounds what is buffered for a connection.
type Queue struct {
	// MaxBytes is how many octets may wait before a message is refused: while
	// fewer do, one of any size is admitted. Default 1 MiB.
	MaxBytes int
	// Policy says what happens beyond.
	Policy Policy
}

// The defaults of [Options].
const (
	DefaultWriteTimeout = 10 * time.Second
	DefaultQueueBytes   = 1 << 20
)
