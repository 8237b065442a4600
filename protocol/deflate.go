package protocol

import (
	"fmt"

	"github.com/duplexws/duplex/internal/deflate"
)

// DeflateName is the extension token of permessage-deflate
// (https://www.rfc-editor.org/rfc/rfc7692#section-7).
const DeflateName = "permessage-deflate"

// DeflateConfig is what an endpoint wants of permessage-deflate. A nil
// *DeflateConfig stands for none: nothing is offered and nothing accepted. The
// zero value compresses with the last 4 KiB as history, both ways. It is safe
// for concurrent use as long as it is not changed.
//
// The length of a compressed message tells an eavesdropper whether it repeats
// something. Where secrets and text of others' choosing share a message, or a
// connection that has a history, they can be guessed by that: do not compress
// there, or use [DeflateStateless] and keep them in different messages.
type DeflateConfig struct {
	// Send is the most that sending may remember from one compressed message to
	// the next. The peer may ask for less, and Budget may.
	Send DeflateTier
	// Receive is the most that receiving remembers. It is settled by the opening
	// handshake and cannot shrink later, so that Budget does not touch it.
	Receive DeflateTier
	// SendWindowBits limits how far back what we send may refer, to 1<<bits
	// octets, 8 to 15; 0 is 15.
	SendWindowBits int
	// ReceiveWindowBits limits likewise what the peer sends. Where a peer cannot
	// be held to it, it is not allowed takeover. 0 is what Receive implies.
	ReceiveWindowBits int
	// Level is that of DEFLATE, 1 (fastest) to 9 (smallest); 0 is 1. It
	// applies to a window of 15 bits; smaller windows have one level.
	Level int
	// Threshold is the number of octets below which a message is sent as it is.
	// 0 is [DefaultDeflateThreshold]; 1 or negative compresses every message
	// that becomes shorter.
	Threshold int
	// Budget bounds the memory that all connections together spend on what
	// sending remembers; nil is [DefaultDeflateBudget].
	Budget *DeflateBudget
}

// DefaultDeflateThreshold is where compressing begins to pay, with a history.
const DefaultDeflateThreshold = 64

// DeflateTier says what one direction remembers of its messages, which is all
// that it costs in memory while the connection is idle: compressors and
// inflaters are pooled.
type DeflateTier uint8

// The tiers.
const (
	// DeflateHistory remembers the last 4 KiB of text: the default, with most of
	// the gain for messages of one kind.
	DeflateHistory DeflateTier = iota
	// DeflateStateless remembers nothing: every message stands for itself.
	DeflateStateless
	// DeflateTakeover remembers the whole window, up to 32 KiB, and spends about
	// 40 us a message on reading it in again. At level 1 messages of less than 256
	// octets look back 8 KiB, and spend little.
	DeflateTakeover
)

func (t DeflateTier) String() string {
	switch t {
	case DeflateHistory:
		return "history"
	case DeflateStateless:
		return "stateless"
	case DeflateTakeover:
		return "takeover"
	}
	return fmt.Sprintf("tier %d", uint8(t))
}

// kept is what a tier remembers at most, in octets.
func (t DeflateTier) kept() int {
	switch t {
	case DeflateTakeover:
		return 1 << deflate.MaxWindowBits
	case DeflateHistory:
		return 1 << historyBits
	}
	return 0
}

// historyBits is the window of the tier DeflateHistory: 4 KiB.
const historyBits = 12

// Validate returns an error that names the first setting out of range.
func (c *DeflateConfig) Validate() error {
	switch {
	case c.Send > DeflateTakeover:
		return fmt.Errorf("websocket: permessage-deflate: Send is unknown: %v", c.Send)
	case c.Receive > DeflateTakeover:
		return fmt.Errorf("websocket: permessage-deflate: Receive is unknown: %v", c.Receive)
	case !isWindowBits(c.SendWindowBits):
		return fmt.Errorf("websocket: permessage-deflate: SendWindowBits must be 8 to 15, or 0: %d", c.SendWindowBits)
	case !isWindowBits(c.ReceiveWindowBits):
		return fmt.Errorf("websocket: permessage-deflate: ReceiveWindowBits must be 8 to 15, or 0: %d", c.ReceiveWindowBits)
	case c.Level < 0 || c.Level > deflate.MaxLevel:
		return fmt.Errorf("websocket: permessage-deflate: Level must be 1 to 9, or 0: %d", c.Level)
	}
	return nil
}

func isWindowBits(n int) bool {
	return n == 0 || deflate.MinWindowBits <= n && n <= deflate.MaxWindowBits
}

// sendBits is our limit on the window of what we send.
func (c *DeflateConfig) sendBits() int { return bitsOr(c.SendWindowBits, deflate.MaxWindowBits) }

// receiveBits is our limit on the window of what we receive with takeover.
func (c *DeflateConfig) receiveBits() int {
	if c.Receive == DeflateHistory {
		return min(historyBits, bitsOr(c.ReceiveWindowBits, deflate.MaxWindowBits))
	}
	return bitsOr(c.ReceiveWindowBits, deflate.MaxWindowBits)
}

func bitsOr(n, absent int) int {
	if n == 0 {
		return absent
	}
	return n
}

// DeflateAgreement is what both endpoints agreed on, as seen from one of them.
type DeflateAgreement struct {
	Send, Receive DeflateDirection
}

// DeflateDirection is what holds for the messages of one direction.
type DeflateDirection struct {
	Takeover   bool // references may reach into earlier compressed messages
	WindowBits int  // how far a reference may reach: 1<<WindowBits octets, 8 to 15
}
