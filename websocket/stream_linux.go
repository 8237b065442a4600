package websocket

import (
	"syscall"
	"unsafe"
)

// The descriptors are non-blocking, so the scheduler need not be told of these
// calls: RawSyscall is measurably cheaper than Syscall.

func sysRead(fd uintptr, p []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	return int(n), errno
}

func sysWrite(fd uintptr, head, tail []byte) (int, syscall.Errno) {
	if len(tail) > 0 {
		return sysWritev(fd, head, tail)
	}
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(unsafe.SliceData(head))), uintptr(len(head)))
	return int(n), errno
}

func sysWritev(fd uintptr, head, tail []byte) (int, syscall.Errno) {
	var iov [2]syscall.Iovec
	iov[0].Base = unsafe.SliceData(head)
	iov[0].SetLen(len(head))
	iov[1].Base = unsafe.SliceData(tail)
	iov[1].SetLen(len(tail))
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITEV, fd, uintptr(unsafe.Pointer(&iov)), 2)
	return int(n), errno
}

// sysUnsent returns how many octets in the send buffer of a socket the other side
// has yet to acknowledge.
func sysUnsent(fd uintptr) int {
	var n int32
	_, _, errno := syscall.RawSyscall(syscall.SYS_IOCTL, fd, syscall.TIOCOUTQ, uintptr(unsafe.Pointer(&n)))
	if errno != 0 {
		return 0
	}
	return int(n)
}

// sysWritable reports whether the socket has room for a good part of its send
// buffer.
func sysWritable(fd uintptr) bool {
	p := struct {
		fd              int32
		events, revents int16
	}{fd: int32(fd), events: 4} // POLLOUT
	var zero syscall.Timespec
	n, _, errno := syscall.RawSyscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 1, uintptr(unsafe.Pointer(&zero)), 0, 0, 0)
	return errno == 0 && n == 1 && p.revents&4 != 0
}
