package wstest

import (
	"os"
	"sync"
	"time"
)

// A lane is one direction of a FaultConn.
type lane struct {
	mu       sync.Mutex
	changed  sync.Cond // anything below
	fault    Fault
	passed   int64 // octets, since the fault was set
	busy     bool  // a call is under way: they pass one by one
	deadline deadline
	ended    error // why the connection has ended
}

func (l *lane) init() { l.changed.L = &l.mu }

func (l *lane) set(f Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault, l.passed = f, 0
	l.changed.Broadcast()
}

func (l *lane) end(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended == nil {
		l.ended = err
		l.deadline.stop()
		l.changed.Broadcast()
	}
}

func (l *lane) arm(at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended == nil {
		l.deadline.arm(&l.changed, at)
	}
}

// The methods below are called with the lock held.

// failed returns what no call outlives.
func (l *lane) failed() error {
	switch {
	case l.ended != nil:
		return l.ended
	case l.deadline.passed:
		return os.ErrDeadlineExceeded
	}
	return nil
}

// enter waits for the calls in front.
func (l *lane) enter() error {
	for l.busy && l.failed() == nil {
		l.changed.Wait()
	}
	if err := l.failed(); err != nil {
		return err
	}
	l.busy = true
	return nil
}

func (l *lane) leave() {
	l.busy = false
	l.changed.Broadcast()
}

// pass waits until n octets that were there at since may pass. With n 0 it waits
// only while the lane is stalled.
func (l *lane) pass(n int, since time.Time) error {
	for {
		if err := l.failed(); err != nil {
			return err
		}
		reached := l.passed >= l.fault.After
		if reached && l.fault.Err != nil {
			return l.fault.Err
		}
		var wake *time.Timer
		if !reached || !l.fault.Stall {
			cost := l.fault.cost(n)
			wait := time.Until(since.Add(cost))
			if cost == 0 || wait <= 0 {
				return nil
			}
			wake = time.AfterFunc(wait, l.wake)
		}
		l.changed.Wait()
		if wake != nil {
			wake.Stop()
		}
	}
}

func (l *lane) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changed.Broadcast()
}
