package poll

import (
	"errors"
	"net"
	"time"
)

// Handle names a transport or a listener of a [Network].
type Handle int32

// Token is what the owner of a [Poller] calls a transport or a listener.
type Token uint64

// Ready says what a transport is ready for, a set of bits.
type Ready uint8

const (
	// Readable: there is input, or a connection to accept.
	Readable Ready = 1 << iota
	// Writable: there is room for output again.
	Writable
	// Ended: the peer has ended its half, or the transport is broken. Input in
	// front of that can still be read.
	Ended
)

// Event is an announcement.
type Event struct {
	Token Token
	Ready Ready
}

// ErrAgain says that a call would have had to wait: there is no input, no room
// for output, or nothing to accept.
var ErrAgain = errors.New("poll: not ready")

// Network makes the pollers and listeners of one kind. Its methods may be called
// concurrently.
type Network interface {
	// NewPoller returns a poller, which has to be closed.
	NewPoller() (Poller, error)
	// Listen opens a listener as [net.Listen] does, which every poller of this
	// network may watch. With reusePort, other listeners may share the port.
	Listen(network, address string, reusePort bool) (Handle, net.Addr, error)
	// CloseListener closes a listener that no poller watches any more.
	CloseListener(Handle) error
	// Attach makes a transport of nc, which it takes over, also if it fails. Its
	// error is errors.ErrUnsupported if nc is of a kind that it cannot drive.
	Attach(nc net.Conn) (Handle, error)
}

// Poller is the way of one event loop to its transports. Nothing but Wait
// waits. In the errors of Read, Write and Accept, ErrAgain and io.EOF stand for
// themselves; anything else is the network's.
type Poller interface {
	// Now returns the reading of a monotonic clock in nanoseconds, never 0.
	Now() int64
	// Wait stores what was announced in events and returns how many there are.
	// While there are none it waits, but no longer than timeout, nor beyond a
	// Wake. With a negative timeout nothing else ends the wait; with 0 it only
	// looks, which costs less: under load a loop does that first.
	Wait(events []Event, timeout time.Duration) int
	// Wake makes a Wait return that is under way or will be the next. It may be
	// called by any goroutine, and behind Close does nothing.
	Wake()
	// Park lets everything else in the process run that can, and returns. A
	// loop that never waits calls it now and then; Wait alone is not enough
	// where threads share one processor.
	Park()
	// Close ends the poller. Its transports have to be closed by then.
	Close() error

	// Watch makes a listener's connections be announced.
	Watch(listener Handle, t Token) error
	// Unwatch is the opposite.
	Unwatch(listener Handle) error
	// Accept returns the next connection, which has to be added or closed. It
	// may be handed to another poller of the network.
	Accept(listener Handle) (Handle, error)

	// Add makes the readiness of a transport be announced. What it is ready for
	// at the time is announced too, and may be twice.
	Add(h Handle, t Token) error
	// WatchWrite says whether room for output is announced.
	WatchWrite(h Handle, t Token, on bool) error
	// Read reads to p, which is not empty. Behind everything that the peer sent,
	// its error is io.EOF.
	Read(h Handle, p []byte) (int, error)
	// Write writes as much of p as there is room for; what comes short of p is
	// no error unless it is nothing.
	Write(h Handle, p []byte) (int, error)
	// Writev is Write for the pieces of bufs in turn, of which there is at least
	// one and none is empty. It may write fewer than all even with room: at most
	// MaxVec in one call.
	Writev(h Handle, bufs [][]byte) (int, error)
	// CloseWrite ends our half: the peer reads what was written, and then the end.
	CloseWrite(h Handle) error
	// CloseHandle closes a transport, added or not. What has not been read is
	// lost, and may cost the peer what was written last.
	CloseHandle(h Handle) error
	// Detach makes a net.Conn of a transport, added or not, behind what has been
	// read of it and if nothing was written to it. The handle is closed, also if
	// it fails.
	Detach(h Handle) (net.Conn, error)
	// RemoteAddr returns the address of the peer, or nil.
	RemoteAddr(h Handle) net.Addr
}

// MaxVec is the most pieces that one Writev takes.
const MaxVec = 128
