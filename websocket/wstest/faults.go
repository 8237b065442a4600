package wstest

import (
	"errors"
	"net"
	"time"
)

// Faults are what a [FaultConn] does to what passes through it. The zero value
// does nothing.
type Faults struct {
	Read  Fault // what it does to reads
	Write Fault // what it does to writes
}

// A Fault is what happens to one direction. The zero value is none, and its
// fields can be combined.
type Fault struct {
	// Chunk is the most octets that pass at a time: a Read returns no more, a
	// Write passes its octets on in pieces. 0: any number.
	Chunk int
	// Delay is how long what was read is held back, and how long each piece
	// of a Write is.
	Delay time.Duration
	// Rate bounds the octets that pass in a second, in pieces of a tenth of
	// it. 0: no bound.
	Rate int

	// Err, if not nil, is what fails once After octets have passed.
	Err error
	// Stall holds up what comes once After octets have passed, without an
	// error, as a peer does that is gone without a word.
	Stall bool
	// After counts the octets that pass before Err or Stall.
	After int64
}

// piece returns how many of n octets may pass at a time, once passed have.
func (f *Fault) piece(n int, passed int64) int {
	if f.Chunk > 0 {
		n = min(n, f.Chunk)
	}
	if f.Rate > 0 {
		n = min(n, max(1, f.Rate/10))
	}
	if left := f.After - passed; left > 0 && (f.Err != nil || f.Stall) {
		n = int(min(int64(n), left))
	}
	return n
}

// cost returns how long n octets are held back.
func (f *Fault) cost(n int) time.Duration {
	if n == 0 {
		return 0
	}
	d := f.Delay
	if f.Rate > 0 {
		d += time.Duration(n) * time.Second / time.Duration(f.Rate)
	}
	return d
}

// A FaultConn is a connection that behaves badly: what passes through it is cut
// small, late, slow, held up for ever or fails. Faults that take time wait on
// timers, so that they run by the clock of a synctest bubble; deadlines and
// Close interrupt them. Its methods may be called concurrently.
//
// Stalled octets are not lost: they stay where they are, and a Write waits. Only
// a Read under way may have taken some; they come first when the stall is over.
// Close and CloseWrite reach the other end even so.
type FaultConn struct {
	nc            net.Conn
	reads, writes lane

	// What has been received and is held back, in the hands of who reads.
	held    []byte
	heldErr error
	since   time.Time
}

// Inject returns nc with faults. Only the FaultConn may be used from now on.
func Inject(nc net.Conn, f Faults) *FaultConn {
	c := &FaultConn{nc: nc}
	c.reads.init()
	c.writes.init()
	c.Set(f)
	return c
}

// Set replaces the faults, also for calls under way. After counts from here.
func (c *FaultConn) Set(f Faults) {
	c.reads.set(f.Read)
	c.writes.set(f.Write)
}

// Reset ends the connection as a peer does that crashes and comes back: whatever
// is done here fails with [ErrReset]. So it does at the other end of a [Pipe]; TCP
// is reset by its own means, and another transport is closed.
func (c *FaultConn) Reset() {
	c.reads.end(ErrReset)
	c.writes.end(ErrReset)
	switch nc := c.nc.(type) {
	case *pipeConn:
		nc.abort()
	case interface{ SetLinger(int) error }:
		nc.SetLinger(0)
	}
	c.nc.Close()
}

// Read reads what the faults let pass.
func (c *FaultConn) Read(p []byte) (int, error) {
	l := &c.reads
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.enter(); err != nil {
		return 0, err
	}
	defer l.leave()
	if len(p) == 0 {
		return 0, nil
	}
	if len(c.held) == 0 && c.heldErr == nil {
		if err := c.receive(len(p)); err != nil {
			return 0, err
		}
	}
	if err := l.pass(len(c.held), c.since); err != nil {
		return 0, err
	}
	n := copy(p, c.held)
	l.passed += int64(n)
	c.held = c.held[n:]
	if n == 0 {
		err := c.heldErr
		c.heldErr = nil
		return 0, err
	}
	return n, nil
}

// receive reads at most n octets, to hold them. Called with the lock held and by
// one at a time.
func (c *FaultConn) receive(n int) error {
	l := &c.reads
	if err := l.pass(0, time.Time{}); err != nil { // a stall keeps what is to come where it is
		return err
	}
	p := make([]byte, l.fault.piece(n, l.passed))
	l.mu.Unlock()
	n, err := c.nc.Read(p)
	l.mu.Lock()
	if n == 0 && isTimeout(err) {
		return err // of a deadline, which no fault holds up
	}
	c.held, c.heldErr, c.since = p[:n], err, time.Now()
	return nil
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

// Write writes what the faults let pass.
func (c *FaultConn) Write(p []byte) (n int, err error) {
	l := &c.writes
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.enter(); err != nil {
		return 0, err
	}
	defer l.leave()
	for n < len(p) {
		m, err := c.writePiece(p[n:])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func (c *FaultConn) writePiece(p []byte) (int, error) {
	l := &c.writes
	if err := l.pass(0, time.Time{}); err != nil {
		return 0, err
	}
	p = p[:l.fault.piece(len(p), l.passed)]
	if err := l.pass(len(p), time.Now()); err != nil {
		return 0, err
	}
	l.mu.Unlock()
	n, err := c.nc.Write(p)
	l.mu.Lock()
	l.passed += int64(n)
	if failed := l.failed(); err != nil && failed != nil {
		err = failed
	}
	return n, err
}

// Close closes the connection.
func (c *FaultConn) Close() error {
	c.reads.end(net.ErrClosed)
	c.writes.end(net.ErrClosed)
	return c.nc.Close()
}

var errNoHalves = errors.New("wstest: the connection ends only as a whole")

// CloseWrite ends what is written, if the connection under this one can.
func (c *FaultConn) CloseWrite() error {
	if half, ok := c.nc.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errNoHalves
}

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (c *FaultConn) SetDeadline(at time.Time) error {
	return errors.Join(c.SetReadDeadline(at), c.SetWriteDeadline(at))
}

// SetReadDeadline sets when reads fail with os.ErrDeadlineExceeded, held up or
// not.
func (c *FaultConn) SetReadDeadline(at time.Time) error {
	c.reads.arm(at)
	return c.nc.SetReadDeadline(at)
}

// SetWriteDeadline sets when writes fail with os.ErrDeadlineExceeded, held up or
// not.
func (c *FaultConn) SetWriteDeadline(at time.Time) error {
	c.writes.arm(at)
	return c.nc.SetWriteDeadline(at)
}

// LocalAddr returns that of the connection under this one.
func (c *FaultConn) LocalAddr() net.Addr { return c.nc.LocalAddr() }

// RemoteAddr returns that of the connection under this one.
func (c *FaultConn) RemoteAddr() net.Addr { return c.nc.RemoteAddr() }
