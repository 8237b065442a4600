package protocol

import "github.com/duplexws/duplex/internal/pool"

// Assembler builds whole messages from chunks. The zero value is ready. Its
// buffer holds at most twice the octets received of a message, the largest one
// since Release, plus 4 KiB; what the peer merely announces sizes nothing.
//
// By default the messages lie in pooled memory: each one is borrowed until the
// next call of Add, Space or Release. [Assembler.Own] and [Assembler.Into]
// give them away instead.
type Assembler struct {
	buf    []byte
	pooled *pool.Buffer // what buf lies in, if it came from a pool
	own    bool
}

// Own makes the messages the caller's own memory, one allocation each.
func (a *Assembler) Own() { a.own = true }

// Lend makes the messages borrowed again, behind Own and Into.
func (a *Assembler) Lend() {
	if a.own {
		a.Release()
		a.own = false
	}
}

// Into makes the next message be built in dst's memory as far as its capacity
// goes, and in memory of its own beyond.
func (a *Assembler) Into(dst []byte) {
	a.Release()
	a.buf, a.own = dst[:0], true
}

// Detach moves an unfinished message out of memory that was given by Into.
func (a *Assembler) Detach() {
	if a.pooled == nil && len(a.buf) > 0 {
		a.buf = append([]byte(nil), a.buf...)
	} else if a.pooled == nil {
		a.buf = nil
	}
}

// Take returns the octets gathered of the unfinished message, as the caller's
// own, and forgets them: the chunks to come are for someone else.
func (a *Assembler) Take() []byte {
	own := append([]byte(nil), a.buf...)
	a.Release()
	return own
}

// Len returns the octets gathered of the unfinished message.
func (a *Assembler) Len() int { return len(a.buf) }

// Release gives pooled memory back and forgets an unfinished message.
func (a *Assembler) Release() {
	if a.pooled != nil {
		putBuffer(a.pooled)
		a.pooled = nil
	}
	a.buf = nil
}

// Add adds the chunk of a Data event, of which in is the source, and returns
// the message when it is whole. A message that arrives in one chunk is returned
// as it is, borrowed from ev, unless it is to be the caller's own.
func (a *Assembler) Add(in *In, ev *Event) (message []byte, whole bool) {
	if ev.First && ev.Last && !a.own {
		return ev.Payload, true
	}
	if ev.First && a.pooled != nil && ev.Last {
		a.Release()
	}
	n := len(a.buf)
	if !a.holds(ev.Payload) {
		if cap(a.buf)-n < len(ev.Payload) {
			a.grow(in, len(ev.Payload), ev.Last)
		}
		copy(a.buf[n:n+len(ev.Payload)], ev.Payload)
	}
	a.buf = a.buf[:n+len(ev.Payload)]
	if !ev.Last {
		return nil, false
	}
	return a.take(), true
}

// Space returns where the next octets of the current data frame should be
// received: the tail of the buffer, at most to the end of the frame and at most
// as long as what is there already. It is nil when no payload is under way, or
// so little that a buffer for whatever comes next serves better.
func (a *Assembler) Space(in *In) []byte {
	remaining := in.Remaining()
	if remaining < minSpace || len(a.buf) == 0 {
		return nil
	}
	if tail := cap(a.buf) - len(a.buf); tail < minTail && uint64(tail) < remaining {
		a.grow(in, 1, false)
	}
	tail := a.buf[len(a.buf):cap(a.buf)]
	if uint64(len(tail)) > remaining {
		tail = tail[:remaining]
	}
	return tail
}

const (
	// minSpace is the smallest rest of a frame that is worth a read of its own.
	minSpace = 4 << 10
	// minTail is the smallest tail of the buffer that is. It is so small that
	// the buffer may already be doubled.
	minTail = minBuffer / 2
)

// holds reports whether p lies at the tail of the buffer already, because it
// was received there.
func (a *Assembler) holds(p []byte) bool {
	n := len(a.buf)
	return len(p) > 0 && cap(a.buf)-n >= len(p) && &a.buf[:n+1][n] == &p[0]
}

// grow makes room for n more octets: for as many as the frame still has, but
// never for more than have come already.
func (a *Assembler) grow(in *In, n int, last bool) {
	received := len(a.buf) + n
	limit := 2*received + minBuffer
	need := received
	if remaining := in.Remaining(); !last && remaining > 0 {
		if remaining < uint64(limit-received) {
			need += int(remaining)
			last = in.MessageEnds()
		} else {
			need = limit
		}
	} else if !last {
		need = limit
	}
	old, held := a.buf, a.pooled
	if a.own && last {
		a.pooled, a.buf = nil, make([]byte, len(old), need) // the last growth: what the message stays in
	} else {
		a.pooled = getBuffer(need, limit)
		if a.pooled != nil {
			a.buf = a.pooled.B[:len(old)]
		} else {
			a.buf = make([]byte, len(old), need)
		}
	}
	copy(a.buf, old)
	if held != nil {
		putBuffer(held)
	}
}

// take returns the finished message and gets ready for the next one.
func (a *Assembler) take() []byte {
	message := a.buf
	if a.own {
		if a.pooled != nil {
			message = append(make([]byte, 0, len(message)), message...)
		}
		a.Release()
		return message
	}
	a.buf = a.buf[:0]
	return message
}
