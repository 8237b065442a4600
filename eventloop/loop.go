package eventloop

import (
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/duplexws/duplex/internal/http1"
	"github.com/duplexws/duplex/internal/poll"
	"github.com/duplexws/duplex/protocol"
)

const (
	receiveSize = 512 << 10 // one receive buffer for all connections of a loop
	mostEvents  = 1024      // announcements taken in one turn

	// What a connection may do in one turn while others wait.
	turnMessages = 1024
	turnOctets   = 1 << 20

	// pauseAt is how much may be buffered for a connection that is still read.
	pauseAt = 64 << 10

	// slowTurn is what a turn may take before it is counted.
	slowTurn = int64(50 * time.Millisecond)
	// parkEvery is how often a loop that never waits lets others run.
	parkEvery = int64(time.Millisecond)
)

// Loop serves connections on one goroutine.
type Loop struct {
	server  *Server
	set     *settings
	poller  poll.Poller
	inbox   inbox
	conns   atomic.Int64 // those that were given to the loop, for the choice of loops
	stopped bool

	request  http1.Request // the one that is read
	upgraded Upgrade
	now      int64 // when the turn began
	slots    slots
	kinds    endpoints
	topics   topics
	timers   timers
	cork     cork
	in       []byte // the receive buffer
	event    protocol.Event
	events   []poll.Event

	vec [][]byte

	inflated, deflated []byte // scratch
	variants           variants

	running []id // has more to do than the last turn allowed
	dirty   []id // was written to from outside its callbacks
	spare   []id // the memory of one of those two

	accepting accepting
	parked    int64 // when the loop has last let others run
	grace     int64 // until when no timer fires, behind a stall

	stats     Stats
	statsMu   sync.Mutex
	published Stats
	told      int64 // when stats were published
}

func newLoop(s *Server, p poll.Poller) *Loop {
	l := &Loop{
		server: s,
		set:    s.set,
		poller: p,
		in:     make([]byte, receiveSize),
		events: make([]poll.Event, mostEvents),
		vec:    make([][]byte, 0, poll.MaxVec),
		cork:   cork{buf: make([]byte, 0, corkSize), vec: make([][]byte, 0, poll.MaxVec)},
		now:    p.Now(),
		kinds:  newEndpoints(s.set.Endpoint),
	}
	l.inbox.wake = p.Wake
	l.timers.slots = &l.slots
	l.timers.now = l.now / tick
	return l
}

// run serves until the server stops the loop.
func (l *Loop) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for !l.stopped {
		l.turn(-1)
	}
	l.runTasks() // what came while the inbox was closed
	l.cleanAll()
	l.publish()
}

// turn handles what is ready, and what has become due. While there is nothing,
// it waits for most at most; negative is for ever.
func (l *Loop) turn(most time.Duration) {
	n := l.wait(l.patience(most))
	l.resumeAll()
	for i := range l.events[:n] {
		ev := &l.events[i]
		if ev.Token == listenerToken {
			l.accepting.ready = true
		} else if s := l.slots.find(id(ev.Token)); s != nil {
			l.ready(s, ev.Ready)
		}
	}
	l.runTasks()
	l.accept()
	if n < len(l.events) && l.now >= l.grace { // input comes before deadlines
		for _, i := range l.timers.expire(l.now) {
			if s := l.slots.find(i); s != nil {
				l.expired(s)
			}
		}
	}
	l.distributeAll()
	l.cleanAll()
	l.stats.Turns++
	if l.now-l.told > int64(10*time.Millisecond) {
		l.publish()
	}
}

// of returns the endpoint of a connection.
func (l *Loop) of(s *slot) *Endpoint { return l.kinds.list[s.kind] }

// patience is how long the loop may wait for something to be announced.
func (l *Loop) patience(most time.Duration) time.Duration {
	if len(l.running) > 0 || l.accepting.ready && l.accepting.again <= l.now || l.stopped {
		return 0
	}
	wait := most
	sooner := func(d time.Duration) {
		if d >= 0 && (wait < 0 || d < wait) {
			wait = d
		}
	}
	if l.grace > l.now {
		sooner(time.Duration(l.grace - l.now))
	} else {
		sooner(l.timers.wait(l.now))
	}
	if l.accepting.again > l.now {
		sooner(time.Duration(l.accepting.again - l.now))
	}
	return wait
}

// wait looks what is ready. While that is nothing, it waits for most at most.
func (l *Loop) wait(most time.Duration) (n int) {
	n = l.poller.Wait(l.events, 0)
	now := l.poller.Now()
	took := now - l.now
	l.now = now
	if took > slowTurn {
		l.stats.SlowTurns++
		l.set.log.Warn("websocket: a turn of an event loop took long: callbacks must not wait", "duration", time.Duration(took))
	}
	if n == 0 && most != 0 && !l.inbox.filled.Load() { // or the look has used up the wake
		l.publish()
		n = l.poller.Wait(l.events, most)
		l.now = l.poller.Now()
		took += l.now - now - int64(max(most, 0))
	}
	if took > stall && most >= 0 && l.now >= l.grace {
		// Everything stood still: deadlines have passed while the input that
		// would have moved them lay ready, and comes first.
		l.grace = l.now + graceTime
	}
	if l.server.outside.Load() > 0 && l.now-l.parked > parkEvery {
		l.poller.Park()
		l.parked = l.poller.Now()
		l.stats.Parks++
	}
	return n
}

const (
	stall     = int64(500 * time.Millisecond)
	graceTime = int64(250 * time.Millisecond)
)

// ready handles an announcement.
func (l *Loop) ready(s *slot, r poll.Ready) {
	l.begin(s)
	defer l.end()
	if r&poll.Ended != 0 {
		s.flags |= hasEnded
		if s.state == stateDeciding {
			l.abort(s, nil) // nobody waits any more
		}
	}
	if r&poll.Writable != 0 && s.has(isBlocked) {
		l.sendBox(s)
		l.resume(s)
	}
	if r&poll.Readable != 0 {
		l.read(s)
	}
}

// begin corks what is written to s. Behind it end is deferred: between the two
// run callbacks.
func (l *Loop) begin(s *slot) { l.cork.owner = s }

// end sends what was corked, and frees what is not needed any more. A panic
// costs the connection.
func (l *Loop) end() {
	s := l.cork.owner
	if v := recover(); v != nil {
		l.panicked(s, v)
	}
	l.flush(nil)
	l.cork.owner, l.cork.input, l.cork.message = nil, nil, nil
	if s.has(isDoomed) {
		l.abort(s, s.x.verdict)
	}
	if s.state == stateEnding {
		l.shut(s)
	}
	if s.state == stateGone {
		l.free(s)
		return
	}
	if s.has(isPaused) && !l.tooMuch(s) {
		l.again(s)
	}
	l.slots.less(s)
}

// panicked closes the connection of a callback that panicked.
func (l *Loop) panicked(s *slot, v any) {
	l.cork.reset() // it may be half done
	l.reportPanic(s, v)
	l.fail(s, protocol.StatusInternalError, ErrPanic)
}

// reportPanic counts a panic and tells of it.
func (l *Loop) reportPanic(s *slot, v any) {
	l.stats.Panics++
	l.of(s).reportPanic(Conn{l, s.id}, v)
}

// reportPanic survives a panic of those whom it tells.
func (e *Endpoint) reportPanic(c Conn, v any) {
	stack := debug.Stack()
	e.log.Error("websocket: panic in a callback", "panic", v, "stack", string(stack))
	if f := e.handler.OnPanic; f != nil {
		defer func() {
			if v := recover(); v != nil {
				e.log.Error("websocket: panic in Handler.OnPanic", "panic", v)
			}
		}()
		f(c, v, stack)
	}
}

// again makes s go on in the next turn.
func (l *Loop) again(s *slot) {
	if !s.has(isRunning) {
		s.flags |= isRunning
		l.running = append(l.running, s.id)
	}
}

// resumeAll goes on with what the turn before left.
func (l *Loop) resumeAll() {
	if len(l.running) == 0 {
		return
	}
	list := l.running
	l.running, l.spare = l.spare[:0], nil
	for _, i := range list {
		if s := l.slots.find(i); s != nil {
			s.flags &^= isRunning
			l.goOn(s)
		}
	}
	l.spare = list
}

func (l *Loop) goOn(s *slot) {
	l.begin(s)
	defer l.end()
	l.resume(s)
}

// soil makes s be looked after at the end of the turn.
func (l *Loop) soil(s *slot) {
	if s != l.cork.owner && !s.has(isDirty) {
		s.flags |= isDirty
		l.dirty = append(l.dirty, s.id)
	}
}

// cleanAll sends what was written to connections from outside their callbacks,
// and ends those that were condemned. Their callbacks may soil others.
func (l *Loop) cleanAll() {
	for k := 0; k < len(l.dirty); k++ {
		if s := l.slots.find(l.dirty[k]); s != nil {
			s.flags &^= isDirty
			l.clean(s)
		}
	}
	l.dirty = l.dirty[:0]
}

func (l *Loop) clean(s *slot) {
	l.begin(s)
	defer l.end()
	if !s.has(isBlocked) {
		l.sendBox(s)
	}
}

// runTasks does what other goroutines have left.
func (l *Loop) runTasks() {
	tasks, octets := l.inbox.take()
	if len(tasks) == 0 {
		return
	}
	for i := range tasks {
		t := &tasks[i]
		switch {
		case t.isAccepted:
			l.takeIn(t.handle)
		case t.run != nil:
			t.run()
		case t.frame != nil:
			l.publishFrame(t.topic, t.frame, t.payload, t.typ)
		default:
			l.runTask(t, octets)
		}
	}
	l.inbox.done(tasks, octets)
}

func (l *Loop) runTask(t *task, octets []byte) {
	s := l.slots.find(t.id)
	if s == nil || s.state != stateOpen {
		return
	}
	if t.do == nil && s.deflate != nil {
		l.write(s, t.typ, octets[t.payload:t.to])
		return
	}
	if t.do == nil {
		l.forward(s, octets[t.from:t.to])
		return
	}
	l.begin(s)
	defer l.end()
	t.do(Conn{l, s.id})
}

// forward sends a frame that was encoded elsewhere.
func (l *Loop) forward(s *slot, frame []byte) {
	if !s.out.Sendable() {
		return
	}
	if s.sub != 0 {
		l.catchUp(s)
	}
	l.putBounded(s, frame)
	l.stats.MessagesOut++
}
