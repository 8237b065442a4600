package websocket

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/duplexws/duplex/internal/pool"
	"github.com/duplexws/duplex/protocol"
)

// Read reads the next message. The bytes are the caller's own.
//
// Cancelling ctx ends this call and nothing else: what was received of a
// message stays with the connection for the next read. Errors: the cause of
// ctx; a [*CloseError] with what the peer said when it closed; a
// [*ProtocolError] when the peer broke a rule or a limit; [ErrAbnormal],
// [ErrPongTimeout] and others when the connection broke; [ErrClosed] when this
// side closed it. Behind an error that is not ctx's, every read returns the
// same.
func (c *Conn) Read(ctx context.Context) (MessageType, []byte, error) {
	if err := c.lockRead(ctx); err != nil {
		return 0, nil, err
	}
	typ, p, err := c.readMessage(ctx, nil, false)
	c.unlockRead()
	return typ, p, err
}

// ReadInto is Read into the memory of buf: it returns the message at the start
// of buf, or in larger memory where buf has too little. It does not allocate
// when buf is large enough. The bytes are the caller's own.
func (c *Conn) ReadInto(ctx context.Context, buf []byte) (MessageType, []byte, error) {
	if err := c.lockRead(ctx); err != nil {
		return 0, nil, err
	}
	typ, p, err := c.readMessage(ctx, buf, true)
	c.unlockRead()
	return typ, p, err
}

func (c *Conn) lockRead(ctx context.Context) error {
	if c.readLock.TryLock() {
		return nil
	}
	x := c.more()
	x.readers.Add(1)
	defer x.readers.Add(-1)
	w := c.readLock.enqueue()
	if w == nil {
		return nil
	}
	if c.flags.has(isBorrowed) {
		c.stream.WakeRead()
	}
	return c.readLock.wait(ctx, w, nil)
}

func (c *Conn) unlockRead() {
	for {
		ended := c.flags.has(hasEnded)
		if ended {
			c.releaseRead()
		}
		c.readLock.Unlock()
		// The connection may have ended in between.
		if ended || !c.flags.has(hasEnded) || !c.readLock.TryLock() {
			return
		}
	}
}

// releaseRead gives the reader's memory back.
func (c *Conn) releaseRead() {
	c.breakReader(c.Err())
	c.dropInput()
	if c.deflate != nil {
		c.deflate.in.Forget()
	}
	c.unwatch()
}

// readMessage reads one message, into buf if into is true.
func (c *Conn) readMessage(ctx context.Context, buf []byte, into bool) (MessageType, []byte, error) {
	if x := c.ext.Load(); x != nil {
		if len(x.stash) > 0 {
			return c.unstash(buf, into)
		}
		if x.reader != nil {
			if err := c.skipReader(ctx); err != nil {
				return 0, nil, err
			}
		}
	}
	var ev protocol.Event
	for {
		if err := c.next(ctx, &ev); err != nil {
			if into && c.rd != nil {
				c.rd.asm.Detach()
			}
			return 0, nil, err
		}
		if ev.Compressed {
			return c.readInflated(&ev, buf, into)
		}
		c.rd.asm.Own()
		if ev.First {
			if into && ev.Last && len(ev.Payload) <= cap(buf) {
				p := append(buf[:0], ev.Payload...)
				c.delivered()
				return ev.Opcode, p, nil
			}
			if into {
				c.rd.asm.Into(buf)
			}
		}
		if p, whole := c.rd.asm.Add(&c.in, &ev); whole {
			c.delivered()
			return ev.Opcode, p, nil
		}
	}
}

// readInflated inflates the message of ev, into buf if into is true.
func (c *Conn) readInflated(ev *protocol.Event, buf []byte, into bool) (MessageType, []byte, error) {
	if !into {
		buf = nil
	}
	p, err := c.inflate(ev, buf[:0])
	if err != nil {
		return 0, nil, err
	}
	c.delivered()
	return ev.Opcode, p, nil
}

// delivered counts a message and notes whether another frame is at hand.
func (c *Conn) delivered() {
	c.counts.messagesIn.add(1)
	c.setMore(c.rd != nil && len(c.rd.input) > 0 && c.in.HoldsFrame(c.rd.input))
}

// setMore tells writers whether a reply may wait for the next one. It touches
// the shared flag only when that changes.
func (c *Conn) setMore(more bool) {
	if c.holds != more {
		c.holds = more
		c.flags.put(hasMore, more)
	}
}

// next stores the next chunk of a message in ev, or the whole of one that is
// compressed. It handles control frames on
// the way, and waits for input as long as ctx allows.
func (c *Conn) next(ctx context.Context, ev *protocol.Event) error {
	return c.nextUnless(ctx, ev, nil)
}

// nextUnless is next, but stores no event and returns once w, if not nil, is
// answered.
func (c *Conn) nextUnless(ctx context.Context, ev *protocol.Event, w *pingWait) error {
	for {
		if w != nil && w.answered() {
			ev.Kind = protocol.None
			return nil
		}
		if c.rd == nil {
			ev.Kind = protocol.None
		} else {
			c.rd.input = c.in.Feed(c.receiving(), c.rd.now, c.rd.input, ev)
		}
		switch ev.Kind {
		case protocol.Data:
			if !ev.Compressed || c.gather(ev) {
				return nil
			}
		case protocol.None:
			ev.Payload = nil // or whoever waits would hold the memory of the last message
			if err := c.fill(ctx); err != nil {
				return err
			}
		default:
			c.control(ev)
		}
	}
}

// control handles an event that is no data.
func (c *Conn) control(ev *protocol.Event) {
	switch ev.Kind {
	case protocol.Ping:
		c.pinged()
		c.setMore(len(c.rd.input) > 0 && c.in.HoldsFrame(c.rd.input)) // many Pongs go out together too
		c.owe(func(q *protocol.Owed) { q.Pong(ev.Payload) })
	case protocol.Pong:
		c.ponged(ev.Payload)
	case protocol.Close:
		c.readErr = &CloseError{Code: ev.Code, Reason: string(ev.Payload)}
		c.owe(func(q *protocol.Owed) { q.Reply(ev.Code) })
	case protocol.Failed:
		c.readErr = ev.Err
		c.owe(func(q *protocol.Owed) { q.Fail(ev.Err) })
	}
}

// owe leaves a control frame in the outbox and sends it, unless someone is
// writing, who then sends it afterwards: a reader must not wait for a writer,
// or two sides that both write would wait for each other for ever.
func (c *Conn) owe(add func(*protocol.Owed)) {
	c.mu.Lock()
	x := c.more()
	if x.owed == nil {
		x.owed = new(protocol.Owed)
	}
	add(x.owed)
	x.verdict = c.readErr
	c.mu.Unlock()
	c.flags.set(owesFrames)
	if c.writeLock.TryLock() {
		c.unlockWrite()
	}
}

// fill receives more input. It is called when the old is used up. An idle
// connection waits inside it, so what is rare stands in functions of its own:
// the frames on the way down decide whether a stack of 2 KiB is enough.
func (c *Conn) fill(ctx context.Context) error {
	for {
		if err := c.beforeFill(ctx); err != nil {
			return err
		}
		// To where a large message is being gathered, or else to a pooled
		// buffer, which is taken only when there is something to read.
		c.flags.set(isParked)
		n, err := c.stream.Read((*connMemory)(c))
		c.flags.clear(isParked)
		if err == nil {
			c.took(n)
			return nil
		}
		if err = c.notFilled(err); err != nil {
			return err
		}
	}
}

// beforeFill gets ready to wait, and says why not to.
func (c *Conn) beforeFill(ctx context.Context) error {
	if c.readErr != nil {
		return c.readErr
	}
	c.setMore(false)
	c.flushBeforeRead()
	if c.rd != nil && !c.in.InMessage() {
		c.rd.asm.Release() // of the last message, which was borrowed until now
		c.rd.packed.Release()
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case c.flags.has(hasEnded):
		return c.fail(c.Err())
	case c.flags.has(isBorrowed) && c.more().readers.Load() > 0:
		return errYield
	}
	c.watch(ctx)
	if c.rd != nil {
		c.rd.space = c.rd.gathering().Space(&c.in)
		if by := c.in.Deadline(c.set.cfg); by != 0 || c.rd.due != 0 {
			c.awaitRest(by)
		}
	}
	return nil
}

// notFilled handles what came instead of input. Nil means to
// try again.
func (c *Conn) notFilled(err error) error {
	if err != errWoken {
		return c.fail(abnormal(err))
	}
	if c.rd == nil {
		return nil
	}
	c.rd.now = c.set.clock.Now()
	if c.rd.due != 0 && c.rd.now >= c.rd.due+c.rd.busy {
		var ev protocol.Event
		c.in.Expire(&ev)
		c.control(&ev)
		return c.readErr
	}
	return nil
}

// fail makes err the end of reading, unless the connection has ended for
// another reason that closed the transport under the reader.
func (c *Conn) fail(err error) error {
	if c.flags.has(hasEnded) {
		err = c.Err()
	}
	c.readErr = err
	c.end(err)
	return err
}

// took notes that n octets have been received.
func (c *Conn) took(n int) {
	c.rd.now = c.set.clock.Now()
	c.counts.bytesIn.add(uint64(n))
	if c.rd.space != nil {
		c.rd.input = c.rd.space[:n]
	} else {
		c.rd.input = c.rd.buf.B[:n]
	}
}

// reading is what has been received and not consumed. A connection has one only
// while there is something.
type reading struct {
	asm    protocol.Assembler
	packed protocol.Assembler // of a compressed message
	input  []byte
	buf    *pool.Buffer // what input lies in, unless it lies in asm or packed
	space  []byte       // where the read under way goes, if not to buf
	now    int64        // when the reader last stopped waiting
	due    int64        // when the message under way is overdue, 0 if there is none,
	busy   int64        // put off for as long as the application was busy
}

// gathering returns what the message under way is built in.
func (rd *reading) gathering() *protocol.Assembler {
	if rd.packed.Len() > 0 {
		return &rd.packed
	}
	return &rd.asm
}

var readings = sync.Pool{New: func() any { return new(reading) }}

// connMemory is the memory that a Conn lends its stream.
type connMemory Conn

func (m *connMemory) take() []byte {
	if m.rd == nil {
		m.rd = readings.Get().(*reading)
	}
	if m.rd.space != nil {
		return m.rd.space
	}
	if m.rd.buf == nil {
		m.rd.buf = conns.Get()
	}
	return m.rd.buf.B
}

// drop gives the memory back that nothing has been read to.
func (m *connMemory) drop() {
	rd := m.rd
	if rd.space != nil {
		return
	}
	conns.Put(rd.buf)
	rd.buf = nil
	if m.in.Idle() {
		*rd = reading{}
		readings.Put(rd)
		m.rd = nil
	}
}

// dropInput forgets what has been received.
func (c *Conn) dropInput() {
	rd := c.rd
	if rd == nil {
		return
	}
	c.rd = nil
	rd.asm.Release()
	rd.packed.Release()
	if rd.buf != nil {
		conns.Put(rd.buf)
	}
	*rd = reading{}
	readings.Put(rd)
}

// watch is the context whose end wakes the reader. It is kept from read to
// read, because making it costs more than a small read.
type watch struct {
	done <-chan struct{}
	stop func() bool
}

func (c *Conn) watch(ctx context.Context) {
	if c.owns(ctx) {
		return // it ends with the connection, which wakes the reader anyway
	}
	done := ctx.Done()
	if done == nil || done == c.watched.done {
		return
	}
	c.unwatch()
	c.watched = watch{done, context.AfterFunc(ctx, c.stream.WakeRead)}
}

func (c *Conn) unwatch() {
	if c.watched.stop != nil {
		c.watched.stop()
	}
	c.watched = watch{}
}

// CloseRead reads in a goroutine, for an application that only writes: it
// answers Pings and notices the end of the connection. A message from the peer
// closes the connection with 1008. The context ends with the connection, and its
// cause is why; when ctx ends, so does the reading, and nothing else.
func (c *Conn) CloseRead(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		err := c.readNone(ctx)
		if err == errUnexpected {
			c.Close(ctx, StatusPolicyViolation, "no message expected")
		}
		cancel(err)
	}()
	return ctx
}

var errUnexpected = errors.New("websocket: message received where none is expected")

// readNone reads until it must not any more. A message that comes when ctx has
// ended is for the next reader.
func (c *Conn) readNone(ctx context.Context) error {
	if err := c.lockRead(ctx); err != nil {
		return err
	}
	defer c.unlockRead()
	typ, p, err := c.readMessage(ctx, nil, false)
	switch {
	case err != nil:
		return err
	case ctx.Err() == nil:
		return errUnexpected
	}
	x := c.more()
	x.stash = slices.Insert(x.stash, 0, stashed{typ, p})
	x.stashSize += stashCost(p)
	c.counts.messagesIn.add(^uint64(0)) // it is counted when it is read
	return context.Cause(ctx)
}
