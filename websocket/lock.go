package websocket

import (
	"context"
	"sync"
	"sync/atomic"
)

// lock is a mutex whose waiters can give up. Waiters get it in order of
// arrival. The zero value is free.
type lock struct {
	state atomic.Int32
	mu    sync.Mutex
	first *waiter
}

const (
	lockFree   = 0
	lockHeld   = 1
	lockWanted = 2 // held, and perhaps waited for
)

type waiter struct {
	next *waiter
	got  chan struct{}
}

// TryLock takes the lock if it is free.
func (l *lock) TryLock() bool { return l.state.CompareAndSwap(lockFree, lockHeld) }

// Held reports whether someone holds the lock.
func (l *lock) Held() bool { return l.state.Load() != lockFree }

// Lock takes the lock, or returns the cause of ctx or errGivenUp when ctx or
// giveUp ends first. A nil giveUp never ends.
func (l *lock) Lock(ctx context.Context, giveUp <-chan struct{}) error {
	if l.TryLock() {
		return nil
	}
	w := l.enqueue()
	if w == nil {
		return nil
	}
	return l.wait(ctx, w, giveUp)
}

// enqueue takes the lock and returns nil, or gets in line for it.
func (l *lock) enqueue() *waiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state.Swap(lockWanted) == lockFree {
		return nil
	}
	w := &waiter{got: make(chan struct{})}
	last := &l.first
	for *last != nil {
		last = &(*last).next
	}
	*last = w
	return w
}

// wait waits for the turn of w.
func (l *lock) wait(ctx context.Context, w *waiter, giveUp <-chan struct{}) error {
	select {
	case <-w.got:
		return nil
	case <-ctx.Done():
		return l.leave(w, context.Cause(ctx))
	case <-giveUp:
		return l.leave(w, errGivenUp)
	}
}

// leave takes w out of the queue and returns err. If w has been handed the lock
// meanwhile it keeps it: it may owe more than Unlock to those who left work to
// the lock's holder.
func (l *lock) leave(w *waiter, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p := &l.first; *p != nil; p = &(*p).next {
		if *p == w {
			*p = w.next
			return err
		}
	}
	return nil
}

// Unlock hands the lock to the first waiter, or frees it.
func (l *lock) Unlock() {
	if l.state.CompareAndSwap(lockHeld, lockFree) {
		return
	}
	l.mu.Lock()
	w := l.first
	if w == nil {
		l.state.Store(lockFree)
	} else {
		l.first = w.next
		close(w.got)
	}
	l.mu.Unlock()
}
