package reconnect

import (
	"context"
	"errors"
	"sync"
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
