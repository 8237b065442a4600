package eventloop

import (
	"sync"
	"sync/atomic"

	"github.com/duplexws/duplex/internal/poll"
	"github.com/duplexws/duplex/protocol"
)

// inbox is how other goroutines reach a loop. Its memory is used again and
// again: what is sent is encoded into one buffer.
type inbox struct {
	wake func()

	mu        sync.Mutex
	tasks     []task
	octets    []byte // the frames of tasks
	published int    // octets of those to be published
	closed    bool

	filled atomic.Bool // whether tasks has something, and the loop was woken

	// The loop's, while it works off what it took.
	spareTasks  []task
	spareOctets []byte
}

// task is something to be done by the loop. It is one of: a frame to send, one to
// publish, a function of a connection, one of the loop, a transport to take over.
type task struct {
	id         id
	from, to   int // the frame in inbox.octets
	payload    int // where its payload begins
	typ        protocol.Opcode
	topic      string
	frame      []byte // to publish to topic, if not nil
	do         func(c Conn)
	run        func()
	handle     poll.Handle
	isAccepted bool
}

// maxInbox is how many octets may wait for a loop, and maxTasks how many tasks. A
// frame is always admitted to an empty inbox.
const (
	maxInbox = 16 << 20
	maxTasks = 1 << 18
)

// send leaves a message, encoded.
func (b *inbox) send(cfg *protocol.Config, to id, op protocol.Opcode, p []byte) error {
	h := protocol.NewHeader(cfg, op&^Uncompressed, true, false, len(p))
	b.mu.Lock()
	switch {
	case b.closed:
		b.mu.Unlock()
		return ErrClosed
	case len(b.octets) > 0 && len(b.octets)+len(p) > maxInbox || len(b.tasks) >= maxTasks:
		b.mu.Unlock()
		return ErrOverloaded
	}
	from := len(b.octets)
	b.octets = h.AppendPayload(append(b.octets, h.Bytes()...), p)
	b.put(task{id: to, from: from, to: len(b.octets), payload: from + len(h.Bytes()), typ: op})
	return nil
}

// publish leaves a frame for a topic.
func (b *inbox) publish(topic string, frame []byte, head int, t protocol.Opcode) error {
	b.mu.Lock()
	switch {
	case b.closed:
		b.mu.Unlock()
		return ErrClosed
	case b.published > 0 && b.published+len(frame) > maxInbox || len(b.tasks) >= maxTasks:
		b.mu.Unlock()
		return ErrOverloaded
	}
	b.published += len(frame)
	b.put(task{topic: topic, frame: frame, payload: head, typ: t})
	return nil
}

// do leaves a function for a connection.
func (b *inbox) do(to id, f func(c Conn)) error {
	b.mu.Lock()
	switch {
	case b.closed:
		b.mu.Unlock()
		return ErrClosed
	case len(b.tasks) >= maxTasks:
		b.mu.Unlock()
		return ErrOverloaded
	}
	b.put(task{id: to, do: f})
	return nil
}

// must leaves what is the server's own, of which there is little. It reports
// false when the loop has ended.
func (b *inbox) must(t task) bool {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return false
	}
	b.put(t)
	return true
}

// put unlocks b.
func (b *inbox) put(t task) {
	b.tasks = append(b.tasks, t)
	b.mu.Unlock()
	if !b.filled.Load() && !b.filled.Swap(true) {
		b.wake()
	}
}

// take returns what has come. It is good until done.
func (b *inbox) take() ([]task, []byte) {
	if !b.filled.Load() {
		return nil, nil
	}
	b.filled.Store(false) // in front of the look: what comes behind it wakes anew
	b.mu.Lock()
	defer b.mu.Unlock()
	tasks, octets := b.tasks, b.octets
	b.tasks, b.octets = b.spareTasks[:0], b.spareOctets[:0]
	b.spareTasks, b.spareOctets, b.published = nil, nil, 0
	return tasks, octets
}

// done gives the memory back, unless it is much.
func (b *inbox) done(tasks []task, octets []byte) {
	clear(tasks)
	if cap(tasks) <= 1<<12 {
		b.spareTasks = tasks
	}
	if cap(octets) <= 1<<20 {
		b.spareOctets = octets
	}
}

// close refuses everything from now on.
func (b *inbox) close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
}
