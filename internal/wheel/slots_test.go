package wheel

import (
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"
)

func TestSizes(t *testing.T) {
	if size := unsafe.Sizeof(Timer{}); size > 48 {
		t.Errorf("Timer is %d bytes, want at most 48", size)
	}
	if size := unsafe.Sizeof(Clock{}); size > 4096 {
		t.Errorf("Clock is %d bytes, want at most 4096", size)
	}
}

// model is the wheel as anyone would write it first.
type model map[*Timer]int64

func (m model) due(tick int64) (n int) {
	for _, at := range m {
		if at <= tick {
			n++
		}
	}
	return n
}

func (m model) first() (tick int64, ok bool) {
	for _, at := range m {
		if !ok || at < tick {
			tick, ok = at, true
		}
	}
	return tick, ok
}

// random returns a number of ticks of up to max, all magnitudes alike.
func random(r *rand.Rand, max int) int64 {
	return r.Int64N(int64(1) << r.IntN(max+1))
}

// TestWheelAgainstModel makes random schedules of put, move and remove, before
// and between the steps of every turn.
func TestWheelAgainstModel(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		var w wheel
		m := model{}
		timers := make([]Timer, 1+r.IntN(600))
		now := random(r, 36)
		w.rewind(now)

		mutate := func() {
			x := &timers[r.IntN(len(timers))]
			if _, armed := m[x]; armed && r.IntN(3) == 0 {
				w.remove(x)
				delete(m, x)
				return
			}
			at := now - 3 + random(r, 30) // some are past
			w.put(x, at)
			m[x] = max(at, w.floor)
		}
		for range 200 {
			for range r.IntN(2 * len(timers)) {
				mutate()
			}
			checkWheel(t, &w, m)
			now += random(r, 24)
			w.floor = now + 1
			last := int64(0)
			for {
				x, more := w.take(now)
				if !more {
					break
				}
				if x != nil {
					at, armed := m[x]
					if !armed || at > now || at < last {
						t.Fatalf("seed %d: took tick %d (armed %v) after %d, at %d", seed, at, armed, last, now)
					}
					last = at
					delete(m, x)
				}
				if r.IntN(4) == 0 {
					mutate()
				}
			}
			if n := m.due(now); n != 0 || w.cur != now {
				t.Fatalf("seed %d: %d due timers were left at %d, cur %d", seed, n, now, w.cur)
			}
		}
	}
}

// checkWheel compares what w holds to m, and checks its invariants.
func checkWheel(t *testing.T, w *wheel, m model) {
	t.Helper()
	n := 0
	for slot, head := range &w.slots {
		level, digit := slot/perLevel, slot%perLevel
		if marked := w.occupied[level]>>digit&1 == 1; marked != (head != nil) {
			t.Fatalf("slot %d: occupied is %v, head %v", slot, marked, head)
		}
		for x := head; x != nil; {
			if at, armed := m[x]; !armed || at != x.tick || int(x.slot) != slot+1 || w.slotFor(at) != uint16(slot) {
				t.Fatalf("slot %d holds tick %d; model: %d %v", slot, x.tick, at, armed)
			}
			n++
			if x = x.next; x == head {
				break
			}
		}
	}
	if n != len(m) || n != w.n {
		t.Fatalf("wheel holds %d, says %d; model %d", n, w.n, len(m))
	}
	_, begin, ok := w.first()
	if want, wantOK := m.first(); ok != wantOK || ok && (begin > want || begin <= w.cur) {
		t.Fatalf("first begins at %d %v, cur %d; model's first is %d %v", begin, ok, w.cur, want, wantOK)
	}
}

// TestWheelMovesAtMostOncePerLevel holds the bound on the work for far timers.
func TestWheelMovesAtMostOncePerLevel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var w wheel
	w.rewind(0)
	timers := make([]Timer, 1000)
	var last int64
	for i := range timers {
		at := random(r, 37)
		w.put(&timers[i], at)
		last = max(last, at)
	}
	steps := 0
	for {
		// As a clock: sleep until the first slot begins, then turn.
		_, begin, ok := w.first()
		if !ok {
			break
		}
		w.floor = begin + 1
		for more := true; more; steps++ {
			_, more = w.take(begin)
		}
	}
	// For each timer at most a wake and a step per level, and its own.
	if bound := len(timers) * 2 * levels; steps > bound {
		t.Errorf("%d steps for %d timers, want at most %d", steps, len(timers), bound)
	}
	if w.n != 0 || w.cur < last {
		t.Errorf("%d timers left at %d, last is due at %d", w.n, w.cur, last)
	}
}

// TestWheelStepIsBounded holds the bound on the time that one step takes.
func TestWheelStepIsBounded(t *testing.T) {
	var w wheel
	w.rewind(0)
	timers := make([]Timer, 10*spreadMax)
	for i := range timers {
		w.put(&timers[i], perLevel+int64(i%3)) // one slot of level 1
	}
	var taken []int64
	for more := true; more; {
		before := ringLen(w.slots[perLevel+1])
		var x *Timer
		if x, more = w.take(perLevel + 1); x != nil {
			taken = append(taken, x.tick)
		}
		if moved := before - ringLen(w.slots[perLevel+1]); moved > spreadMax {
			t.Fatalf("a step moved %d timers, want at most %d", moved, spreadMax)
		}
	}
	if !slices.IsSorted(taken) || len(taken) != dueBy(timers, perLevel+1) {
		t.Errorf("took %d timers, sorted %v", len(taken), slices.IsSorted(taken))
	}
}

func dueBy(timers []Timer, tick int64) (n int) {
	for i := range timers {
		if timers[i].tick <= tick {
			n++
		}
	}
	return n
}

func ringLen(head *Timer) (n int) {
	for x := head; x != nil; {
		n++
		if x = x.next; x == head {
			break
		}
	}
	return n
}
