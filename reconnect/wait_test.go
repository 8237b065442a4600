package reconnect

import (
	"context"
	"math"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/duplexws/duplex/websocket"
)

// The waits double up to MaxBackoff, whether there is a server that closes at
// once or none.
func TestBackoff(t *testing.T) {
	inWorld(t, says(1011), func(w *world) {
		w.o.MaxAttempts = 8
		w.refuse(syscall.ECONNREFUSED)
		err := w.run(w.ctx, most)
		w.wantErr(err, ErrGaveUp)
		w.wantErr(err, syscall.ECONNREFUSED)
		w.wantStates("waiting 2 1s: refused", "waiting 3 2s: refused", "waiting 4 4s: refused", "waiting 5 8s: refused",
			"waiting 6 16s: refused", "waiting 7 30s: refused", "waiting 8 30s: refused", "ended 9: gave up")

		w.refuse(nil)
		w.o.MinBackoff, w.o.MaxBackoff, w.o.MaxAttempts = 3*time.Second, 5*time.Second, 4
		err = w.run(w.ctx, most)
		w.wantErr(err, ErrGaveUp)
		w.wantStates("connected 1", "waiting 2 3s: 1011", "connected 2", "waiting 3 5s: 1011",
			"connected 3", "waiting 4 5s: 1011", "connected 4", "ended 5: gave up")

		w.o.MaxAttempts = 3
		began := time.Now()
		w.run(w.ctx, least)
		if time.Since(began) != 0 {
			t.Errorf("no wait at least, but it took %v", time.Since(began))
		}
	})
}

// A MinBackoff of more than the default MaxBackoff is not cut down.
func TestLongMinBackoff(t *testing.T) {
	inWorld(t, says(1011), func(w *world) {
		w.o.MinBackoff, w.o.MaxAttempts = time.Minute, 3
		w.run(w.ctx, most)
		w.wantStates("connected 1", "waiting 2 1m0s: 1011", "connected 2", "waiting 3 1m0s: 1011", "connected 3", "ended 4: gave up")

		w.o.MaxBackoff, w.o.MaxAttempts = 45*time.Second, 2 // but to one that is set
		w.run(w.ctx, most)
		w.wantStates("connected 1", "waiting 2 45s: 1011", "connected 2", "ended 3: gave up")
	})
}

// No wait is negative, whatever the options and the verdict say.
func TestBackoffOfExtremes(t *testing.T) {
	const huge = time.Duration(math.MaxInt64)
	for _, c := range []struct {
		o         Options
		v         Verdict
		failures  int
		low, high time.Duration
	}{
		{Options{}, Verdict{After: -time.Hour}, 1, 0, time.Second},
		{Options{}, Verdict{Jitter: -time.Hour}, 1, 0, time.Second},
		{Options{}, Verdict{Jitter: huge}, 1, 0, forever},
		{Options{}, Verdict{After: huge}, 1, forever, forever + time.Second},
		{Options{}, Verdict{After: huge, Jitter: huge}, 1, forever, 2 * forever},
		{Options{MaxBackoff: huge}, Verdict{}, 11, 0, 1024 * time.Second},
		{Options{MaxBackoff: huge}, Verdict{}, math.MaxInt, 0, forever},
		{Options{MinBackoff: huge, MaxBackoff: huge}, Verdict{}, 2, 0, forever},
		{Options{MaxBackoff: 3*time.Second + 1}, Verdict{}, 3, 0, 3*time.Second + 1},
	} {
		l := newLoop(t.Context(), address, &c.o)
		l.failures = c.failures
		l.random = least
		low := l.backoff(c.v)
		l.random = most
		if high := l.backoff(c.v); low != c.low || high != c.high {
			t.Errorf("%+v behind %d failures: %v to %v, want %v to %v", c.v, c.failures, low, high, c.low, c.high)
		}
	}
	inWorld(t, listens, func(w *world) { // nor is its sum with the time that has passed
		w.o.GiveUpAfter, w.o.StableAfter = huge, time.Hour
		w.o.Classify = func(error) Verdict { return Verdict{After: huge, Jitter: huge} }
		began := time.Now()
		var last error
		for _, err := range w.connections(w.ctx, most) {
			if last = err; len(w.dials) > 1 {
				break
			}
			time.Sleep(time.Minute)
		}
		w.wantErr(last, ErrGaveUp)
		if passed := time.Since(began); passed > time.Hour {
			t.Errorf("gave up after %v", passed)
		}
	})
}

// What the server asks for comes in front of the jitter.
func TestFloor(t *testing.T) {
	inWorld(t, says(1012, 1013, 1000), func(w *world) {
		w.run(w.ctx, least)
		w.wantStates("connected 1", "waiting 2 5s: 1012", "connected 2", "waiting 3 30s: 1013", "connected 3", "ended 4")
	})
	inWorld(t, says(1012, 1013, 1000), func(w *world) {
		w.run(w.ctx, most)
		w.wantStates("connected 1", "waiting 2 30s: 1012", "connected 2", "waiting 3 1m30s: 1013", "connected 3", "ended 4")
	})
	inWorld(t, says(1000), func(w *world) {
		failing := 7
		w.o.DialFunc = func(ctx context.Context, url string, o *websocket.DialOptions) (*websocket.Conn, error) {
			if failing--; failing == 0 {
				return websocket.Dial(ctx, url, o)
			}
			return nil, &websocket.RefusedError{Status: 503, Header: http.Header{"Retry-After": {"10"}}}
		}
		w.run(w.ctx, most)
		w.wantStates("waiting 2 15s: 503", "waiting 3 15s: 503", "waiting 4 15s: 503", "waiting 5 18s: 503",
			"waiting 6 26s: 503", "waiting 7 40s: 503", "connected 7", "ended 8")
	})
}

func TestRetryNow(t *testing.T) {
	for _, c := range []struct {
		name  string
		codes []websocket.StatusCode
		now   func(now chan struct{}, waiting time.Duration)
		want  time.Duration
	}{
		{"ends the wait", []websocket.StatusCode{1001, 1000}, func(now chan struct{}, _ time.Duration) { now <- struct{}{} }, 100 * time.Millisecond},
		{"not what the server asks for", []websocket.StatusCode{1012, 1000}, func(now chan struct{}, _ time.Duration) { now <- struct{}{} }, 5 * time.Second},
		{"behind that at once", []websocket.StatusCode{1012, 1000}, func(now chan struct{}, _ time.Duration) {
			time.Sleep(10 * time.Second)
			now <- struct{}{}
		}, 10*time.Second + 100*time.Millisecond},
		{"a closed channel says nothing", []websocket.StatusCode{1001, 1000}, func(now chan struct{}, _ time.Duration) { close(now) }, time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, says(c.codes...), func(w *world) {
				now := make(chan struct{}, 1)
				w.o.RetryNow = now
				w.o.OnState = func(s State) {
					if s.Phase == Waiting {
						go func() {
							time.Sleep(100 * time.Millisecond)
							c.now(now, s.Wait)
						}()
					}
				}
				began := time.Now()
				w.run(w.ctx, most)
				if passed := time.Since(began); passed != c.want {
					t.Errorf("after %v, want %v", passed, c.want)
				}
			})
		})
	}
}

// What was sent before a wait does not end it, however much that is.
func TestRetryNowOfBefore(t *testing.T) {
	for _, c := range []struct {
		name                    string
		capacity, sent, waiting int
		closed                  bool
	}{
		{name: "one", capacity: 1, sent: 1},
		{name: "some", capacity: 8, sent: 4},
		{name: "full", capacity: 8, sent: 8},
		{name: "a sender that waits", waiting: 1},
		{name: "full, and a sender that waits", capacity: 8, sent: 8, waiting: 1},
		{name: "closed", capacity: 8, sent: 4, closed: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, says(1001, 1000), func(w *world) {
				now := make(chan struct{}, c.capacity)
				for range c.sent {
					now <- struct{}{}
				}
				for range c.waiting {
					go func() { now <- struct{}{} }()
				}
				if c.closed {
					close(now)
				}
				synctest.Wait()
				w.o.RetryNow = now
				began := time.Now()
				w.run(w.ctx, most)
				if passed := time.Since(began); passed != time.Second {
					t.Errorf("after %v", passed)
				}
			})
		})
	}
}
