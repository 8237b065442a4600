//go:build amd64 || arm64 || riscv64 || loong64 || ppc64le

package poll

import (
	"os"
	"syscall"
	"unsafe"
)

func eventfd() (int, error) {
	fd, _, e := syscall.RawSyscall(syscall.SYS_EVENTFD2, 0, syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if e != 0 {
		return -1, os.NewSyscallError("eventfd2", e)
	}
	return int(fd), nil
}

// signal makes an eventfd readable, with a new edge each time.
func signal(fd int) {
	one := uint64(1)
	syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&one)), unsafe.Sizeof(one))
}

// parking is an eventfd in the runtime's own poller. A goroutine that waits for
// it there is run again only when the scheduler comes round to that poller, so
// behind all that is ready in the process.
type parking struct {
	file *os.File
	conn syscall.RawConn

	waited bool
	wait   func(uintptr) bool // one closure, not one for each Park
}

func (k *parking) open() (err error) {
	fd, err := eventfd()
	if err != nil {
		return err
	}
	k.file = os.NewFile(uintptr(fd), "park")
	k.wait = func(fd uintptr) bool {
		if k.waited {
			return true
		}
		k.waited = true
		signal(int(fd)) // here, behind the runtime's reset of what it knows
		return false
	}
	k.conn, err = k.file.SyscallConn()
	return err
}

func (k *parking) park() {
	k.waited = false
	k.conn.Read(k.wait)
}

func (k *parking) close() error {
	if k.file == nil {
		return nil
	}
	return k.file.Close()
}
