package wheel

import (
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestStall stands for a stopped process by a target that blocks the clock.
func TestStall(t *testing.T) {
	bubble(t, func(t *testing.T, tc *testClock) {
		a := tc.arm("a", 50*ms)
		a.then = func() { time.Sleep(2 * time.Second) }
		tc.arm("due", 400*ms)
		moved := tc.arm("moved", 600*ms)
		tc.arm("due in the grace", 2200*ms)
		tc.arm("later", 3*time.Second)

		tc.sleep(2100*ms - early)
		tc.want(fired{"a", 100*ms - early})
		moved.at(4 * time.Second) // its reader comes first
		tc.arm("past", 0)
		tc.sleep(Grace - early)
		tc.want()
		tc.sleep(early)
		at := 2350*ms - early
		tc.want(fired{"past", at}, fired{"due", at}, fired{"due in the grace", at})
		tc.sleep(hour)
		tc.want(fired{"later", 3100*ms - early}, fired{"moved", 4100*ms - early})
		if s := tc.Stats().Stalls; s != 1 {
			t.Errorf("%d stalls, want 1", s)
		}
	})
}

func TestShortDelayIsNoStall(t *testing.T) {
	bubble(t, func(t *testing.T, tc *testClock) {
		a := tc.arm("a", 50*ms)
		a.then = func() { time.Sleep(stall) }
		tc.arm("b", 99*ms+100*ms) // begins at 200 ms less 1 ns: 400 ms late
		tc.sleep(hour)
		tc.want(fired{"a", 100*ms - early}, fired{"b", 600*ms - early})
		if s := tc.Stats().Stalls; s != 0 {
			t.Errorf("%d stalls, want 0", s)
		}
	})
}

// TestStarvation: where each turn is late, every other one fires.
func TestStarvation(t *testing.T) {
	bubble(t, func(t *testing.T, tc *testClock) {
		left := 5
		slow := tc.arm("slow", 50*ms)
		slow.then = func() {
			time.Sleep(time.Second)
			if left--; left > 0 {
				slow.at(0)
			}
		}
		tc.arm("b", 300*ms)
		tc.sleep(hour)
		period := time.Second + Grace
		at := 100*ms - early
		tc.want(fired{"slow", at}, fired{"slow", at + period}, fired{"b", at + period + time.Second},
			fired{"slow", at + 2*period}, fired{"slow", at + 3*period}, fired{"slow", at + 4*period})
	})
}

// TestArmDoesNotHideStall: a timer armed between the stall and the late turn.
func TestArmDoesNotHideStall(t *testing.T) {
	bubble(t, func(t *testing.T, tc *testClock) {
		tc.arm("a", time.Second)
		tc.mu.Lock()
		tc.due -= int64(time.Hour) // as if that turn ought to have run long ago
		tc.mu.Unlock()
		tc.arm("b", 10*ms)
		tc.sleep(100*ms - early)
		tc.want()
		tc.sleep(Grace)
		tc.want(fired{"b", 350*ms - early})
		tc.sleep(hour)
		tc.want(fired{"a", 1100*ms - early})
	})
}

// TestGraceEnds: what was put off once fires, even if the turn that ends the
// grace period is late too.
func TestGraceEnds(t *testing.T) {
	bubble(t, func(t *testing.T, tc *testClock) {
		tc.arm("a", time.Second)
		for range 2 {
			tc.mu.Lock()
			tc.due -= int64(time.Hour)
			tc.mu.Unlock()
			tc.sleep(time.Second + 100*ms - early)
		}
		tc.want(fired{"a", 1350*ms - early})
	})
}

// TestTurnsDoNotOverlap: a target that empties the clock and arms again while
// its turn goes on.
func TestTurnsDoNotOverlap(t *testing.T) {
	bubble(t, func(t *testing.T, tc *testClock) {
		a, b := tc.arm("a", 50*ms), tc.arm("b", 50*ms)
		a.then = func() {
			tc.Stop(&b.timer)
			tc.arm("c", 150*ms)
			time.Sleep(300 * ms)
		}
		tc.sleep(hour)
		tc.want(fired{"a", 100*ms - early}, fired{"c", 400*ms - early})
	})
}

func TestStopInGrace(t *testing.T) {
	bubble(t, func(t *testing.T, tc *testClock) {
		a := tc.arm("a", 50*ms)
		a.then = func() { time.Sleep(time.Second) }
		b := tc.arm("b", 250*ms)
		tc.sleep(1200 * ms)
		if s := tc.Stats().Stalls; s != 1 {
			t.Fatalf("%d stalls, want 1", s)
		}
		if !tc.Stop(&b.timer) {
			t.Error("a timer put off cannot be stopped")
		}
		tc.arm("c", 1210*ms)
		tc.sleep(hour)
		tc.want(fired{"a", 100*ms - early}, fired{"c", 1300*ms - early})
	})
}

func TestPanicAndGoexit(t *testing.T) {
	bubble(t, func(t *testing.T, tc *testClock) {
		var seen []any
		tc.OnPanic = func(v any) { seen = append(seen, v) }
		tc.arm("a", 50*ms).then = func() { panic("first") }
		tc.arm("b", 50*ms).then = runtime.Goexit
		tc.arm("c", 50*ms).then = func() { panic("second") }
		tc.arm("d", 50*ms)
		tc.arm("e", 250*ms)
		tc.sleep(hour)
		at := 100*ms - early
		tc.want(fired{"a", at}, fired{"b", at}, fired{"c", at}, fired{"d", at}, fired{"e", 300*ms - early})
		if want := []any{"first", "second"}; !slices.Equal(seen, want) || tc.Stats().Panics != 2 {
			t.Errorf("reported %v, counted %d", seen, tc.Stats().Panics)
		}
	})
	bubble(t, func(t *testing.T, tc *testClock) {
		tc.arm("a", 50*ms).then = func() { panic("no hook") }
		tc.sleep(time.Second)
		if n := tc.Stats().Panics; n != 1 {
			t.Errorf("counted %d panics, want 1", n)
		}
	})
}

// TestBubbleEnds: synctest.Test panics if a goroutine is left behind.
func TestBubbleEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New()
		tc := &testClock{Clock: c, t: t}
		tc.arm("armed", hour)
		tc.arm("soon", 10*ms)
		time.Sleep(150 * ms)
		c.Sweep(&member{again: true})
	})
}

// TestVainWake: a system timer that goes off although it was stopped or moved.
func TestVainWake(t *testing.T) {
	bubble(t, func(t *testing.T, tc *testClock) {
		tc.turn() // idle
		a := tc.arm("a", time.Second)
		tc.turn() // too soon
		tc.want()
		a.then = tc.turn // in a turn
		tc.sleep(hour)
		tc.want(fired{"a", 1100*ms - early})
		tc.wantWakes(1)
	})
}
