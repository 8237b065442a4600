package websocket

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/duplexws/duplex/protocol"
)

// stalled makes a Conn over a pipe whose peer does not read, with one message in
// the hands of the writer goroutine, so that the next ones are queued.
func stalled(t *testing.T, o *Options, maxBytes int, policy Policy) *scripted {
	t.Helper()
	o.Queue = Queue{MaxBytes: maxBytes, Policy: policy}
	o.PingInterval, o.WriteTimeout = -1, -1
	s := script(t, pipe, protocol.Server, o)
	s.mustSend("under way")
	<-s.stream.waiting
	if n := s.Stats().Queued; n != 0 {
		t.Fatalf("%d octets are queued", n)
	}
	return s
}

func (s *scripted) send(p string) error {
	return s.Send(s.ctx, Message{Type: Text, Data: []byte(p)})
}

func (s *scripted) mustSend(all ...string) {
	s.t.Helper()
	for _, p := range all {
		if err := s.send(p); err != nil {
			s.t.Fatalf("%q: %v", p, err)
		}
	}
}

// wantSent makes the peer read and says what it gets.
func (s *scripted) wantSent(all ...string) {
	s.t.Helper()
	s.peer.read()
	s.peer.want(text("under way"))
	for _, p := range all {
		s.peer.want(text(p))
	}
	s.peer.wantIdle()
	if n := s.Stats().Queued; n != 0 {
		s.t.Errorf("%d octets are still queued", n)
	}
	if n := goroutinesIn("(*Conn).writer"); n != 0 {
		s.t.Errorf("%d writer goroutines for empty queues", n)
	}
}

// of returns n octets that begin with name.
func of(name string, n int) string { return name + strings.Repeat(".", n-len(name)) }

// TestQueueBounds: each policy at the bound exactly, and one octet beyond.
func TestQueueBounds(t *testing.T) {
	a, b, c := of("a", 40), of("b", 50), of("c", 10)
	for _, test := range []struct {
		policy  Policy
		err     error
		dropped int
		want    []string
	}{
		{DropNewest, ErrQueueFull, 1, []string{a, b, c}},
		{DropOldest, nil, 1, []string{b, c, "d"}},
		{LatestPerKey, nil, 1, []string{b, c, "d"}},
	} {
		t.Run(test.policy.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T, o *Options) {
				dropped := 0
				o.Hooks = &Hooks{Dropped: func(_ *Conn, p Policy) {
					dropped++
					if p != test.policy {
						t.Errorf("Hooks: %v", p)
					}
				}}
				s := stalled(t, o, 100, test.policy)
				s.mustSend(a, b, c)
				if n := s.Stats().Queued; n != 100 || dropped != 0 {
					t.Errorf("%d octets queued, %d dropped at the bound", n, dropped)
				}
				if err := s.send("d"); err != test.err || dropped != test.dropped {
					t.Errorf("beyond the bound: %v, %d dropped", err, dropped)
				}
				s.wantSent(test.want...)
			})
		})
	}
}

// TestQueueAdmitsAnyToEmpty: the bound refuses only what comes after.
func TestQueueAdmitsAnyToEmpty(t *testing.T) {
	for _, policy := range []Policy{DropNewest, DropOldest, LatestPerKey, CloseSlow, Block} {
		t.Run(policy.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T, o *Options) {
				s := stalled(t, o, 100, policy)
				large := of("large", 5000)
				s.mustSend(large)
				s.wantSent(large)
			})
		})
	}
}

// TestQueueDropOldest drops as many as it takes.
func TestQueueDropOldest(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		dropped := 0
		o.Hooks = &Hooks{Dropped: func(*Conn, Policy) { dropped++ }}
		s := stalled(t, o, 100, DropOldest)
		s.mustSend(of("a", 30), of("b", 30), of("c", 30), of("d", 65))
		if dropped != 2 {
			t.Errorf("%d dropped", dropped)
		}
		s.wantSent(of("c", 30), of("d", 65))
	})
}

// TestQueueLatestPerKey: what waits under a key is replaced in its place.
func TestQueueLatestPerKey(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		s := stalled(t, o, 100, LatestPerKey)
		send := func(key, p string) {
			if err := s.Send(s.ctx, Message{Type: Text, Data: []byte(p), Key: key}); err != nil {
				t.Fatal(err)
			}
		}
		send("x", "x1")
		send("", "no key 1")
		send("y", "y1")
		send("", "no key 2")
		send("x", "x2 is longer")
		send("z", "z1")
		send("y", "y2")
		send("x", "x3")
		if n, want := s.Stats().Queued, len("x3no key 1y2no key 2z1"); n != want {
			t.Errorf("%d octets queued, want %d", n, want)
		}
		s.wantSent("x3", "no key 1", "y2", "no key 2", "z1")
		send("x", "x4")
		s.peer.want(text("x4"))
	})
	// A key whose message has been dropped or sent starts anew.
	bubble(t, func(t *testing.T, o *Options) {
		s := stalled(t, o, 100, LatestPerKey)
		for _, m := range []struct{ key, p string }{{"x", of("x1", 60)}, {"y", of("y1", 60)}, {"x", of("x2", 30)}, {"y", of("y2", 10)}} {
			if err := s.Send(s.ctx, Message{Type: Text, Data: []byte(m.p), Key: m.key}); err != nil {
				t.Fatal(err)
			}
		}
		s.wantSent(of("y2", 10), of("x2", 30))
	})
}

// TestQueueBlock: senders wait for room, or for the end of their context.
func TestQueueBlock(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		s := stalled(t, o, 100, Block)
		s.mustSend(of("a", 60), of("b", 40))
		ctx, cancel := context.WithCancelCause(s.ctx)
		gaveUp := async(func() error { return s.Send(ctx, Message{Type: Text, Data: []byte("given up")}) })
		waits := async(func() error { return s.send(of("c", 70)) })
		s.peer.wantIdle()
		cancel(errCause)
		if err := <-gaveUp; err != errCause {
			t.Errorf("%v", err)
		}
		select {
		case err := <-waits:
			t.Fatalf("there was no room: %v", err)
		default:
		}
		s.wantSent(of("a", 60), of("b", 40), of("c", 70))
		if err := <-waits; err != nil {
			t.Error(err)
		}
	})
	bubble(t, func(t *testing.T, o *Options) {
		s := stalled(t, o, 100, Block)
		s.mustSend(of("a", 100))
		waits := async(func() error { return s.send("b") })
		s.peer.wantIdle()
		s.CloseNow()
		if err := <-waits; err != ErrClosed {
			t.Errorf("%v", err)
		}
	})
}

// TestQueueCloseSlow: a peer that cannot keep up is cut off.
func TestQueueCloseSlow(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		closed := make(chan error, 1)
		o.Hooks = &Hooks{Closed: func(_ *Conn, err error) { closed <- err }}
		s := stalled(t, o, 100, CloseSlow)
		s.mustSend(of("a", 100))
		if err := s.send("b"); err != ErrSlowConsumer {
			t.Errorf("%v", err)
		}
		<-s.Done()
		if err := <-closed; err != ErrSlowConsumer {
			t.Errorf("Hooks: %v", err)
		}
		if err := s.send("c"); err != ErrSlowConsumer {
			t.Errorf("behind it: %v", err)
		}
		if _, _, err := s.Read(s.ctx); err != ErrSlowConsumer {
			t.Errorf("Read: %v", err)
		}
	})
}

// TestSendNeedsNoGoroutine as long as the transport takes what is sent.
func TestSendNeedsNoGoroutine(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		for _, role := range roles {
			s := script(t, tr, role, nil)
			s.peer.read()
			for i := range 100 {
				s.mustSend(fmt.Sprint(i))
				if s.flags.has(hasWriter) || s.makeQueue().waiting != nil {
					t.Fatal("a message was queued")
				}
				s.peer.want(text(fmt.Sprint(i)))
			}
			if n := s.stream.writes.Load(); n != 100 {
				t.Errorf("%d writes", n)
			}
		}
	}, tcp, tlsTCP)
}

// TestSendOrder: what one goroutine sends arrives in order, however the peer
// reads.
func TestSendOrder(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		for _, role := range roles {
			s := script(t, tr, role, &Options{Queue: Queue{MaxBytes: 10_000}})
			const senders, each = 4, 300
			var wg sync.WaitGroup
			for g := range senders {
				wg.Go(func() {
					for i := range each {
						s.mustSend(fmt.Sprint(g, " ", i, " ", filled(i)))
					}
				})
			}
			s.peer.read()
			var next [senders]int
			for range senders * each {
				f, ok := s.peer.next()
				var g, i int
				if _, err := fmt.Sscan(f.payload, &g, &i); err != nil || !ok {
					t.Fatal(f, err)
				}
				if i != next[g] {
					t.Fatalf("sender %d: message %d, want %d", g, i, next[g])
				}
				next[g]++
			}
			wg.Wait()
			eventually(t, "the writer goroutine ends", func() bool { return !s.flags.has(hasWriter) })
		}
	}, tcp, pipe, tlsTCP)
}

// TestSendBehindNextWriter: what is sent during a message waits for its end, and
// nothing spins meanwhile.
func TestSendBehindNextWriter(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		s := serve(t, pipe, o)
		w, err := s.NextWriter(s.ctx, Text)
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(filled(flushSize)))
		s.peer.want(first(filled(flushSize)))
		s.mustSend("a", "b")
		s.peer.wantIdle() // which a writer goroutine that spins would not allow
		w.Close()
		s.peer.want(last(""), text("a"), text("b"))
	})
}

// TestSendFromHooks and other callers must not wait: noWait never does.
func TestBroadcastDoesNotWait(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		s := stalled(t, o, 10, Block)
		s.mustSend(of("a", 10))
		start := time.Now()
		if err := s.Send(noWait, Message{Type: Text, Data: []byte("b")}); err == nil {
			t.Error("there was no room")
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("waited %v", d)
		}
		s.wantSent(of("a", 10))
	})
}

// TestQueueIsDroppedAtTheEnd, and its memory with it.
func TestQueueIsDroppedAtTheEnd(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		s := stalled(t, o, 1000, Block)
		s.mustSend(of("a", 100), of("b", 100))
		s.CloseNow()
		if n := s.Stats().Queued; n != 0 {
			t.Errorf("%d octets are still queued", n)
		}
	})
}
