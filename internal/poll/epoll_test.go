//go:build linux && (amd64 || arm64 || riscv64 || loong64 || ppc64le)

package poll

import (
	"syscall"
	"testing"
)

// An accepted socket has no delay, without a call of its own.
func TestAcceptedHasNoDelay(t *testing.T) {
	b := networks["system"](t)
	p := b.poller()
	h, _ := b.pair(p, 1)
	defer p.CloseHandle(h)
	if v, err := syscall.GetsockoptInt(int(h), syscall.IPPROTO_TCP, syscall.TCP_NODELAY); v == 0 || err != nil {
		t.Errorf("TCP_NODELAY is %d, %v", v, err)
	}
}

func TestReusePort(t *testing.T) {
	ln, addr, err := System.Listen("tcp", "127.0.0.1:0", true)
	if err != nil {
		t.Fatal(err)
	}
	defer System.CloseListener(ln)
	other, _, err := System.Listen("tcp", addr.String(), true)
	if err != nil {
		t.Fatal(err)
	}
	System.CloseListener(other)
}

// Nothing allocates on the way of a message.
func TestSystemAllocs(t *testing.T) {
	b := networks["system"](t)
	p := b.poller()
	h, peer := b.pair(p, 1)
	defer p.CloseHandle(h)
	events, buf := make([]Event, 16), make([]byte, 64)
	bufs := [][]byte{[]byte("a"), []byte("b")}
	if n := testing.AllocsPerRun(100, func() {
		peer.(*socket).Conn.Write(buf[:2])
		for p.Wait(events, -1) == 0 {
		}
		p.Read(h, buf)
		p.Write(h, buf[:2])
		p.Writev(h, bufs)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
