package reconnect

import (
	"context"
	"errors"
	"math"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/duplexws/duplex/websocket"
	"github.com/duplexws/duplex/websocket/wstest"
)

func TestEndsBehindNormalClosure(t *testing.T) {
	inWorld(t, says(1001, 1000), func(w *world) {
		w.wantErr(w.run(w.ctx, most), nil)
		w.wantStates("connected 1", "waiting 2 1s: 1001", "connected 2", "ended 3")
	})
}

func TestFinalErrorIsYieldedOnce(t *testing.T) {
	inWorld(t, says(1001, 1008), func(w *world) {
		err := w.run(w.ctx, most)
		if websocket.CloseStatus(err) != 1008 {
			t.Error(err)
		}
		w.wantStates("connected 1", "waiting 2 1s: 1001", "connected 2", "ended 3: 1008")
	})
}

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

// A connection that has lived for StableAfter lets everything begin anew.
func TestStableConnection(t *testing.T) {
	lives := []time.Duration{0, 29 * time.Second, 30 * time.Second, 0}
	inWorld(t, func(ctx context.Context, n int, c *websocket.Conn) error {
		if n > len(lives) {
			return nil
		}
		stay(ctx, c, lives[n-1])
		return &websocket.CloseError{Code: 1001}
	}, func(w *world) {
		w.o.MaxAttempts = 3
		w.wantErr(w.run(w.ctx, most), nil)
		w.wantStates("connected 1", "waiting 2 1s: 1001", "connected 2", "waiting 3 2s: 1001", "connected 3",
			"waiting 1 1s: 1001", "connected 1", "waiting 2 1s: 1001", "connected 2", "ended 3")
	})
}

// The body may work on when its connection has ended: that makes it no better.
func TestLifeOfConnection(t *testing.T) {
	inWorld(t, says(1011, 1011, 1011, 1000), func(w *world) {
		w.o.MaxAttempts = 2
		var last error
		for conn, err := range w.connections(w.ctx, most) {
			if last = err; err == nil {
				readOut(w.ctx, conn)
				time.Sleep(time.Hour)
			}
		}
		w.wantErr(last, ErrGaveUp)
		w.wantStates("connected 1", "waiting 2 1s: 1011", "connected 2", "ended 3: gave up")
	})
	inWorld(t, says(1011, 1000), func(w *world) { // GiveUpAfter leaves the loop its time even so
		w.o.StableAfter, w.o.GiveUpAfter = time.Nanosecond, time.Minute
		for conn, err := range w.connections(w.ctx, most) {
			if err != nil {
				t.Error(err)
				continue
			}
			time.Sleep(time.Second)
			readOut(w.ctx, conn)
			time.Sleep(time.Hour)
		}
		w.wantStates("connected 1", "waiting 1 1s: 1011", "connected 1", "ended 1")
	})
}

func TestGiveUpAfter(t *testing.T) {
	inWorld(t, says(1001), func(w *world) {
		w.o.GiveUpAfter = 10 * time.Second
		began := time.Now()
		err := w.run(w.ctx, most)
		w.wantErr(err, ErrGaveUp)
		if passed := time.Since(began); passed != 7*time.Second {
			t.Errorf("gave up after %v, though the attempt after 7s is the last before 10s", passed)
		}
		if want := "reconnect: gave up: 4 failures in 7s: websocket: closed by peer: 1001 (going away)"; err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	})
	inWorld(t, func(ctx context.Context, n int, c *websocket.Conn) error { // from the end of a stable connection
		if n == 1 {
			stay(ctx, c, time.Minute)
		}
		return &websocket.CloseError{Code: 1001}
	}, func(w *world) {
		w.o.GiveUpAfter = 10 * time.Second
		w.wantErr(w.run(w.ctx, most), ErrGaveUp)
		if n := len(w.dials); n != 5 { // the first, and 1, 2, 4 and 8 s behind its end
			t.Errorf("%d attempts", n)
		}
	})
	inWorld(t, says(1001), func(w *world) { // in the queue, where another loop has taken what there is
		w.o.GiveUpAfter = 10 * time.Second
		w.o.Budget = NewBudget(1./3600, 1)
		if w.o.Budget.ask() != nil {
			t.Fatal("a fresh budget has nothing")
		}
		began := time.Now()
		w.wantErr(w.run(w.ctx, most), ErrGaveUp)
		if passed := time.Since(began); passed != 10*time.Second {
			t.Errorf("gave up after %v", passed)
		}
		w.wantStates("queued 1", "ended 1: gave up")
	})
}

// GiveUpAfter ends an attempt under way too, in whatever it hangs, and nobody is
// asked what to do about that.
func TestGiveUpAfterBoundsAttempts(t *testing.T) {
	for name, setup := range map[string]func(w *world){
		"dial": func(w *world) { w.hang(true) },
		"prepare": func(w *world) {
			w.o.Prepare = func(ctx context.Context, _ *Attempt) error {
				<-ctx.Done()
				return context.Cause(ctx)
			}
		},
		"an error of its own": func(w *world) {
			w.o.DialFunc = func(ctx context.Context, _ string, _ *websocket.DialOptions) (*websocket.Conn, error) {
				<-ctx.Done()
				if !errors.Is(context.Cause(ctx), ErrGaveUp) {
					t.Error(context.Cause(ctx))
				}
				return nil, syscall.ECONNRESET
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, listens, func(w *world) {
				setup(w)
				w.o.GiveUpAfter = 7 * time.Second
				w.o.Classify = func(err error) Verdict {
					t.Errorf("asked about %v", err)
					return Verdict{Action: Fail}
				}
				began := time.Now()
				w.wantErr(w.run(w.ctx, most), ErrGaveUp)
				if passed := time.Since(began); passed != 7*time.Second {
					t.Errorf("gave up after %v", passed)
				}
				w.wantStates("ended 2: gave up")
			})
		})
	}
	inWorld(t, listens, func(w *world) {
		w.hang(true)
		w.o.GiveUpAfter = 7 * time.Second
		const want = "reconnect: gave up: 1 failures in 7s: websocket: cannot connect to example.com:80: GiveUpAfter has passed"
		if err := w.run(w.ctx, most); err == nil || err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	})
	inWorld(t, listens, func(w *world) { // all of them together
		w.o.GiveUpAfter = 7 * time.Second
		w.refuse(syscall.ECONNREFUSED)
		time.AfterFunc(2*time.Second, func() { w.hang(true) })
		began := time.Now()
		w.wantErr(w.run(w.ctx, most), ErrGaveUp)
		if passed := time.Since(began); passed != 7*time.Second || len(w.dials) != 3 {
			t.Errorf("gave up after %v and %d dials", passed, len(w.dials))
		}
	})
	inWorld(t, listens, func(w *world) { // none begins when the time is up
		w.o.GiveUpAfter = 7 * time.Second
		w.refuse(syscall.ECONNREFUSED)
		w.wantErr(w.run(w.ctx, most), ErrGaveUp)
		w.wantStates("waiting 2 1s: refused", "waiting 3 2s: refused", "ended 4: gave up")
	})
}

// However ctx ends, its cause is yielded, once.
func TestContextEnds(t *testing.T) {
	stop := errors.New("stop")
	for _, c := range []struct {
		name  string
		after time.Duration
		serve serving
		setup func(w *world)
	}{
		{"at first", 0, says(1001), func(*world) {}},
		{"while it waits", 1500 * time.Millisecond, says(1001), func(*world) {}},
		{"in the body", 1500 * time.Millisecond, listens, func(*world) {}},
		{"while it dials", 1500 * time.Millisecond, says(1001), func(w *world) { w.hangs = true }},
		{"in the queue", 1500 * time.Millisecond, says(1001), func(w *world) { w.o.Budget = NewBudget(1./3600, 1) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, c.serve, func(w *world) {
				c.setup(w)
				ctx, cancel := context.WithCancelCause(w.ctx)
				defer cancel(nil)
				w.o.Classify = func(err error) Verdict {
					if ctx.Err() != nil {
						t.Errorf("asked about %v, though ctx has ended", err)
					}
					return Classify(err)
				}
				began := time.Now()
				if c.after == 0 {
					w.o.Prepare = func(context.Context, *Attempt) error {
						t.Error("an attempt, though ctx has ended")
						return nil
					}
					cancel(stop)
				} else {
					time.AfterFunc(c.after, func() { cancel(stop) })
				}
				w.wantErr(w.run(ctx, most), stop)
				if passed := time.Since(began); passed != c.after {
					t.Errorf("after %v", passed)
				}
			})
		})
	}
}

// Whichever way the body is left, its connection is closed.
func TestConnectionIsClosed(t *testing.T) {
	for _, c := range []struct {
		name string
		left func(w *world)       // leaves the body, and the loop
		want websocket.StatusCode // 0: whichever
	}{
		{"break", func(w *world) {
			for range w.connections(w.ctx, most) {
				break
			}
		}, 1000},
		{"continue", func(w *world) {
			first := true
			for range w.connections(w.ctx, most) {
				if !first {
					return
				}
				first = false
			}
		}, 1001},
		{"panic", func(w *world) {
			defer func() {
				if recover() != "oops" {
					t.Error("the panic is gone")
				}
			}()
			for range w.connections(w.ctx, most) {
				panic("oops")
			}
		}, 1006},
		{"panic of OnState", func(w *world) {
			defer func() {
				if recover() != "oops" {
					t.Error("the panic is gone")
				}
			}()
			w.o.OnState = func(s State) {
				if s.Phase == Connected {
					panic("oops")
				}
			}
			w.run(w.ctx, most)
		}, 1006},
		{"ctx", func(w *world) {
			ctx, cancel := context.WithCancel(w.ctx)
			defer cancel()
			for range w.connections(ctx, most) {
				cancel()
			}
		}, 0},
		{"CloseNow", func(w *world) {
			for conn := range w.connections(w.ctx, most) {
				conn.CloseNow()
				break
			}
		}, 1006},
	} {
		t.Run(c.name, func(t *testing.T) {
			ends := make(chan error, 3)
			inWorld(t, func(ctx context.Context, n int, sc *websocket.Conn) error {
				err := listens(ctx, n, sc)
				ends <- err
				return err
			}, func(w *world) {
				c.left(w)
				if got := websocket.CloseStatus(<-ends); got != c.want && c.want != 0 {
					t.Errorf("the server saw %d, want %d", got, c.want)
				}
				synctest.Wait()
				for _, wire := range w.conns {
					if _, err := wire.Write([]byte("x")); err == nil {
						t.Error("the transport is open")
					}
				}
			})
		})
	}
}

// A body that leaves an open connection gets another one, with backoff, even if
// the server answers our 1001 with 1000.
func TestLeftConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := wstest.Listen()
		defer l.Close()
		w := newWorld(t)
		w.server = l
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range w.connections(w.ctx, most) {
				if len(w.conns) == 2 {
					return
				}
			}
		}()
		for _, code := range []websocket.StatusCode{1001, 1000} {
			p := wstest.AcceptPeer(t, l)
			p.Upgrade(nil)
			p.Want(wstest.Close(code, ""))
			p.Send(wstest.Close(1000, ""))
			p.Close()
		}
		<-done
		w.wantStates("connected 1", "waiting 2 1s: left", "connected 2", "ended 2")
	})
}

// How a connection ended is known only to who reads: a body that does not, and
// does not call CloseRead either, has left it.
func TestBodyThatOnlyWrites(t *testing.T) {
	for _, c := range []struct {
		reads       bool
		connections int
		want        []string
	}{
		{true, 1, []string{"connected 1", "ended 2"}},
		{false, 3, []string{"connected 1", "waiting 2 1s: left", "connected 2", "waiting 3 2s: left", "connected 3", "ended 4: gave up"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := wstest.Listen()
			defer l.Close()
			w := newWorld(t)
			w.server = l
			w.o.MaxAttempts = 3
			done := make(chan struct{})
			go func() {
				defer close(done)
				for conn, err := range w.connections(w.ctx, most) {
					if err != nil {
						continue
					}
					ctx := w.ctx
					if c.reads {
						ctx = conn.CloseRead(ctx)
					}
					for range 3 {
						time.Sleep(time.Second)
						conn.Write(ctx, websocket.Text, []byte("measured"))
					}
				}
			}()
			for range c.connections {
				p := wstest.AcceptPeer(t, l)
				p.Upgrade(nil)
				p.Send(wstest.Close(websocket.StatusNormalClosure, ""))
			}
			<-done
			w.wantStates(c.want...)
		})
	}
}

// A closing handshake with 1000 is the end, whoever began it; with another code
// it is not.
func TestBodyCloses(t *testing.T) {
	inWorld(t, listens, func(w *world) {
		codes := []websocket.StatusCode{4000, 1001, 1000}
		for conn, err := range w.connections(w.ctx, most) {
			if err != nil {
				t.Fatal(err)
			}
			conn.Close(w.ctx, codes[0], "")
			codes = codes[1:]
		}
		w.wantStates("connected 1", "waiting 2 1s: 4000", "connected 2", "waiting 3 2s: 1001", "connected 3", "ended 4")
	})
}

// The peer's Close frame counts from its arrival, though the peer keeps the
// transport open until the client has waited for CloseTimeout.
func TestCloseFrameCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := wstest.Listen()
		defer l.Close()
		w := newWorld(t)
		w.server = l
		began := time.Now()
		done := make(chan error, 1)
		go func() { done <- w.run(w.ctx, most) }()
		for _, code := range []websocket.StatusCode{1012, 1000} {
			p := wstest.AcceptPeer(t, l)
			p.Upgrade(nil)
			p.Send(wstest.Close(code, ""))
			p.Want(wstest.Close(code, ""))
		}
		w.wantErr(<-done, nil)
		w.wantStates("connected 1", "waiting 2 30s: 1012", "connected 2", "ended 3")
		if passed := time.Since(began).Round(time.Second); passed != 40*time.Second {
			t.Errorf("took %v", passed)
		}
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

// A sequence may be used again, and by many at once.
func TestSequenceIsReusable(t *testing.T) {
	inWorld(t, says(1000), func(w *world) {
		all := Dial(w.ctx, address, &w.o)
		var uses sync.WaitGroup
		for range 5 {
			uses.Go(func() {
				for range 3 {
					n := 0
					for conn, err := range all {
						if n++; err != nil {
							t.Error(err)
							continue
						}
						readOut(w.ctx, conn)
					}
					if n != 1 {
						t.Errorf("%d connections", n)
					}
				}
			})
		}
		uses.Wait()
	})
}
