package pool

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
)

// poison fills every buffer that lies in a poisoned pool. As text it is not
// valid UTF-8 when repeated, and as a frame header it has reserved bits set.
const poison = 0xDB

var poisoned atomic.Bool

// SetPoison turns the checks of all pools on or off. While they are on, Put
// fills the buffer and Get verifies that it is still filled, a second Put of
// the same buffer panics, and buffers on loan are counted. It is meant for
// tests, before the first buffer is taken.
func SetPoison(on bool) { poisoned.Store(on) }

// Outstanding returns how many buffers were taken while poison was on and are
// not yet back.
func Outstanding() int {
	ledger.Lock()
	defer ledger.Unlock()
	return ledger.loans.n
}

// Check reports the buffers that are still on loan, each with the stack that
// took it, and the free ones that were written to after their Put.
func Check() error {
	ledger.Lock()
	defer ledger.Unlock()
	var errs []error
	for b := ledger.loans.head; b != nil; b = b.audit.next {
		errs = append(errs, fmt.Errorf("pool: buffer of %d bytes never put back, taken at\n%s", len(b.full), b.audit.where()))
	}
	for _, p := range ledger.pools {
		for b := p.quarantine.head; b != nil; b = b.audit.next {
			if err := b.intact(); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// ledger is what the audits of all pools share. Its lock guards every list and
// every audit.
var ledger struct {
	sync.Mutex
	loans fifo
	pools []*Pool
}

// An audit is what a poisoned pool knows about one buffer. It is kept for good,
// so that a steady state allocates nothing.
type audit struct {
	state      state
	stack      [32]uintptr // of the last Get or Put
	depth      int
	prev, next *Buffer
}

type state uint8

const (
	untracked state = iota // taken while poison was off
	loaned
	free
)

func (p *Pool) getPoisoned() *Buffer {
	ledger.Lock()
	defer ledger.Unlock()
	b := p.quarantine.head
	if b == nil {
		b = p.alloc()
		b.audit = &audit{}
	} else {
		p.quarantine.remove(b)
		if err := b.intact(); err != nil {
			panic(err)
		}
	}
	b.audit.state = loaned
	b.audit.mark()
	ledger.loans.push(b)
	b.B = b.full
	return b
}

// putAudited takes b back into the quarantine, from where the oldest buffer is
// lent first, so that a late write has the longest time to show.
func (p *Pool) putAudited(b *Buffer) {
	ledger.Lock()
	defer ledger.Unlock()
	if b.audit == nil {
		b.audit = &audit{}
	}
	switch b.audit.state {
	case free:
		panic("pool: buffer put twice, first at\n" + b.audit.where())
	case loaned:
		ledger.loans.remove(b)
	}
	b.audit.state = free
	b.audit.mark()
	fill(b.full)
	b.B = nil
	if !p.listed {
		p.listed = true
		ledger.pools = append(ledger.pools, p)
	}
	p.quarantine.push(b)
}

func (b *Buffer) intact() error {
	for i, c := range b.full {
		if c != poison {
			return fmt.Errorf("pool: buffer of %d bytes used after it was put back: byte %d is %#02x; put back at\n%s", len(b.full), i, c, b.audit.where())
		}
	}
	return nil
}

func fill(p []byte) {
	p[0] = poison
	for n := 1; n < len(p); n *= 2 {
		copy(p[n:], p[:n])
	}
}

// mark records the caller of Get or Put.
func (a *audit) mark() { a.depth = runtime.Callers(4, a.stack[:]) }

func (a *audit) where() string {
	var sb strings.Builder
	frames := runtime.CallersFrames(a.stack[:a.depth])
	for {
		f, more := frames.Next()
		if f.Function != "" {
			fmt.Fprintf(&sb, "\t%s\n\t\t%s:%d\n", f.Function, f.File, f.Line)
		}
		if !more {
			return sb.String()
		}
	}
}

// A fifo is an intrusive list of buffers: a buffer is in at most one.
type fifo struct {
	head, tail *Buffer
	n          int
}

func (l *fifo) push(b *Buffer) {
	b.audit.prev, b.audit.next = l.tail, nil
	if l.tail == nil {
		l.head = b
	} else {
		l.tail.audit.next = b
	}
	l.tail = b
	l.n++
}

func (l *fifo) remove(b *Buffer) {
	if b.audit.prev == nil {
		l.head = b.audit.next
	} else {
		b.audit.prev.audit.next = b.audit.next
	}
	if b.audit.next == nil {
		l.tail = b.audit.prev
	} else {
		b.audit.next.audit.prev = b.audit.prev
	}
	b.audit.prev, b.audit.next = nil, nil
	l.n--
}
