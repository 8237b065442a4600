package wstest

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
)

// A Listener is a [net.Listener] within the process: what [Listener.Dial]
// connects, Accept accepts, over a [Pipe]. It is what an http.Server serves and
// where a client's NetDial leads, whatever its URL says:
//
//	l := wstest.Listen()
//	go server.Serve(l)
//	c, err := websocket.Dial(ctx, "ws://example.com/chat", &websocket.DialOptions{NetDial: l.Dial})
//
// Its methods may be called concurrently. Make one with [Listen], in the
// synctest bubble in which it is to be used.
type Listener struct {
	conns  chan net.Conn
	dialed atomic.Uint64
	done   chan struct{}
	closed sync.Once
}

// backlog is how many connections wait to be accepted before Dial waits too.
const backlog = 128

// Listen returns a Listener, to be closed in the end.
func Listen() *Listener {
	return &Listener{conns: make(chan net.Conn, backlog), done: make(chan struct{})}
}

// Dial connects to the listener, and fits DialOptions.NetDial; it takes no
// notice of network and address. It waits only while 128 connections wait to be
// accepted. Errors: the cause of ctx, and syscall.ECONNREFUSED once the listener
// is closed.
func (l *Listener) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	theirs, ours := newPipe(serverAddr, clientAddr(l.dialed.Add(1)))
	failed := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "memory", Addr: serverAddr, Err: err}
	}
	if ctx.Err() != nil {
		return failed(context.Cause(ctx))
	}
	select {
	case <-l.done:
		return failed(errRefused)
	default:
	}
	select {
	case l.conns <- theirs:
	case <-l.done:
		return failed(errRefused)
	case <-ctx.Done():
		return failed(context.Cause(ctx))
	}
	select {
	case <-l.done:
		l.drop() // it may have come too late for Close
	default:
	}
	return ours, nil
}

// Accept waits for a connection. Once the listener is closed it fails with
// net.ErrClosed.
func (l *Listener) Accept() (net.Conn, error) { return l.accept(context.Background()) }

func (l *Listener) accept(ctx context.Context) (net.Conn, error) {
	err := net.ErrClosed
	select {
	case <-l.done:
	default:
		select {
		case nc := <-l.conns:
			return nc, nil
		case <-l.done:
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	}
	return nil, &net.OpError{Op: "accept", Net: "memory", Addr: serverAddr, Err: err}
}

// Close ends the listener, and the connections that wait to be accepted.
func (l *Listener) Close() error {
	l.closed.Do(func() { close(l.done) })
	l.drop()
	return nil
}

func (l *Listener) drop() {
	for {
		select {
		case nc := <-l.conns:
			nc.Close()
		default:
			return
		}
	}
}

// Addr returns the address of the listener, which is one for documentation.
func (l *Listener) Addr() net.Addr { return serverAddr }
