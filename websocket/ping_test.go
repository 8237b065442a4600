package websocket

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"
)

// pinging starts a Ping and returns its frame and where its result will be.
func (s *scripted) pinging(ctx context.Context) (f frame, result <-chan error, rtt *time.Duration) {
	s.t.Helper()
	rtt = new(time.Duration)
	result = async(func() (err error) {
		*rtt, err = s.Ping(ctx)
		return err
	})
	f, ok := s.peer.next()
	if !ok || f.op != ping("").op || len(f.payload) == 0 {
		s.t.Fatalf("got %v, want a Ping with a payload", f)
	}
	return f, result, rtt
}

// TestPing measures the round trip, with a reader and without.
func TestPing(t *testing.T) {
	for _, reader := range []bool{false, true} {
		t.Run(fmt.Sprint("reader ", reader), func(t *testing.T) {
			bubble(t, func(t *testing.T, o *Options) {
				var hook []time.Duration
				o.Hooks = &Hooks{RoundTrip: func(_ *Conn, rtt time.Duration) { hook = append(hook, rtt) }}
				s := serve(t, pipe, o)
				var failed <-chan error
				if reader {
					failed = s.reading()
				}
				for i := range 3 {
					took := time.Duration(i) * time.Second
					f, result, rtt := s.pinging(s.ctx)
					time.Sleep(took)
					s.peer.write(pong("of something else"), pong(f.payload))
					if err := <-result; err != nil || *rtt != took {
						t.Errorf("%v, %v; want %v", *rtt, err, took)
					}
					if len(hook) != i+1 || hook[i] != took || s.Stats().RoundTrip != took {
						t.Errorf("Hooks %v, Stats %v; want %v", hook, s.Stats().RoundTrip, took)
					}
				}
				s.CloseNow()
				if reader {
					<-failed
				}
			})
		})
	}
}

// TestPingKeepsMessages that arrive meanwhile, for every way to read.
func TestPingKeepsMessages(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		for way, read := range ways {
			if way == "Ping" {
				continue
			}
			s := serve(t, tr, nil)
			f, result, _ := s.pinging(s.ctx)
			s.peer.write(text("a"), binaryF("b"), ping("answered"), first("c"), pong(f.payload), last("d"))
			if err := <-result; err != nil {
				t.Fatal(err)
			}
			s.peer.want(pong("answered"))
			wantMessage(t, "a", Text)(read(s.ctx, s.Conn))
			wantMessage(t, "b", Binary)(read(s.ctx, s.Conn))
			wantMessage(t, "cd", Text)(read(s.ctx, s.Conn))
			s.CloseNow()
		}
	}, tcp, pipe, tlsTCP)
}

// TestPingKeepsNoMoreThanOneMessage of the largest size, roughly.
func TestPingKeepsNoMore(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		o.MaxMessage, o.PingInterval = 1000, -1
		s := serve(t, pipe, o)
		ctx, cancel := context.WithTimeout(s.ctx, time.Minute)
		defer cancel()
		f, result, _ := s.pinging(ctx)
		for i := range 5 {
			s.peer.write(text(fmt.Sprint(i, filled(600))))
		}
		s.peer.write(pong(f.payload))
		if err := <-result; err != context.DeadlineExceeded {
			t.Fatalf("%v", err)
		}
		if n := len(s.more().stash); n != 2 {
			t.Errorf("%d messages are kept", n)
		}
		for i := range 5 {
			s.wantRead(Text, fmt.Sprint(i, filled(600)))
		}
	})
}

// TestPingYields to a reader, who then reads the answer too.
func TestPingYields(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		s := serve(t, pipe, o)
		f, result, _ := s.pinging(s.ctx)
		s.peer.write(text("kept"))
		s.peer.wantIdle()
		got := make(chan string)
		go func() {
			for range 3 {
				_, p, err := s.Read(s.ctx)
				if err != nil {
					t.Error(err)
				}
				got <- string(p)
			}
		}()
		if p := <-got; p != "kept" {
			t.Errorf("%q", p)
		}
		s.peer.wantIdle() // until the reader waits
		s.peer.write(text("before the answer"))
		if p := <-got; p != "before the answer" {
			t.Errorf("%q", p)
		}
		s.peer.write(pong(f.payload), text("behind it"))
		if p := <-got; p != "behind it" {
			t.Errorf("%q", p)
		}
		if err := <-result; err != nil {
			t.Error(err)
		}
	})
}

// TestPingsDoNotYieldToEachOther: many of them and no reader.
func TestPingsDoNotYieldToEachOther(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		s := serve(t, pipe, o)
		var all []<-chan error
		var answers []frame
		for range 5 {
			f, result, _ := s.pinging(s.ctx)
			all, answers = append(all, result), append(answers, pong(f.payload))
		}
		// Each of them wakes up and waits again, until somebody reads.
		for range 5 {
			s.stream.WakeRead()
			s.peer.wantIdle() // which goroutines that spin would not allow
		}
		read := async(func() error { _, _, err := s.Read(s.ctx); return err })
		s.peer.wantIdle()
		s.peer.write(answers...)
		for _, result := range all {
			if err := <-result; err != nil {
				t.Error(err)
			}
		}
		s.peer.write(text("for the reader"))
		if err := <-read; err != nil {
			t.Error(err)
		}
	})
}

// TestPingDuringNextReader: what a reader has not read is not read past.
func TestPingDuringNextReader(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		s := serve(t, pipe, o)
		s.peer.write(first("abc"))
		_, r, err := s.NextReader(s.ctx)
		if err != nil {
			t.Fatal(err)
		}
		f, result, _ := s.pinging(s.ctx)
		s.peer.write(cont("def"), pong(f.payload), last("ghi"))
		s.peer.wantIdle()
		select {
		case <-result:
			t.Error("answered while the message was unread")
		default:
		}
		got := ""
		buf := make([]byte, 2)
		for {
			n, err := r.Read(buf)
			got += string(buf[:n])
			if err != nil {
				break
			}
		}
		if got != "abcdefghi" {
			t.Errorf("read %q", got)
		}
		if err := <-result; err != nil {
			t.Error(err)
		}
	})
}

func TestConcurrentPings(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		for _, newestOnly := range []bool{false, true} {
			s := serve(t, tr, nil)
			var wg sync.WaitGroup
			for range 10 {
				wg.Go(func() {
					if _, err := s.Ping(s.ctx); err != nil {
						t.Error(err)
					}
				})
			}
			seen := map[string]bool{}
			var answers []frame
			for range 10 {
				f, _ := s.peer.next()
				seen[f.payload] = true
				answers = append(answers, pong(f.payload))
			}
			if len(seen) != 10 {
				t.Errorf("%d different Pings", len(seen))
			}
			if newestOnly { // which answers the others too
				answers = answers[9:]
			}
			s.peer.write(answers...)
			wg.Wait()
			s.CloseNow()
		}
	}, tcp, pipe, tlsTCP)
}

func TestPingFails(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(s *scripted)
		want StatusCode
	}{
		"we go":       {func(s *scripted) { s.CloseNow() }, 0},
		"peer goes":   {func(s *scripted) { s.peer.end() }, StatusAbnormalClosure},
		"peer closes": {func(s *scripted) { s.peer.write(closeFrame(4000, "")); s.peer.end() }, 4000},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, tr transport) {
				for _, reader := range []bool{false, true} {
					s := serve(t, tr, nil)
					var failed <-chan error
					if reader {
						failed = s.reading()
					}
					_, result, _ := s.pinging(s.ctx)
					c.end(s)
					if err := <-result; err == nil || CloseStatus(err) != c.want {
						t.Errorf("reader %v: %v", reader, err)
					}
					if reader {
						<-failed
					}
					if _, err := s.Ping(s.ctx); err == nil || CloseStatus(err) != c.want {
						t.Errorf("again: %v", err)
					}
				}
			}, tcp, pipe, tlsTCP)
		})
	}
}

// TestPingCancelled: the connection is as before, and a late Pong harms nobody.
func TestPingCancelled(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		ctx, cancel := context.WithCancel(s.ctx)
		late, result, _ := s.pinging(ctx)
		cancel()
		if err := <-result; err != context.Canceled {
			t.Errorf("%v", err)
		}
		f, result, _ := s.pinging(s.ctx)
		s.peer.write(pong(late.payload), text("a"), pong(f.payload))
		if err := <-result; err != nil {
			t.Error(err)
		}
		s.wantRead(Text, "a")
	}, tcp, pipe, tlsTCP)
}
