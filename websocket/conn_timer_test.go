package websocket

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/duplexws/duplex/protocol"
)

// reading reads until the connection ends, and returns where the error will be.
func (s *scripted) reading() <-chan error {
	return async(func() error {
		for {
			if _, _, err := s.Read(s.ctx); err != nil {
				return err
			}
		}
	})
}

// between says that a span lies in a range, but for the clock's tick.
func between(t testing.TB, got, least, most time.Duration) {
	t.Helper()
	if got < least || got > most+200*time.Millisecond {
		t.Errorf("took %v, want %v to %v", got, least, most)
	}
}

const (
	interval = protocol.DefaultPingInterval
	soonest  = interval - interval/10
)

// TestSilentPeer is pinged, and given up on while someone reads.
func TestSilentPeer(t *testing.T) {
	readers := map[string]func(s *scripted) <-chan error{
		"Read": func(s *scripted) <-chan error { return s.reading() },
		"CloseRead": func(s *scripted) <-chan error {
			ctx := s.CloseRead(s.ctx)
			return async(func() error { <-ctx.Done(); return context.Cause(ctx) })
		},
		"NextReader": func(s *scripted) <-chan error {
			return async(func() error { _, _, err := s.NextReader(s.ctx); return err })
		},
		"Ping": func(s *scripted) <-chan error {
			defer s.peer.next()
			return async(func() error { _, err := s.Ping(s.ctx); return err })
		},
	}
	for name, read := range readers {
		for _, role := range roles {
			t.Run(name, func(t *testing.T) {
				bubble(t, func(t *testing.T, o *Options) {
					s := script(t, pipe, role, o)
					s.peer.read()
					start := time.Now()
					failed := read(s)
					s.peer.want(ping(""))
					between(t, time.Since(start), soonest, interval)
					start = time.Now()
					if err := <-failed; err != ErrPongTimeout {
						t.Errorf("%v", err)
					}
					within(t, time.Since(start), protocol.DefaultPongTimeout)
					s.peer.wantEnd()
					if err := s.Write(s.ctx, Text, nil); err != ErrPongTimeout {
						t.Errorf("Write: %v", err)
					}
				})
			})
		}
	}
}

// TestPeerThatAnswers is pinged after half an interval of silence at least and a
// whole one at most, and kept.
func TestPeerThatAnswers(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		s := serve(t, pipe, o)
		failed := s.reading()
		for range 20 {
			start := time.Now()
			s.peer.want(ping(""))
			between(t, time.Since(start), soonest/2, interval)
			time.Sleep(protocol.DefaultPongTimeout - time.Second)
			s.peer.write(pong(""))
		}
		s.CloseNow()
		<-failed
	})
}

// TestNobodyReads: an answer could not be seen, so none is missed.
func TestNobodyReads(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		s := serve(t, pipe, o)
		for range 10 {
			s.peer.want(ping(""))
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		select {
		case <-s.Done():
			t.Fatalf("ended: %v", s.Err())
		default:
		}
		s.peer.write(text("still there"))
		s.wantRead(Text, "still there")
	})
}

// TestTrafficSuppressesPings of any kind, and only that of the peer counts.
func TestTrafficSuppressesPings(t *testing.T) {
	for name, f := range map[string]frame{"message": text("x"), "pong": pong("unasked"), "fragment": first("x")} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, o *Options) {
				s := serve(t, pipe, o)
				failed := s.reading()
				for i := range 100 {
					if f.more && i > 0 {
						f = cont("x")
						if i%3 == 0 {
							s.peer.write(last(""))
							f = first("x")
						}
					}
					s.peer.write(f)
					time.Sleep(soonest / 3)
					s.peer.wantIdle()
				}
				s.CloseNow()
				<-failed
			})
		})
	}
	bubble(t, func(t *testing.T, o *Options) {
		s := serve(t, pipe, o)
		failed := s.reading()
		for range 10 { // what we write says nothing of the peer
			s.mustWrite("y")
			s.peer.want(text("y"))
			time.Sleep(2 * time.Second)
		}
		s.peer.want(ping(""))
		s.CloseNow()
		<-failed
	})
}

func TestKeepaliveOff(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		o.PingInterval = -1
		s := serve(t, pipe, o)
		failed := s.reading()
		time.Sleep(100 * time.Hour)
		s.peer.wantIdle()
		s.CloseNow()
		<-failed
	})
}

func TestKeepaliveOptions(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		o.PingInterval, o.PongTimeout = time.Minute, 3*time.Second
		s := serve(t, pipe, o)
		start := time.Now()
		failed := s.reading()
		s.peer.want(ping(""))
		between(t, time.Since(start), 54*time.Second, time.Minute)
		start = time.Now()
		if err := <-failed; err != ErrPongTimeout {
			t.Error(err)
		}
		within(t, time.Since(start), 3*time.Second)
	})
}

// backed is a stream of which so much has not reached the peer.
type backed struct {
	stream
	backlog int
}

func (b *backed) Backlog() int { return b.backlog }

// TestSlowPeerIsNotDead: a Ping behind what a slow network still has to carry is
// waited for as long as that may take.
func TestSlowPeerIsNotDead(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		s := script(t, pipe, protocol.Server, o)
		s.peer.read()
		s.Conn.stream = &backed{s.Conn.stream, 20 * flushSize}
		failed := s.reading()
		s.peer.want(ping(""))
		start := time.Now()
		if err := <-failed; err != ErrPongTimeout {
			t.Error(err)
		}
		within(t, time.Since(start), protocol.DefaultPongTimeout+20*time.Second)
	})
}

// TestBacklog: what a socket says that the peer has yet to take.
func TestBacklog(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells")
	}
	run(t, func(t *testing.T, tr transport) {
		s := script(t, tr, protocol.Server, nil)
		if n := s.Conn.stream.Backlog(); n != 0 {
			t.Errorf("%d octets wait, of none", n)
		}
		if err := s.Send(s.ctx, Message{Type: Binary, Data: make([]byte, 8<<20)}); err != nil {
			t.Fatal(err)
		}
		if n := s.Conn.stream.Backlog(); n < 10_000 {
			t.Errorf("%d octets wait, of 8 MiB", n)
		}
		s.peer.read()
		eventually(t, "all is taken", func() bool { return s.Conn.stream.Backlog() == 0 && s.Stats().BytesOut > 8<<20 })
		s.CloseNow()
		if n := s.Conn.stream.Backlog(); n != 0 {
			t.Errorf("%d octets wait behind the end", n)
		}
	}, tcp, tlsTCP)
}

// TestPingsAreSpread: connections that were opened together.
func TestPingsAreSpread(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		start := time.Now()
		times := map[time.Duration]bool{}
		for range 50 {
			s := serve(t, pipe, o)
			defer s.peer.want(ping(""))
			s.mu.Lock()
			times[time.Duration(s.keep.Deadline())] = true
			s.mu.Unlock()
		}
		if len(times) < 40 {
			t.Errorf("50 connections are pinged at %d times", len(times))
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("took %v", d)
		}
	})
}

// TestClockHasNothingLeft of a connection that has ended.
func TestClockHasNothingLeft(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		s := serve(t, pipe, o)
		failed := s.reading()
		s.peer.write(first("half a message"))
		s.peer.wantIdle()
		if n := o.Clock.wheel.Len(); n != 1 {
			t.Errorf("%d timers for one connection", n)
		}
		s.CloseNow()
		<-failed
		if n := o.Clock.wheel.Len(); n != 0 {
			t.Errorf("%d timers for none", n)
		}
	})
}

func overdue(err error) bool {
	var e *ProtocolError
	return errors.As(err, &e) && e.Limit == "AssemblyTimeout" && e.Code == StatusPolicyViolation
}

// TestAssemblyTimeout: a peer that begins a message has to end it.
func TestAssemblyTimeout(t *testing.T) {
	whole := text("some text").octets(true)
	for name, begin := range map[string][]byte{
		"header":    whole[:1],
		"payload":   whole[:8],
		"fragments": append(first("a").octets(true), cont("b").octets(true)...),
		"control":   append(first("a").octets(true), ping("").octets(true)[:3]...),
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, o *Options) {
				o.PingInterval = -1
				s := serve(t, pipe, o)
				time.Sleep(time.Hour) // before the first octet nothing is late
				failed := s.reading()
				time.Sleep(time.Hour)
				s.peer.out <- begin
				start := time.Now()
				if err := <-failed; !overdue(err) {
					t.Fatalf("%v", err)
				}
				within(t, time.Since(start), protocol.DefaultAssemblyTimeout)
				s.peer.want(closeFrame(StatusPolicyViolation, "message not complete in time"))
				s.peer.end()
			})
		})
	}
}

// TestAssemblyTimeoutIsForEachMessage: time spent on one does not count for the
// next, even if both come in one segment.
func TestAssemblyTimeoutIsForEachMessage(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		o.PingInterval = -1
		s := serve(t, pipe, o)
		s.peer.write(first("1"))
		for range 5 {
			time.AfterFunc(29*time.Second, func() { s.peer.write(last("2"), first("1")) })
			s.wantRead(Text, "12")
		}
		start := time.Now()
		if _, _, err := s.Read(s.ctx); !overdue(err) {
			t.Errorf("%v", err)
		}
		within(t, time.Since(start), protocol.DefaultAssemblyTimeout)
		s.peer.end()
	})
}

// TestAssemblyWaitsForApplication: while nobody reads, the peer is not to blame.
func TestAssemblyWaitsForApplication(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		o.PingInterval = -1
		s := serve(t, pipe, o)
		s.peer.write(first("slow "))
		_, r, err := s.NextReader(s.ctx)
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 100)
		for range 10 {
			if _, err := r.Read(buf); err != nil {
				t.Fatal(err)
			}
			s.peer.write(cont("application "))
			time.Sleep(time.Hour)
		}
		r.Read(buf)
		time.Sleep(time.Hour)
		start := time.Now()
		if _, err := r.Read(buf); !overdue(err) {
			t.Errorf("%v", err)
		}
		within(t, time.Since(start), protocol.DefaultAssemblyTimeout)
		s.peer.end()
	})
}

// TestAssemblyCountsCancelledReads: the waiting of several reads adds up.
func TestAssemblyCountsCancelledReads(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		o.PingInterval = -1
		s := serve(t, pipe, o)
		s.peer.write(first("half"))
		waited := time.Duration(0)
		for i := 0; ; i++ {
			ctx, cancel := context.WithTimeout(s.ctx, time.Second)
			start := time.Now()
			_, _, err := s.Read(ctx)
			cancel()
			waited += time.Since(start)
			if overdue(err) {
				break
			}
			if err != context.DeadlineExceeded || i > 100 {
				t.Fatalf("read %d: %v", i, err)
			}
			time.Sleep(time.Minute) // busy with something else
		}
		within(t, waited, protocol.DefaultAssemblyTimeout)
		s.peer.end()
	})
}

func TestAssemblyTimeoutOff(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		o.PingInterval, o.AssemblyTimeout = -1, -1
		s := serve(t, pipe, o)
		s.peer.write(first("a"))
		time.AfterFunc(24*time.Hour, func() { s.peer.write(last("b")) })
		s.wantRead(Text, "ab")
	})
}

// TestWriteTimeout: 10 s, and one second for every 16 KiB.
func TestWriteTimeout(t *testing.T) {
	for _, c := range []struct {
		size int
		want time.Duration
	}{
		{10, 10 * time.Second},
		{16 << 10, 11 * time.Second},
		{256 << 10, 26 * time.Second},
	} {
		bubble(t, func(t *testing.T, o *Options) {
			o.PingInterval = -1
			s := script(t, pipe, protocol.Server, o)
			time.Sleep(time.Hour)
			start := time.Now()
			if err := s.Write(s.ctx, Text, []byte(filled(c.size))); err != ErrWriteTimeout {
				t.Errorf("%d octets: %v", c.size, err)
			}
			within(t, time.Since(start), c.want)
			if _, _, err := s.Read(s.ctx); err != ErrWriteTimeout {
				t.Errorf("Read: %v", err)
			}
		})
	}
}

// TestWriteTimeoutOfQueue: it holds for what the writer goroutine writes too.
func TestWriteTimeoutOfQueue(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		o.PingInterval = -1
		s := script(t, pipe, protocol.Server, o)
		start := time.Now()
		for range 10 {
			if err := s.Send(s.ctx, Message{Type: Text, Data: []byte("x")}); err != nil {
				t.Fatal(err)
			}
		}
		<-s.Done()
		if err := s.Err(); err != ErrWriteTimeout {
			t.Error(err)
		}
		within(t, time.Since(start), DefaultWriteTimeout)
	})
}

func TestWriteTimeoutOptions(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		o.PingInterval, o.WriteTimeout = -1, time.Second
		s := script(t, pipe, protocol.Server, o)
		start := time.Now()
		if err := s.Write(s.ctx, Text, []byte("x")); err != ErrWriteTimeout {
			t.Error(err)
		}
		within(t, time.Since(start), time.Second)
	})
	bubble(t, func(t *testing.T, o *Options) {
		o.PingInterval, o.WriteTimeout = -1, -1
		s := script(t, pipe, protocol.Server, o)
		time.AfterFunc(24*time.Hour, s.peer.read)
		s.mustWrite("patience")
		s.peer.want(text("patience"))
	})
}

// TestSlowPeerIsNoDeadPeer: a peer that reads in time, again and again.
func TestSlowPeerIsNoDeadPeer(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		o.PingInterval = -1
		s := script(t, pipe, protocol.Server, o)
		for range 20 {
			failed := async(func() error { return s.Write(s.ctx, Text, []byte("x")) })
			time.Sleep(9 * time.Second)
			buf := make([]byte, 100)
			if _, err := s.peer.nc.Read(buf); err != nil {
				t.Fatal(err)
			}
			if err := <-failed; err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestPingHeldUp: the time for the Pong begins when the Ping has gone out, not
// when a blocked write let it wait.
func TestPingHeldUp(t *testing.T) {
	for _, late := range []time.Duration{time.Millisecond, 50 * time.Millisecond, 5 * time.Second} {
		bubble(t, func(t *testing.T, o *Options) {
			o.PingInterval, o.WriteTimeout = time.Minute, -1
			s := script(t, pipe, protocol.Server, o)
			failed := s.reading()
			wrote := async(func() error { return s.Write(s.ctx, Text, []byte("long")) })
			next := func() time.Duration {
				s.mu.Lock()
				defer s.mu.Unlock()
				return time.Duration(s.keep.Deadline() - s.set.clock.Now())
			}
			for !s.flags.has(owesPing) { // until a Ping is due, which waits behind the write
				time.Sleep(next())
				time.Sleep(100 * time.Millisecond)
			}
			time.Sleep(next() - late)
			s.peer.read()
			s.peer.want(text("long"), ping(""))
			sent := time.Now()
			if err := <-wrote; err != nil {
				t.Fatal(err)
			}
			time.Sleep(protocol.DefaultPongTimeout - time.Second)
			if err := s.Err(); err != nil {
				t.Errorf("%v before the end: %v after the Ping: %v", late, time.Since(sent), err)
			}
			if err := <-failed; err != ErrPongTimeout {
				t.Errorf("%v", err)
			}
			within(t, time.Since(sent), protocol.DefaultPongTimeout)
		})
	}
}
