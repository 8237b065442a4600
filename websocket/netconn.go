package websocket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// NetConn returns a view of c as a stream of octets, for protocols that want a
// net.Conn. c should not be used otherwise meanwhile.
//
// Read reads across messages of the type typ; one of the other type closes the
// connection with 1003. It returns io.EOF when the peer has closed with 1000 or
// 1001 or without a code. Write writes one message per call; with Text each has
// to be UTF-8 for itself. Close does the closing handshake with 1000, which
// Options.CloseTimeout bounds.
//
// A deadline ends calls and leaves the connection good: it may be moved, and the
// calls repeated. A Write whose deadline passes while part of the message is out
// returns len(p) and a [*PartialWriteError], which is a net.Error that says
// Timeout: the rest follows by itself. All methods may be called concurrently.
func NetConn(c *Conn, typ MessageType) net.Conn {
	n := &netConn{c: c, typ: typ}
	n.reads.renew()
	n.writes.renew()
	return n
}

type netConn struct {
	c             *Conn
	typ           MessageType
	reads, writes deadline

	readLock lock // guards what follows
	message  *messageReader
	readErr  error
}

func (n *netConn) Read(p []byte) (int, error) {
	ctx := n.reads.context()
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	if err := n.readLock.Lock(ctx, nil); err != nil {
		return 0, err
	}
	defer n.readLock.Unlock()
	for n.readErr == nil {
		if n.message == nil {
			if err := n.nextMessage(ctx); err != nil {
				return 0, n.readFailed(ctx, err)
			}
		}
		got, err := n.message.read(ctx, p)
		if err == nil {
			return got, nil
		}
		if err != io.EOF {
			return 0, n.readFailed(ctx, err)
		}
		n.message = nil
	}
	return 0, n.readErr
}

func (n *netConn) nextMessage(ctx context.Context) error {
	typ, r, err := n.c.nextReader(ctx)
	if err != nil {
		return err
	}
	if typ == n.typ&^Uncompressed {
		n.message = r
		return nil
	}
	n.readErr = fmt.Errorf("websocket: %v message received where %v is expected", typ, n.typ)
	n.c.Close(ctx, StatusUnsupportedData, "wrong type of message")
	return n.readErr
}

// readFailed says what a net.Conn says about err, which lasts if it is not ctx's.
func (n *netConn) readFailed(ctx context.Context, err error) error {
	switch {
	case n.readErr != nil:
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case unlessClean(err) == nil:
		n.readErr = io.EOF
	default:
		n.readErr = asNetError(err)
	}
	return n.readErr
}

func (n *netConn) Write(p []byte) (int, error) {
	ctx := n.writes.context()
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	switch err := n.c.Write(ctx, n.typ, p); err.(type) {
	case nil:
		return len(p), nil
	case *PartialWriteError:
		return len(p), err
	default:
		return 0, asNetError(err)
	}
}

func asNetError(err error) error {
	if errors.Is(err, ErrClosed) {
		return net.ErrClosed
	}
	return err
}

// Close ends blocked calls at once, and then closes.
func (n *netConn) Close() error {
	n.reads.end()
	n.writes.end()
	ctx, cancel := context.WithTimeoutCause(context.Background(), n.c.set.cfg.Limits().CloseTimeout, ErrCloseTimeout)
	defer cancel()
	return asNetError(n.c.Close(ctx, StatusNormalClosure, ""))
}

func (n *netConn) LocalAddr() net.Addr  { return n.c.LocalAddr() }
func (n *netConn) RemoteAddr() net.Addr { return n.c.RemoteAddr() }

func (n *netConn) SetReadDeadline(t time.Time) error  { return n.reads.set(t) }
func (n *netConn) SetWriteDeadline(t time.Time) error { return n.writes.set(t) }

func (n *netConn) SetDeadline(t time.Time) error {
	return errors.Join(n.reads.set(t), n.writes.set(t))
}

// deadline turns a deadline that may be moved into contexts.
type deadline struct {
	mu     sync.Mutex
	ctx    context.Context // ends with the deadline
	cancel context.CancelCauseFunc
	timer  *time.Timer // nil without a deadline in the future
	ended  bool
}

// context returns a context for one call.
func (d *deadline) context() context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ctx
}

func (d *deadline) renew() {
	d.ctx, d.cancel = context.WithCancelCause(context.Background())
}

func (d *deadline) set(t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ended {
		return net.ErrClosed
	}
	if d.timer != nil && !d.timer.Stop() {
		<-d.ctx.Done() // or the old deadline would end the new context
	}
	d.timer = nil
	if d.ctx.Err() != nil {
		d.renew()
	}
	if t.IsZero() {
		return nil
	}
	cancel := d.cancel
	if left := time.Until(t); left > 0 {
		d.timer = time.AfterFunc(left, func() { cancel(os.ErrDeadlineExceeded) })
	} else {
		cancel(os.ErrDeadlineExceeded)
	}
	return nil
}

// end ends the context for good.
func (d *deadline) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ended = true
	if d.timer != nil {
		d.timer.Stop()
	}
	if errors.Is(context.Cause(d.ctx), os.ErrDeadlineExceeded) {
		d.renew()
	}
	d.cancel(net.ErrClosed)
}
