package websocket

import (
	"log/slog"
	"time"

	"github.com/duplexws/duplex/internal/wheel"
	"github.com/duplexws/duplex/protocol"
)

// Options are what [AcceptOptions] and [DialOptions] have in common. In every
// field the zero value is the default, never "unlimited"; docs/defaults.md
// gives the reason of each default. Options must not be changed once they are
// in use.
type Options struct {
	// MaxMessage is the largest message to receive in octets, after
	// decompression. A larger one closes the connection with 1009. Negative:
	// unlimited, for readers of [Conn.NextReader] that bound themselves; a
	// compressed message is handed on when it is whole, and may have 32 MiB
	// then. Default 1 MiB.
	MaxMessage int64
	// MaxFragments is the largest number of frames of one message to receive,
	// empty ones included. Negative: unlimited. Default 131072.
	MaxFragments int
	// MaxControlRate is the largest number of Ping, Pong and Close frames to
	// receive in a second. Negative: unlimited. Default 1000.
	MaxControlRate int
	// AssemblyTimeout is how long the peer may take for one message, counted
	// while a reader waits for it. Negative: no deadline. Default 30 s.
	AssemblyTimeout time.Duration
	// WriteTimeout is how long a peer that does not read may hold up a write,
	// to which one second is added for every 16 KiB to be written. When it has
	// passed the connection is closed. Negative: no deadline. Default 10 s.
	WriteTimeout time.Duration
	// CloseTimeout is how long the peer may take for its part of the closing
	// handshake, and then to end the transport. Default 5 s.
	CloseTimeout time.Duration
	// PingInterval is how long the peer may be silent before it is pinged: at
	// most so long, and at least about half of it. Negative: no keepalive.
	// Default 25 s.
	PingInterval time.Duration
	// PongTimeout is how long the connection may be silent after that, while
	// someone reads. Default 10 s.
	PongTimeout time.Duration

	// Deflate turns permessage-deflate on: a server accepts it, a client offers
	// it. Nil: off, since compression tells eavesdroppers something about
	// secrets that share messages with text of others' choosing.
	Deflate *DeflateOptions

	// Queue bounds what [Conn.Send] queues, and says what happens beyond.
	Queue Queue
	// Codec is what ReadJSON and WriteJSON use. Default encoding/json.
	Codec Codec
	// Hooks are told of what happens. Nil: nobody is.
	Hooks *Hooks
	// Logger receives panics of handlers and what else has no caller to be
	// returned to. Nil: silent.
	Logger *slog.Logger
	// Clock times the connections. Nil: one for the process. A test in a
	// synctest bubble needs one of its own, from [NewClock].
	Clock *Clock
}

// DefaultWriteTimeout is the default of Options.WriteTimeout.
const DefaultWriteTimeout = 10 * time.Second

// Clock times connections: keepalive, deadlines and deferred writes. It has a
// goroutine only while something is due.
type Clock struct{ wheel *wheel.Clock }

// NewClock returns a Clock.
func NewClock() *Clock { return &Clock{wheel.New()} }

var processClock = NewClock()

// settings is what all connections of one Options share, with the defaults
// filled in.
type settings struct {
	cfg          *protocol.Config
	clock        *wheel.Clock
	hooks        Hooks
	log          *slog.Logger
	codec        Codec
	queue        Queue
	deflate      *protocol.DeflateConfig
	writeTimeout time.Duration
}

var silent = slog.New(slog.DiscardHandler)

func newSettings(role protocol.Role, o *Options) *settings {
	s := &settings{
		cfg: protocol.NewConfig(role, &protocol.Limits{
			MaxMessage:      o.MaxMessage,
			MaxFragments:    o.MaxFragments,
			MaxControlRate:  o.MaxControlRate,
			AssemblyTimeout: o.AssemblyTimeout,
			CloseTimeout:    o.CloseTimeout,
			PingInterval:    o.PingInterval,
			PongTimeout:     o.PongTimeout,
		}),
		clock:        processClock.wheel,
		log:          silent,
		codec:        o.Codec,
		queue:        o.Queue.withDefaults(),
		deflate:      o.Deflate,
		writeTimeout: o.WriteTimeout,
	}
	if o.Clock != nil {
		s.clock = o.Clock.wheel
	}
	if o.Hooks != nil {
		s.hooks = *o.Hooks
	}
	if o.Logger != nil {
		s.log = o.Logger
	}
	if s.codec == nil {
		s.codec = stdJSON{}
	}
	if s.writeTimeout == 0 {
		s.writeTimeout = DefaultWriteTimeout
	}
	return s
}
