package websocket

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/duplexws/duplex/internal/pool"
	"github.com/duplexws/duplex/internal/wheel"
	"github.com/duplexws/duplex/protocol"
)

// MessageType says whether a message is text or binary.
type MessageType = protocol.Opcode

// The two types of message.
const (
	Text   = protocol.OpText
	Binary = protocol.OpBinary
)

// Conn is a WebSocket connection. All methods may be called concurrently, and
// none panics. Calls that read wait for each other, and so do calls that write;
// a call that reads never waits for one that writes.
//
// A Conn answers Pings, replies to the peer's Close frame and sees that a
// silent peer is gone only while someone reads: in a Read, or by [Conn.CloseRead].
type Conn struct {
	set         *settings
	stream      stream
	subprotocol string
	deflate     *deflating // nil without permessage-deflate

	// Reading, guarded by readLock.
	readLock lock
	in       protocol.In
	rd       *reading // what has been received; nil while nothing is
	readErr  error    // why nothing more can be read
	watched  watch    // the context of the last read that had to wait
	holds    bool     // what the flag hasMore says

	// Writing, guarded by writeLock.
	composing bool // NextWriter's message is unfinished
	writeLock lock
	out       protocol.Out
	wb        []byte       // octets to write
	wbuf      *pool.Buffer // what wb began in

	flags  flags
	stale  bool // dirty already at the last sweep
	counts counters

	mu     sync.Mutex // guards what follows, and extra; nothing is called while it is held
	keep   protocol.Keepalive
	timer  wheel.Timer
	armed  int64         // what timer is armed for, 0 if not
	done   chan struct{} // closed when the connection has ended
	endErr error
	group  *Group // one of those that it is in

	ext  atomic.Pointer[extra]
	base context.Context // the values of the handler's context; nil without Handler
}

// extra is what most connections do without.
type extra struct {
	// Guarded by readLock.
	reader *messageReader
	stash  []stashed // messages that Ping received on behalf of a later Read

	stashSize int64 // what stash costs

	readers atomic.Int32 // that wait for readLock, to whom a Ping yields

	received atomic.Pointer[protocol.Config] // what SetMaxMessage has set

	messageLock lock // held while NextWriter's message is unfinished

	// Guarded by mu.
	closeBy    int64 // deadlines, 0 if none
	writeBy    int64
	assembleBy int64
	finishing  bool
	verdict    error // what ended the conversation, if the transport has yet to end
	owed       *protocol.Owed
	pings      *pings
	queue      atomic.Pointer[sendQueue]
	groups     []*Group        // beyond Conn.group
	ctx        context.Context // the handler's, once it has to be a real one
	cancel     context.CancelCauseFunc

	roundTrip counter
}

// more returns the extra of c, which it makes if there is none.
func (c *Conn) more() *extra {
	if c.ext.Load() == nil {
		c.ext.CompareAndSwap(nil, new(extra))
	}
	return c.ext.Load()
}

// flags are facts that both the reader and writers have to know.
type flags struct{ bits atomic.Uint32 }

const (
	hasMore    = 1 << iota // the reader holds another whole frame: replies may wait for its reply
	isDirty                // wb is not empty
	owesFrames             // owed is not empty, or a Ping is due
	owesPing               // a Ping is due
	isSwept                // the clock sweeps this Conn
	hasWriter              // the writer goroutine runs
	hasEnded               // the connection has ended
	isParked               // the reader waits for input
	isBorrowed             // who holds readLock gives it up for a reader
	hasPing                // wb holds a Ping of the keepalive
)

func (f *flags) has(bit uint32) bool { return f.bits.Load()&bit != 0 }

// set sets a flag and returns what it was.
func (f *flags) set(bit uint32) bool { return f.bits.Or(bit)&bit != 0 }

// clear clears a flag and returns what it was.
func (f *flags) clear(bit uint32) bool { return f.bits.And(^bit)&bit != 0 }

func (f *flags) put(bit uint32, on bool) {
	if on {
		f.bits.Or(bit)
	} else {
		f.bits.And(^bit)
	}
}

// bufferSize is the size of the pooled buffers that a Conn reads to and writes
// from, and maskSize of those in which a client masks what is larger than four
// of them: few writes, and still within a core's own cache. flushSize is how
// much waits to be written together at most.
const (
	bufferSize = 32 << 10
	maskSize   = 512 << 10
	flushSize  = 16 << 10
)

var (
	conns = pool.New(bufferSize)
	masks = pool.New(maskSize)
)

func newConn(set *settings, nc net.Conn, subprotocol string) *Conn {
	return &Conn{set: set, stream: newStream(nc), subprotocol: subprotocol}
}

// start turns the keepalive on, once the Conn is all set up.
func (c *Conn) start() {
	c.mu.Lock()
	c.keep.Start(c.set.cfg, c.set.clock.Now())
	c.arm()
	c.mu.Unlock()
	c.opened()
}

// Subprotocol returns the sub-protocol of the opening handshake, or "".
func (c *Conn) Subprotocol() string { return c.subprotocol }

// SetMaxMessage sets Options.MaxMessage for this connection alone: little before
// a login, say, and more after it. It counts for frames whose header has not been
// read yet, and for compressed messages that are not whole yet.
func (c *Conn) SetMaxMessage(n int64) {
	c.more().received.Store(c.set.cfg.WithMaxMessage(n))
}

// receiving is the Config by which octets are judged.
func (c *Conn) receiving() *protocol.Config {
	if x := c.ext.Load(); x != nil {
		if cfg := x.received.Load(); cfg != nil {
			return cfg
		}
	}
	return c.set.cfg
}

// LocalAddr returns the local address of the transport.
func (c *Conn) LocalAddr() net.Addr { return c.stream.NetConn().LocalAddr() }

// RemoteAddr returns the peer's address.
func (c *Conn) RemoteAddr() net.Addr { return c.stream.NetConn().RemoteAddr() }

// CloseNow ends the connection at once, without a closing handshake: what has
// not gone out is lost. Only the answer to a Close frame that a read has
// returned still goes out, behind a write of another goroutine that is under
// way, if that takes no longer than 100 ms. CloseNow may be called more than
// once.
func (c *Conn) CloseNow() error {
	if !c.answersFirst() {
		c.end(ErrClosed)
	}
	return nil
}

// answerTime is how long an answer may hold up CloseNow.
const answerTime = 100 * time.Millisecond

// answersFirst reports whether whoever writes now will answer the peer's Close
// frame and end the connection, for which it draws the deadline near.
func (c *Conn) answersFirst() bool {
	if !c.flags.has(owesFrames) {
		return false
	}
	if c.writeLock.TryLock() {
		c.unlockWrite() // which answers
		return false
	}
	c.mu.Lock()
	x := c.more()
	answers := x.verdict != nil && x.owed != nil
	if answers {
		if by := c.set.clock.Now() + int64(answerTime); x.closeBy == 0 || by < x.closeBy {
			x.closeBy = by
			c.arm()
		}
	}
	c.mu.Unlock()
	if answers && c.writeLock.TryLock() {
		c.unlockWrite()
	}
	return answers
}

// Done returns a channel that is closed when the connection has ended. That is
// noticed only while someone reads, writes or closes.
func (c *Conn) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
		if c.flags.has(hasEnded) {
			close(c.done)
		}
	}
	return c.done
}

// end closes the transport and wakes everyone who waits. The first err counts.
func (c *Conn) end(err error) {
	c.mu.Lock()
	if c.flags.set(hasEnded) {
		c.mu.Unlock()
		return
	}
	c.endErr = err
	c.set.clock.Stop(&c.timer)
	c.armed = 0
	if c.done != nil {
		close(c.done)
	}
	groups := c.groups()
	var cancel context.CancelCauseFunc
	if x := c.ext.Load(); x != nil {
		cancel = x.cancel
		if x.verdict != nil { // how the transport ends does not matter any more
			err = x.verdict
			c.endErr = err
		}
	}
	c.mu.Unlock()

	c.stream.Close()
	if cancel != nil {
		cancel(err)
	}
	for _, g := range groups {
		g.Remove(c)
	}
	c.endPings()
	c.closeQueue()
	c.releaseEnded()
	c.closed(err)
}

// releaseEnded gives the memory of an ended connection back, unless someone is
// still about to notice, who then does it.
func (c *Conn) releaseEnded() {
	if c.readLock.TryLock() {
		c.unlockRead()
	}
	if c.writeLock.TryLock() {
		c.unlockWrite()
	}
}

// Err returns why the connection has ended, or is about to end since the peer
// has closed it or broken the protocol; nil otherwise. It is what a call that
// waits is told: a [*CloseError] of the peer's, a [*ProtocolError],
// [ErrAbnormal], [ErrClosed] and their like.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if x := c.ext.Load(); x != nil && c.endErr == nil {
		return x.verdict
	}
	return c.endErr
}

// unlessClean returns nil for the end of a connection that both sides wanted.
func unlessClean(err error) error {
	var closed *CloseError
	if errors.As(err, &closed) && (closed.Code == StatusNormalClosure || closed.Code == StatusGoingAway || closed.Code == StatusNoStatus) {
		return nil
	}
	return err
}
