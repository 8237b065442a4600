package conformance

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// An inbox holds what the peer has sent until the player asks for it, so that
// reading never waits for writing.
type inbox struct {
	arrived chan struct{} // holds one token when something is new

	gate atomic.Pointer[chan struct{}] // where reading waits, nil if it need not
	slow atomic.Int64                  // octets of a read, with a rest behind each; 0 is as many as come

	mu    sync.Mutex
	queue []arrival
	moved time.Time // when the last octets came
}

// An arrival is an event, or why no more comes.
type arrival struct {
	event event
	err   error
}

func (b *inbox) init() {
	b.arrived = make(chan struct{}, 1)
	b.moved = time.Now()
}

func (b *inbox) put(e event, err error) {
	b.mu.Lock()
	b.queue = append(b.queue, arrival{e, err})
	b.mu.Unlock()
	b.wake()
}

func (b *inbox) wake() {
	select {
	case b.arrived <- struct{}{}:
	default:
	}
}

// next waits for what comes next. If octets prolong, patience counts from the
// last ones that came.
func (b *inbox) next(patience time.Duration, prolong bool) (e event, err error, ok bool) {
	began := time.Now()
	for {
		b.mu.Lock()
		if len(b.queue) > 0 {
			a := b.queue[0]
			b.queue = b.queue[1:]
			b.mu.Unlock()
			return a.event, a.err, true
		}
		from := began
		if prolong && b.moved.After(from) {
			from = b.moved
		}
		b.mu.Unlock()
		left := time.Until(from.Add(patience))
		if left <= 0 {
			return e, nil, false
		}
		timeout := time.NewTimer(left)
		select {
		case <-b.arrived:
		case <-timeout.C:
		}
		timeout.Stop()
	}
}

// rest is how long a slow reader rests.
const rest = time.Millisecond

// hold stops reading, but for the octets that a read under way brings.
func (b *inbox) hold() {
	gate := make(chan struct{})
	b.gate.Store(&gate)
}

func (b *inbox) release() { close(*b.gate.Swap(nil)) }

// watched is a reader whose octets count as movement.
type watched struct {
	r io.Reader
	b *inbox
}

func (w watched) Read(p []byte) (int, error) {
	if gate := w.b.gate.Load(); gate != nil {
		<-*gate
	}
	if most := w.b.slow.Load(); most > 0 {
		time.Sleep(rest)
		p = p[:min(int64(len(p)), most)]
	}
	n, err := w.r.Read(p)
	w.b.mu.Lock()
	w.b.moved = time.Now()
	w.b.mu.Unlock()
	return n, err
}

// read fills the inbox until the peer has ended its direction.
func (p *player) read(r io.Reader) {
	frames := frameReader{r: watched{r, &p.in}, masked: p.asServer, rsv1: p.deflate != nil}
	var messages assembler
	for {
		f, err := frames.next()
		if err == nil {
			p.log.frame(Peer, f)
			e, whole, wrong := messages.add(f)
			if whole && e.compressed && wrong == nil {
				wrong = p.deflate.open(&e)
			}
			if whole && wrong == nil {
				p.in.put(e, nil)
			}
			err = wrong
		}
		if err != nil {
			p.ended(err)
			return
		}
	}
}

// ended takes note of the end, and of what led to it.
func (p *player) ended(err error) {
	var broken *violation
	switch {
	case errors.As(err, &broken):
		p.log.note(Peer, "breaks the protocol: %v", err)
	case err == io.EOF:
		p.log.note(Peer, "ends the connection")
	default:
		p.log.note(Peer, "the connection breaks: %v", err)
	}
	p.in.put(event{}, err)
}
