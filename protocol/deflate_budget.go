package protocol

import "sync/atomic"

// DeflateBudget bounds the memory that connections together spend on what
// sending remembers. When it is used up, a connection sends by a lower tier
// instead, [DeflateStateless] at the last, and takes the higher one as soon as
// there is room again. It is safe for concurrent use.
type DeflateBudget struct {
	limit int64
	used  atomic.Int64
	tiers [DeflateTakeover + 1]atomic.Int64 // changes in connections by tier
	short atomic.Uint64                     // requests that found no room
}

// DefaultDeflateBudget is shared by all connections with no budget of their
// own: 64 MiB, enough for the history of 16,000.
var DefaultDeflateBudget = NewDeflateBudget(64 << 20)

// NewDeflateBudget returns a budget of so many octets. With 0 or less, all
// sending is stateless.
func NewDeflateBudget(octets int64) *DeflateBudget {
	return &DeflateBudget{limit: max(octets, 0)}
}

// DeflateStats is the state of a [DeflateBudget]. Connections count from the
// first message that they compress.
type DeflateStats struct {
	Limit    int64  // octets that may be used
	Used     int64  // octets that are
	Takeover int64  // connections that send by DeflateTakeover
	History  int64  // connections that send by DeflateHistory
	Refused  uint64 // requests that found no room; one message may make two
}

// Stats returns the state at about the time of the call.
func (b *DeflateBudget) Stats() DeflateStats {
	return DeflateStats{
		Limit:    b.limit,
		Used:     b.used.Load(),
		Takeover: b.tiers[DeflateTakeover].Load(),
		History:  b.tiers[DeflateHistory].Load(),
		Refused:  b.short.Load(),
	}
}

// change moves a connection from one tier, that costs so many octets, to
// another, and reports whether there was room. Less always has room.
func (b *DeflateBudget) change(from, to deflateCharge) bool {
	more := int64(to.octets - from.octets)
	for {
		used := b.used.Load()
		if more > 0 && used+more > b.limit {
			b.short.Add(1)
			return false
		}
		if b.used.CompareAndSwap(used, used+more) {
			break
		}
	}
	b.tiers[from.tier].Add(-1)
	b.tiers[to.tier].Add(1)
	return true
}

// deflateCharge is what a connection is charged: the octets that its tier
// remembers at most.
type deflateCharge struct {
	tier   DeflateTier
	octets int
}

// stateless is the charge of a connection that remembers nothing.
var stateless = deflateCharge{tier: DeflateStateless}
