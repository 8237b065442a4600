//go:build linux && (amd64 || arm64)

package epollecho

import (
	"flag"
	"fmt"
	"log"
	"runtime"
	"syscall"
)

const (
	inSize   = 512 << 10 // one receive buffer for all connections
	corkSize = 64 << 10  // replies gathered until a turn's send
	maxLent  = 128       // pieces of one vectored send
)

// A Loop serves all connections on one thread.
type Loop[S any] struct {
	// Cork gathers replies that are copied. The handler appends to it, after
	// Room has made sure that it fits.
	Cork []byte

	handler Handler[S]
	ep, ln  int
	conns   []*Conn[S] // by descriptor
	in      []byte
	vec     []syscall.Iovec // what goes out before Cork[sealed:]
	sealed  int
	msg     syscall.Msghdr
}

// Main listens where the flag -addr says, prints "listening ADDR" and serves
// until the process ends.
func Main[S any](h Handler[S]) {
	addr := flag.String("addr", "127.0.0.1:0", "IPv4 address to listen on")
	flag.Parse()
	ln, at, err := listen(*addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening", at)
	log.Fatal(newLoop(ln, h).run())
}

func newLoop[S any](ln int, h Handler[S]) *Loop[S] {
	return &Loop[S]{
		Cork:    make([]byte, 0, corkSize),
		handler: h,
		ln:      ln,
		in:      make([]byte, inSize),
		vec:     make([]syscall.Iovec, 0, maxLent+2),
	}
}

func (l *Loop[S]) run() (err error) {
	runtime.LockOSThread()
	if l.ep, err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err != nil {
		return err
	}
	if err = l.watch(syscall.EPOLL_CTL_ADD, int32(l.ln), syscall.EPOLLIN); err != nil {
		return err
	}
	evs := make([]syscall.EpollEvent, 1024)
	for {
		for _, ev := range evs[:wait(l.ep, evs)] {
			l.serve(ev)
		}
	}
}

func (l *Loop[S]) serve(ev syscall.EpollEvent) {
	if int(ev.Fd) == l.ln {
		l.accept()
		return
	}
	c := l.conns[ev.Fd]
	if c == nil { // closed earlier in this turn
		return
	}
	ok := true
	if len(c.out) > 0 {
		ok = l.drain(c)
	} else {
		ok = l.read(c)
	}
	if !ok {
		l.close(c)
	}
}

func (l *Loop[S]) accept() {
	for {
		fd, _, err := syscall.Accept4(l.ln, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
		if err != nil { // none left, or no descriptor for it
			return
		}
		syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
		if l.watch(syscall.EPOLL_CTL_ADD, int32(fd), syscall.EPOLLIN) != nil {
			syscall.Close(fd)
			continue
		}
		for len(l.conns) <= fd {
			l.conns = append(l.conns, nil)
		}
		l.conns[fd] = &Conn[S]{fd: int32(fd)}
	}
}

func (l *Loop[S]) watch(op int, fd int32, events uint32) error {
	return syscall.EpollCtl(l.ep, op, int(fd), &syscall.EpollEvent{Events: events, Fd: fd})
}

func (l *Loop[S]) close(c *Conn[S]) {
	l.handler.Sent(c)
	syscall.Close(int(c.fd))
	l.conns[c.fd] = nil
}

// read takes one read's worth of input and answers it.
func (l *Loop[S]) read(c *Conn[S]) bool {
	p := l.in
	if c.Into != nil {
		p = c.Into
	}
	n, e := recv(c.fd, p)
	if e != 0 || n == 0 {
		return e == syscall.EAGAIN || e == syscall.EINTR
	}
	p = p[:n]
	if !c.open {
		if p = l.handshake(c, p); p == nil {
			return false
		}
		if len(p) == 0 {
			return true
		}
	}
	into := c.Into != nil
	ok := l.handler.Feed(l, c, p)
	return l.flush(c, into) && ok
}
