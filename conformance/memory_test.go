package conformance

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// memory is a transport in memory, for bubbles of testing/synctest: time stands
// still in it while octets move. Each direction holds any number of octets.
type memory struct {
	in, out *half
	abrupt  bool // closing is a reset
}

func newMemory() (a, b *memory) {
	x, y := newHalf(), newHalf()
	return &memory{in: x, out: y}, &memory{in: y, out: x}
}

// A half is one direction.
type half struct {
	mu       sync.Mutex
	changed  chan struct{} // closed at each change
	octets   []byte
	ended    bool // by the writer
	gone     bool // the reader is
	reset    bool
	deadline time.Time
}

func newHalf() *half { return &half{changed: make(chan struct{})} }

func (h *half) change(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f()
	close(h.changed)
	h.changed = make(chan struct{})
}

func (h *half) read(p []byte) (n int, err error) {
	for {
		h.mu.Lock()
		changed, left := h.changed, time.Duration(1<<62)
		if !h.deadline.IsZero() {
			left = time.Until(h.deadline)
		}
		switch {
		case h.gone:
			err = net.ErrClosed
		case h.reset:
			err = errors.New("connection reset by peer")
		case left <= 0:
			err = os.ErrDeadlineExceeded
		case len(h.octets) > 0:
			n = copy(p, h.octets)
			h.octets = h.octets[n:]
		case h.ended:
			err = io.EOF
		}
		h.mu.Unlock()
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
		timeout := time.NewTimer(left)
		select {
		case <-changed:
		case <-timeout.C:
		}
		timeout.Stop()
	}
}

func (h *half) write(p []byte) (int, error) {
	h.mu.Lock()
	refused := h.ended || h.gone
	h.mu.Unlock()
	if refused {
		return 0, errors.New("broken pipe")
	}
	h.change(func() { h.octets = append(h.octets, p...) })
	return len(p), nil
}

func (m *memory) Read(p []byte) (int, error)  { return m.in.read(p) }
func (m *memory) Write(p []byte) (int, error) { return m.out.write(p) }

func (m *memory) CloseWrite() error {
	m.out.change(func() { m.out.ended = true })
	return nil
}

func (m *memory) Close() error {
	m.in.change(func() { m.in.gone = true })
	if m.abrupt {
		m.out.change(func() { m.out.reset = true })
	}
	return m.CloseWrite()
}

// SetLinger is that of TCP: 0 makes closing a reset, in which octets are lost
// that were not read.
func (m *memory) SetLinger(sec int) error {
	m.abrupt = sec == 0
	return nil
}

func (m *memory) SetReadDeadline(t time.Time) error {
	m.in.change(func() { m.in.deadline = t })
	return nil
}

func (m *memory) SetWriteDeadline(time.Time) error { return nil }
func (m *memory) SetDeadline(t time.Time) error    { return m.SetReadDeadline(t) }
func (m *memory) LocalAddr() net.Addr              { return new(net.TCPAddr) }
func (m *memory) RemoteAddr() net.Addr             { return new(net.TCPAddr) }

// memoryListener is a net.Listener whose Dial connects to it.
type memoryListener struct {
	accepted chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func newMemoryListener() *memoryListener {
	return &memoryListener{accepted: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *memoryListener) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	a, b := newMemory()
	select {
	case l.accepted <- b:
		return a, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case nc := <-l.accepted:
		return nc, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *memoryListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *memoryListener) Addr() net.Addr { return new(net.TCPAddr) }
