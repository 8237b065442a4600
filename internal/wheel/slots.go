package wheel

import "math/bits"

const (
	slotBits = 6 // a level's slots fit the bits of a word
	perLevel = 1 << slotBits
	levels   = 7 // 42 bits of ticks; an int64 of nanoseconds needs 37

	// spreadMax bounds the timers that one step moves down a level, and so the
	// time for which the clock's mutex is held.
	spreadMax = 64
)

// wheel holds timers by the tick in which they are due. It knows neither time
// nor locks.
//
// A timer's level is that of the highest digit, to the base of 64, in which
// its tick differs from cur; its slot is that digit. So all of a level is due
// before anything of the next level, and the first slot of the lowest level
// that is not empty is the first due.
type wheel struct {
	cur       int64 // the last tick begun; no tick in the wheel is before it
	floor     int64 // the first tick that a timer can be put at, after cur
	spreading int   // the slot that is being moved down; 0 (of level 0) if none
	n         int
	occupied  [levels]uint64 // a bit for each slot that is not empty
	slots     [levels * perLevel]*Timer
}

// rewind starts an empty wheel at tick cur.
func (w *wheel) rewind(cur int64) {
	w.cur, w.floor = cur, cur+1
}

// put inserts t, or moves it, at tick or at the floor if that is later.
func (w *wheel) put(t *Timer, tick int64) {
	tick = max(tick, w.floor)
	slot := w.slotFor(tick)
	if t.slot == slot+1 { // the common case of a far deadline moved often
		t.tick = tick
		return
	}
	if t.slot != 0 {
		w.remove(t)
	}
	t.tick = tick
	w.insert(t, slot)
}

// first returns the first slot that is not empty and the tick at which it
// begins, which no tick in the wheel is before.
func (w *wheel) first() (slot int, begin int64, ok bool) {
	if w.spreading != 0 {
		if w.slots[w.spreading] != nil {
			return w.spreading, w.cur, true
		}
		w.spreading = 0
	}
	for level, set := range &w.occupied {
		if set == 0 {
			continue
		}
		digit := bits.TrailingZeros64(set)
		shift := uint(level * slotBits)
		above := w.cur >> shift >> slotBits << slotBits
		return level*perLevel + digit, (above | int64(digit)) << shift, true
	}
	return 0, 0, false
}

// take makes a step towards tick: it removes one timer that is due by then, or
// moves up to spreadMax down a level and returns nil. It returns false when
// nothing due is left.
func (w *wheel) take(tick int64) (t *Timer, more bool) {
	slot, begin, ok := w.first()
	if !ok || begin > tick {
		w.cur = tick
		return nil, false
	}
	w.cur = begin
	if slot >= perLevel {
		w.spread(slot)
		return nil, true
	}
	t = w.slots[slot]
	w.remove(t)
	return t, true
}

// spread moves timers of slot, which begins at cur, to the levels below.
func (w *wheel) spread(slot int) {
	w.spreading = slot
	for range spreadMax {
		t := w.slots[slot]
		if t == nil {
			return
		}
		w.remove(t)
		w.insert(t, w.slotFor(t.tick))
	}
}

func (w *wheel) slotFor(tick int64) uint16 {
	level := (bits.Len64(uint64(tick^w.cur)|1) - 1) / slotBits
	digit := int(tick >> uint(level*slotBits) & (perLevel - 1))
	return uint16(level*perLevel + digit)
}

func (w *wheel) insert(t *Timer, slot uint16) {
	if head := w.slots[slot]; head != nil {
		t.next, t.prev = head, head.prev
		t.prev.next, head.prev = t, t
	} else {
		t.next, t.prev = t, t
		w.slots[slot] = t
		w.occupied[slot/perLevel] |= 1 << (slot % perLevel)
	}
	t.slot = slot + 1
	w.n++
}

func (w *wheel) remove(t *Timer) {
	slot := t.slot - 1
	if t.next == t {
		w.slots[slot] = nil
		w.occupied[slot/perLevel] &^= 1 << (slot % perLevel)
	} else {
		t.prev.next, t.next.prev = t.next, t.prev
		if w.slots[slot] == t {
			w.slots[slot] = t.next
		}
	}
	t.next, t.prev = nil, nil
	t.slot = 0
	w.n--
}
