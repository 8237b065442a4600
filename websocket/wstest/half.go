package wstest

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// capacity is how many octets one direction of a [Pipe] holds.
const capacity = 64 << 10

// A half is one direction of a pipe.
type half struct {
	mu      sync.Mutex
	changed sync.Cond // anything below
	buf     []byte
	start   int  // where what is unread begins in buf
	ended   bool // the writer has ended it
	gone    bool // the reader has closed
	reset   bool // the connection was reset
	reads   deadline
	writes  deadline
}

func newHalf() *half {
	h := new(half)
	h.changed.L = &h.mu
	return h
}

func (h *half) read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.gone:
			return 0, net.ErrClosed
		case h.reset:
			return 0, ErrReset
		case h.reads.passed:
			return 0, os.ErrDeadlineExceeded
		case len(p) == 0:
			return 0, nil
		case h.unread() > 0:
			return h.take(p), nil
		case h.ended:
			return 0, io.EOF
		}
		h.changed.Wait()
	}
}

func (h *half) write(p []byte) (n int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.ended:
			return n, net.ErrClosed
		case h.reset:
			return n, ErrReset
		case h.writes.passed:
			return n, os.ErrDeadlineExceeded
		case h.gone:
			return n, io.ErrClosedPipe
		}
		n += h.put(p[n:])
		if n == len(p) {
			return n, nil
		}
		h.changed.Wait()
	}
}

func (h *half) unread() int { return len(h.buf) - h.start }

func (h *half) take(p []byte) int {
	n := copy(p, h.buf[h.start:])
	h.start += n
	if h.unread() == 0 {
		h.buf, h.start = h.buf[:0], 0
	}
	h.changed.Broadcast()
	return n
}

// put takes as much of p as there is room for.
func (h *half) put(p []byte) int {
	p = p[:min(len(p), capacity-h.unread())]
	if len(p) == 0 {
		return 0
	}
	if len(h.buf)+len(p) > capacity {
		h.buf, h.start = h.buf[:copy(h.buf, h.buf[h.start:])], 0
	}
	h.buf = append(h.buf, p...)
	h.changed.Broadcast()
	return len(p)
}

// end is the writer's: what is unread stays.
func (h *half) end() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return net.ErrClosed
	}
	h.ended = true
	h.writes.stop()
	h.changed.Broadcast()
	return nil
}

// leave is the reader's: what is unread is lost.
func (h *half) leave() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gone {
		return net.ErrClosed
	}
	h.gone = true
	h.buf, h.start = nil, 0
	h.reads.stop()
	h.changed.Broadcast()
	return nil
}

// cut is both sides': what is unread is lost.
func (h *half) cut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reset = true
	h.changed.Broadcast()
}

// arm sets a deadline, which is h.reads or h.writes.
func (h *half) arm(d *deadline, at time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if d == &h.reads && h.gone || d == &h.writes && h.ended {
		return net.ErrClosed
	}
	d.arm(&h.changed, at)
	return nil
}
