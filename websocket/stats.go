package websocket

import (
	"sync/atomic"
	"time"
)

// Stats are the figures of one connection.
type Stats struct {
	MessagesIn  uint64        // messages handed to the application
	MessagesOut uint64        // messages handed to the transport, or left to the next reply
	BytesIn     uint64        // octets received behind the opening handshake
	BytesOut    uint64        // octets sent behind the opening handshake
	RoundTrip   time.Duration // of the last Ping that was answered, 0 if none
	Queued      int           // octets in the Send queue
}

// Stats returns the connection's figures.
func (c *Conn) Stats() Stats {
	s := Stats{
		MessagesIn:  c.counts.messagesIn.load(),
		MessagesOut: c.counts.messagesOut.load(),
		BytesIn:     c.counts.bytesIn.load(),
		BytesOut:    c.counts.bytesOut.load(),
		Queued:      c.queuedBytes(),
	}
	if x := c.ext.Load(); x != nil {
		s.RoundTrip = time.Duration(x.roundTrip.load())
	}
	return s
}

// counters are written each by the holder of one lock, and read by anyone.
type counters struct {
	messagesIn, messagesOut counter
	bytesIn, bytesOut       counter
}

type counter struct{ n atomic.Uint64 }

func (c *counter) add(n uint64)   { c.n.Add(n) }
func (c *counter) store(n uint64) { c.n.Store(n) }
func (c *counter) load() uint64   { return c.n.Load() }
