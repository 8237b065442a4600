package websocket

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// stream is the transport under a Conn. One goroutine at a time reads and one
// writes; Wake methods and Close may be called at any time.
type stream interface {
	// Read fills memory that it takes from m with what the transport has, and
	// parks until it has something. A stream that can does not hold memory
	// while it is parked. It returns errWoken after WakeRead, and io.EOF when
	// the peer has ended the transport.
	Read(m memory) (int, error)
	// WakeRead makes a parked Read, or else the next one, return errWoken.
	WakeRead()
	// Write writes head and then tail. Without wait it writes what the
	// transport takes at once and returns errAgain if that is not all. It
	// returns errWoken after WakeWrite. n counts what was written in any case.
	Write(head, tail []byte, wait bool) (n int, err error)
	// WakeWrite makes a waiting Write, or else the next one that waits, return
	// errWoken.
	WakeWrite()
	// Backlog returns how many octets that were written have not reached the
	// peer, as far as that can be known; 0 otherwise.
	Backlog() int
	// CloseWrite ends our half of the transport. It returns an error when it
	// could not, because the transport has no halves or is broken.
	CloseWrite() error
	Close() error
	NetConn() net.Conn
}

// memory is where a stream reads to.
type memory interface {
	take() []byte // called when there may be something to read
	drop()        // there was nothing: the memory is not needed while parked
}

var (
	errWoken   = errors.New("websocket: woken")
	errAgain   = errors.New("websocket: would block")
	errYield   = errors.New("websocket: a reader wants to read")
	errGivenUp = errors.New("websocket: gave up")
	errNoHalf  = errors.New("websocket: the transport ends only as a whole")
)

// newStream chooses the stream for a connection.
func newStream(nc net.Conn) stream {
	if tc, ok := nc.(*tls.Conn); ok {
		return newTLSStream(tc)
	}
	if s := newRawStream(nc); s != nil {
		return s
	}
	return newPlainStream(nc)
}

// longAgo is a deadline that has passed. It wakes whoever waits.
var longAgo = time.Unix(1, 0)

// plainStream drives any net.Conn that has deadlines. It holds its memory while
// it is parked.
type plainStream struct {
	nc            net.Conn
	reads, writes alarm
}

func newPlainStream(nc net.Conn) *plainStream {
	s := &plainStream{nc: nc}
	s.reads.set, s.writes.set = nc.SetReadDeadline, nc.SetWriteDeadline
	return s
}

// Backlog is not known of any net.Conn.
func (s *plainStream) Backlog() int { return 0 }

// alarm wakes a call by a deadline that has passed. It knows its own: some
// transports, TLS behind a wrapper for one, return the error of a deadline for
// ever.
type alarm struct {
	set  func(time.Time) error
	mu   sync.Mutex // guards what follows, and the deadline
	rung bool
}

func (a *alarm) ring() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rung = true
	a.set(longAgo)
}

// answered clears the deadline, and reports whether the alarm had rung.
func (a *alarm) answered() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	rung := a.rung
	a.rung = false
	a.set(time.Time{})
	return rung
}

// wake turns the error of a deadline that WakeRead or WakeWrite set into
// errWoken.
func (a *alarm) wake(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) && a.answered() {
		return errWoken
	}
	return err
}

func (s *plainStream) Read(m memory) (int, error) {
	n, err := s.nc.Read(m.take())
	if n == 0 {
		m.drop()
		return 0, s.reads.wake(err)
	}
	return n, nil
}

func (s *plainStream) WakeRead() { s.reads.ring() }

func (s *plainStream) Write(head, tail []byte, wait bool) (int, error) {
	if !wait {
		return 0, errAgain
	}
	return s.writeAll(head, tail)
}

func (s *plainStream) writeAll(head, tail []byte) (int, error) {
	n, err := 0, error(nil)
	if len(head) > 0 {
		n, err = s.nc.Write(head)
	}
	if err == nil && len(tail) > 0 {
		var more int
		more, err = s.nc.Write(tail)
		n += more
	}
	return n, s.writes.wake(err)
}

func (s *plainStream) WakeWrite()        { s.writes.ring() }
func (s *plainStream) Close() error      { return s.nc.Close() }
func (s *plainStream) NetConn() net.Conn { return s.nc }

func (s *plainStream) CloseWrite() error {
	if half, ok := s.nc.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errNoHalf
}
