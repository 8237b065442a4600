//go:build unix

package websocket

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// rawStream drives the descriptor of a TCP or Unix socket itself, parked in the
// runtime's poller, so that it holds no memory while it waits and can try a
// write without waiting.
//
// What need not wait goes to the descriptor directly: the way through RawConn
// costs more time, and so much stack that an idle goroutine would need 4 KiB.
type rawStream struct {
	nc net.Conn
	rc syscall.RawConn
	fd uintptr

	// calls counts the direct calls under way, plus closing once the stream is
	// to be closed: the last one out closes the descriptor, so that no call
	// meets the number in another connection's hands.
	calls atomic.Int32

	// The call under way: RawConn takes functions, and one made per call would
	// be an allocation per call.
	readFn func(fd uintptr) bool
	into   memory
	readN  int
	readE  error
	rest   *blockedWrite
}

const (
	closing = 1 << 29
	closed  = 1 << 30
)

func newRawStream(nc net.Conn) stream {
	switch nc.(type) {
	case *net.TCPConn, *net.UnixConn:
	default:
		return nil
	}
	rc, err := nc.(syscall.Conn).SyscallConn()
	if err != nil {
		return nil
	}
	s := &rawStream{nc: nc, rc: rc}
	if rc.Control(func(fd uintptr) { s.fd = fd }) != nil {
		return nil
	}
	s.readFn = s.tryRead
	return s
}

func (s *rawStream) enter() bool {
	if s.calls.Add(1) < closing {
		return true
	}
	s.leave()
	return false
}

// Backlog asks the socket.
func (s *rawStream) Backlog() int {
	if !s.enter() {
		return 0
	}
	defer s.leave()
	return sysUnsent(s.fd)
}

func (s *rawStream) leave() {
	if s.calls.Add(-1) == closing {
		s.closeOnce()
	}
}

func (s *rawStream) closeOnce() {
	if s.calls.CompareAndSwap(closing, closed) {
		s.nc.Close()
	}
}

func (s *rawStream) Close() error {
	for {
		n := s.calls.Load()
		if n >= closing {
			return nil
		}
		if s.calls.CompareAndSwap(n, n+closing) {
			s.closeOnce()
			return nil
		}
	}
}

func (s *rawStream) Read(m memory) (int, error) {
	s.into, s.readN, s.readE = m, 0, nil
	if err := s.rc.Read(s.readFn); err != nil {
		return 0, s.unread(err)
	}
	return s.readN, s.readE
}

func (s *rawStream) unread(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		s.nc.SetReadDeadline(time.Time{})
		return errWoken
	}
	return err
}

// tryRead reports false when it should be called again once there is input.
func (s *rawStream) tryRead(fd uintptr) bool {
	p := s.into.take()
	for {
		n, errno := sysRead(fd, p)
		switch {
		case errno == syscall.EINTR:
			continue
		case errno == syscall.EAGAIN:
			s.into.drop()
			return false
		case errno != 0:
			s.into.drop()
			s.readE = os.NewSyscallError("read", errno)
		case n == 0:
			s.into.drop()
			s.readE = io.EOF
		default:
			s.readN = n
		}
		return true
	}
}

func (s *rawStream) WakeRead() { s.nc.SetReadDeadline(longAgo) }

func (s *rawStream) Write(head, tail []byte, wait bool) (int, error) {
	if !s.enter() {
		return 0, net.ErrClosed
	}
	n, errno := sysWrite(s.fd, head, tail)
	s.leave()
	if n == len(head)+len(tail) && errno == 0 {
		return n, nil
	}
	return s.writeRest(head, tail, n, errno, wait)
}

// writeRest goes on behind a write that was cut short.
func (s *rawStream) writeRest(head, tail []byte, n int, errno syscall.Errno, wait bool) (int, error) {
	switch errno {
	case 0, syscall.EINTR, syscall.EAGAIN:
	default:
		return 0, os.NewSyscallError("write", errno)
	}
	if errno != 0 {
		n = 0
	}
	if s.rest == nil {
		s.rest = newBlockedWrite()
	}
	return s.rest.write(s, head, tail, n, wait)
}

// blockedWrite is a write that goes through the poller. A connection whose peer
// reads has none.
type blockedWrite struct {
	fn         func(fd uintptr) bool
	head, tail []byte
	wait       bool
	n          int
	err        error
}

func newBlockedWrite() *blockedWrite {
	b := new(blockedWrite)
	b.fn = b.try
	return b
}

func (b *blockedWrite) write(s *rawStream, head, tail []byte, done int, wait bool) (int, error) {
	b.head, b.tail, b.wait, b.n, b.err = head, tail, wait, 0, nil
	b.wrote(done)
	err := s.rc.Write(b.fn)
	for errors.Is(err, os.ErrDeadlineExceeded) {
		s.nc.SetWriteDeadline(time.Time{})
		if wait {
			b.err = errWoken
			break
		}
		err = s.rc.Write(b.fn) // WakeWrite came too late for the write that it meant
	}
	b.head, b.tail = nil, nil
	if b.err != nil {
		err = b.err
	}
	return b.n, err
}

func (b *blockedWrite) wrote(n int) {
	b.n += n
	h := min(n, len(b.head))
	b.head, b.tail = b.head[h:], b.tail[n-h:]
}

// try reports false when it should be called again once there is room.
func (b *blockedWrite) try(fd uintptr) bool {
	for len(b.head)+len(b.tail) > 0 {
		n, errno := sysWrite(fd, b.head, b.tail)
		switch {
		case errno == syscall.EINTR:
			continue
		case errno == syscall.EAGAIN && b.wait:
			return false
		case errno == syscall.EAGAIN:
			b.err = errAgain
			return true
		case errno != 0:
			b.err = os.NewSyscallError("write", errno)
			return true
		}
		b.wrote(n)
	}
	return true
}

func (s *rawStream) WakeWrite()        { s.nc.SetWriteDeadline(longAgo) }
func (s *rawStream) NetConn() net.Conn { return s.nc }

func (s *rawStream) CloseWrite() error {
	return s.nc.(interface{ CloseWrite() error }).CloseWrite()
}
