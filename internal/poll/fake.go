package poll

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// Fake is a network in memory without a clock of its own: nothing happens in it
// but what its user makes happen, in that order. It is used from one goroutine;
// only Wake of its pollers may be called by others.
type Fake struct {
	now       int64
	conns     []fakeConn // by handle
	free      []Handle
	listeners []*fakeListener
	// Calls counts what a system would count: the calls of its pollers.
	Calls FakeCalls
}

// FakeCalls counts calls of pollers.
type FakeCalls struct{ Wait, Read, Write, Control, Accept int }

// fakeConn is a transport and its peer.
type fakeConn struct {
	in, out []byte // towards the owner, and towards the peer
	read    int    // octets of in that were read
	room    int    // octets that out may hold; negative is any number
	poller  *fakePoller
	token   Token
	pending Ready // announced, and not yet taken by Wait
	ended   bool  // the peer has ended its half
	reset   bool  // the peer has broken the transport
	shut    bool  // the owner has ended its half
	closed  bool  // the owner has closed it
	gone    bool  // the peer looks no more
	watched bool
}

type fakeListener struct {
	backlog []Handle
	fail    []error // of the next Accepts
	poller  *fakePoller
	token   Token
}

// ErrReset is the error of a transport that its peer has reset.
var ErrReset error = syscall.ECONNRESET

// NewFake returns a network whose clock stands at its beginning.
func NewFake() *Fake { return &Fake{now: 1} }

// Footprint is what the transports and their peers take of memory, in octets.
func (f *Fake) Footprint() int {
	n := cap(f.conns)*int(unsafe.Sizeof(fakeConn{})) + len(f.conns)*int(unsafe.Sizeof(FakePeer{}))
	for i := range f.conns {
		n += cap(f.conns[i].in) + cap(f.conns[i].out)
	}
	return n
}

// Advance moves the clock.
func (f *Fake) Advance(d time.Duration) { f.now += int64(d) }

// NewPoller returns a poller.
func (f *Fake) NewPoller() (Poller, error) { return &fakePoller{net: f}, nil }

// Listen opens a listener, at no real address. Listeners have negative handles.
func (f *Fake) Listen(network, address string, _ bool) (Handle, net.Addr, error) {
	f.listeners = append(f.listeners, new(fakeListener))
	return Handle(-len(f.listeners)), &net.UnixAddr{Name: address, Net: network}, nil
}

// CloseListener resets what was not accepted.
func (f *Fake) CloseListener(h Handle) error {
	l := f.listener(h)
	for _, c := range l.backlog {
		f.conns[c].closed = true
	}
	l.backlog = nil
	return nil
}

func (f *Fake) listener(h Handle) *fakeListener { return f.listeners[-h-1] }

// Dial connects to a listener.
func (f *Fake) Dial(listener Handle) *FakePeer {
	h := f.open()
	l := f.listener(listener)
	l.backlog = append(l.backlog, h)
	l.announce()
	return &FakePeer{f, h}
}

// open returns a new transport.
func (f *Fake) open() Handle {
	if n := len(f.free); n > 0 {
		h := f.free[n-1]
		f.free = f.free[:n-1]
		f.conns[h] = fakeConn{room: -1}
		return h
	}
	f.conns = append(f.conns, fakeConn{room: -1})
	return Handle(len(f.conns) - 1)
}

// FailAccept makes the next Accepts fail.
func (f *Fake) FailAccept(listener Handle, errs ...error) {
	l := f.listener(listener)
	l.fail = append(l.fail, errs...)
}

func (l *fakeListener) announce() {
	if l.poller != nil {
		l.poller.events = append(l.poller.events, Event{l.token, Readable})
	}
}

// FakePeer is the other end of a transport.
type FakePeer struct {
	net *Fake
	h   Handle
}

func (p *FakePeer) conn() *fakeConn { return &p.net.conns[p.h] }

// Write sends octets to the owner.
func (p *FakePeer) Write(b []byte) {
	c := p.conn()
	c.in = append(c.in, b...)
	c.announce(p.h, Readable)
}

// Read takes everything that the owner has written.
func (p *FakePeer) Read() []byte {
	c := p.conn()
	b := c.out
	c.out = nil
	if len(b) > 0 && c.watched {
		c.announce(p.h, Writable)
	}
	return b
}

// Discard takes everything, and leaves the memory to be written again.
func (p *FakePeer) Discard() {
	c := p.conn()
	if len(c.out) > 0 && c.watched {
		c.announce(p.h, Writable)
	}
	c.out = c.out[:0]
}

// ReadN takes at most n octets.
func (p *FakePeer) ReadN(n int) []byte {
	c := p.conn()
	n = min(n, len(c.out))
	b := append([]byte(nil), c.out[:n]...)
	c.out = append(c.out[:0], c.out[n:]...)
	if n > 0 && c.watched {
		c.announce(p.h, Writable)
	}
	return b
}

// SetRoom sets how many octets the transport holds until they are read.
// Negative is any number.
func (p *FakePeer) SetRoom(n int) {
	c := p.conn()
	c.room = n
	if c.watched && c.space() > 0 {
		c.announce(p.h, Writable)
	}
}

// CloseWrite ends the peer's half.
func (p *FakePeer) CloseWrite() {
	c := p.conn()
	c.ended = true
	c.announce(p.h, Readable|Ended)
}

// Reset breaks the transport. What is under way is lost.
func (p *FakePeer) Reset() {
	c := p.conn()
	c.reset, c.in = true, nil
	c.announce(p.h, Readable|Writable|Ended)
}

// Ended reports whether the owner has ended its half or closed the transport,
// so that nothing comes behind what Read returns.
func (p *FakePeer) Ended() bool { return p.conn().shut || p.conn().closed }

// Closed reports whether the owner has closed the transport.
func (p *FakePeer) Closed() bool { return p.conn().closed }

// Forget says that the peer is not used any more, so that the network can use
// its memory for another once the owner has closed it too.
func (p *FakePeer) Forget() {
	c := p.conn()
	c.gone = true
	if c.closed {
		p.net.release(p.h)
	}
}

func (f *Fake) release(h Handle) {
	f.conns[h] = fakeConn{closed: true}
	f.free = append(f.free, h)
}

func (c *fakeConn) announce(h Handle, r Ready) {
	if c.poller == nil || c.closed {
		return
	}
	if c.pending == 0 {
		c.poller.ready = append(c.poller.ready, h)
	}
	c.pending |= r
}

func (c *fakeConn) space() int {
	if c.room < 0 {
		return 1 << 30
	}
	return max(c.room-len(c.out), 0)
}

type fakePoller struct {
	net    *Fake
	events []Event  // of listeners
	ready  []Handle // that have something pending
	woken  atomic.Bool
}

func (p *fakePoller) Now() int64   { return p.net.now }
func (p *fakePoller) Wake()        { p.woken.Store(true) }
func (p *fakePoller) Park()        {}
func (p *fakePoller) Close() error { return nil }

// Wait moves the clock by timeout when nothing is ready, and never blocks.
func (p *fakePoller) Wait(events []Event, timeout time.Duration) int {
	p.net.Calls.Wait++
	n := copy(events, p.events)
	p.events = p.events[n:]
	taken := 0
	for _, h := range p.ready {
		if n == len(events) {
			break
		}
		taken++
		c := &p.net.conns[h]
		if c.pending == 0 || c.poller != p { // closed since
			continue
		}
		events[n] = Event{c.token, c.pending}
		c.pending = 0
		n++
	}
	p.ready = append(p.ready[:0], p.ready[taken:]...)
	if woken := p.woken.Swap(false); n == 0 && !woken && timeout > 0 {
		p.net.Advance(timeout)
	}
	return n
}

func (p *fakePoller) Watch(listener Handle, t Token) error {
	l := p.net.listener(listener)
	l.poller, l.token = p, t
	if len(l.backlog) > 0 {
		l.announce()
	}
	return nil
}

func (p *fakePoller) Unwatch(listener Handle) error {
	p.net.listener(listener).poller = nil
	return nil
}

func (p *fakePoller) Accept(listener Handle) (Handle, error) {
	p.net.Calls.Accept++
	l := p.net.listener(listener)
	if len(l.backlog) == 0 {
		return 0, ErrAgain
	}
	if len(l.fail) > 0 {
		err := l.fail[0]
		l.fail = l.fail[1:]
		return 0, err
	}
	h := l.backlog[0]
	l.backlog = l.backlog[1:]
	return h, nil
}

func (p *fakePoller) Add(h Handle, t Token) error {
	p.net.Calls.Control++
	c := &p.net.conns[h]
	c.poller, c.token = p, t
	var r Ready
	if len(c.in) > 0 {
		r = Readable
	}
	if c.ended || c.reset {
		r = Readable | Ended
	}
	if r != 0 {
		c.announce(h, r)
	}
	return nil
}

func (p *fakePoller) WatchWrite(h Handle, _ Token, on bool) error {
	p.net.Calls.Control++
	c := &p.net.conns[h]
	c.watched = on
	if on && c.space() > 0 {
		c.announce(h, Writable)
	}
	return nil
}

func (p *fakePoller) Read(h Handle, b []byte) (int, error) {
	p.net.Calls.Read++
	switch c := &p.net.conns[h]; {
	case c.closed:
		return 0, errHandle
	case c.reset:
		return 0, ErrReset
	case len(c.in) > 0:
		n := copy(b, c.in[c.read:])
		if c.read += n; c.read == len(c.in) {
			c.in, c.read = c.in[:0], 0
		}
		return n, nil
	case c.ended:
		return 0, io.EOF
	}
	return 0, ErrAgain
}

func (p *fakePoller) Write(h Handle, b []byte) (int, error) {
	return p.Writev(h, [][]byte{b})
}

func (p *fakePoller) Writev(h Handle, bufs [][]byte) (n int, err error) {
	p.net.Calls.Write++
	c := &p.net.conns[h]
	switch {
	case c.closed, c.shut:
		return 0, errHandle
	case c.reset:
		return 0, ErrReset
	case c.space() == 0:
		return 0, ErrAgain
	}
	for _, b := range bufs[:min(len(bufs), MaxVec)] {
		m := min(len(b), c.space())
		c.out = append(c.out, b[:m]...)
		if n += m; m < len(b) {
			break
		}
	}
	return n, nil
}

func (p *fakePoller) CloseWrite(h Handle) error {
	p.net.conns[h].shut = true
	return nil
}

func (p *fakePoller) CloseHandle(h Handle) error {
	c := &p.net.conns[h]
	if c.closed {
		return errHandle
	}
	c.closed, c.poller, c.pending, c.in = true, nil, 0, nil
	if c.gone {
		p.net.release(h)
	}
	return nil
}

// Detach is not supported: there is nothing that a net.Conn could wait for.
func (p *fakePoller) Detach(h Handle) (net.Conn, error) {
	p.CloseHandle(h)
	return nil, errors.ErrUnsupported
}

// Attach is not supported.
func (f *Fake) Attach(nc net.Conn) (Handle, error) {
	nc.Close()
	return 0, errors.ErrUnsupported
}

func (p *fakePoller) RemoteAddr(h Handle) net.Addr { return fakeAddr }

var fakeAddr = &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1}

// errHandle is what the owner deserves for a handle that is closed.
var errHandle = errors.New("poll: handle is not open")
