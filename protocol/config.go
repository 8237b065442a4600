package protocol

import (
	"math"
	"time"

	"github.com/duplexws/duplex/internal/mask"
)

// Role says which side of the connection we are. A client masks what it
// sends, a server must not (https://www.rfc-editor.org/rfc/rfc6455#section-5.1).
type Role uint8

// The two roles.
const (
	Server Role = iota
	Client
)

func (r Role) String() string {
	if r == Client {
		return "client"
	}
	return "server"
}

// Default limits. docs/defaults.md gives the reason of each.
const (
	DefaultMaxMessage      = 1 << 20
	DefaultMaxFragments    = 131072
	DefaultMaxControlRate  = 1000
	DefaultAssemblyTimeout = 30 * time.Second
	DefaultCloseTimeout    = 5 * time.Second
	DefaultPingInterval    = 25 * time.Second
	DefaultPongTimeout     = 10 * time.Second
)

// MaxInflated is the largest that a compressed message may get where
// Limits.MaxMessage is unlimited: it is whole before any of it can be handed on,
// and announces itself by a thousandth of its size.
const MaxInflated = 32 << 20

// Limits bounds what a peer can make us hold and how long it can make us wait.
// In every field zero is the default, never "unlimited".
type Limits struct {
	// MaxMessage is the size of a message in octets, after decompression.
	// Negative: unlimited, or [MaxInflated] if the message is compressed.
	MaxMessage int64
	// MaxFragments is the number of frames of one message, empty ones
	// included. Negative: unlimited.
	MaxFragments int
	// MaxControlRate is the number of control frames a second. Negative:
	// unlimited.
	MaxControlRate int
	// AssemblyTimeout is how long the peer may take from the first octet of a
	// message to its last. Negative: no deadline.
	AssemblyTimeout time.Duration
	// CloseTimeout is how long the peer may take to answer a Close frame, and
	// to end the transport after the closing handshake. It cannot be turned
	// off.
	CloseTimeout time.Duration
	// PingInterval is how long the connection may be silent before a Ping is
	// sent. Negative: no keepalive.
	PingInterval time.Duration
	// PongTimeout is how long the connection may be silent after that Ping.
	PongTimeout time.Duration
}

// Config is what all connections of one kind share: the role, the limits with
// their defaults filled in, and the source of masking keys. It is immutable
// and safe for concurrent use.
type Config struct {
	role          Role
	maxMessage    uint64
	maxInflated   uint64 // of a compressed message
	maxCompressed uint64 // the same before it is inflated, in one frame
	maxFragments  uint32
	maxControls   uint32
	assembly      int64
	close         int64
	ping          int64
	pong          int64
	maskKey       func() uint32
}

// NewConfig returns the Config for a role and limits; nil limits are the
// defaults.
func NewConfig(role Role, limits *Limits) *Config {
	var l Limits
	if limits != nil {
		l = *limits
	}
	c := &Config{
		role:         role,
		maxFragments: uint32(orDefault(int64(l.MaxFragments), DefaultMaxFragments, math.MaxUint32)),
		maxControls:  uint32(orDefault(int64(l.MaxControlRate), DefaultMaxControlRate, math.MaxUint32)),
		assembly:     wait(l.AssemblyTimeout, DefaultAssemblyTimeout, 0),
		close:        wait(l.CloseTimeout, DefaultCloseTimeout, DefaultCloseTimeout),
		ping:         wait(l.PingInterval, DefaultPingInterval, 0),
		pong:         wait(l.PongTimeout, DefaultPongTimeout, DefaultPongTimeout),
		maskKey:      mask.NewKey,
	}
	c.setMaxMessage(l.MaxMessage)
	return c
}

// WithMaxMessage returns a Config that differs from c in Limits.MaxMessage. A
// connection may change from one to the other between two calls of Feed.
func (c *Config) WithMaxMessage(n int64) *Config {
	d := *c
	d.setMaxMessage(n)
	return &d
}

func (c *Config) setMaxMessage(n int64) {
	c.maxMessage = uint64(orDefault(n, DefaultMaxMessage, math.MaxInt64))
	c.maxInflated = c.maxMessage
	if n < 0 {
		c.maxInflated = MaxInflated
	}
	// DEFLATE's stored blocks are larger than their text (RFC 1951 3.2.4).
	c.maxCompressed = c.maxInflated + c.maxInflated/64 + 1024
}

// fragmentSlack is how much longer a compressed message may be for each frame:
// what ends a block, and what begins one.
const fragmentSlack = 16

// Role returns the side that the Config is for.
func (c *Config) Role() Role { return c.role }

// Limits returns the limits in force; unlimited and "no deadline" are -1.
func (c *Config) Limits() Limits {
	off := func(v, unlimited int64) int64 {
		if v == unlimited {
			return -1
		}
		return v
	}
	return Limits{
		MaxMessage:      off(int64(c.maxMessage), math.MaxInt64),
		MaxFragments:    int(off(int64(c.maxFragments), math.MaxUint32)),
		MaxControlRate:  int(off(int64(c.maxControls), math.MaxUint32)),
		AssemblyTimeout: time.Duration(off(c.assembly, 0)),
		CloseTimeout:    time.Duration(c.close),
		PingInterval:    time.Duration(off(c.ping, 0)),
		PongTimeout:     time.Duration(c.pong),
	}
}

// wait resolves a time limit. 146 years are enough, and leave room for the now
// that is added to them.
func wait(v, def, off time.Duration) int64 {
	return min(orDefault(int64(v), int64(def), int64(off)), 1<<62)
}

// orDefault resolves one limit: zero is def, negative is off. Values above a
// 32-bit off are cut to it by the caller's type, so they are capped here.
func orDefault(v, def, off int64) int64 {
	switch {
	case v == 0:
		return def
	case v < 0:
		return off
	case off == math.MaxUint32 && v > off:
		return off
	}
	return v
}
