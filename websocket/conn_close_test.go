package websocket

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/duplexws/duplex/protocol"
)

func (s *scripted) closing(code StatusCode, reason string) <-chan error {
	return async(func() error { return s.Close(s.ctx, code, reason) })
}

// TestClose: the handshake, whoever reads meanwhile.
func TestClose(t *testing.T) {
	readers := map[string]func(s *scripted) <-chan error{
		"nobody reads": func(*scripted) <-chan error { return nil },
		"a Read waits": func(s *scripted) <-chan error {
			defer func() { <-s.stream.reading }()
			return async(func() error { _, _, err := s.Read(s.ctx); return err })
		},
		"a message is half read": func(s *scripted) <-chan error {
			s.peer.write(first("half"))
			_, r, err := s.NextReader(s.ctx)
			if err != nil {
				s.t.Fatal(err)
			}
			if _, err := r.Read(make([]byte, 2)); err != nil {
				s.t.Fatal(err)
			}
			return nil
		},
		"CloseRead reads": func(s *scripted) <-chan error {
			ctx := s.CloseRead(s.ctx)
			return async(func() error { <-ctx.Done(); return context.Cause(ctx) })
		},
	}
	for name, reader := range readers {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, tr transport) {
				for _, role := range roles {
					s := script(t, tr, role, nil)
					s.peer.read()
					read := reader(s)
					closed := s.closing(4001, "bye")
					s.peer.want(closeFrame(4001, "bye"))
					s.peer.write(closeFrame(4001, ""))
					s.peer.end()
					if err := <-closed; err != nil {
						t.Errorf("%v: Close: %v", role, err)
					}
					if read != nil {
						if err := <-read; CloseStatus(err) != 4001 {
							t.Errorf("%v: the reader got %v", role, err)
						}
					}
					if err := s.Close(s.ctx, 1000, ""); err != nil {
						t.Errorf("%v: Close again: %v", role, err)
					}
					s.peer.wantEnd()
				}
			}, tcp, pipe, halves, tlsTCP)
		})
	}
}

// TestPeerCloses first: its code is answered by whoever reads.
func TestPeerCloses(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		for _, c := range []struct{ said, answer frame }{
			{closeFrame(StatusGoingAway, "moving"), closeFrame(StatusGoingAway, "")},
			{frame{op: protocol.OpClose}, frame{op: protocol.OpClose}},
			{closeFrame(StatusNoStatus, ""), closeFrame(StatusProtocolError, "close with a status code that may not be sent")},
		} {
			s := serve(t, tr, nil)
			s.peer.write(c.said)
			if _, _, err := s.Read(s.ctx); err == nil {
				t.Errorf("%v: no error", c.said)
			}
			s.peer.want(c.answer)
			s.peer.end()
			<-s.Done()
		}
	}, tcp, pipe, tlsTCP)
	// Without a reader Close finds the peer's Close frame.
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		s.peer.write(closeFrame(StatusGoingAway, ""))
		closed := s.closing(StatusNormalClosure, "")
		s.peer.want(closeFrame(StatusNormalClosure, ""))
		s.peer.end()
		if err := <-closed; err != nil {
			t.Error(err)
		}
	}, tcp, pipe, tlsTCP)
}

func TestBothClose(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		for range 20 {
			server, client := pair(t, tr, nil)
			var wg sync.WaitGroup
			for _, c := range []*Conn{server, client} {
				for range 5 {
					wg.Go(func() {
						if err := c.Close(t.Context(), StatusNormalClosure, ""); err != nil {
							t.Error(err)
						}
					})
				}
			}
			wg.Wait()
		}
	}, tcp, pipe, halves, tlsTCP)
}

// TestCloseRefuses what may not stand in a Close frame. Nothing is sent, and the
// connection is as it was.
func TestCloseRefuses(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		for _, c := range []struct {
			code   StatusCode
			reason string
			want   error
		}{
			{1, "", protocol.ErrCloseCode},
			{999, "", protocol.ErrCloseCode},
			{1004, "", protocol.ErrCloseCode},
			{1006, "", protocol.ErrCloseCode},
			{1015, "", protocol.ErrCloseCode},
			{2999, "", protocol.ErrCloseCode},
			{5000, "", protocol.ErrCloseCode},
			{65535, "", protocol.ErrCloseCode},
			{0, "reason", protocol.ErrCloseReason},
			{1005, "reason", protocol.ErrCloseReason},
			{1000, filled(124), protocol.ErrCloseReason},
			{1000, "\xff", protocol.ErrCloseReason},
		} {
			if err := s.Close(s.ctx, c.code, c.reason); !errors.Is(err, c.want) {
				t.Errorf("%d %q: %v, want %v", c.code, c.reason, err, c.want)
			}
			if s.out.State() != protocol.Open {
				t.Fatalf("%d %q: %v", c.code, c.reason, s.out.State())
			}
		}
		if n := s.stream.writes.Load(); n != 0 {
			t.Errorf("%d writes", n)
		}
		s.peer.write(text("as before"))
		s.echo(1, "")
		s.peer.want(text("as before"))
		closed := s.closing(1000, filled(123))
		s.peer.want(closeFrame(1000, filled(123)))
		s.peer.write(closeFrame(1000, ""))
		s.peer.end()
		if err := <-closed; err != nil {
			t.Error(err)
		}
	}, tcp, pipe)
}

func TestCloseWithoutCode(t *testing.T) {
	for _, code := range []StatusCode{0, StatusNoStatus} {
		s := serve(t, pipe, nil)
		closed := s.closing(code, "")
		s.peer.want(frame{op: protocol.OpClose})
		s.peer.write(frame{op: protocol.OpClose})
		s.peer.end()
		if err := <-closed; err != nil {
			t.Error(err)
		}
	}
}

// TestCloseDropsMessages that come before the peer's Close frame.
func TestCloseDropsMessages(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		closed := s.closing(StatusNormalClosure, "")
		s.peer.want(closeFrame(StatusNormalClosure, ""))
		s.peer.write(text("late"), ping("late too"), first("la"), last("te"), closeFrame(StatusNormalClosure, ""))
		s.peer.end()
		if err := <-closed; err != nil {
			t.Error(err)
		}
		s.peer.wantEnd() // no Pong behind the Close frame
	}, tcp, pipe, tlsTCP)
}

// TestNothingBehindClose: what is written behind our Close frame is refused.
func TestNothingBehindClose(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		closed := s.closing(StatusNormalClosure, "")
		s.peer.want(closeFrame(StatusNormalClosure, ""))
		if err := s.Write(s.ctx, Text, []byte("late")); err != ErrClosed {
			t.Errorf("Write: %v", err)
		}
		if err := s.Send(s.ctx, Message{Type: Text}); err != ErrClosed {
			t.Errorf("Send: %v", err)
		}
		if _, err := s.Ping(s.ctx); err != ErrClosed {
			t.Errorf("Ping: %v", err)
		}
		if _, err := s.NextWriter(s.ctx, Text); err != ErrClosed {
			t.Errorf("NextWriter: %v", err)
		}
		s.peer.write(closeFrame(StatusNormalClosure, ""))
		s.peer.wantEnd()
		s.peer.end()
		if err := <-closed; err != nil {
			t.Error(err)
		}
	}, tcp, pipe, tlsTCP)
}

func TestCloseGivesUp(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		ctx, cancel := context.WithCancelCause(s.ctx)
		closed := async(func() error { return s.Close(ctx, StatusNormalClosure, "") })
		s.peer.want(closeFrame(StatusNormalClosure, ""))
		errCause := errors.New("no patience")
		cancel(errCause)
		if err := <-closed; err != errCause {
			t.Errorf("%v", err)
		}
		<-s.Done()
		s.peer.wantEnd()
	}, tcp, pipe, tlsTCP)
}

// TestCloseBehindBlockedWrite: the peer does not read, and Close is bounded.
func TestCloseBehindBlockedWrite(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := script(t, tr, protocol.Server, nil)
		written := async(func() error { return s.Write(s.ctx, Text, []byte(filled(3<<20))) })
		<-s.stream.waiting
		if err := s.Close(cancelledCtx, StatusNormalClosure, ""); err != context.Canceled {
			t.Errorf("Close: %v", err)
		}
		if err := <-written; err != ErrClosed {
			t.Errorf("Write: %v", err)
		}
	}, tcp, pipe, tlsTCP)
	bubble(t, func(t *testing.T, o *Options) {
		s := script(t, pipe, protocol.Server, o)
		written := async(func() error { return s.Write(s.ctx, Text, []byte(filled(3<<20))) })
		<-s.stream.waiting
		start := time.Now()
		if err := s.Close(s.ctx, StatusNormalClosure, ""); err != ErrCloseTimeout {
			t.Errorf("Close: %v", err)
		}
		within(t, time.Since(start), protocol.DefaultCloseTimeout)
		if err := <-written; err != ErrCloseTimeout {
			t.Errorf("Write: %v", err)
		}
	})
}

// TestCloseNow wakes everyone, and sends nothing.
func TestCloseNow(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := script(t, tr, protocol.Server, nil)
		read := async(func() error { _, _, err := s.Read(s.ctx); return err })
		<-s.stream.reading
		ping := async(func() error { _, err := s.Ping(s.ctx); return err })
		write := async(func() error { return s.Write(s.ctx, Text, []byte(filled(3<<20))) })
		<-s.stream.waiting
		behind := async(func() error { return s.Write(s.ctx, Text, []byte("behind")) })
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() { s.CloseNow() })
		}
		wg.Wait()
		for name, failed := range map[string]<-chan error{"Read": read, "Ping": ping, "Write": write, "Write behind it": behind} {
			if err := <-failed; err != ErrClosed {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := s.Close(s.ctx, StatusNormalClosure, ""); err != ErrClosed {
			t.Errorf("Close behind it: %v", err)
		}
	}, tcp, pipe, tlsTCP)
}

// TestServerEndsFirst: behind the closing handshake the server ends its half,
// and the client waits for that.
func TestServerEndsFirst(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		server, client := pair(t, halves, o)
		ended := make(chan string, 2)
		for c, name := range map[*Conn]string{server: "server", client: "client"} {
			w := c.stream.(*watched)
			c.stream = &endings{w, func() { ended <- name }}
		}
		go client.Read(t.Context())
		if err := server.Close(t.Context(), StatusNormalClosure, ""); err != nil {
			t.Error(err)
		}
		if a, b := <-ended, <-ended; a != "server" || b != "client" {
			t.Errorf("%s ended before %s", a, b)
		}
		<-client.Done()
	})
	bubble(t, func(t *testing.T, o *Options) {
		s := script(t, halves, protocol.Client, o)
		s.peer.read()
		s.peer.write(closeFrame(StatusGoingAway, ""))
		s.Read(s.ctx)
		s.peer.want(closeFrame(StatusGoingAway, ""))
		time.Sleep(4 * time.Second)
		s.peer.wantIdle() // the client waits
		select {
		case <-s.Done():
			t.Error("the client ended the transport first")
		default:
		}
		s.peer.end()
		<-s.Done()
	})
}

// endings reports when a Conn ends its half of the transport or all of it.
type endings struct {
	*watched
	report func()
}

func (e *endings) CloseWrite() error { e.report(); e.report = func() {}; return e.watched.CloseWrite() }
func (e *endings) Close() error      { e.report(); e.report = func() {}; return e.watched.Close() }

// TestServerDrains: unread input would make a reset of our Close frame, so the
// server reads on, but not for ever.
func TestServerDrains(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		s := script(t, halves, protocol.Server, o)
		s.peer.read()
		start := time.Now()
		closed := s.closing(StatusNormalClosure, "")
		s.peer.want(closeFrame(StatusNormalClosure, ""))
		s.peer.write(closeFrame(StatusNormalClosure, ""))
		s.peer.wantEnd() // of the server's half alone
		for range 3 {
			if _, err := s.peer.nc.Write(make([]byte, 20<<10)); err != nil {
				t.Fatalf("the server reads less than 60 KiB: %v", err)
			}
			time.Sleep(time.Second)
		}
		s.peer.end()
		if err := <-closed; err != nil {
			t.Error(err)
		}
		within(t, time.Since(start), 3*time.Second)
	})
	t.Run("no more than 64 KiB", func(t *testing.T) {
		bubble(t, func(t *testing.T, o *Options) {
			s := script(t, halves, protocol.Server, o)
			s.peer.read()
			start := time.Now()
			closed := s.closing(StatusNormalClosure, "")
			s.peer.want(closeFrame(StatusNormalClosure, ""))
			s.peer.write(closeFrame(StatusNormalClosure, ""))
			s.peer.wantEnd()
			if n, err := s.peer.nc.Write(make([]byte, 1<<20)); err == nil || n < maxDrain || n > maxDrain+bufferSize {
				t.Errorf("the server took %d octets: %v", n, err)
			}
			if err := <-closed; err != nil {
				t.Error(err)
			}
			within(t, time.Since(start), 0)
		})
	})
	t.Run("no longer than CloseTimeout", func(t *testing.T) {
		bubble(t, func(t *testing.T, o *Options) {
			hook := make(chan error, 1)
			o.Hooks = &Hooks{Closed: func(_ *Conn, err error) { hook <- err }}
			s := script(t, halves, protocol.Server, o)
			s.peer.read()
			start := time.Now()
			closed := s.closing(StatusNormalClosure, "")
			s.peer.want(closeFrame(StatusNormalClosure, ""))
			s.peer.write(closeFrame(StatusNormalClosure, ""))
			if a, b := <-closed, <-hook; a != nil || b != nil { // both Close frames have passed
				t.Error(a, b)
			}
			within(t, time.Since(start), protocol.DefaultCloseTimeout)
		})
	})
}

func TestCloseTimeout(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		for _, d := range []time.Duration{0, 2 * time.Second} {
			o.CloseTimeout = d
			for _, role := range roles {
				s := script(t, pipe, role, o)
				s.peer.read()
				start := time.Now()
				if err := s.Close(s.ctx, StatusNormalClosure, ""); err != ErrCloseTimeout {
					t.Errorf("%v", err)
				}
				if d == 0 {
					d = protocol.DefaultCloseTimeout
				}
				within(t, time.Since(start), d)
			}
		}
	})
}

// within checks a time that the clock rounds up to its next tick.
func within(t testing.TB, got, want time.Duration) {
	t.Helper()
	if got < want || got > want+200*time.Millisecond {
		t.Errorf("took %v, want %v", got, want)
	}
}

// TestErr: why a connection has ended is told to whoever asks, and not before.
func TestErr(t *testing.T) {
	server, client := pair(t, tcp, nil)
	if err := client.Err(); err != nil {
		t.Errorf("of a living connection: %v", err)
	}
	closed := async(func() error { return server.Close(t.Context(), 4001, "over") })
	client.Read(t.Context())
	if err := <-closed; err != nil {
		t.Error(err)
	}
	var said *CloseError
	if err := client.Err(); !errors.As(err, &said) || said.Code != 4001 {
		t.Errorf("behind the peer's close: %v", err)
	}
	bubble(t, func(t *testing.T, o *Options) {
		s := script(t, pipe, protocol.Client, o)
		s.peer.read()
		s.peer.write(closeFrame(4002, ""))
		s.Read(s.ctx)
		if err := s.Err(); CloseStatus(err) != 4002 {
			t.Errorf("before the transport has ended: %v", err)
		}
	})
}

// TestErrClosed is what package net calls it, for code that knows no better.
func TestErrClosed(t *testing.T) {
	if !errors.Is(ErrClosed, net.ErrClosed) || errors.Is(ErrAbnormal, net.ErrClosed) {
		t.Error("errors.Is tells otherwise")
	}
}

// TestCloseNowAnswers: the answer to the peer's Close frame goes out though
// another goroutine is in the midst of a write when the reader's CloseNow comes,
// and is not waited for for long.
func TestCloseNowAnswers(t *testing.T) {
	for _, role := range roles {
		bubble(t, func(t *testing.T, o *Options) {
			s := script(t, pipe, role, o)
			wrote := async(func() error { return s.Write(s.ctx, Text, []byte("under way")) })
			synctest.Wait() // the peer does not read yet
			s.peer.write(closeFrame(1001, "bye"))
			if _, _, err := s.Read(s.ctx); CloseStatus(err) != 1001 {
				t.Fatalf("read %v", err)
			}
			s.CloseNow()
			s.peer.read()
			s.peer.want(text("under way"), closeFrame(1001, ""))
			s.peer.wantEnd()
			if err := <-wrote; err != nil {
				t.Error(err)
			}
			<-s.Done()
			if CloseStatus(s.Err()) != 1001 {
				t.Errorf("ended with %v", s.Err())
			}
		})
		bubble(t, func(t *testing.T, o *Options) {
			s := script(t, pipe, role, o)
			wrote := async(func() error { return s.Write(s.ctx, Text, []byte("stuck")) })
			synctest.Wait()
			s.peer.write(closeFrame(1001, "bye"))
			s.Read(s.ctx)
			start := time.Now()
			for range 10 { // none puts the end off
				s.CloseNow()
				time.Sleep(answerTime / 5)
			}
			<-s.Done()
			if d := time.Since(start); d != 2*answerTime {
				t.Errorf("took %v", d)
			}
			if err := <-wrote; err == nil {
				t.Error("a write that nobody read went out")
			}
		})
	}
}
