//go:build amd64 || arm64 || riscv64 || loong64 || ppc64le

package poll

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// Listen lets package net open the socket, with all that it knows of names and
// address families, and takes the descriptor out of the runtime's poller.
func (epollNetwork) Listen(network, address string, reusePort bool) (Handle, net.Addr, error) {
	config := net.ListenConfig{Control: func(_, _ string, rc syscall.RawConn) (err error) {
		if !reusePort {
			return nil
		}
		rc.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, soReusePort, 1) })
		return os.NewSyscallError("setsockopt", err)
	}}
	l, err := config.Listen(context.Background(), network, address)
	if err != nil {
		return 0, nil, err
	}
	defer l.Close()
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false)
	}
	h, err := descriptor(l.(syscall.Conn))
	if err != nil {
		return 0, nil, fmt.Errorf("listen: %w", err)
	}
	if l.Addr().Network() == "tcp" {
		// Accepted sockets inherit it, which saves a call for each.
		syscall.SetsockoptInt(int(h), syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
	}
	return h, l.Addr(), nil
}

// CloseListener closes a listener, and removes the file of a Unix socket.
func (epollNetwork) CloseListener(h Handle) error {
	if sa, err := syscall.Getsockname(int(h)); err == nil {
		if u, ok := sa.(*syscall.SockaddrUnix); ok && u.Name != "" && u.Name[0] != '@' {
			os.Remove(u.Name)
		}
	}
	return os.NewSyscallError("close", syscall.Close(int(h)))
}

// soReusePort is SO_REUSEPORT, which package syscall lacks.
const soReusePort = 15

// descriptor returns a descriptor of the same socket that is ours to close.
func descriptor(c syscall.Conn) (h Handle, err error) {
	rc, err := c.SyscallConn()
	if err != nil {
		return -1, err
	}
	ctl := rc.Control(func(fd uintptr) { h, err = duplicate(fd) })
	return h, errors.Join(ctl, err)
}

func duplicate(fd uintptr) (Handle, error) {
	n, _, e := syscall.RawSyscall(syscall.SYS_FCNTL, fd, syscall.F_DUPFD_CLOEXEC, 0)
	if e != 0 {
		return -1, os.NewSyscallError("fcntl", e)
	}
	return Handle(n), nil
}
