package websocket

import (
	"bufio"
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/duplexws/duplex/protocol"
)

// The vocabulary of the tests of Conn: a Conn of ours against a scripted peer,
// which writes frames and says which ones it wants, or against another Conn.

// frame is a frame as the scripted peer sees it.
type frame struct {
	op      protocol.Opcode
	more    bool // FIN is not set
	packed  bool // RSV1 is set
	payload string
}

func text(s string) frame    { return frame{op: protocol.OpText, payload: s} }
func binaryF(s string) frame { return frame{op: protocol.OpBinary, payload: s} }
func ping(s string) frame    { return frame{op: protocol.OpPing, payload: s} }
func pong(s string) frame    { return frame{op: protocol.OpPong, payload: s} }

// first is the beginning of a fragmented text, cont and last are what follows.
func first(s string) frame { return frame{op: protocol.OpText, more: true, payload: s} }
func cont(s string) frame  { return frame{more: true, payload: s} }
func last(s string) frame  { return frame{payload: s} }

func closeFrame(code StatusCode, reason string) frame {
	return frame{op: protocol.OpClose, payload: string(binary.BigEndian.AppendUint16(nil, uint16(code))) + reason}
}

func (f frame) String() string {
	s := fmt.Sprintf("%v %.40q", f.op, f.payload)
	if len(f.payload) > 40 {
		s += fmt.Sprintf("... (%d)", len(f.payload))
	}
	if f.more {
		s += " more"
	}
	if f.packed {
		s += " packed"
	}
	return s
}

// octets encodes f, masked if a client sends it.
func (f frame) octets(masked bool) []byte {
	b := []byte{byte(f.op) | 0x80}
	if f.more {
		b[0] = byte(f.op)
	}
	if f.packed {
		b[0] |= 0x40
	}
	switch n := len(f.payload); {
	case n < 126:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	if !masked {
		return append(b, f.payload...)
	}
	key := [4]byte{0x12, 0x34, 0x56, 0x78}
	b[1] |= 0x80
	b = append(b, key[:]...)
	start := len(b)
	b = append(b, f.payload...)
	unmask(b[start:], key)
	return b
}

func readFrame(r *bufio.Reader) (f frame, err error) {
	var head [2]byte
	if _, err = io.ReadFull(r, head[:]); err != nil {
		return f, err
	}
	f.op, f.more, f.packed = protocol.Opcode(head[0]&0x0F), head[0]&0x80 == 0, head[0]&0x40 != 0
	n := uint64(head[1] & 0x7F)
	var long [8]byte
	switch n {
	case 126:
		_, err = io.ReadFull(r, long[6:])
		n = binary.BigEndian.Uint64(long[:])
	case 127:
		_, err = io.ReadFull(r, long[:])
		n = binary.BigEndian.Uint64(long[:])
	}
	var key [4]byte
	if err == nil && head[1]&0x80 != 0 {
		_, err = io.ReadFull(r, key[:])
	}
	if err != nil {
		return f, err
	}
	payload := make([]byte, n)
	_, err = io.ReadFull(r, payload)
	unmask(payload, key)
	f.payload = string(payload)
	return f, err
}

// unmask is not ours, nor does it go octet by octet, which takes long under the
// race detector.
func unmask(p []byte, key [4]byte) {
	if key == [4]byte{} {
		return
	}
	keys := bytes.Repeat(key[:], 1024)
	for ; len(p) > 0; p = p[min(len(p), len(keys)):] {
		subtle.XORBytes(p, p, keys[:min(len(p), len(keys))])
	}
}

// peer is the scripted end of a connection. It writes in the background, and
// reads once it is told to.
type peer struct {
	t      testing.TB
	nc     net.Conn
	masked bool
	hour   time.Duration // how long to wait for what must come
	out    chan []byte
	in     chan frame
	err    error // why in is closed
	reads  bool
}

func newPeer(t testing.TB, nc net.Conn, masked bool) *peer {
	p := &peer{t: t, nc: nc, masked: masked, hour: time.Minute, out: make(chan []byte, 1000), in: make(chan frame, 10000)}
	written := make(chan struct{})
	go func() {
		defer close(written)
		for b := range p.out {
			if b == nil {
				p.nc.Close()
				continue
			}
			p.nc.Write(b)
		}
	}()
	t.Cleanup(func() {
		close(p.out)
		p.nc.Close()
		<-written
		if p.reads {
			for range p.in {
			}
		}
	})
	return p
}

// read makes the peer read from now on.
func (p *peer) read() {
	p.reads = true
	go func() {
		defer close(p.in)
		r := bufio.NewReader(p.nc)
		for {
			f, err := readFrame(r)
			if err != nil {
				p.err = err
				return
			}
			p.in <- f
		}
	}()
}

// write writes frames all at once.
func (p *peer) write(frames ...frame) {
	var b []byte
	for _, f := range frames {
		b = append(b, f.octets(p.masked)...)
	}
	p.out <- b
}

// end ends the transport behind what it has written.
func (p *peer) end() { p.out <- nil }

// next returns the next frame. ok is false at the end of the transport.
func (p *peer) next() (f frame, ok bool) {
	p.t.Helper()
	select {
	case f, ok = <-p.in:
		return f, ok
	case <-time.After(p.hour):
		p.t.Fatal("the peer waits in vain")
		return f, false
	}
}

// want says what comes next.
func (p *peer) want(frames ...frame) {
	p.t.Helper()
	for i, want := range frames {
		got, ok := p.next()
		if !ok {
			p.t.Fatalf("frame %d: the transport ended (%v), want %v", i, p.err, want)
		}
		if got != want {
			p.t.Fatalf("frame %d: got %v, want %v", i, got, want)
		}
	}
}

// wantEnd says that the transport ends next.
func (p *peer) wantEnd() {
	p.t.Helper()
	if f, ok := p.next(); ok {
		p.t.Fatalf("got %v, want the end", f)
	}
}

// wantIdle says that nothing is under way. It is for bubbles.
func (p *peer) wantIdle() {
	p.t.Helper()
	synctest.Wait()
	select {
	case f, ok := <-p.in:
		p.t.Fatalf("got %v, %v; want nothing", f, ok)
	default:
	}
}

// watched is a stream that counts what a Conn asks of it.
type watched struct {
	stream
	writes  atomic.Int64  // that wrote something
	reading chan struct{} // a read is about to wait
	waiting chan struct{} // a write is about to wait
	onWait  atomic.Pointer[func()]
}

func (w *watched) Read(m memory) (int, error) {
	signal(w.reading)
	return w.stream.Read(m)
}

func (w *watched) Write(head, tail []byte, wait bool) (int, error) {
	if wait {
		signal(w.waiting)
		if f := w.onWait.Load(); f != nil {
			(*f)()
		}
	}
	n, err := w.stream.Write(head, tail, wait)
	if n > 0 {
		w.writes.Add(1)
	}
	return n, err
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// forget forgets reads and writes of before.
func (w *watched) forget() {
	for _, c := range []chan struct{}{w.reading, w.waiting} {
		select {
		case <-c:
		default:
		}
	}
	w.writes.Store(0)
}

var roles = []protocol.Role{protocol.Server, protocol.Client}

func newTestConn(t testing.TB, role protocol.Role, nc net.Conn, o *Options) (*Conn, *watched) {
	if o == nil {
		o = new(Options)
	}
	c := newConn(newSettings(role, o), nc, "")
	w := &watched{stream: c.stream, reading: make(chan struct{}, 1), waiting: make(chan struct{}, 1)}
	c.stream = w
	if o.Deflate != nil {
		c.useDeflate(agree(t, role, o.Deflate))
	}
	c.start()
	t.Cleanup(func() { c.CloseNow() })
	return c, w
}

// scripted is a Conn against a scripted peer.
type scripted struct {
	*Conn
	t      testing.TB
	ctx    context.Context
	peer   *peer
	stream *watched
}

// script makes a Conn with a role and a peer that does not read yet.
func script(t testing.TB, tr transport, role protocol.Role, o *Options) *scripted {
	t.Helper()
	ours, theirs := tr.connect(t)
	s := &scripted{t: t, ctx: t.Context(), peer: newPeer(t, theirs, role == protocol.Server)}
	if o != nil && o.Clock != nil {
		s.peer.hour = 1000 * time.Hour
	}
	s.Conn, s.stream = newTestConn(t, role, ours, o)
	return s
}

// serve makes a server's Conn and a peer that reads.
func serve(t testing.TB, tr transport, o *Options) *scripted {
	t.Helper()
	s := script(t, tr, protocol.Server, o)
	s.peer.read()
	return s
}

// bubble runs f in a synctest bubble, with options for its clock.
func bubble(t *testing.T, f func(t *testing.T, o *Options)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, &Options{Clock: NewClock()}) })
}

// wantRead says what the next message is.
func (s *scripted) wantRead(typ MessageType, want string) {
	s.t.Helper()
	wantMessage(s.t, want, typ)(s.Read(s.ctx))
}

// wantMessage returns a function that takes the results of a Read.
func wantMessage(t testing.TB, want string, typ MessageType) func(MessageType, []byte, error) {
	return func(gotTyp MessageType, p []byte, err error) {
		t.Helper()
		if err != nil || gotTyp != typ || string(p) != want {
			t.Fatalf("read %v %.40q (%d), %v; want %v %.40q (%d)", gotTyp, p, len(p), err, typ, want, len(want))
		}
	}
}

// mustWrite writes a text.
func (s *scripted) mustWrite(p string) {
	s.t.Helper()
	if err := s.Write(s.ctx, Text, []byte(p)); err != nil {
		s.t.Fatal(err)
	}
}

// pair connects a server's Conn with a client's.
func pair(t testing.TB, tr transport, o *Options) (server, client *Conn) {
	t.Helper()
	ours, theirs := tr.connect(t)
	server, _ = newTestConn(t, protocol.Server, ours, o)
	client, _ = newTestConn(t, protocol.Client, theirs, o)
	return server, client
}

// async calls f and returns where its error will be.
func async(f func() error) <-chan error {
	failed := make(chan error, 1)
	go func() { failed <- f() }()
	return failed
}

// goroutinesIn counts the goroutines that are in a function.
func goroutinesIn(function string) int {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	n := 0
	for stack := range bytes.SplitSeq(buf, []byte("\n\n")) {
		if bytes.Contains(stack, []byte(function)) {
			n++
		}
	}
	return n
}

// eventually waits until f holds. It is for what the runtime decides.
func eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !f(); {
		if time.Now().After(end) {
			t.Fatal("never: " + what)
		}
		time.Sleep(time.Millisecond)
	}
}

// filled returns n octets of text that differ from place to place.
func filled(n int) string {
	text := numbers()
	for len(text) < n {
		text += text
	}
	return text[:n]
}

var numbers = sync.OnceValue(func() string {
	var sb strings.Builder
	for i := 0; sb.Len() < 1<<20; i++ {
		fmt.Fprintf(&sb, "%d ", i)
	}
	return sb.String()
})
