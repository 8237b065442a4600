//go:build linux && (amd64 || arm64)

package epollecho

import (
	"syscall"
	"unsafe"
)

// Room makes room for n octets in Cork, at most 64 KiB. It reports whether the
// connection is still good.
func (l *Loop[S]) Room(c *Conn[S], n int) bool {
	return len(l.Cork)+n <= cap(l.Cork) || l.flush(c, false)
}

// Flush sends what was gathered, so that nothing is lent any more. It reports
// whether the connection is still good.
func (l *Loop[S]) Flush(c *Conn[S]) bool { return l.flush(c, false) }

// Lend sends p after everything in Cork, without a copy. p must not change
// until Sent; it is copied if it lies in the loop's receive buffer and cannot
// go out at once.
func (l *Loop[S]) Lend(c *Conn[S], p []byte) bool {
	if len(l.vec) >= maxLent && !l.flush(c, false) {
		return false
	}
	l.seal()
	l.vec = append(l.vec, piece(p))
	return true
}

// seal moves what Cork has gathered since the last time into the vector.
func (l *Loop[S]) seal() {
	if l.sealed < len(l.Cork) {
		l.vec = append(l.vec, piece(l.Cork[l.sealed:]))
		l.sealed = len(l.Cork)
	}
}

func piece(p []byte) syscall.Iovec {
	return syscall.Iovec{Base: &p[0], Len: uint64(len(p))}
}

// flush sends what was gathered. What cannot go out now waits in c.out, and
// reading stops until it is gone. With keep, a remainder that is one piece
// lent by the handler is not copied.
func (l *Loop[S]) flush(c *Conn[S], keep bool) bool {
	if len(l.vec) == 0 && len(l.Cork) == 0 {
		return true
	}
	lent := len(l.vec) > 0
	keep = keep && lent && l.sealed == len(l.Cork)
	n, e := l.sendAll(c)
	if e != 0 && e != syscall.EAGAIN && e != syscall.EINTR {
		l.reset()
		return false
	}
	ok := l.park(c, max(n, 0), keep)
	l.reset()
	if lent && !c.lent {
		l.handler.Sent(c)
	}
	return ok
}

func (l *Loop[S]) sendAll(c *Conn[S]) (int, syscall.Errno) {
	switch {
	case len(c.out) > 0: // its turn comes after that
		l.seal()
		return 0, syscall.EAGAIN
	case len(l.vec) == 0:
		n, e := send(c.fd, l.Cork)
		if n < len(l.Cork) {
			l.seal()
		}
		return n, e
	}
	l.seal()
	l.msg.Iov, l.msg.Iovlen = &l.vec[0], uint64(len(l.vec))
	return sendmsg(c.fd, &l.msg)
}

func (l *Loop[S]) reset() {
	l.Cork, l.vec, l.sealed = l.Cork[:0], l.vec[:0], 0
}

// park puts what is left behind n octets of the vector into c.out.
func (l *Loop[S]) park(c *Conn[S], n int, keep bool) bool {
	rest := l.vec
	for len(rest) > 0 && uint64(n) >= rest[0].Len {
		n -= int(rest[0].Len)
		rest = rest[1:]
	}
	if len(rest) == 0 {
		return true
	}
	first := len(c.out) == 0
	if keep && first && len(rest) == 1 {
		c.out, c.lent = octets(rest[0])[n:], true
	} else {
		for _, v := range rest {
			c.out = append(c.out, octets(v)[n:]...)
			n = 0
		}
	}
	return !first || l.watch(syscall.EPOLL_CTL_MOD, c.fd, syscall.EPOLLOUT) == nil
}

func octets(v syscall.Iovec) []byte { return unsafe.Slice(v.Base, v.Len) }

// drain sends what waits, and lets reading go on when all is out.
func (l *Loop[S]) drain(c *Conn[S]) bool {
	n, e := send(c.fd, c.out)
	if e != 0 {
		return e == syscall.EAGAIN || e == syscall.EINTR
	}
	if c.out = c.out[n:]; len(c.out) > 0 {
		return true
	}
	c.out = nil
	if c.lent {
		c.lent = false
		l.handler.Sent(c)
	}
	return l.watch(syscall.EPOLL_CTL_MOD, c.fd, syscall.EPOLLIN) == nil
}
