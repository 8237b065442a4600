package poll

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync"
	"time"
)

// Portable is the network that stands on package net alone. Its transports cost
// a goroutine and a buffer each, and its pollers are no faster than channels;
// it runs wherever Go does.
type Portable struct {
	mu        sync.Mutex
	streams   []*stream // by handle; nil is free
	free      []Handle
	listeners map[Handle]*listening
	last      Handle // of the listeners, downwards from -1
}

// NewPortable returns a portable network.
func NewPortable() *Portable { return &Portable{listeners: make(map[Handle]*listening)} }

// NewPoller returns a poller.
func (n *Portable) NewPoller() (Poller, error) {
	return &portablePoller{network: n, start: time.Now(), signal: make(chan struct{}, 1)}, nil
}

// AddConn makes nc a transport of the network, which owns it from now on.
func (n *Portable) AddConn(nc net.Conn) Handle {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := newStream(nc)
	if k := len(n.free); k > 0 {
		h := n.free[k-1]
		n.free = n.free[:k-1]
		n.streams[h] = s
		return h
	}
	n.streams = append(n.streams, s)
	return Handle(len(n.streams) - 1)
}

// Attach is AddConn.
func (n *Portable) Attach(nc net.Conn) (Handle, error) { return n.AddConn(nc), nil }

func (n *Portable) stream(h Handle) *stream {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.streams[h]
}

// remove takes a handle out of use.
func (n *Portable) remove(h Handle) *stream {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.streams[h]
	n.streams[h] = nil
	n.free = append(n.free, h)
	return s
}

// Listen opens a listener. Sharing the port is not supported.
func (n *Portable) Listen(network, address string, reusePort bool) (Handle, net.Addr, error) {
	if reusePort {
		return 0, nil, fmt.Errorf("poll: listeners cannot share a port on this system: %w", errors.ErrUnsupported)
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), network, address)
	if err != nil {
		return 0, nil, err
	}
	return n.AddListener(l), l.Addr(), nil
}

// AddListener makes l a listener of the network, which owns it from now on.
func (n *Portable) AddListener(l net.Listener) Handle {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last--
	n.listeners[n.last] = listen(l)
	return n.last
}

// CloseListener closes a listener and what it has accepted in vain.
func (n *Portable) CloseListener(h Handle) error {
	n.mu.Lock()
	l := n.listeners[h]
	delete(n.listeners, h)
	n.mu.Unlock()
	return l.close()
}

func (n *Portable) listener(h Handle) *listening {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.listeners[h]
}

// portablePoller gathers announcements of goroutines.
type portablePoller struct {
	network *Portable
	start   time.Time
	streams []*stream // those added, by handle: no lock for each Read
	timer   *time.Timer

	mu     sync.Mutex
	events []Event
	woken  bool
	signal chan struct{} // holds something while events or woken do
}

func (p *portablePoller) announce(t Token, r Ready) {
	p.mu.Lock()
	p.events = append(p.events, Event{t, r})
	p.mu.Unlock()
	p.ring()
}

func (p *portablePoller) ring() {
	select {
	case p.signal <- struct{}{}:
	default:
	}
}

func (p *portablePoller) Close() error {
	if p.timer != nil {
		p.timer.Stop()
	}
	return nil
}

func (p *portablePoller) Now() int64 { return int64(time.Since(p.start)) + 1 }

func (p *portablePoller) Wait(events []Event, timeout time.Duration) int {
	n, woken := p.take(events)
	if n > 0 || woken || timeout == 0 {
		return n
	}
	var passed <-chan time.Time
	if timeout > 0 {
		if p.timer == nil {
			p.timer = time.NewTimer(timeout)
		} else {
			p.timer.Reset(timeout)
		}
		defer p.timer.Stop()
		passed = p.timer.C
	}
	for n == 0 && !woken {
		select {
		case <-p.signal:
			n, woken = p.take(events)
		case <-passed:
			return 0
		}
	}
	return n
}

func (p *portablePoller) take(events []Event) (n int, woken bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n = copy(events, p.events)
	p.events = append(p.events[:0], p.events[n:]...)
	woken, p.woken = p.woken, false
	return n, woken
}

func (p *portablePoller) Wake() {
	p.mu.Lock()
	p.woken = true
	p.mu.Unlock()
	p.ring()
}

func (p *portablePoller) Park() { runtime.Gosched() }

func (p *portablePoller) Watch(listener Handle, t Token) error {
	p.network.listener(listener).watch(p, t)
	return nil
}

func (p *portablePoller) Unwatch(listener Handle) error {
	p.network.listener(listener).unwatch(p)
	return nil
}

func (p *portablePoller) Accept(listener Handle) (Handle, error) {
	nc, err := p.network.listener(listener).take()
	if err != nil {
		return 0, err
	}
	return p.network.AddConn(nc), nil
}

func (p *portablePoller) Add(h Handle, t Token) error {
	for int(h) >= len(p.streams) {
		p.streams = append(p.streams, nil)
	}
	p.streams[h] = p.network.stream(h)
	p.streams[h].start(p, t)
	return nil
}

func (p *portablePoller) WatchWrite(h Handle, _ Token, on bool) error {
	p.streams[h].watchWrite(on)
	return nil
}

func (p *portablePoller) Read(h Handle, b []byte) (int, error) { return p.streams[h].Read(b) }

func (p *portablePoller) Write(h Handle, b []byte) (int, error) { return p.streams[h].Write(b) }

func (p *portablePoller) Writev(h Handle, bufs [][]byte) (n int, err error) {
	for _, b := range bufs[:min(len(bufs), MaxVec)] {
		m, e := p.streams[h].Write(b)
		n += m
		if e != nil && n == 0 {
			return 0, e
		}
		if m < len(b) {
			break
		}
	}
	return n, nil
}

func (p *portablePoller) CloseWrite(h Handle) error { return p.streams[h].CloseWrite() }

func (p *portablePoller) CloseHandle(h Handle) error {
	if int(h) < len(p.streams) {
		p.streams[h] = nil
	}
	return p.network.remove(h).Close()
}

func (p *portablePoller) Detach(h Handle) (net.Conn, error) {
	if int(h) < len(p.streams) {
		p.streams[h] = nil
	}
	return p.network.remove(h).detach(), nil
}

func (p *portablePoller) RemoteAddr(h Handle) net.Addr {
	return p.network.stream(h).nc.RemoteAddr()
}
