package websocket

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/duplexws/duplex/protocol"
)

func mustPrepare(t testing.TB, p string) *Prepared {
	t.Helper()
	m, err := NewPrepared(Text, []byte(p))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestPrepared is what Write would send, in both roles and at every size at which
// the way changes.
func TestPrepared(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		for _, role := range roles {
			s := script(t, tr, role, nil)
			s.peer.read()
			for _, n := range []int{0, 1, 125, 126, flushSize - 1, flushSize, 100_000} {
				data := []byte(filled(n))
				p := mustPrepare(t, string(data))
				for range 3 {
					if err := s.WritePrepared(s.ctx, p); err != nil {
						t.Fatal(err)
					}
					if err := s.SendPrepared(s.ctx, p); err != nil {
						t.Fatal(err)
					}
					s.peer.want(text(string(data)), text(string(data)))
				}
			}
		}
	}, tcp, pipe, tlsTCP)
}

// TestPreparedKeepsACopy of what it was made from.
func TestPreparedKeepsACopy(t *testing.T) {
	s := serve(t, pipe, nil)
	data := []byte("mine")
	p, err := NewPrepared(Binary, data)
	if err != nil {
		t.Fatal(err)
	}
	copy(data, "xxxx")
	if err := s.WritePrepared(s.ctx, p); err != nil {
		t.Fatal(err)
	}
	s.peer.want(binaryF("mine"))
}

// TestPreparedWaitsForNextWriter like any other message.
func TestPreparedWaitsForNextWriter(t *testing.T) {
	s := serve(t, tcp, nil)
	w, err := s.NextWriter(s.ctx, Text)
	if err != nil {
		t.Fatal(err)
	}
	written := async(func() error { return s.WritePrepared(s.ctx, mustPrepare(t, "behind")) })
	w.Write([]byte("before"))
	w.Close()
	s.peer.want(text("before"), text("behind"))
	if err := <-written; err != nil {
		t.Error(err)
	}
}

// TestPreparedCoalesces: replies that are prepared go out together too.
func TestPreparedCoalesces(t *testing.T) {
	s := serve(t, tcp, nil)
	s.unswept()
	p := mustPrepare(t, "re")
	s.peer.write(numbered("", 16)...)
	for range 16 {
		if _, _, err := s.Read(s.ctx); err != nil {
			t.Fatal(err)
		}
		if err := s.WritePrepared(s.ctx, p); err != nil {
			t.Fatal(err)
		}
	}
	s.peer.want(slices.Repeat([]frame{text("re")}, 16)...)
	if n := s.stream.writes.Load(); n > 2 {
		t.Errorf("%d writes", n)
	}
}

func TestGroup(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		var g Group
		var all []*scripted
		for range 5 {
			s := serve(t, tr, nil)
			all = append(all, s)
			for range 2 { // the second time it is a member already
				if !g.Add(s.Conn) {
					t.Fatal("not added")
				}
			}
		}
		if g.Len() != 5 || len(g.Members()) != 5 {
			t.Errorf("%d members", g.Len())
		}
		p := mustPrepare(t, "to all but one")
		if n := g.Broadcast(p, all[0].Conn); n != 4 {
			t.Errorf("%d took it", n)
		}
		for _, s := range all[1:] {
			s.peer.want(text("to all but one"))
		}
		g.Remove(all[1].Conn)
		g.Remove(all[1].Conn)
		all[2].CloseNow() // whoever ends, leaves
		if n := g.Broadcast(mustPrepare(t, "to the rest"), nil); n != 3 || g.Len() != 3 {
			t.Errorf("%d took it, %d members", n, g.Len())
		}
		for _, i := range []int{0, 3, 4} {
			all[i].peer.want(text("to the rest"))
		}
		if g.Add(all[2].Conn) {
			t.Error("a connection that has ended was added")
		}
		if !g.Add(all[1].Conn) {
			t.Error("not added again")
		}
	}, tcp, pipe, tlsTCP)
}

// TestGroups: a connection leaves all of its groups when it ends.
func TestGroups(t *testing.T) {
	s := serve(t, pipe, nil)
	groups := make([]Group, 3)
	for i := range groups {
		groups[i].Add(s.Conn)
	}
	groups[0].Remove(s.Conn)
	groups[0].Add(s.Conn)
	groups[2].Remove(s.Conn)
	s.CloseNow()
	for i := range groups {
		if n := groups[i].Len(); n != 0 {
			t.Errorf("group %d has %d members", i, n)
		}
	}
}

// TestSlowMemberDelaysNobody: each policy decides for its member alone.
func TestSlowMemberDelaysNobody(t *testing.T) {
	for _, policy := range []Policy{Block, DropNewest, DropOldest, LatestPerKey, CloseSlow} {
		t.Run(policy.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T, o *Options) {
				var g Group
				slow := stalled(t, o, 100, policy)
				quick := serve(t, pipe, &Options{Clock: o.Clock, PingInterval: -1})
				g.Add(slow.Conn)
				g.Add(quick.Conn)
				start := time.Now()
				taken := 0
				for i := range 50 {
					taken += g.Broadcast(mustPrepare(t, of(fmt.Sprint(i), 40)), nil)
				}
				for i := range 50 {
					quick.peer.want(text(of(fmt.Sprint(i), 40)))
				}
				if d := time.Since(start); d != 0 {
					t.Errorf("took %v", d)
				}
				switch policy {
				case Block, DropNewest, CloseSlow:
					if taken != 52 {
						t.Errorf("%d were taken, want 50 and the first 2", taken)
					}
				default:
					if taken != 100 {
						t.Errorf("%d were taken", taken)
					}
				}
				if policy == CloseSlow {
					<-slow.Done()
					return
				}
				switch policy {
				case Block, DropNewest:
					slow.wantSent(of("0", 40), of("1", 40))
				default:
					slow.wantSent(of("48", 40), of("49", 40))
				}
			})
		})
	}
}

// TestDrain closes members at the pace that was asked for.
func TestDrain(t *testing.T) {
	for _, c := range []struct{ perSecond, members int }{{0, 10}, {2, 5}, {10, 20}, {math.MaxInt, 3}} {
		t.Run(fmt.Sprint(c.perSecond), func(t *testing.T) {
			bubble(t, func(t *testing.T, o *Options) {
				var g Group
				start := time.Now()
				var mu sync.Mutex
				var times []time.Duration
				var peers sync.WaitGroup
				for range c.members {
					s := serve(t, pipe, o)
					g.Add(s.Conn)
					peers.Go(func() {
						f, _ := s.peer.next()
						if f != closeFrame(StatusServiceRestart, "moving") {
							t.Errorf("got %v", f)
						}
						mu.Lock()
						times = append(times, time.Since(start))
						mu.Unlock()
						s.peer.write(closeFrame(StatusServiceRestart, ""))
						s.peer.end()
					})
				}
				if err := g.Drain(t.Context(), StatusServiceRestart, "moving", c.perSecond); err != nil {
					t.Error(err)
				}
				peers.Wait()
				for i, at := range times {
					want := time.Duration(0)
					if c.perSecond > 0 {
						want = time.Duration(i) * (time.Second / time.Duration(c.perSecond))
					}
					if at < want || at > want+time.Millisecond {
						t.Errorf("member %d was closed after %v, want %v", i, at, want)
					}
				}
				if g.Len() != 0 {
					t.Errorf("%d members", g.Len())
				}
				late := serve(t, pipe, o)
				if g.Add(late.Conn) {
					t.Error("a member was added to a group that has been drained")
				}
				if err := g.Drain(t.Context(), StatusServiceRestart, "", 1); err != nil {
					t.Errorf("again: %v", err)
				}
			})
		})
	}
}

// TestDrainGivesUp: at the end of its context the rest is closed at once.
func TestDrainGivesUp(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		var g Group
		var all []*scripted
		for range 10 {
			s := serve(t, pipe, o)
			all = append(all, s)
			g.Add(s.Conn)
		}
		start := time.Now()
		ctx, cancel := context.WithTimeoutCause(t.Context(), 3*time.Second, errCause)
		defer cancel()
		if err := g.Drain(ctx, StatusGoingAway, "", 1); !errors.Is(err, errCause) {
			t.Errorf("%v", err)
		}
		if d := time.Since(start); d != 3*time.Second {
			t.Errorf("took %v", d)
		}
		synctest.Wait()
		for _, s := range all {
			select {
			case <-s.Done():
			default:
				t.Error("a member is still there")
			}
		}
		if g.Len() != 0 {
			t.Errorf("%d members", g.Len())
		}
	})
}

func TestGroupConcurrently(t *testing.T) {
	var g Group
	var all []*Conn
	for range 10 {
		s := script(t, tcp, protocol.Server, &Options{Queue: Queue{Policy: DropOldest, MaxBytes: 1000}})
		all = append(all, s.Conn)
	}
	p := mustPrepare(t, filled(500))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 200 {
				c := all[(i+j)%len(all)]
				switch (i * j) % 7 {
				case 0:
					g.Remove(c)
				case 1, 2:
					g.Broadcast(p, c)
				case 3:
					g.Members()
				case 4:
					if j > 150 {
						c.CloseNow()
					}
				default:
					g.Add(c)
				}
			}
		})
	}
	wg.Wait()
	if err := g.Drain(cancelledCtx, StatusGoingAway, "", 0); err != nil && err != context.Canceled {
		t.Error(err)
	}
	if g.Len() != 0 {
		t.Errorf("%d members", g.Len())
	}
}
