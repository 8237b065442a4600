package reconnect

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/duplexws/duplex/websocket"
	"github.com/duplexws/duplex/websocket/wstest"
)

// The vocabulary of the tests: a world with a server, the network in front of
// it, and a loop whose dice are loaded.

const address = "ws://example.com/feed"

// world is a server and the way to it. Its times are those of a bubble.
type world struct {
	t      *testing.T
	ctx    context.Context
	server *wstest.Listener
	clock  *websocket.Clock
	o      Options

	mu      sync.Mutex
	refused error         // of every dial, if not nil
	hangs   bool          // a dial hangs until its context ends
	faults  wstest.Faults // of every connection to come
	dials   []time.Time
	conns   []*wstest.FaultConn
	states  []string
}

// serving is what the server does with its nth connection, from 1.
type serving func(ctx context.Context, n int, c *websocket.Conn) error

// inWorld runs a test in a bubble, in a world with a server.
func inWorld(t *testing.T, serve serving, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		n := 0
		var mu sync.Mutex
		accept := websocket.AcceptOptions{Options: websocket.Options{Clock: w.clock}}
		w.server = wstest.Serve(t, accept.Handler(func(ctx context.Context, c *websocket.Conn) error {
			mu.Lock()
			n++
			number := n
			mu.Unlock()
			return serve(ctx, number, c)
		}))
		test(w)
	})
}

// newWorld makes a world whose server is yet to come. It is for bubbles.
func newWorld(t *testing.T) *world {
	w := &world{t: t, ctx: t.Context(), clock: websocket.NewClock()}
	w.o = Options{
		Dial:    &websocket.DialOptions{Options: websocket.Options{Clock: w.clock}, NetDial: w.dial},
		OnState: w.note,
		Budget:  NewBudget(0, 0), // the process's would remember other bubbles, whose clocks began at the same time
	}
	return w
}

func (w *world) dial(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dials = append(w.dials, time.Now())
	if w.hangs {
		w.mu.Unlock()
		<-ctx.Done()
		w.mu.Lock()
		return nil, ctx.Err()
	}
	if w.refused != nil {
		return nil, w.refused
	}
	nc, err := w.server.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	w.conns = append(w.conns, wstest.Inject(nc, w.faults))
	return w.conns[len(w.conns)-1], nil
}

// refuse makes the network refuse dials, or not any more.
func (w *world) refuse(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refused = err
}

// hang makes dials hang, or not any more. Those under way keep hanging.
func (w *world) hang(hangs bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hangs = hangs
}

// degrade gives all connections to come faults.
func (w *world) degrade(f wstest.Faults) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = f
}

// wire returns the newest connection of the network.
func (w *world) wire() *wstest.FaultConn {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.conns[len(w.conns)-1]
}

func (w *world) note(s State) {
	text := fmt.Sprintf("%v %d", s.Phase, s.Attempt)
	if s.Wait != 0 {
		text += fmt.Sprintf(" %v", s.Wait)
	}
	if s.Err != nil {
		text += ": " + brief(s.Err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.states = append(w.states, text)
}

// brief names an error in few words.
func brief(err error) string {
	var refused *websocket.RefusedError
	switch status := websocket.CloseStatus(err); {
	case errors.Is(err, ErrGaveUp):
		return "gave up"
	case errors.Is(err, ErrLeft):
		return "left"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.As(err, &refused):
		return fmt.Sprint(refused.Status)
	case status != 0:
		return fmt.Sprintf("%d", status)
	}
	return err.Error()
}

// most and least are dice: the longest and the shortest wait.
func most(n int64) int64 { return n - 1 }
func least(int64) int64  { return 0 }

// connections is Dial with dice.
func (w *world) connections(ctx context.Context, dice func(int64) int64) iter.Seq2[*websocket.Conn, error] {
	return func(yield func(*websocket.Conn, error) bool) {
		l := newLoop(ctx, address, &w.o)
		l.random = dice
		l.run(yield)
	}
}

// run runs the loop with a body that reads until the connection ends, and
// returns what was yielded last.
func (w *world) run(ctx context.Context, dice func(int64) int64) (last error) {
	w.t.Helper()
	for conn, err := range w.connections(ctx, dice) {
		if last != nil {
			w.t.Errorf("behind the error %v came %v, %v", last, conn, err)
		}
		if last = err; err == nil {
			readOut(ctx, conn)
		}
	}
	return last
}

func readOut(ctx context.Context, c *websocket.Conn) {
	for {
		if _, _, err := c.Read(ctx); err != nil {
			return
		}
	}
}

// wantStates says what the loop has reported, but for Connecting.
func (w *world) wantStates(want ...string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	var got []string
	for _, s := range w.states {
		if s[:4] != "conn" || s[:10] != "connecting" {
			got = append(got, s)
		}
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("states\n%q, want\n%q", got, want)
	}
	w.states = nil
}

func (w *world) wantErr(got, want error) {
	w.t.Helper()
	if !errors.Is(got, want) || (want == nil) != (got == nil) {
		w.t.Errorf("ended with %v, want %v", got, want)
	}
}

// says returns a server that closes its nth connection with the nth code, at
// once.
func says(codes ...websocket.StatusCode) serving {
	return func(_ context.Context, n int, _ *websocket.Conn) error {
		return &websocket.CloseError{Code: codes[min(n, len(codes))-1]}
	}
}

// listens is a server that reads until the connection ends.
func listens(ctx context.Context, _ int, c *websocket.Conn) error {
	_, _, err := c.Read(ctx)
	for err == nil {
		_, _, err = c.Read(ctx)
	}
	return err
}

// stay keeps a connection for a while.
func stay(ctx context.Context, c *websocket.Conn, d time.Duration) {
	select {
	case <-time.After(d):
	case <-c.CloseRead(ctx).Done():
	}
}
