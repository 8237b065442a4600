package eventloop

import (
	"math/bits"
	"time"
)

// tick is the granularity of timers.
const tick = int64(100 * time.Millisecond)

// timers holds at most one deadline for each slot, in a hashed wheel whose
// rings are linked by slot numbers: a timer costs 12 octets and no pointer.
//
// A deadline that moves to later is left alone: when it fires, the loop looks
// what is really due, and arms it anew. So a message costs no work here.
type timers struct {
	slots *slots
	heads [wheelSize]uint32 // the first slot of each ring, 0 if none
	used  [wheelSize / 64]uint64
	now   int64 // the last tick that was handled
	due   []id  // of the tick being handled
}

// wheelSize is how many ticks the wheel has: 51.2 s, longer than the deadlines
// of an idle connection, which are so touched once.
const wheelSize = 512

// arm makes s due at a time, unless it is earlier already.
func (w *timers) arm(s *slot, at int64) {
	t := max((at+tick-1)/tick, w.now+1)
	if s.tick != 0 {
		if int64(s.tick) <= t {
			return
		}
		w.disarm(s)
	}
	i := t % wheelSize
	s.tick, s.next, s.prev = uint32(t), w.heads[i], 0
	if s.next != 0 {
		w.slots.at(s.next).prev = s.id.slot()
	}
	w.heads[i] = s.id.slot()
	w.used[i/64] |= 1 << (i % 64)
}

// disarm forgets the deadline of s.
func (w *timers) disarm(s *slot) {
	if s.tick == 0 {
		return
	}
	i := int64(s.tick) % wheelSize
	if s.next != 0 {
		w.slots.at(s.next).prev = s.prev
	}
	if s.prev != 0 {
		w.slots.at(s.prev).next = s.next
	} else if w.heads[i] = s.next; s.next == 0 {
		w.used[i/64] &^= 1 << (i % 64)
	}
	s.tick, s.next, s.prev = 0, 0, 0
}

// wait returns how long nothing is due; negative is for ever. It may be too
// short by some turns of the wheel.
func (w *timers) wait(now int64) time.Duration {
	first := (w.now + 1) % wheelSize
	for k := int64(0); k <= wheelSize; {
		i := (first + k) % wheelSize
		if set := w.used[i/64] >> (i % 64); set != 0 {
			k += int64(bits.TrailingZeros64(set))
			return time.Duration(max((w.now+1+k)*tick-now, 0))
		}
		k += 64 - i%64
	}
	return -1
}

// expire disarms and returns those that are due. The result is good until the
// next call.
func (w *timers) expire(now int64) []id {
	w.due = w.due[:0]
	to := now / tick
	for t := max(w.now+1, to-wheelSize+1); t <= to; t++ {
		i := t % wheelSize
		if w.used[i/64]&(1<<(i%64)) == 0 {
			continue
		}
		for n := w.heads[i]; n != 0; {
			s := w.slots.at(n)
			n = s.next
			if int64(s.tick) <= to {
				w.disarm(s)
				w.due = append(w.due, s.id)
			}
		}
	}
	w.now = max(w.now, to)
	return w.due
}
