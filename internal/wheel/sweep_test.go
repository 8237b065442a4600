package wheel

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// member logs when it is swept.
type member struct {
	since time.Time
	at    []time.Duration
	again bool
	then  func()
}

func (m *member) Sweep() bool {
	m.at = append(m.at, time.Since(m.since))
	again := m.again
	if m.then != nil {
		m.then()
	}
	return again
}

func (m *member) want(t *testing.T, want ...time.Duration) {
	t.Helper()
	synctest.Wait()
	if !slices.Equal(m.at, want) {
		t.Errorf("swept at %v, want %v", m.at, want)
	}
}

const us = time.Microsecond

func TestSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, now := New(), time.Now()
		first, joins := &member{since: now}, &member{since: now}
		stays := &member{since: now, again: true}
		stays.then = func() { stays.again = len(stays.at) < 2 }

		c.Sweep(first)
		time.Sleep(60 * us)
		c.Sweep(joins)
		c.Sweep(stays)
		time.Sleep(time.Second)
		first.want(t, 100*us)
		joins.want(t, 100*us)
		stays.want(t, 100*us, 200*us, 300*us)

		again := &member{since: time.Now()}
		c.Sweep(again) // after the set was empty
		time.Sleep(time.Second)
		again.want(t, 100*us)
	})
}

func TestSweepAddsFromSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, now := New(), time.Now()
		a, b := &member{since: now}, &member{since: now}
		a.then = func() {
			if len(a.at) == 1 {
				c.Sweep(a) // itself: it is going to return false
				c.Sweep(b)
			}
		}
		c.Sweep(a)
		time.Sleep(time.Second)
		a.want(t, 100*us, 200*us)
		b.want(t, 200*us)
	})
}

func TestSweepSurvivesPanicAndGoexit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, now := New(), time.Now()
		panics := &member{since: now, again: true, then: func() { panic("sweep") }}
		exits := &member{since: now, again: true, then: runtime.Goexit}
		stays := &member{since: now, again: true}
		stays.then = func() { stays.again = false }
		last := &member{since: now}
		for _, m := range []*member{stays, panics, exits, last} {
			c.Sweep(m)
		}
		time.Sleep(time.Second)
		panics.want(t, 100*us)
		exits.want(t, 100*us)
		stays.want(t, 100*us, 200*us)
		last.want(t, 200*us) // the first sweep was cut off
		if n := c.Stats().Panics; n != 1 {
			t.Errorf("counted %d panics, want 1", n)
		}
	})
}

func TestSweepLetsGoOfMembersAndRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New()
		for range 4 * sweepKeep {
			c.Sweep(&member{})
		}
		time.Sleep(time.Second)
		synctest.Wait()
		s := &c.sweeper
		if cap(s.members) > sweepKeep || cap(s.spare) > sweepKeep {
			t.Errorf("keeps room for %d and %d members", cap(s.members), cap(s.spare))
		}
		for range 10 {
			c.Sweep(&member{})
		}
		time.Sleep(time.Second)
		synctest.Wait()
		for _, room := range [][]Swept{s.members[:cap(s.members)], s.spare[:cap(s.spare)]} {
			if slices.ContainsFunc(room, func(m Swept) bool { return m != nil }) {
				t.Error("a member that left is still referred to")
			}
		}
		if s.pending {
			t.Error("a sweep is pending with no member")
		}
	})
}

// flagged is a member as a connection is one: a flag under its own lock.
type flagged struct {
	mu          sync.Mutex
	dirty, in   bool
	dirt, clean int
}

func (m *flagged) Sweep() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dirty {
		m.dirty = false
		m.clean++
		return true // once more, as it may be written again soon
	}
	m.in = false
	return false
}

func (m *flagged) write(c *Clock) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.dirty {
		m.dirty = true
		m.dirt++
	}
	if !m.in {
		m.in = true
		c.Sweep(m)
	}
}

func TestSweepConcurrent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New()
		var wg sync.WaitGroup
		members := make([]flagged, 40)
		for g := range 8 {
			wg.Go(func() {
				for i := range 5000 {
					members[(g*7+i)%len(members)].write(c)
					if i%10 == 0 {
						time.Sleep(time.Duration(g*13%50) * us)
					}
				}
			})
		}
		wg.Wait()
		time.Sleep(time.Second)
		synctest.Wait()
		for i := range members {
			if m := &members[i]; m.in || m.dirty || m.dirt != m.clean {
				t.Errorf("member %d: in %v, dirty %v, dirt %d, clean %d", i, m.in, m.dirty, m.dirt, m.clean)
			}
		}
	})
}
