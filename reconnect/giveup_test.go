package reconnect

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/duplexws/duplex/websocket"
)

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
