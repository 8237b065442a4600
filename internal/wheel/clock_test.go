package wheel

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// testClock is a Clock in a bubble, and the log of what expired.
type testClock struct {
	*Clock
	t   *testing.T
	log []fired
}

type fired struct {
	name string
	at   time.Duration
}

// alarm is a target that logs, and then does what the test wants.
type alarm struct {
	timer Timer
	tc    *testClock
	name  string
	then  func()
}

func (a *alarm) Expired(now int64) {
	a.tc.log = append(a.tc.log, fired{a.name, time.Duration(a.tc.Now() - 1)})
	if now > a.tc.Now() {
		a.tc.t.Errorf("%s: told %d at %d", a.name, now, a.tc.Now())
	}
	if a.then != nil {
		a.then()
	}
}

func bubble(t *testing.T, f func(t *testing.T, tc *testClock)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		tc := &testClock{Clock: New(), t: t}
		f(t, tc)
		synctest.Wait()
		if n := tc.Len(); n != 0 {
			t.Errorf("%d timers left", n)
		}
	})
}

// arm arms a new alarm for a time since the clock was made.
func (tc *testClock) arm(name string, at time.Duration) *alarm {
	a := &alarm{tc: tc, name: name}
	a.at(at)
	return a
}

func (a *alarm) at(at time.Duration) { a.tc.Arm(&a.timer, a, int64(at)+1) }

func (tc *testClock) sleep(d time.Duration) {
	tc.Len() // its lock publishes what the test has set
	time.Sleep(d)
	synctest.Wait()
}

// want checks what expired since the last call.
func (tc *testClock) want(want ...fired) {
	tc.t.Helper()
	synctest.Wait()
	if !slices.Equal(tc.log, want) {
		tc.t.Errorf("expired:\n  got  %v\n  want %v", tc.log, want)
	}
	tc.log = nil
}

func (tc *testClock) wantWakes(want int64) {
	tc.t.Helper()
	synctest.Wait()
	if got := tc.Stats().Wakes; got != want {
		tc.t.Errorf("%d wakes, want %d", got, want)
	}
}

const (
	ms   = time.Millisecond
	hour = time.Hour

	// early is by how much a tick begins early by the bubble's time: Now
	// starts at 1.
	early = time.Nanosecond
)

func TestOrder(t *testing.T) {
	bubble(t, func(t *testing.T, tc *testClock) {
		tc.arm("c", 250*ms)
		tc.arm("d", 7*time.Second)
		tc.arm("a", 100*ms-early)
		tc.arm("b", 100*ms)
		tc.sleep(100*ms - 2*early)
		tc.want()
		tc.sleep(early)
		tc.want(fired{"a", 100*ms - early})
		tc.sleep(hour)
		tc.want(fired{"b", 200*ms - early}, fired{"c", 300*ms - early}, fired{"d", 7100*ms - early})
	})
}

func TestSameTickInOrderOfArming(t *testing.T) {
	bubble(t, func(t *testing.T, tc *testClock) {
		tc.arm("a", 290*ms)
		tc.arm("b", 210*ms)
		tc.arm("c", 250*ms)
		tc.sleep(hour)
		at := 300*ms - early
		tc.want(fired{"a", at}, fired{"b", at}, fired{"c", at})
	})
}

func TestFarDeadlines(t *testing.T) {
	bubble(t, func(t *testing.T, tc *testClock) {
		never := tc.arm("never", math.MaxInt64-1)
		tc.arm("month", 30*24*hour)
		tc.arm("day", 24*hour)
		tc.arm("hours", 5*hour)
		tc.sleep(366 * 24 * hour)
		late := 100*ms - early
		tc.want(fired{"hours", 5*hour + late}, fired{"day", 24*hour + late}, fired{"month", 30*24*hour + late})
		if w := tc.Stats().Wakes; w > 4*levels {
			t.Errorf("%d wakes for four timers", w)
		}
		tc.Stop(&never.timer)
	})
}

func TestPast(t *testing.T) {
	bubble(t, func(t *testing.T, tc *testClock) {
		tc.sleep(time.Second)
		tc.arm("idle", 10*ms)
		tc.sleep(hour)
		tc.want(fired{"idle", 1100*ms - early})

		keep := tc.arm("keep", 2*hour) // the clock sleeps far
		tc.sleep(hour / 2)
		now := hour + hour/2 + time.Second
		tc.arm("asleep", -hour)
		tc.want(fired{"asleep", now})
		if s := tc.Stats().Stalls; s != 0 {
			t.Errorf("a deadline armed too late counts as %d stalls", s)
		}
		tc.Stop(&keep.timer)
	})
}

func TestArmMoves(t *testing.T) {
	bubble(t, func(t *testing.T, tc *testClock) {
		a := tc.arm("a", time.Second)
		a.at(2 * time.Second)
		if tc.Len() != 1 {
			t.Errorf("Len is %d after a move", tc.Len())
		}
		tc.sleep(1500 * ms)
		tc.want()
		a.at(1600*ms - early)
		tc.sleep(hour)
		tc.want(fired{"a", 1600*ms - early})
	})
}

func TestStop(t *testing.T) {
	bubble(t, func(t *testing.T, tc *testClock) {
		var zero Timer
		if tc.Stop(&zero) {
			t.Error("Stop of a zero Timer is true")
		}
		a, b := tc.arm("a", time.Second), tc.arm("b", time.Second)
		if !tc.Stop(&a.timer) || tc.Stop(&a.timer) {
			t.Error("Stop is not true once")
		}
		tc.sleep(2 * time.Second)
		tc.want(fired{"b", 1100*ms - early})
		if tc.Stop(&b.timer) {
			t.Error("Stop of a fired timer is true")
		}
		if a.timer.target != nil || b.timer.target != nil {
			t.Error("a timer that is not armed refers to its target")
		}
		c := tc.arm("c", hour)
		if tc.Stop(&c.timer); tc.timer.Stop() {
			t.Error("the system timer is set with nothing armed")
		}
	})
}

func TestExpiredArmsAndStops(t *testing.T) {
	bubble(t, func(t *testing.T, tc *testClock) {
		a, b := tc.arm("a", 150*ms), tc.arm("b", 150*ms)
		left := 3
		a.then = func() {
			if left--; left > 0 {
				a.at(0) // past: the next tick, not this turn
			}
			tc.Stop(&b.timer) // due in this turn
		}
		tc.sleep(hour)
		tc.want(fired{"a", 200*ms - early}, fired{"a", 300*ms - early}, fired{"a", 400*ms - early})
	})
}

func TestSparseWheelSleeps(t *testing.T) {
	bubble(t, func(t *testing.T, tc *testClock) {
		a := tc.arm("a", 25*time.Second)
		tc.sleep(25 * time.Second)
		tc.wantWakes(0)
		tc.sleep(100 * ms)
		tc.wantWakes(1)
		tc.sleep(hour)
		tc.wantWakes(1)

		// Moved on each message, as a keepalive: one wake a sleep.
		a.at(hour + 60*time.Second)
		for range 3000 {
			tc.sleep(10 * ms)
			a.at(time.Duration(tc.Now()) + 25*time.Second)
		}
		if w := tc.Stats().Wakes; w > 4 {
			t.Errorf("%d wakes in 30 s of moves", w-1)
		}
		tc.Stop(&a.timer)

		// Nothing wakes for what was stopped last.
		before := tc.Stats().Wakes
		tc.sleep(hour)
		tc.wantWakes(before)
	})
}

func TestManyConnectionsShareWakes(t *testing.T) {
	bubble(t, func(t *testing.T, tc *testClock) {
		for range 10000 {
			tc.arm("", 25*time.Second)
		}
		tc.sleep(time.Minute)
		tc.wantWakes(1)
		if len(tc.log) != 10000 {
			t.Errorf("%d of 10000 expired", len(tc.log))
		}
	})
}

func TestTickOf(t *testing.T) {
	const tick, last = int64(Tick), math.MaxInt64 / int64(Tick)
	for _, test := range []struct{ at, want int64 }{
		{0, 0}, {1, 1}, {tick - 1, 1}, {tick, 1}, {tick + 1, 2},
		{last*tick - 1, last}, {last * tick, last}, {math.MaxInt64, last},
	} {
		if got := tickOf(test.at); got != test.want {
			t.Errorf("tickOf(%d) is %d, want %d", test.at, got, test.want)
		}
	}
	if got := tickOf(math.MinInt64); got > 0 {
		t.Errorf("tickOf of the past is %d", got)
	}
}

func TestNow(t *testing.T) {
	bubble(t, func(t *testing.T, tc *testClock) {
		if now := tc.Now(); now != 1 {
			t.Errorf("Now is %d at first, want 1", now)
		}
		tc.sleep(time.Second)
		if now := tc.Now(); now != int64(time.Second)+1 {
			t.Errorf("Now is %d after a second", now)
		}
	})
}

// TestRandomSchedules compares the clock to one that asks each timer each
// time: none early, none more than a tick late, each as often as it should.
func TestRandomSchedules(t *testing.T) {
	for seed := range uint64(20) {
		bubble(t, func(t *testing.T, tc *testClock) {
			r := rand.New(rand.NewPCG(seed, 3))
			want := map[*sample]int64{}
			samples := make([]sample, 200)
			for i := range samples {
				samples[i] = sample{t: t, want: want, clock: tc.Clock}
			}
			for range 500 {
				x := &samples[r.IntN(len(samples))]
				if r.IntN(4) == 0 {
					_, armed := want[x]
					if tc.Stop(&x.timer) != armed {
						t.Errorf("seed %d: Stop is %v", seed, !armed)
					}
					delete(want, x)
				} else {
					want[x] = tc.Now() + random(r, 46) // up to 20 hours
					tc.Arm(&x.timer, x, want[x])
				}
				tc.sleep(time.Duration(random(r, 36)))
				for _, at := range want {
					if late := tc.Now() - at; late > int64(Tick) {
						t.Fatalf("seed %d: a timer is %v late", seed, time.Duration(late))
					}
				}
				if tc.Len() != len(want) {
					t.Fatalf("seed %d: Len is %d, want %d", seed, tc.Len(), len(want))
				}
			}
			tc.sleep(21 * hour)
		})
	}
}

type sample struct {
	timer Timer
	t     *testing.T
	clock *Clock
	want  map[*sample]int64
}

func (x *sample) Expired(now int64) {
	at, armed := x.want[x]
	if late := now - at; !armed || late < 0 || late > int64(Tick) {
		x.t.Errorf("expired %v late, armed %v", time.Duration(late), armed)
	}
	delete(x.want, x)
}

// counter is a target for tests of concurrency: each deadline is met or
// stopped, never both and never neither.
type counter struct {
	timer Timer
	mu    sync.Mutex
	fired int
}

func (x *counter) Expired(int64) {
	x.mu.Lock()
	x.fired++
	x.mu.Unlock()
}

func TestConcurrent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New()
		var wg sync.WaitGroup
		for g := range uint64(8) {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(g, 4))
				targets := make([]counter, 50)
				armed := make([]int, len(targets))
				for range 2000 {
					i := r.IntN(len(targets))
					x := &targets[i]
					if c.Stop(&x.timer) {
						armed[i]--
					}
					c.Arm(&x.timer, x, c.Now()+r.Int64N(int64(time.Second)))
					armed[i]++
					if r.IntN(4) == 0 {
						time.Sleep(time.Duration(r.IntN(int(2 * Tick))))
					}
				}
				time.Sleep(2 * time.Second)
				for i := range targets {
					x := &targets[i]
					x.mu.Lock()
					if x.fired != armed[i] {
						t.Errorf("fired %d times, want %d", x.fired, armed[i])
					}
					x.mu.Unlock()
				}
			})
		}
		wg.Wait()
	})
}
