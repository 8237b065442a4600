package reconnect

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func (b *Budget) wait(ctx context.Context) error {
	if t := b.ask(); t != nil {
		return t.wait(ctx)
	}
	return nil
}

func TestBudgetRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(4, 3)
		began := time.Now()
		var got []time.Duration
		take := func(n int) {
			for range n {
				if err := b.wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				got = append(got, time.Since(began)/time.Millisecond)
			}
		}
		take(5)
		time.Sleep(250 * time.Millisecond) // earns one
		take(2)
		time.Sleep(time.Hour) // earns the burst and no more
		took := len(got)
		take(4)
		if want := []time.Duration{0, 0, 0, 250, 500, 750, 1000}; !slices.Equal(got[:took], want) {
			t.Errorf("at %v ms, want %v", got[:took], want)
		}
		late := got[took:]
		if late[2] != late[0] || late[3] != late[0]+250 {
			t.Errorf("behind a quiet time at %v ms", late)
		}
	})
}

// Turns come in the order in which they were asked for, and those who give up,
// first or in the midst, take nothing and hold up nobody.
func TestBudgetTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(1, 1)
		b.wait(t.Context())
		began := time.Now()
		var mu sync.Mutex
		var got []string
		stop := errors.New("stop")
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		for i := range 6 {
			ctx := ctx
			if i != 0 && i != 3 && i != 5 {
				ctx = t.Context()
			}
			go func() {
				err := b.wait(ctx)
				mu.Lock()
				defer mu.Unlock()
				if err != nil && err != stop {
					t.Error(err)
				}
				got = append(got, fmt.Sprintf("%d %v %v", i, time.Since(began), err))
			}()
			synctest.Wait()
		}
		time.Sleep(500 * time.Millisecond)
		cancel(stop)
		synctest.Wait()
		mu.Lock()
		slices.Sort(got) // they gave up at once
		mu.Unlock()
		time.Sleep(time.Hour)
		synctest.Wait()
		want := []string{"0 500ms stop", "3 500ms stop", "5 500ms stop", "1 1s <nil>", "2 2s <nil>", "4 3s <nil>"}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		if b.queue.Len() != 0 {
			t.Error("someone is left in the queue")
		}
	})
}

// Nobody passes those who wait, though there is something by now.
func TestBudgetQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(1, 1)
		b.ask()
		first := b.ask()
		time.Sleep(time.Hour)
		second := b.ask()
		if first == nil || second == nil {
			t.Fatal("no turn to wait for")
		}
		began := time.Now()
		if err := errors.Join(first.wait(t.Context()), second.wait(t.Context())); err != nil {
			t.Error(err)
		}
		if passed := time.Since(began); passed != time.Second {
			t.Errorf("both after %v", passed)
		}
	})
}

// A context that has ended takes nothing.
func TestBudgetGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(1, 1)
		b.wait(t.Context())
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for range 1000 {
			if b.wait(ctx) == nil {
				t.Fatal("no error")
			}
		}
		time.Sleep(time.Second)
		if b.ask() != nil {
			t.Error("they have taken what they did not use")
		}
	})
}

// A Budget outlives a bubble, whose clock is another.
func TestBudgetOfTwoClocks(t *testing.T) {
	b := NewBudget(1./3600, 1)
	for range 2 {
		if b.ask() != nil {
			t.Fatal("outside: nothing there")
		}
		if b.take(time.Now()) <= 0 {
			t.Fatal("outside: more than the burst")
		}
		synctest.Test(t, func(t *testing.T) {
			if b.ask() != nil {
				t.Fatal("inside: nothing there")
			}
			if b.take(time.Now()) <= 0 {
				t.Fatal("inside: more than the burst")
			}
		})
	}
}

func TestNewBudget(t *testing.T) {
	for _, c := range []struct {
		rate            float64
		burst           int
		interval, total time.Duration
	}{
		{0, 0, time.Second / DefaultBudgetRate, DefaultBudgetBurst * time.Second / DefaultBudgetRate},
		{-1, -1, time.Second / DefaultBudgetRate, DefaultBudgetBurst * time.Second / DefaultBudgetRate},
		{math.NaN(), 1, time.Second / DefaultBudgetRate, time.Second / DefaultBudgetRate},
		{1000, 5, time.Millisecond, 5 * time.Millisecond},
		{0.5, 2, 2 * time.Second, 4 * time.Second},
		{math.Inf(1), 3, 1, 3},
		{1e-300, 7, maxInterval, maxInterval},
		{1, math.MaxInt, time.Second, maxInterval},
	} {
		b := NewBudget(c.rate, c.burst)
		if b.interval != c.interval || b.burst != c.total {
			t.Errorf("%v, %d: %v, %v", c.rate, c.burst, b.interval, b.burst)
		}
		if b.ask() != nil {
			t.Errorf("%v, %d: nothing there", c.rate, c.burst)
		}
	}
}

func TestOriginOf(t *testing.T) {
	for text, want := range map[string]string{
		"ws://Example.COM/a?b":             "ws://example.com:80",
		"http://example.com:80":            "ws://example.com:80",
		"WSS://user:secret@example.com/":   "wss://example.com:443",
		"https://example.com:8443/":        "wss://example.com:8443",
		"ws://[::1]:9/":                    "ws://::1:9",
		"ws://example.com\x00/":            "",
		"wss://user:secret@example.com:a/": "",
	} {
		if got := originOf(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestOriginsShareABudget(t *testing.T) {
	var s budgets
	a := s.join("a")
	if s.join("a") != a || s.join("b") == a {
		t.Error("one budget for each origin")
	}
	a.ask() // what has been taken is remembered
	s.leave("a")
	s.leave("a")
	if s.join("a") != a {
		t.Error("a budget in use was dropped")
	}
}

// A loop without a Budget uses that of its origin, while it runs.
func TestOriginOfALoop(t *testing.T) {
	const origin = "ws://origin-of-a-loop.example.com:80"
	for range Dial(t.Context(), origin+"/feed", &Options{Prepare: func(context.Context, *Attempt) error {
		if n := origins.used[origin].loops; n != 1 {
			t.Errorf("%d loops", n)
		}
		return Final(errors.New("enough"))
	}}) {
	}
	if n := origins.used[origin].loops; n != 0 {
		t.Errorf("%d loops behind it", n)
	}
}

// However many origins there were, those in use and those not whole are kept,
// and no more than twice as many others.
func TestOriginsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s budgets
		used := s.join("used")
		taken := s.join("taken")
		s.leave("taken")
		for i := range 10 * minSweep {
			taken.ask()
			name := fmt.Sprint(i)
			s.join(name).ask()
			s.leave(name)
			time.Sleep(time.Second) // longer than one attempt takes to be earned
			if len(s.used) > minSweep {
				t.Fatalf("%d budgets", len(s.used))
			}
		}
		taken.ask()
		for i := range 2 * minSweep {
			s.join(fmt.Sprint("quiet", i))
			s.leave(fmt.Sprint("quiet", i))
		}
		if s.join("used") != used || s.join("taken") != taken {
			t.Error("a budget was dropped that is needed")
		}
	})
}
