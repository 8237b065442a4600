//go:build unix && !linux

package websocket

import (
	"errors"
	"syscall"
)

func sysRead(fd uintptr, p []byte) (int, syscall.Errno) {
	n, err := syscall.Read(int(fd), p)
	return max(n, 0), errnoOf(err)
}

func sysWrite(fd uintptr, head, tail []byte) (int, syscall.Errno) {
	p := head
	if len(p) == 0 {
		p = tail
	}
	n, err := syscall.Write(int(fd), p)
	return max(n, 0), errnoOf(err)
}

func errnoOf(err error) syscall.Errno {
	if err == nil {
		return 0
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return syscall.EIO
}

// sysUnsent does not know here.
func sysUnsent(uintptr) int { return 0 }

// sysWritable does not know here, so that writes wait in a goroutine.
func sysWritable(uintptr) bool { return false }
