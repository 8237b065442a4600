package websocket

import (
	"runtime/debug"
	"time"
)

// Hooks are functions that are told of what happens, for metrics and tracing.
// They are called where it happens, from any goroutine, so they must be quick
// and must not call the Conn, but for its Stats. Any of them may be nil. One
// that panics costs its connection, no other.
type Hooks struct {
	// Opened: the opening handshake is done.
	Opened func(c *Conn)
	// Refused: a server refused an opening handshake. label is one of a small
	// fixed set, fit to be the label of a metric.
	Refused func(label string, err error)
	// Closed: the connection has ended, once for each Opened. err is nil after
	// a closing handshake with 1000 or 1001, or without a code.
	Closed func(c *Conn, err error)
	// Pinged: a Ping arrived, which the Conn answers by itself.
	Pinged func(c *Conn)
	// RoundTrip: the answer to a Ping of ours arrived.
	RoundTrip func(c *Conn, rtt time.Duration)
	// Panicked: a handler or a hook panicked; the connection was closed.
	Panicked func(c *Conn, v any, stack []byte)
	// Dropped: a Send queue was full and its policy dropped a message.
	Dropped func(c *Conn, p Policy)
}

func (c *Conn) opened() {
	if f := c.set.hooks.Opened; f != nil {
		defer c.hookPanicked()
		f(c)
	}
}

func (c *Conn) closed(err error) {
	if f := c.set.hooks.Closed; f != nil {
		defer c.hookPanicked()
		f(c, unlessClean(err))
	}
}

func (c *Conn) pinged() {
	if f := c.set.hooks.Pinged; f != nil {
		defer c.hookPanicked()
		f(c)
	}
}

func (c *Conn) roundTrip(rtt time.Duration) {
	c.more().roundTrip.store(uint64(rtt))
	if f := c.set.hooks.RoundTrip; f != nil {
		defer c.hookPanicked()
		f(c, rtt)
	}
}

func (c *Conn) dropped(n int) {
	if f := c.set.hooks.Dropped; f != nil {
		defer c.hookPanicked()
		for range n {
			f(c, c.set.queue.Policy)
		}
	}
}

// hookPanicked is deferred around hooks: some run on goroutines of ours, where
// a panic would end the process.
func (c *Conn) hookPanicked() {
	if v := recover(); v != nil {
		c.panicked(v)
		c.end(errPanicked)
	}
}

// panicked reports a panic of the application's code.
func (c *Conn) panicked(v any) {
	stack := debug.Stack()
	c.set.log.Error("websocket: panic in the application's code", "panic", v, "stack", string(stack))
	if f := c.set.hooks.Panicked; f != nil {
		defer func() {
			if v := recover(); v != nil {
				c.set.log.Error("websocket: panic in Hooks.Panicked", "panic", v)
			}
		}()
		f(c, v, stack)
	}
}
