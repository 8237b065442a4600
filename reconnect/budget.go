package reconnect

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// A Budget bounds how often the loops that share it make attempts, the first
// ones included: a thousand clients in one process are a storm however politely
// each behaves. Loops get their turns in the order in which they ask. It may be
// used concurrently, and starts no goroutine.
type Budget struct {
	interval time.Duration // in which one attempt is earned
	burst    time.Duration // that many attempts, in intervals

	mu    sync.Mutex
	full  time.Time // when all the burst is there again
	queue list.List // of *turn; the first one waits for its time, the others for it
}

// The Budget of an origin for which none was made.
const (
	DefaultBudgetRate  = 10
	DefaultBudgetBurst = 50
)

// NewBudget returns a Budget of rate attempts a second in the long run, and
// burst at once behind a quiet time. Zero or less: the defaults.
func NewBudget(rate float64, burst int) *Budget {
	if !(rate > 0) {
		rate = DefaultBudgetRate
	}
	if burst <= 0 {
		burst = DefaultBudgetBurst
	}
	interval := max(1, time.Duration(min(float64(time.Second)/rate, float64(maxInterval))))
	return &Budget{interval: interval, burst: min(time.Duration(burst), maxInterval/interval) * interval}
}

// maxInterval keeps sums of intervals within a Duration.
const maxInterval = 24 * 365 * time.Hour

// turn is a place in a queue.
type turn struct {
	b     *Budget
	place *list.Element
	first chan struct{} // closed when it is the first in the queue
}

// ask takes an attempt, or returns the turn to wait for.
func (b *Budget) ask() *turn {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.queue.Len() == 0 && b.take(time.Now()) <= 0 {
		return nil
	}
	t := &turn{b: b, first: make(chan struct{})}
	t.place = b.queue.PushBack(t)
	if b.queue.Len() == 1 {
		close(t.first)
	}
	return t
}

// wait waits for the turn, and takes an attempt. Who gives up takes none.
func (t *turn) wait(ctx context.Context) error {
	defer t.b.leave(t)
	select {
	case <-t.first:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		t.b.mu.Lock()
		wait := t.b.take(time.Now())
		t.b.mu.Unlock()
		if wait <= 0 {
			return nil
		}
		timer.Reset(wait)
	}
}

// leave lets the next one be the first.
func (b *Budget) leave(t *turn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	first := b.queue.Front() == t.place
	b.queue.Remove(t.place)
	if next := b.queue.Front(); first && next != nil {
		close(next.Value.(*turn).first)
	}
}

// take takes an attempt, or returns how long to wait for one.
func (b *Budget) take(now time.Time) time.Duration {
	full := b.full
	if b.whole(now) {
		full = now
	}
	full = full.Add(b.interval)
	if wait := full.Sub(now) - b.burst; wait > 0 {
		return wait
	}
	b.full = full
	return 0
}

// whole reports whether the whole burst is there. A time further off than the
// burst is of another clock, such as that of a synctest bubble.
func (b *Budget) whole(now time.Time) bool {
	missing := b.full.Sub(now)
	return missing <= 0 || missing > b.burst
}
