package wheel

import (
	"sync"
	"time"
)

// SweepEvery is the time between sweeps.
const SweepEvery = 100 * time.Microsecond

// sweepKeep is the number of members for which room is kept between sweeps.
const sweepKeep = 4096

// Swept is a member of sweeps: the net under work that is put off in the hope
// that it will be done sooner, in passing.
type Swept interface {
	// Sweep is called with no lock held, one member after the other, so it
	// must not block. A member that returns true is called again, about
	// [SweepEvery] later; one that returns false (or panics) is dropped.
	Sweep() (again bool)
}

// sweeper is a clock's set of members. It has a goroutine only while members
// are called, and a system timer only while there are any.
type sweeper struct {
	mu      sync.Mutex
	members []Swept
	spare   []Swept // the room of the last sweep
	pending bool    // the timer is set, or a sweep runs
	timer   *time.Timer
}

// Sweep adds m to the next sweep, which comes [SweepEvery] from now, or sooner
// if one is pending already. A member that wants to be left alone for a full
// SweepEvery returns true the first time. While a processor is idle, the
// runtime's timers on Linux round the wait up to about 1.1 ms.
//
// A member that is in must not be added again. It is out as soon as its Sweep
// is sure to return false: the member clears a flag of its own then, under the
// lock under which its owner tests the flag and calls this method.
func (c *Clock) Sweep(m Swept) {
	s := &c.sweeper
	s.mu.Lock()
	defer s.mu.Unlock()
	s.members = append(s.members, m)
	if !s.pending {
		s.pending = true
		s.set(c)
	}
}

func (s *sweeper) set(c *Clock) {
	if s.timer == nil {
		s.timer = time.AfterFunc(SweepEvery, c.sweep)
		return
	}
	s.timer.Reset(SweepEvery)
}

// sweep is what the sweeper's timer runs.
func (c *Clock) sweep() {
	members := c.sweeper.take()
	kept, called := 0, 0
	defer func() { // even if a member calls runtime.Goexit
		kept += copy(members[kept:], members[called:])
		c.sweeper.give(c, members, kept)
	}()
	for called < len(members) {
		m := members[called]
		called++
		if c.sweepOne(m) {
			members[kept] = m
			kept++
		}
	}
}

func (c *Clock) sweepOne(m Swept) (again bool) {
	defer c.recovered()
	return m.Sweep()
}

func (s *sweeper) take() []Swept {
	s.mu.Lock()
	defer s.mu.Unlock()
	members := s.members
	s.members, s.spare = s.spare, nil
	return members
}

// give ends a sweep of members, of which the first kept stay.
func (s *sweeper) give(c *Clock, members []Swept, kept int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.members = append(s.members, members[:kept]...)
	if cap(members) <= sweepKeep {
		clear(members)
		s.spare = members[:0]
	}
	if s.pending = len(s.members) > 0; s.pending {
		s.set(c)
	}
}
