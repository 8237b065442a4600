//go:build amd64 || arm64 || riscv64 || loong64 || ppc64le

package poll

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// System is the network of the operating system.
var System Network = epollNetwork{}

type epollNetwork struct{}

// epoll is a poller on epoll, edge-triggered, so that a transport costs one
// epoll_ctl in its life unless it is ever short of room for output. A handle is
// a descriptor.
type epoll struct {
	fd    int
	start time.Time
	raw   []syscall.EpollEvent
	vec   []syscall.Iovec
	msg   syscall.Msghdr

	wakeMu sync.Mutex
	wakeFD int // an eventfd; -1 behind Close
	park   parking
}

// wakeToken is that of the eventfd, and never passes Wait.
const wakeToken = ^Token(0)

const (
	epollET        = 1 << 31
	epollExclusive = 1 << 28
	watchRead      = syscall.EPOLLIN | syscall.EPOLLRDHUP | epollET
)

// NewPoller returns a poller on epoll.
func (epollNetwork) NewPoller() (Poller, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	p := &epoll{fd: fd, start: time.Now(), vec: make([]syscall.Iovec, MaxVec), wakeFD: -1}
	if p.wakeFD, err = eventfd(); err == nil {
		if err = p.control(syscall.EPOLL_CTL_ADD, Handle(p.wakeFD), wakeToken, syscall.EPOLLIN|epollET); err == nil {
			err = p.park.open()
		}
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Close closes the descriptors of the poller itself.
func (p *epoll) Close() error {
	p.wakeMu.Lock()
	defer p.wakeMu.Unlock()
	var wake error
	if p.wakeFD >= 0 {
		wake = syscall.Close(p.wakeFD)
		p.wakeFD = -1
	}
	return errors.Join(syscall.Close(p.fd), wake, p.park.close())
}

// Now is the time since the poller was made.
func (p *epoll) Now() int64 { return int64(time.Since(p.start)) + 1 }

// Wait does not tell the scheduler when it only looks, which is cheaper.
func (p *epoll) Wait(events []Event, timeout time.Duration) int {
	if len(p.raw) < len(events) {
		p.raw = make([]syscall.EpollEvent, len(events))
	}
	raw := p.raw[:len(events)]
	var n uintptr
	var e syscall.Errno
	if timeout == 0 {
		n, _, e = syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&raw[0])), uintptr(len(raw)), 0, 0, 0)
	} else {
		n, _, e = syscall.Syscall6(syscall.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&raw[0])), uintptr(len(raw)), milliseconds(timeout), 0, 0)
	}
	if e != 0 { // interrupted
		return 0
	}
	got := 0
	for i := range raw[:n] {
		ev := &raw[i]
		t := Token(uint32(ev.Fd)) | Token(uint32(ev.Pad))<<32
		if t == wakeToken { // edge-triggered: it need not be read
			continue
		}
		events[got] = Event{t, readiness(ev.Events)}
		got++
	}
	return got
}

// milliseconds rounds up, so that a wait for a deadline ends behind it.
func milliseconds(d time.Duration) uintptr {
	if d < 0 {
		return ^uintptr(0)
	}
	return uintptr(min((d+time.Millisecond-1)/time.Millisecond, 1<<30))
}

func readiness(events uint32) (r Ready) {
	if events&syscall.EPOLLIN != 0 {
		r = Readable
	}
	if events&syscall.EPOLLOUT != 0 {
		r |= Writable
	}
	if events&(syscall.EPOLLRDHUP|syscall.EPOLLHUP|syscall.EPOLLERR) != 0 {
		r |= Readable | Ended
	}
	return r
}

func (p *epoll) control(op int, h Handle, t Token, events uint32) error {
	ev := syscall.EpollEvent{Events: events, Fd: int32(t), Pad: int32(t >> 32)}
	_, _, e := syscall.RawSyscall6(syscall.SYS_EPOLL_CTL, uintptr(p.fd), uintptr(op), uintptr(h), uintptr(unsafe.Pointer(&ev)), 0, 0)
	if e != 0 {
		return os.NewSyscallError("epoll_ctl", e)
	}
	return nil
}

// Wake makes Wait return.
func (p *epoll) Wake() {
	p.wakeMu.Lock()
	defer p.wakeMu.Unlock()
	if p.wakeFD >= 0 {
		signal(p.wakeFD)
	}
}

// Park lets other goroutines run.
func (p *epoll) Park() { p.park.park() }

// Watch announces the connections of a listener, each to one of the pollers
// that watch it.
func (p *epoll) Watch(listener Handle, t Token) error {
	return p.control(syscall.EPOLL_CTL_ADD, listener, t, syscall.EPOLLIN|epollET|epollExclusive)
}

// Unwatch ends that.
func (p *epoll) Unwatch(listener Handle) error {
	return p.control(syscall.EPOLL_CTL_DEL, listener, 0, 0)
}

// Accept accepts a connection. It has the options of its listener.
func (p *epoll) Accept(listener Handle) (Handle, error) {
	for {
		fd, _, e := syscall.RawSyscall6(syscall.SYS_ACCEPT4, uintptr(listener), 0, 0, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0, 0)
		switch e {
		case 0:
			return Handle(fd), nil
		case syscall.EINTR, syscall.ECONNABORTED: // that one is gone; there may be more
		case syscall.EAGAIN:
			return 0, ErrAgain
		default:
			return 0, os.NewSyscallError("accept4", e)
		}
	}
}

// Add watches for input and the end.
func (p *epoll) Add(h Handle, t Token) error {
	return p.control(syscall.EPOLL_CTL_ADD, h, t, watchRead)
}

// WatchWrite watches for room as well, or no longer.
func (p *epoll) WatchWrite(h Handle, t Token, on bool) error {
	events := uint32(watchRead)
	if on {
		events |= syscall.EPOLLOUT
	}
	return p.control(syscall.EPOLL_CTL_MOD, h, t, events)
}

// The calls below never block, so they go past the scheduler (RawSyscall).

func (p *epoll) Read(h Handle, b []byte) (int, error) {
	for {
		n, _, e := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(h), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), 0, 0, 0)
		switch {
		case e == 0 && n > 0:
			return int(n), nil
		case e == 0:
			return 0, io.EOF
		case e == syscall.EAGAIN:
			return 0, ErrAgain
		case e != syscall.EINTR:
			return 0, os.NewSyscallError("recv", e)
		}
	}
}

func (p *epoll) Write(h Handle, b []byte) (int, error) {
	for {
		n, _, e := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(h), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), syscall.MSG_NOSIGNAL, 0, 0)
		switch e {
		case 0:
			return int(n), nil
		case syscall.EAGAIN:
			return 0, ErrAgain
		case syscall.EINTR:
		default:
			return 0, os.NewSyscallError("send", e)
		}
	}
}

func (p *epoll) Writev(h Handle, bufs [][]byte) (int, error) {
	bufs = bufs[:min(len(bufs), MaxVec)]
	for i, b := range bufs {
		p.vec[i].Base = &b[0]
		p.vec[i].SetLen(len(b))
	}
	p.msg.Iov, p.msg.Iovlen = &p.vec[0], uint64(len(bufs))
	for {
		n, _, e := syscall.RawSyscall(syscall.SYS_SENDMSG, uintptr(h), uintptr(unsafe.Pointer(&p.msg)), syscall.MSG_NOSIGNAL)
		if e != syscall.EINTR {
			clear(p.vec[:len(bufs)]) // what was sent need not stay in memory
		}
		switch e {
		case 0:
			return int(n), nil
		case syscall.EAGAIN:
			return 0, ErrAgain
		case syscall.EINTR:
		default:
			return 0, os.NewSyscallError("sendmsg", e)
		}
	}
}

func (p *epoll) CloseWrite(h Handle) error {
	return os.NewSyscallError("shutdown", syscall.Shutdown(int(h), syscall.SHUT_WR))
}

// CloseHandle closes a descriptor, with which epoll forgets it.
func (p *epoll) CloseHandle(h Handle) error {
	return os.NewSyscallError("close", syscall.Close(int(h)))
}

// Detach hands the socket to the runtime's poller.
func (p *epoll) Detach(h Handle) (net.Conn, error) {
	f := os.NewFile(uintptr(h), "socket")
	defer f.Close()
	if err := p.control(syscall.EPOLL_CTL_DEL, h, 0, 0); err != nil && !errors.Is(err, syscall.ENOENT) {
		return nil, err
	}
	return net.FileConn(f)
}

// Attach takes the socket out of the runtime's poller.
func (epollNetwork) Attach(nc net.Conn) (Handle, error) {
	defer nc.Close()
	switch nc.(type) {
	case *net.TCPConn, *net.UnixConn:
		return descriptor(nc.(syscall.Conn))
	}
	return 0, fmt.Errorf("poll: a %T is no socket: %w", nc, errors.ErrUnsupported)
}

func (p *epoll) RemoteAddr(h Handle) net.Addr {
	sa, err := syscall.Getpeername(int(h))
	if err != nil {
		return nil
	}
	switch sa := sa.(type) {
	case *syscall.SockaddrInet4:
		return &net.TCPAddr{IP: sa.Addr[:], Port: sa.Port}
	case *syscall.SockaddrInet6:
		return &net.TCPAddr{IP: sa.Addr[:], Port: sa.Port, Zone: zone(sa.ZoneId)}
	case *syscall.SockaddrUnix:
		return &net.UnixAddr{Name: sa.Name, Net: "unix"}
	}
	return nil
}

func zone(index uint32) string {
	if index == 0 {
		return ""
	}
	if i, err := net.InterfaceByIndex(int(index)); err == nil {
		return i.Name
	}
	return ""
}
