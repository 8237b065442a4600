//go:build unix

package websocket

import (
	"crypto/tls"
	"errors"
	"os"
	"syscall"
)

// tlsStream is TLS over a socket. It parks on the socket itself once no
// decrypted octet and no whole record is left, so that it holds no memory of
// ours while it waits.
type tlsStream struct {
	tlsWriter
	plain *plainStream
	rc    syscall.RawConn

	peekFn, roomFn func(fd uintptr) bool
	roomy          bool
	narrow         bool // a send buffer so small that room says nothing
}

func newTLSStream(tc *tls.Conn) stream {
	s := &tlsStream{plain: newPlainStream(tc)}
	s.tlsWriter = newTLSWriter(tc, s.roomFor)
	if sc, ok := tc.NetConn().(syscall.Conn); ok {
		s.rc, _ = sc.SyscallConn()
	}
	s.peekFn, s.roomFn = hasInput, s.hasRoom
	if s.rc != nil {
		s.rc.Control(func(fd uintptr) {
			n, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF)
			s.narrow = err != nil || n < 2*flushSize
		})
	}
	return s
}

func (s *tlsStream) Read(m memory) (int, error) {
	if s.rc == nil {
		return s.plain.Read(m)
	}
	// With a deadline that has passed crypto/tls gives what it holds and does
	// not touch the socket.
	s.tc.SetReadDeadline(longAgo)
	if n, err := s.tc.Read(m.take()); n > 0 {
		return n, nil
	} else if !errors.Is(err, os.ErrDeadlineExceeded) {
		m.drop()
		return 0, err
	}
	m.drop()
	if s.plain.reads.answered() {
		return 0, errWoken
	}
	if err := s.rc.Read(s.peekFn); err != nil {
		return 0, s.plain.reads.wake(err)
	}
	n, err := s.tc.Read(m.take())
	if n > 0 {
		return n, nil
	}
	m.drop()
	return 0, s.plain.reads.wake(err)
}

func (s *tlsStream) WakeRead() { s.plain.WakeRead() }

// Backlog asks the socket below.
func (s *tlsStream) Backlog() (n int) {
	if s.rc != nil {
		s.rc.Control(func(fd uintptr) { n = sysUnsent(fd) })
	}
	return n
}

// hasInput reports whether the socket has something to read, or has ended.
func hasInput(fd uintptr) bool {
	var b [1]byte
	_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
	return err != syscall.EAGAIN && err != syscall.EINTR
}

// roomFor reports whether the socket has so much room that one piece cannot
// block for long.
func (s *tlsStream) roomFor() bool {
	return s.rc != nil && !s.narrow && s.rc.Write(s.roomFn) == nil && s.roomy
}

func (s *tlsStream) hasRoom(fd uintptr) bool {
	s.roomy = sysWritable(fd)
	return true
}
