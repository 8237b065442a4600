package reconnect

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/duplexws/duplex/websocket"
	"github.com/duplexws/duplex/websocket/wstest"
)

// What the options promise, with their defaults.
const (
	// A PingInterval of silence, and then PongTimeout or WriteTimeout, of a coarse
	// clock.
	noticed   = 25*time.Second + 11*time.Second
	handshake = websocket.DefaultDialTimeout
)

// feed is a server that counts: ten numbers a second, to whoever listens.
type feed struct {
	mu    sync.Mutex
	next  int
	conns []*websocket.Conn
}

func (f *feed) serve(ctx context.Context, _ int, c *websocket.Conn) error {
	f.mu.Lock()
	f.conns = append(f.conns, c)
	f.mu.Unlock()
	ctx = c.CloseRead(ctx)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		f.mu.Lock()
		n := f.next
		f.next++
		f.mu.Unlock()
		if err := c.Write(ctx, websocket.Text, []byte(strconv.Itoa(n))); err != nil {
			return err
		}
	}
}

// crash ends all connections without a Close frame.
func (f *feed) crash() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.conns {
		c.CloseNow()
	}
}

// listener is the client of a feed.
type listener struct {
	mu    sync.Mutex
	back  []time.Time // when connections were made
	last  int         // the last number, -1 before the first
	wrong []string
}

// listen runs the loop until ctx ends.
func (r *listener) listen(ctx context.Context, w *world) {
	for conn, err := range Dial(ctx, address, &w.o) {
		if err != nil {
			return
		}
		r.mu.Lock()
		r.back = append(r.back, time.Now())
		r.mu.Unlock()
		for first := true; ; first = false {
			_, p, err := conn.Read(ctx)
			if err != nil {
				break
			}
			r.take(string(p), first)
		}
	}
}

// take checks a number: it is the next one, or, behind a reconnection, a later
// one.
func (r *listener) take(p string, first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, err := strconv.Atoi(p)
	if err != nil || n <= r.last || n > r.last+1 && !first {
		r.wrong = append(r.wrong, fmt.Sprintf("%q behind %d, first of a connection: %v", p, r.last, first))
	}
	r.last = n
}

func (r *listener) connections() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.back)
}

// For each fault of the network: the loop notices, and is back within the time
// that the options promise. No number is taken twice, and within a connection
// none is missing.
func TestFaults(t *testing.T) {
	reset := func(w *world, _ *feed) { w.wire().Reset() }
	set := func(f wstest.Faults) func(*world, *feed) {
		return func(w *world, _ *feed) { w.wire().Set(f) }
	}
	for _, c := range []struct {
		name   string
		strike func(w *world, f *feed)
		last   time.Duration           // how long the fault lasts
		mend   func(w *world, f *feed) // nil: nothing is to be mended
		within time.Duration           // of the mending, or of the fault
	}{
		{name: "cut", strike: func(_ *world, f *feed) { f.crash() }, within: DefaultMinBackoff},
		{name: "reset", strike: reset, within: DefaultMinBackoff},
		{name: "half-open", strike: set(wstest.Faults{Read: wstest.Fault{Stall: true}, Write: wstest.Fault{Stall: true}}),
			within: noticed + DefaultMinBackoff},
		{name: "half-open, one way", strike: set(wstest.Faults{Read: wstest.Fault{Stall: true}}), within: noticed + DefaultMinBackoff},
		{name: "half-open, the other way", strike: set(wstest.Faults{Write: wstest.Fault{Stall: true}}), within: noticed + DefaultMinBackoff},
		{name: "half-open in the midst of a frame", strike: set(wstest.Faults{Read: wstest.Fault{Stall: true, After: 3}}),
			within: noticed + DefaultMinBackoff},
		{name: "an error in the midst of a frame", strike: set(wstest.Faults{Read: wstest.Fault{Err: syscall.EBADMSG, After: 5}}), within: time.Second + DefaultMinBackoff},
		{name: "refused", strike: func(w *world, f *feed) { w.refuse(syscall.ECONNREFUSED); f.crash() },
			last: time.Minute, mend: func(w *world, _ *feed) { w.refuse(nil) }, within: DefaultMaxBackoff},
		{name: "dials hang", strike: func(w *world, f *feed) { w.hang(true); f.crash() },
			last: time.Minute, mend: func(w *world, _ *feed) { w.hang(false) }, within: handshake + DefaultMaxBackoff},
		{name: "too slow for a handshake", strike: func(w *world, f *feed) { w.degrade(wstest.Faults{Write: wstest.Fault{Rate: 10}}); f.crash() },
			last: time.Minute, mend: func(w *world, _ *feed) { w.degrade(wstest.Faults{}) }, within: handshake + DefaultMaxBackoff},
		{name: "too late for a handshake", strike: func(w *world, f *feed) {
			w.degrade(wstest.Faults{Read: wstest.Fault{Delay: 20 * time.Second}})
			f.crash()
		}, last: time.Minute, mend: func(w *world, _ *feed) { w.degrade(wstest.Faults{}) }, within: handshake + DefaultMaxBackoff},
		{name: "no handshake comes whole", strike: func(w *world, f *feed) {
			w.degrade(wstest.Faults{Read: wstest.Fault{Err: syscall.ECONNRESET, After: 20}})
			f.crash()
		}, last: time.Minute, mend: func(w *world, _ *feed) { w.degrade(wstest.Faults{}) }, within: DefaultMaxBackoff},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := new(feed)
			inWorld(t, f.serve, func(w *world) {
				r := &listener{last: -1}
				ctx, cancel := context.WithCancel(w.ctx)
				done := make(chan struct{})
				go func() { defer close(done); r.listen(ctx, w) }()
				time.Sleep(time.Minute + 50*time.Millisecond)
				if n := r.connections(); n != 1 {
					t.Fatalf("%d connections before the fault", n)
				}
				c.strike(w, f)
				time.Sleep(c.last)
				if c.mend != nil {
					if n := r.connections(); n != 1 {
						t.Errorf("%d connections during the fault", n)
					}
					c.mend(w, f)
				}
				time.Sleep(c.within)
				synctest.Wait()
				if n := r.connections(); n != 2 {
					t.Errorf("%d connections when there should be 2", n)
				}
				time.Sleep(time.Minute)
				cancel()
				<-done
				if n := r.connections(); n != 2 {
					t.Errorf("%d connections a minute later", n)
				}
				if r.last < 1000 {
					t.Errorf("the last number was %d", r.last)
				}
				for _, wrong := range r.wrong {
					t.Error(wrong)
				}
			})
		})
	}
}

// A network that is slow and late, but works, is no reason to reconnect.
func TestBadNetworkThatWorks(t *testing.T) {
	for name, faults := range map[string]wstest.Faults{
		"late":   {Read: wstest.Fault{Delay: 3 * time.Second}, Write: wstest.Fault{Delay: 3 * time.Second}},
		"slow":   {Read: wstest.Fault{Rate: 100}, Write: wstest.Fault{Rate: 100}},
		"pieces": {Read: wstest.Fault{Chunk: 1}, Write: wstest.Fault{Chunk: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			f := new(feed)
			inWorld(t, f.serve, func(w *world) {
				w.degrade(faults)
				r := &listener{last: -1}
				ctx, cancel := context.WithTimeout(w.ctx, 5*time.Minute)
				defer cancel()
				r.listen(ctx, w)
				if n := r.connections(); n != 1 {
					t.Errorf("%d connections", n)
				}
				if r.last < 1000 || len(r.wrong) != 0 {
					t.Errorf("came to %d: %v", r.last, r.wrong)
				}
			})
		})
	}
}
