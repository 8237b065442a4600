package websocket

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

func TestLock(t *testing.T) {
	var l lock
	if l.Held() || !l.TryLock() || !l.Held() || l.TryLock() {
		t.Fatal("a lock nobody waits for")
	}
	l.Unlock()
	if l.Held() {
		t.Fatal("held behind Unlock")
	}
	if err := l.Lock(cancelledCtx, nil); err != nil {
		t.Fatalf("a free lock, with a context that has ended: %v", err)
	}
	if err := l.Lock(cancelledCtx, nil); err != context.Canceled {
		t.Fatalf("a held lock, with a context that has ended: %v", err)
	}
	gaveUp := make(chan struct{})
	close(gaveUp)
	if err := l.Lock(context.Background(), gaveUp); err != errGivenUp {
		t.Fatalf("given up: %v", err)
	}
	l.Unlock()
	if l.Held() || !l.TryLock() {
		t.Fatal("those that gave up still hold it")
	}
}

// TestLockIsFair: waiters get it in order of arrival, and those who give up are
// passed over.
func TestLockIsFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l lock
		l.TryLock()
		var got []int
		var wg sync.WaitGroup
		cancels := map[int]context.CancelCauseFunc{}
		for i := range 10 {
			ctx, cancel := context.WithCancelCause(t.Context())
			cancels[i] = cancel
			wg.Go(func() {
				switch err := l.Lock(ctx, nil); {
				case err == nil:
					got = append(got, i)
					l.Unlock()
				case err != errCause:
					t.Errorf("%d: %v", i, err)
				}
			})
			synctest.Wait() // until it waits
		}
		for _, i := range []int{0, 4, 9} { // the first, one between, the last
			cancels[i](errCause)
		}
		synctest.Wait()
		l.Unlock()
		wg.Wait()
		want := []int{1, 2, 3, 5, 6, 7, 8}
		if len(got) != len(want) {
			t.Fatalf("got it: %v", got)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("got it: %v", got)
			}
		}
		if l.Held() {
			t.Error("still held")
		}
		for _, cancel := range cancels {
			cancel(nil)
		}
	})
}

// TestLockNobodyOvertakes: a lock that is handed over is never free in between.
func TestLockNobodyOvertakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l lock
		l.TryLock()
		got := async(func() error { return l.Lock(t.Context(), nil) })
		synctest.Wait()
		l.Unlock()
		if l.TryLock() {
			t.Error("the waiter was overtaken")
		}
		if err := <-got; err != nil {
			t.Error(err)
		}
		l.Unlock()
	})
}

// TestLockLeave gives up at the very moment of the handover: whoever wins, the
// lock is not lost.
func TestLockLeave(t *testing.T) {
	for range 2000 {
		var l lock
		l.TryLock()
		w := l.enqueue()
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(l.Unlock)
		wg.Go(cancel)
		if err := l.wait(ctx, w, nil); err == nil {
			l.Unlock()
		} else if err != context.Canceled {
			t.Fatal(err)
		}
		wg.Wait()
		if l.Held() {
			t.Fatal("the lock is lost")
		}
	}
}

// TestLockExcludes under many who take it in every way and give up.
func TestLockExcludes(t *testing.T) {
	var l lock
	var inside, entered atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 2000 {
				ctx, cancel := context.WithCancel(t.Context())
				var err error
				switch rand.IntN(4) {
				case 0:
					if !l.TryLock() {
						err = errGivenUp
					}
				case 1:
					go cancel()
					err = l.Lock(ctx, nil)
				case 2:
					gaveUp := make(chan struct{})
					go close(gaveUp)
					err = l.Lock(ctx, gaveUp)
				default:
					err = l.Lock(ctx, nil)
				}
				cancel()
				if err == nil {
					if inside.Add(1) != 1 {
						t.Error("two are inside")
					}
					entered.Add(1)
					inside.Add(-1)
					l.Unlock()
				} else if !errors.Is(err, context.Canceled) && err != errGivenUp {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if l.Held() || entered.Load() < 4000 {
		t.Errorf("held %v, entered %d times", l.Held(), entered.Load())
	}
}
