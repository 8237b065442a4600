//go:build unix

package websocket

import (
	"crypto/tls"
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// tlsStream is TLS over a socket. It parks on the socket itself once no
// decrypted octet and no whole record is left, so that it holds no memory of
// ours while it waits.
type tlsStream struct {
	tlsWriter
	plain plainStream
	rc    syscall.RawConn
	woken atomic.Bool

	peekFn, roomFn func(fd uintptr) bool
	roomy          bool
}

func newTLSStream(tc *tls.Conn) stream {
	s := &tlsStream{plain: plainStream{nc: tc}}
	s.tlsWriter = newTLSWriter(tc, s.roomFor)
	if sc, ok := tc.NetConn().(syscall.Conn); ok {
		s.rc, _ = sc.SyscallConn()
	}
	s.peekFn, s.roomFn = hasInput, s.hasRoom
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
	s.tc.SetReadDeadline(time.Time{})
	if s.woken.Swap(false) {
		return 0, errWoken
	}
	if err := s.rc.Read(s.peekFn); err != nil {
		s.woken.Store(false)
		return 0, s.plain.readErr(err)
	}
	n, err := s.tc.Read(m.take())
	if n > 0 {
		return n, nil
	}
	m.drop()
	if err = s.plain.readErr(err); err == errWoken {
		s.woken.Store(false)
	}
	return 0, err
}

func (s *tlsStream) WakeRead() {
	s.woken.Store(true)
	s.tc.SetReadDeadline(longAgo)
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
	return s.rc != nil && s.rc.Write(s.roomFn) == nil && s.roomy
}

func (s *tlsStream) hasRoom(fd uintptr) bool {
	s.roomy = sysWritable(fd)
	return true
}
