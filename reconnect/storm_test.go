package reconnect

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/duplexws/duplex/websocket"
)

const outage = 10 * time.Minute

// seeded are dice that always fall the same.
func seeded(n int) func(int64) int64 {
	return rand.New(rand.NewPCG(1, uint64(n))).Int64N
}

// storm runs loops while the server refuses for ten minutes, and then until
// each has had its first connection. It returns when they dialled, counted from the
// end of the outage.
func (w *world) storm(loops int, budget func(i int) *Budget) (dials []time.Duration) {
	w.refuse(syscall.ECONNREFUSED)
	w.o.OnState = nil
	ctx, cancel := context.WithCancel(w.ctx)
	var all sync.WaitGroup
	connected := make(chan int, loops)
	for i := range loops {
		o := w.o
		o.Budget = budget(i)
		all.Go(func() {
			l := newLoop(ctx, address, &o)
			l.random = seeded(i)
			l.run(func(_ *websocket.Conn, err error) bool {
				if err != nil {
					return false
				}
				connected <- i
				<-ctx.Done()
				return false
			})
		})
	}
	time.Sleep(outage + 1) // what is due now is refused
	back := time.Now()
	w.refuse(nil)
	for range loops {
		<-connected
	}
	cancel()
	all.Wait()
	for _, at := range w.dials {
		dials = append(dials, at.Sub(back))
	}
	return dials
}

// peak returns the largest number of dials within d, among those from a time on.
func peak(dials []time.Duration, from, d time.Duration) (most int) {
	slices.Sort(dials)
	for i, at := range dials {
		if at < from {
			continue
		}
		n, _ := slices.BinarySearch(dials[i:], at+d)
		most = max(most, n)
	}
	return most
}

// One loop leaves a refusing server in peace, and is back soon after it.
func TestStormOfOne(t *testing.T) {
	inWorld(t, listens, func(w *world) {
		dials := w.storm(1, func(int) *Budget { return w.o.Budget })
		if n := len(dials); n < 20 || n > 60 {
			t.Errorf("%d attempts in 10 minutes", n)
		}
		if last := dials[len(dials)-1]; last < 0 || last > DefaultMaxBackoff {
			t.Errorf("connected %v after the server was back", last)
		}
	})
}

// A thousand loops of one process stay within their budget, in the outage and
// behind it.
func TestStormOfManyLoops(t *testing.T) {
	const loops = 1000
	inWorld(t, listens, func(w *world) {
		dials := w.storm(loops, func(int) *Budget { return w.o.Budget })
		refused, _ := slices.BinarySearch(dials, 0)
		most := DefaultBudgetBurst + DefaultBudgetRate*int(outage/time.Second)
		if refused > most || refused < most*9/10 {
			t.Errorf("%d attempts in 10 minutes, want nearly %d", refused, most)
		}
		if n := peak(dials, -outage, time.Second); n > DefaultBudgetBurst+DefaultBudgetRate {
			t.Errorf("%d attempts in one second", n)
		}
		if n := peak(dials, 0, time.Second); n > DefaultBudgetRate {
			t.Errorf("%d attempts in one second behind the outage", n)
		}
		if n := len(dials) - refused; n != loops {
			t.Errorf("%d connections", n)
		}
		if last := dials[len(dials)-1]; last > DefaultMaxBackoff+loops*time.Second/DefaultBudgetRate {
			t.Errorf("the last was back after %v", last)
		}
	})
}

// A thousand processes of one loop each come back spread, by jitter alone.
func TestStormOfManyProcesses(t *testing.T) {
	const loops = 1000
	inWorld(t, listens, func(w *world) {
		dials := w.storm(loops, func(int) *Budget { return NewBudget(0, 0) })
		refused, _ := slices.BinarySearch(dials, 0)
		if refused > 60*loops {
			t.Errorf("%d attempts in 10 minutes", refused)
		}
		// On average 1000 loops that wait 15 s each are 67 in a second.
		if n := peak(dials, -outage/2, time.Second); n > 110 {
			t.Errorf("%d attempts in one second", n)
		}
		if last := dials[len(dials)-1]; last > DefaultMaxBackoff {
			t.Errorf("the last was back after %v", last)
		}
	})
}

// A server that accepts and closes at once is backed off from as well.
func TestStormOfShortConnections(t *testing.T) {
	inWorld(t, says(1001), func(w *world) {
		ctx, cancel := context.WithTimeout(w.ctx, outage)
		defer cancel()
		w.run(ctx, seeded(1))
		if n := len(w.dials); n < 20 || n > 60 {
			t.Errorf("%d connections in 10 minutes", n)
		}
	})
}
