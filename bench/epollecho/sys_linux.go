//go:build linux && (amd64 || arm64)

package epollecho

import (
	"net"
	"syscall"
	"unsafe"
)

// These calls never block, so they go past the scheduler (RawSyscall).

func recv(fd int32, p []byte) (int, syscall.Errno) {
	n, _, e := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd),
		uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), 0, 0, 0)
	return int(n), e
}

func send(fd int32, p []byte) (int, syscall.Errno) {
	n, _, e := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fd),
		uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), syscall.MSG_NOSIGNAL, 0, 0)
	return int(n), e
}

func sendmsg(fd int32, m *syscall.Msghdr) (int, syscall.Errno) {
	n, _, e := syscall.RawSyscall(syscall.SYS_SENDMSG, uintptr(fd),
		uintptr(unsafe.Pointer(m)), syscall.MSG_NOSIGNAL)
	return int(n), e
}

// wait looks for events, and blocks only when there are none.
func wait(ep int, evs []syscall.EpollEvent) int {
	n, _, e := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(ep),
		uintptr(unsafe.Pointer(&evs[0])), uintptr(len(evs)), 0, 0, 0)
	if n == 0 && e == 0 {
		n, _, e = syscall.Syscall6(syscall.SYS_EPOLL_PWAIT, uintptr(ep),
			uintptr(unsafe.Pointer(&evs[0])), uintptr(len(evs)), ^uintptr(0), 0, 0)
	}
	if e != 0 { // interrupted
		return 0
	}
	return int(n)
}

// listen opens a non-blocking IPv4 listener and returns the address it got.
func listen(addr string) (fd int, at *net.TCPAddr, err error) {
	want, err := net.ResolveTCPAddr("tcp4", addr)
	if err != nil {
		return 0, nil, err
	}
	fd, err = syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, nil, err
	}
	if err = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return 0, nil, err
	}
	sa := &syscall.SockaddrInet4{Port: want.Port}
	copy(sa.Addr[:], want.IP.To4())
	if err = syscall.Bind(fd, sa); err != nil {
		return 0, nil, err
	}
	if err = syscall.Listen(fd, 4096); err != nil {
		return 0, nil, err
	}
	got, err := syscall.Getsockname(fd)
	if err != nil {
		return 0, nil, err
	}
	sa = got.(*syscall.SockaddrInet4)
	return fd, &net.TCPAddr{IP: sa.Addr[:], Port: sa.Port}, nil
}
