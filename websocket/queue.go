package websocket

import (
	"context"
	"sync"

	"github.com/duplexws/duplex/protocol"
)

// Policy says what [Conn.Send] does with a message for which the queue has no
// room.
type Policy uint8

const (
	// Block: Send waits for room. The default.
	Block Policy = iota
	// DropNewest: the message is dropped, and Send returns ErrQueueFull.
	DropNewest
	// DropOldest: the oldest messages in the queue are dropped.
	DropOldest
	// LatestPerKey: a message replaces the one with the same Key that waits
	// in the queue, in its place, whether the queue is full or not; when the
	// queue is full the oldest is dropped.
	LatestPerKey
	// CloseSlow: the connection is closed with 1008, and Send returns
	// ErrSlowConsumer.
	CloseSlow
)

func (p Policy) String() string {
	if p > CloseSlow {
		return "unknown policy"
	}
	return [...]string{"block", "drop newest", "drop oldest", "latest per key", "close slow"}[p]
}

// Queue bounds the Send queue of a connection.
type Queue struct {
	// MaxBytes is how many octets may wait. A message is always admitted to an
	// empty queue, so MaxBytes refuses only what comes after it. Small messages
	// are bounded by their number: one for each 64 octets of MaxBytes, and 64
	// at least. Default 1 MiB.
	MaxBytes int
	// Policy says what happens beyond.
	Policy Policy
}

// DefaultQueueBytes is the default of Queue.MaxBytes.
const DefaultQueueBytes = 1 << 20

// maxMessages bounds small messages, of which each costs more than its octets.
func (q Queue) maxMessages() int { return max(q.MaxBytes, 64*64) / 64 }

func (q Queue) withDefaults() Queue {
	if q.MaxBytes <= 0 {
		q.MaxBytes = DefaultQueueBytes
	}
	return q
}

// Message is a message to send, or one that was received.
type Message struct {
	Type MessageType
	Data []byte
	Key  string // for the policy LatestPerKey; "" has no key
}

// Send hands m to the connection and does not wait for the peer, unless the
// policy is Block: what the transport does not take at once is queued. m.Data
// must not be changed afterwards. Messages from Send go out in order; a Write
// may overtake those that are queued.
//
// Errors: protocol.ErrNotText; ErrQueueFull and ErrSlowConsumer by the policy;
// the cause of ctx, with Block; why the connection has ended.
func (c *Conn) Send(ctx context.Context, m Message) error {
	switch m.Type &^ Uncompressed {
	default:
		return protocol.ErrOpcode
	case Binary:
	case Text:
		if !protocol.ValidText(m.Data) {
			return protocol.ErrNotText
		}
	}
	return c.send(ctx, queued{typ: m.Type, key: m.Key, data: m.Data})
}

// send sends q at once if nothing waits before it, and queues it otherwise.
func (c *Conn) send(ctx context.Context, q queued) error {
	if c.flags.has(hasEnded) {
		return c.Err()
	}
	if !c.queued() && !c.dirtyBehind() && c.writeLock.TryLock() {
		if !c.composing && !c.queued() && !c.flags.has(hasWriter) {
			err := c.sendNow(q)
			c.unlockWrite()
			return err
		}
		c.unlockWrite()
	}
	return c.enqueue(ctx, q)
}

// dirtyBehind reports whether the writer goroutine is at work.
func (c *Conn) dirtyBehind() bool { return c.flags.has(hasWriter) }

// sendNow writes without waiting. Called with the write lock held.
func (c *Conn) sendNow(q queued) error {
	if c.flags.has(hasEnded) {
		return c.Err()
	}
	if err := c.appendQueued(q); err != nil {
		return c.refused(err)
	}
	c.flushNow()
	if c.flags.has(hasEnded) {
		return c.Err()
	}
	return nil
}

// appendQueued appends q to wb.
func (c *Conn) appendQueued(q queued) error {
	if q.prepared != nil {
		typ, rsv1, payload, err := q.prepared.encode(c)
		if err == nil {
			c.appendFrame(typ, rsv1, payload)
		}
		return err
	}
	typ := q.typ &^ Uncompressed
	// The text was checked when it was handed in.
	if err := c.out.CheckMessage(typ, true, nil); err != nil {
		return err
	}
	c.counts.messagesOut.add(1)
	if c.compresses(q.typ) {
		if d, ok := c.pack(q.data); ok {
			c.appendFrame(typ, true, d.payload)
			d.release()
			return nil
		}
	}
	c.appendFrame(typ, false, q.data)
	return nil
}

// appendFrame appends a message in one frame to wb.
func (c *Conn) appendFrame(typ MessageType, rsv1 bool, payload []byte) {
	c.needBuffer()
	h := protocol.NewHeader(c.set.cfg, typ, true, rsv1, len(payload))
	c.wb = h.AppendPayload(append(c.wb, h.Bytes()...), payload)
}

// queued is a message in the Send queue.
type queued struct {
	typ      MessageType
	key      string
	data     []byte
	prepared *Prepared
}

func (q *queued) size() int {
	if q.prepared != nil {
		return len(q.prepared.data)
	}
	return len(q.data)
}

// sendQueue is what waits for a slow peer. It exists only since the first
// message had to wait.
type sendQueue struct {
	mu      sync.Mutex
	waiting []queued
	popped  uint64            // messages that have left the queue
	byKey   map[string]uint64 // with LatestPerKey: the number of the message with a key
	bytes   int
	room    chan struct{} // closed when there is room again; nil if nobody waits
	closed  bool
}

// makeQueue returns the queue of c, which it makes if there is none.
func (c *Conn) makeQueue() *sendQueue {
	x := c.more()
	c.mu.Lock()
	defer c.mu.Unlock()
	if x.queue.Load() == nil {
		x.queue.Store(&sendQueue{closed: c.flags.has(hasEnded)})
	}
	return x.queue.Load()
}

// sendQueue returns the queue of c, or nil.
func (c *Conn) sendQueue() *sendQueue {
	if x := c.ext.Load(); x != nil {
		return x.queue.Load()
	}
	return nil
}

// queued reports whether messages wait in the queue.
func (c *Conn) queued() bool {
	q := c.sendQueue()
	if q == nil {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting) > 0
}

func (c *Conn) queuedBytes() int {
	q := c.sendQueue()
	if q == nil {
		return 0
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes
}

// enqueue puts m in the queue as the policy allows, and sees that the writer
// goroutine takes it out again.
func (c *Conn) enqueue(ctx context.Context, m queued) error {
	if err := c.closeBegun(); err != nil {
		return err // or the message would be dropped behind the Close frame
	}
	q := c.makeQueue()
	for {
		wait, err := c.admit(q, m)
		if err != nil {
			return err
		}
		if wait == nil {
			c.wakeWriter()
			return nil
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// admit adds m to q, or returns what to wait for.
func (c *Conn) admit(q *sendQueue, m queued) (wait <-chan struct{}, err error) {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return nil, c.Err()
	}
	wait, dropped, err := q.admit(c.set.queue, m)
	q.mu.Unlock()
	c.dropped(dropped)
	if err == ErrSlowConsumer {
		c.closeSlow()
	}
	return wait, err
}

// admit adds m as the policy allows, and says how many messages it dropped.
func (q *sendQueue) admit(bound Queue, m queued) (wait <-chan struct{}, dropped int, err error) {
	if bound.Policy == LatestPerKey && q.replace(m) {
		for ; len(q.waiting) > 1 && q.bytes > bound.MaxBytes; dropped++ {
			q.pop()
		}
		return nil, dropped, nil
	}
	for len(q.waiting) > 0 && (q.bytes+m.size() > bound.MaxBytes || len(q.waiting) >= bound.maxMessages()) {
		switch bound.Policy {
		default:
			if q.room == nil {
				q.room = make(chan struct{})
			}
			return q.room, 0, nil
		case DropNewest:
			return nil, 1, ErrQueueFull
		case DropOldest, LatestPerKey:
			q.pop()
			dropped++
		case CloseSlow:
			return nil, 1, ErrSlowConsumer
		}
	}
	if bound.Policy == LatestPerKey && m.key != "" {
		if q.byKey == nil {
			q.byKey = make(map[string]uint64)
		}
		q.byKey[m.key] = q.popped + uint64(len(q.waiting))
	}
	q.waiting = append(q.waiting, m)
	q.bytes += m.size()
	return nil, dropped, nil
}

// replace puts m in the place of the message with its key.
func (q *sendQueue) replace(m queued) bool {
	at, ok := q.byKey[m.key]
	if !ok {
		return false
	}
	old := &q.waiting[at-q.popped]
	q.bytes += m.size() - old.size()
	*old = m
	return true
}

func (q *sendQueue) pop() queued {
	m := q.waiting[0]
	q.waiting[0] = queued{}
	if q.waiting = q.waiting[1:]; len(q.waiting) == 0 {
		q.waiting = nil
	}
	if q.byKey != nil {
		delete(q.byKey, m.key)
	}
	q.popped++
	q.bytes -= m.size()
	if q.room != nil {
		close(q.room)
		q.room = nil
	}
	return m
}

// fromQueue moves messages from the queue to wb, as many as go out together,
// and reports whether there were any. Called with the write lock held.
func (c *Conn) fromQueue() bool {
	q := c.sendQueue()
	if c.composing || q == nil {
		return false
	}
	moved := false
	for len(c.wb) < flushSize {
		q.mu.Lock()
		if len(q.waiting) == 0 {
			q.mu.Unlock()
			break
		}
		m := q.pop()
		q.mu.Unlock()
		if c.appendQueued(m) != nil { // behind a Close frame nothing counts any more
			continue
		}
		moved = true
	}
	if !moved {
		c.written(len(c.wb))
	}
	return moved
}

// wakeWriter starts the writer goroutine.
func (c *Conn) wakeWriter() {
	if !c.flags.set(hasWriter) {
		go c.writer()
	}
}

// closeQueue refuses everything from now on.
func (c *Conn) closeQueue() {
	q := c.sendQueue()
	if q == nil {
		return
	}
	q.mu.Lock()
	q.closed = true
	q.waiting, q.bytes = nil, 0
	if q.room != nil {
		close(q.room)
		q.room = nil
	}
	q.mu.Unlock()
}

// closeSlow closes the connection of a peer that does not read fast enough.
// Its Close frame goes out only if there is room for it.
func (c *Conn) closeSlow() {
	if c.writeLock.TryLock() {
		if wb, _, err := c.out.AppendClose(c.set.cfg, c.set.clock.Now(), nil, StatusPolicyViolation, "too slow"); err == nil && len(c.wb) == 0 {
			c.stream.Write(wb, nil, false)
		}
		c.unlockWrite()
	}
	c.end(ErrSlowConsumer)
}
