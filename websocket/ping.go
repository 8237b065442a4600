package websocket

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"github.com/duplexws/duplex/protocol"
)

var errStashFull = errors.New("websocket: a reader has to read first")

// pings are the Pings that callers of Ping wait for.
type pings struct {
	last    uint64
	waiting []*pingWait
}

type pingWait struct {
	payload [8]byte
	sent    int64
	rtt     time.Duration
	err     error
	done    chan struct{} // closed when rtt or err is set
}

func (w *pingWait) answered() bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

// Ping sends a Ping and returns how long the Pong took. If nobody reads it
// reads for itself: messages that arrive meanwhile are kept for the next Read,
// until they are more than Options.MaxMessage. It does not while a message of
// [Conn.NextReader] is unfinished.
//
// Errors: the cause of ctx; why the connection has ended.
func (c *Conn) Ping(ctx context.Context) (time.Duration, error) {
	w, err := c.sendPing(ctx)
	if err != nil {
		return 0, err
	}
	defer c.forgetPing(w)
	for !w.answered() {
		if err := c.readLock.Lock(ctx, w.done); err == errGivenUp {
			break
		} else if err != nil {
			return 0, err
		}
		err := c.readForPing(ctx, w)
		c.unlockRead()
		if err == errStashFull {
			select {
			case <-w.done:
			case <-ctx.Done():
				return 0, context.Cause(ctx)
			}
		} else if err != nil && err != errYield {
			return 0, err
		}
	}
	return w.rtt, w.err
}

// readForPing reads until w is answered or a reader wants to read, and keeps
// the messages for it. Called with the read lock held.
func (c *Conn) readForPing(ctx context.Context, w *pingWait) error {
	c.flags.set(isBorrowed)
	defer c.flags.clear(isBorrowed)
	var ev protocol.Event
	for !w.answered() {
		if c.more().reader != nil || c.more().stashSize > c.stashLimit() {
			return errStashFull
		}
		if err := c.nextUnless(ctx, &ev, w); err != nil {
			return err
		}
		if ev.Kind != protocol.Data {
			continue
		}
		p, whole, err := c.addOwn(&ev)
		if err != nil {
			return err
		}
		if whole {
			x := c.more()
			x.stash = append(x.stash, stashed{ev.Opcode, p})
			x.stashSize += stashCost(p)
		}
	}
	return nil
}

// addOwn adds a chunk to a message that is to be the caller's own.
func (c *Conn) addOwn(ev *protocol.Event) (p []byte, whole bool, err error) {
	if ev.Compressed {
		p, err = c.inflate(ev, nil)
		return p, err == nil, err
	}
	c.rd.asm.Own()
	p, whole = c.rd.asm.Add(&c.in, ev)
	return p, whole, nil
}

// stashed is a message that was received on behalf of a later Read.
type stashed struct {
	typ  MessageType
	data []byte
}

// stashCost counts a message, empty ones too.
func stashCost(data []byte) int64 { return int64(len(data)) + 64 }

func (c *Conn) stashLimit() int64 {
	if limit := c.receiving().Limits().MaxMessage; limit >= 0 {
		return limit
	}
	return protocol.DefaultMaxMessage
}

// unstash returns the first message that is kept.
func (c *Conn) unstash(buf []byte, into bool) (MessageType, []byte, error) {
	x := c.more()
	m := x.stash[0]
	x.stash[0] = stashed{}
	if x.stash = x.stash[1:]; len(x.stash) == 0 {
		x.stash = nil
	}
	x.stashSize -= stashCost(m.data)
	if into {
		m.data = append(buf[:0], m.data...)
	}
	c.counts.messagesIn.add(1)
	return m.typ, m.data, nil
}

func (c *Conn) sendPing(ctx context.Context) (*pingWait, error) {
	w := &pingWait{done: make(chan struct{})}
	if err := c.lockWrite(ctx); err != nil {
		return nil, err
	}
	defer c.unlockWrite()
	if c.flags.has(hasEnded) {
		return nil, c.Err()
	}
	w.sent = c.set.clock.Now()
	c.mu.Lock()
	if c.more().pings == nil {
		c.more().pings = new(pings)
	}
	c.more().pings.last++
	binary.BigEndian.PutUint64(w.payload[:], c.more().pings.last)
	c.more().pings.waiting = append(c.more().pings.waiting, w)
	c.mu.Unlock()
	c.needBuffer()
	start := len(c.wb)
	wb, err := c.out.AppendPing(c.set.cfg, c.wb, w.payload[:])
	if err == nil {
		c.wb = wb
		err = c.flush(ctx, nil, start)
	}
	if err != nil {
		c.forgetPing(w)
		return nil, c.refused(err)
	}
	return w, nil
}

// ponged finds the Ping that a Pong answers. One that answers none is ignored
// unless it ends the wait of an older one: a peer may answer only the newest.
func (c *Conn) ponged(payload []byte) {
	answered := c.takePings(payload)
	if len(answered) == 0 {
		return
	}
	now := c.set.clock.Now()
	for _, w := range answered {
		w.rtt = time.Duration(now - w.sent)
	}
	c.roundTrip(answered[len(answered)-1].rtt)
	for _, w := range answered {
		close(w.done)
	}
}

// takePings removes the Pings up to the one with this payload from those that
// wait, and returns them.
func (c *Conn) takePings(payload []byte) []*pingWait {
	c.mu.Lock()
	defer c.mu.Unlock()
	x := c.ext.Load()
	if x == nil || x.pings == nil {
		return nil
	}
	all := x.pings.waiting
	at := slices.IndexFunc(all, func(w *pingWait) bool { return string(w.payload[:]) == string(payload) })
	answered := slices.Clone(all[:at+1])
	x.pings.waiting = slices.Delete(all, 0, at+1)
	return answered
}

func (c *Conn) forgetPing(w *pingWait) {
	c.mu.Lock()
	if i := slices.Index(c.more().pings.waiting, w); i >= 0 {
		c.more().pings.waiting = slices.Delete(c.more().pings.waiting, i, i+1)
	}
	c.mu.Unlock()
}

// endPings fails the Pings under way when the connection has ended.
func (c *Conn) endPings() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if x := c.ext.Load(); x == nil || x.pings == nil {
		return
	}
	for _, w := range c.more().pings.waiting {
		w.err = c.endErr
		close(w.done)
	}
	c.more().pings.waiting = nil
}
