package websocket

import (
	"context"
	"time"
)

// connContext is the context that a handler gets: it ends with its connection,
// and has the values of Conn.base. It is a Conn seen from another side, so that
// it costs an idle connection nothing; what package context needs to build on
// it is made when it is asked for.
type connContext Conn

// owns reports whether ctx is the handler's own context, whose end wakes those
// who wait anyway.
func (c *Conn) owns(ctx context.Context) bool {
	own, ok := ctx.(*connContext)
	return ok && (*Conn)(own) == c
}

// real returns a context of package context's that stands for x.
func (x *connContext) real() context.Context {
	c := (*Conn)(x)
	e := c.more()
	c.mu.Lock()
	have := e.ctx
	c.mu.Unlock()
	if have != nil {
		return have
	}
	ctx, cancel := context.WithCancelCause(c.base) // calls what base is made of, so without mu
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.ctx != nil {
		cancel(nil)
		return e.ctx
	}
	e.ctx, e.cancel = ctx, cancel
	if c.flags.has(hasEnded) {
		cancel(c.endErr)
	}
	return ctx
}

func (x *connContext) Deadline() (deadline time.Time, ok bool) { return }

func (x *connContext) Done() <-chan struct{} { return x.real().Done() }

func (x *connContext) Err() error {
	c := (*Conn)(x)
	if !c.flags.has(hasEnded) {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.ext.Load(); e != nil && e.ctx != nil {
		return e.ctx.Err() // Done and Err go together
	}
	return context.Canceled
}

func (x *connContext) Value(key any) any {
	// Package context asks for its own contexts under a key of this type.
	if _, ok := key.(*int); ok {
		return x.real().Value(key)
	}
	return (*Conn)(x).base.Value(key)
}

func (x *connContext) String() string { return "websocket.Handler's context" }
