package websocket

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/duplexws/duplex/protocol"
)

// Group is a set of connections that messages are broadcast to and that are
// closed together. A connection leaves its group when it ends. The zero value
// is an empty group. All methods may be called concurrently.
type Group struct {
	mu      sync.RWMutex
	members map[*Conn]struct{}
	closed  bool
	empty   chan struct{} // closed when the last member of a closed group has left
}

// Add adds c and reports whether it is a member: it is not if it has ended, or
// if the group is being drained; then it should be closed with 1001.
func (g *Group) Add(c *Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if g.closed || c.flags.has(hasEnded) {
		return false
	}
	if g.members == nil {
		g.members = make(map[*Conn]struct{})
	}
	if _, in := g.members[c]; !in {
		g.members[c] = struct{}{}
		c.join(g)
	}
	return true
}

// Remove removes c, if it is a member.
func (g *Group) Remove(c *Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, in := g.members[c]; !in {
		return
	}
	delete(g.members, c)
	c.mu.Lock()
	c.leave(g)
	c.mu.Unlock()
	if g.closed && len(g.members) == 0 && g.empty != nil {
		close(g.empty)
		g.empty = nil
	}
}

// join notes that c is in g. Most connections are in one group at most, which
// costs them no extra. Called with mu held, as are leave and groups.
func (c *Conn) join(g *Group) {
	if c.group == nil {
		c.group = g
		return
	}
	x := c.more()
	x.groups = append(x.groups, g)
}

func (c *Conn) leave(g *Group) {
	if c.group == g {
		c.group = nil
	} else if x := c.ext.Load(); x != nil {
		x.groups = slices.DeleteFunc(x.groups, func(other *Group) bool { return other == g })
	}
}

// groups returns the groups that c is in.
func (c *Conn) groups() (all []*Group) {
	if c.group != nil {
		all = append(all, c.group)
	}
	if x := c.ext.Load(); x != nil {
		all = append(all, x.groups...)
	}
	return all
}

// Len returns the number of members.
func (g *Group) Len() int {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return len(g.members)
}

// Members returns the members.
func (g *Group) Members() []*Conn {
	g.mu.RLock()
	defer g.mu.RUnlock()
	conns := make([]*Conn, 0, len(g.members))
	for c := range g.members {
		conns = append(conns, c)
	}
	return conns
}

// Broadcast hands p to every member but except, which may be nil, through its
// Send queue, and returns how many took it. It waits for nobody: a member whose
// queue is full is treated by its policy, and where that is Block the message
// is dropped.
func (g *Group) Broadcast(p *Prepared, except *Conn) (taken int) {
	for _, c := range g.Members() {
		if c != except && c.SendPrepared(noWait, p) == nil {
			taken++
		}
	}
	return taken
}

// noWait is a context that has ended: what would have to wait is refused.
var noWait = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// Drain closes all members with code and reason, perSecond of them a second so
// that they do not all come back at once (0: all at once), and refuses new
// ones. It returns when all have ended, or closes the rest at once and returns
// the cause when ctx ends.
//
// Errors: protocol.ErrCloseCode and protocol.ErrCloseReason, behind which the
// group is as before; the cause of ctx.
func (g *Group) Drain(ctx context.Context, code StatusCode, reason string, perSecond int) error {
	if err := protocol.CheckClose(code, reason); err != nil {
		return err
	}
	members, empty := g.close()
	var pace *time.Ticker
	if perSecond > 0 {
		pace = time.NewTicker(max(time.Second/time.Duration(perSecond), 1))
		defer pace.Stop()
	}
	for i, c := range members {
		if pace != nil && i > 0 {
			select {
			case <-pace.C:
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			break
		}
		go c.Close(ctx, code, reason)
	}
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
	}
	for _, c := range g.Members() {
		c.CloseNow()
	}
	return context.Cause(ctx)
}

// close refuses new members, and returns the present ones and what is closed
// when they have left.
func (g *Group) close() ([]*Conn, <-chan struct{}) {
	g.mu.Lock()
	g.closed = true
	if g.empty == nil {
		g.empty = make(chan struct{})
	}
	empty := g.empty
	if len(g.members) == 0 {
		close(g.empty)
		g.empty = nil
	}
	g.mu.Unlock()
	return g.Members(), empty
}
