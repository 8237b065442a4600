package eventloop

import (
	"context"

	"github.com/duplexws/duplex/internal/http1"
	"github.com/duplexws/duplex/internal/poll"
	"github.com/duplexws/duplex/protocol"
)

// id names a connection of a loop: its slot in the low half, and the slot's
// generation in the high one. It is never used again, so what is late (an
// announcement, a Conn that was kept, a Send) meets nobody instead of a
// stranger. It is the poller's token.
type id uint64

func (i id) slot() uint32 { return uint32(i) }

// firstGeneration is that of a new slot; tokens of generation 0 are no
// connections.
const firstGeneration id = 1 << 32

// listenerToken announces connections to accept.
const listenerToken poll.Token = 0

// slot is all that an idle connection keeps: its pointers are nil then, but for
// the application's own.
type slot struct {
	in   protocol.In
	out  protocol.Out
	keep protocol.Keepalive

	x           *extra
	data        any
	subprotocol *string    // nil for none
	deflate     *deflating // nil for none
	id          id
	handle      poll.Handle

	// The timer, see timers.
	next, prev uint32
	tick       uint32

	sub uint32 // the first of its subscriptions, 0 if none

	kind  uint16 // of endpoint
	state state
	flags flags
}

// state is where a connection stands.
type state uint8

const (
	// stateFree: the slot is nobody's.
	stateFree state = iota
	// stateHead: the head of the request is awaited.
	stateHead
	// stateDeciding: the application decides about the request, elsewhere.
	stateDeciding
	// stateOpen: frames flow. The closing handshake may have begun.
	stateOpen
	// stateEnding: the conversation is over. What is buffered goes out, then our
	// half of the transport is ended, and what still comes is dropped until the
	// peer has ended its own.
	stateEnding
	// stateGone: the transport is closed; the slot is freed behind the callback.
	stateGone
)

// flags are facts about a connection that its state does not tell.
type flags uint8

const (
	isBlocked flags = 1 << iota // the transport has no room; the poller watches for some
	isRunning                   // it is in Loop.running: there is more to do than this turn allows
	isDirty                     // it is in Loop.dirty: written to from outside its own callbacks
	isTold                      // OnOpen was called, and OnClose is due
	hasEnded                    // the peer has ended its half, which is yet to be read
	hasShut                     // our half of the transport is ended
	isPaused                    // there is input, which waits until less is buffered
	isDoomed                    // to be ended at once, for extra.verdict
)

func (s *slot) has(f flags) bool { return s.flags&f != 0 }

// extra is what a connection needs only while something is under way.
type extra struct {
	asm     protocol.Assembler // the message that the end of a read has cut
	box     outbox             // what is buffered
	held    held               // input that is yet to be fed
	head    []byte             // the request so far
	parsed  http1.Progress     // how far it was looked at
	headBy  int64              // deadlines of the request and of the end, 0 if none
	endBy   int64
	blocked int64              // since when the transport has had no room, 0 if it has
	taken   int64              // octets that it has taken since
	dropped int                // octets that came in stateEnding
	cancel  context.CancelFunc // of the decision, in stateDeciding
	verdict error              // of a connection that is doomed
}

// empty reports whether nothing is under way, so that the connection can do
// without.
func (x *extra) empty() bool {
	return x.asm.Len() == 0 && x.box.n == 0 && x.held.buf == nil && x.head == nil &&
		x.headBy|x.endBy|x.blocked == 0 && x.verdict == nil && x.cancel == nil
}

// slots holds the connections of a loop. They never move in memory.
type slots struct {
	chunks []*[chunkSize]slot
	free   []uint32
	next   uint32 // the first that was never used
	n      int    // in use
	spare  []*extra
}

const (
	chunkBits = 8
	chunkSize = 1 << chunkBits
	// maxSpare is how many extras wait to be used again.
	maxSpare = 1024
)

// at returns a slot by its number, which is not 0.
func (t *slots) at(i uint32) *slot { return &t.chunks[i>>chunkBits][i%chunkSize] }

// find returns the slot of a connection, nil if that has ended.
func (t *slots) find(i id) *slot {
	n := i.slot()
	if n == 0 || n >= t.next {
		return nil
	}
	if s := t.at(n); s.id == i && s.state != stateFree {
		return s
	}
	return nil
}

// take returns a slot for a new connection.
func (t *slots) take() *slot {
	t.n++
	if k := len(t.free); k > 0 {
		s := t.at(t.free[k-1])
		t.free = t.free[:k-1]
		return s
	}
	if t.next == 0 {
		t.next = 1 // 0 is no slot
	}
	i := t.next
	if int(i>>chunkBits) == len(t.chunks) {
		t.chunks = append(t.chunks, new([chunkSize]slot))
	}
	t.next++
	s := t.at(i)
	s.id = firstGeneration | id(i)
	return s
}

// release makes the slot ready for another connection.
func (t *slots) release(s *slot) {
	t.n--
	next := s.id + firstGeneration
	if next < firstGeneration {
		next += firstGeneration // the generations have come round
	}
	*s = slot{id: next}
	t.free = append(t.free, next.slot())
}

// more returns the extra of s, which it makes if there is none.
func (t *slots) more(s *slot) *extra {
	if s.x == nil {
		if k := len(t.spare); k > 0 {
			s.x, t.spare = t.spare[k-1], t.spare[:k-1]
		} else {
			s.x = new(extra)
		}
	}
	return s.x
}

// less takes the extra away that s does not need any more.
func (t *slots) less(s *slot) {
	if s.x == nil || !s.x.empty() {
		return
	}
	t.drop(s)
}

// drop takes the extra away, and what it holds.
func (t *slots) drop(s *slot) {
	x := s.x
	if x == nil {
		return
	}
	if x.cancel != nil {
		x.cancel()
	}
	x.asm.Release()
	x.box.release()
	x.held.release()
	*x = extra{box: outbox{segments: x.box.segments[:0]}}
	s.x = nil
	if len(t.spare) < maxSpare {
		t.spare = append(t.spare, x)
	}
}
