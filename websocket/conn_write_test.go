package websocket

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/duplexws/duplex/protocol"
)

var cancelledCtx = noWait

// block makes a write wait for the peer, which does not read, and returns how
// it ended once cancel is called.
func (s *scripted) block(p string) (cancel func() error) {
	s.t.Helper()
	ctx, stop := context.WithCancel(s.ctx)
	s.stream.forget()
	failed := async(func() error { return s.Write(ctx, Text, []byte(p)) })
	<-s.stream.waiting
	return func() error {
		stop()
		return <-failed
	}
}

// TestWriteCancelled gives up writes to a peer that does not read: when they
// would wait for the transport, and when they would wait for another writer.
// What the peer gets later is what the errors have said.
func TestWriteCancelled(t *testing.T) {
	for _, size := range []int{10, 3000, 40_000, 300_000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			run(t, func(t *testing.T, tr transport) {
				for _, role := range roles {
					s := script(t, tr, role, &Options{WriteTimeout: -1, PingInterval: -1})
					var want []frame
					refused, broken := 0, false
					for i := 0; refused < 10; i++ {
						p := fmt.Sprint(i, " ", filled(size))
						if refused == 0 && size < 20_000 { // to get on
							p = fmt.Sprint(i, " ", filled(20_000))
						}
						err := s.writeUnlessWaiting(p, broken)
						var partial *PartialWriteError
						switch {
						case err == nil:
							want = append(want, text(p))
						case errors.As(err, &partial) && errors.Is(err, errCause):
							want = append(want, text(p))
							broken = true
						case err == errCause:
							refused++
						default:
							t.Fatal(err)
						}
					}
					s.peer.read()
					s.mustWrite("after")
					s.peer.want(append(want, text("after"))...)
					s.CloseNow()
				}
			}, tcp, pipe, tlsTCP)
		})
	}
}

var errCause = errors.New("cancelled by the test")

// writeUnlessWaiting writes p, but gives up when it would have to wait: at once
// if the writer goroutine is already waiting.
func (s *scripted) writeUnlessWaiting(p string, behind bool) error {
	ctx, cancel := context.WithCancelCause(s.ctx)
	defer cancel(nil)
	stop := func() { cancel(errCause) }
	if !behind {
		s.stream.onWait.Store(&stop)
		defer s.stream.onWait.Store(nil)
		return s.Write(ctx, Text, []byte(p))
	}
	failed := async(func() error { return s.Write(ctx, Text, []byte(p)) })
	runtime.Gosched()
	stop()
	return <-failed
}

func TestWriteCancelledWhileItWaits(t *testing.T) {
	// A pipe takes nothing of a write before its peer reads.
	run(t, func(t *testing.T, tr transport) {
		s := script(t, tr, protocol.Server, nil)
		if err := s.block(filled(500_000))(); err != context.Canceled {
			t.Fatalf("%v, want the cause alone", err)
		}
		s.peer.read()
		s.mustWrite("after")
		s.peer.want(text("after"))
	}, pipe)
}

// TestWriteCancelledMidFrame: the peer gets the whole message, and then what
// follows.
func TestWriteCancelledMidFrame(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		for _, role := range roles {
			s := script(t, tr, role, nil)
			s.mustWrite("before")
			message := filled(3_000_000)
			err := s.block(message)()
			var partial *PartialWriteError
			if !errors.As(err, &partial) || !errors.Is(err, context.Canceled) {
				t.Fatalf("%v: %v", role, err)
			}
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() { s.mustWrite("after") })
			}
			s.peer.write(ping("in between"))
			reading, stop := context.WithCancel(s.ctx)
			failed := async(func() error {
				_, _, err := s.Read(reading)
				return err
			})
			s.peer.read()
			s.peer.want(text("before"), text(message))
			got := map[frame]int{}
			for range 4 {
				f, _ := s.peer.next()
				got[f]++
			}
			if got[text("after")] != 3 || got[pong("in between")] != 1 {
				t.Errorf("behind it came %v", got)
			}
			wg.Wait()
			stop()
			if err := <-failed; err != context.Canceled {
				t.Error(err)
			}
			s.CloseNow()
		}
	}, tcp, tlsTCP)
}

// TestWriteWithContextThatHasEnded: nothing is sent, though it could be at once.
func TestWriteWithContextThatHasEnded(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		prepared, err := NewPrepared(Text, []byte("a"))
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{
			s.Write(cancelledCtx, Text, []byte("a")),
			s.Write(cancelledCtx, Text, []byte(filled(20_000))),
			s.WritePrepared(cancelledCtx, prepared),
		} {
			if err != context.Canceled {
				t.Error(err)
			}
		}
		s.mustWrite("b")
		s.peer.want(text("b"))
	}, tcp, pipe, tlsTCP)
}

// TestBothWriteFirst: two sides that write more than the transport holds before
// they read do not wait for each other for ever, as long as each has a reader.
func TestBothWriteFirst(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		server, client := pair(t, tr, &Options{MaxMessage: 8 << 20})
		message := filled(4 << 20)
		var wg sync.WaitGroup
		for _, c := range []*Conn{server, client} {
			wg.Go(func() {
				if err := c.Write(t.Context(), Text, []byte(message)); err != nil {
					t.Error(err)
				}
			})
			wg.Go(func() { wantMessage(t, message, Text)(c.Read(t.Context())) })
		}
		wg.Wait()
	}, tcp, pipe, tlsTCP)
}

// TestReaderDoesNotWaitForWriter: Pings arrive while a write is blocked. The
// reader goes on to what follows them, and the Pongs go out behind the write.
func TestReaderDoesNotWaitForWriter(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := script(t, tr, protocol.Server, nil)
		message := filled(3 << 20)
		written := s.block(message)
		s.peer.write(ping("1"), ping("2"), text("go on"), ping("3"), text("and on"))
		s.wantRead(Text, "go on")
		s.wantRead(Text, "and on")
		s.peer.read()
		s.peer.want(text(message), pong("1"), pong("2"), pong("3"))
		if err := written(); err != nil {
			t.Error(err)
		}
	}, tcp, pipe, tlsTCP)
}

// TestOwedPongsAreBounded: a peer that pings and never reads.
func TestOwedPongsAreBounded(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := script(t, tr, protocol.Server, nil)
		message := filled(3 << 20)
		written := s.block(message)
		var want []frame
		for i := range 100 {
			s.peer.write(ping(fmt.Sprint(i)))
			if i >= 100-32 {
				want = append(want, pong(fmt.Sprint(i)))
			}
		}
		s.peer.write(text("behind"))
		s.wantRead(Text, "behind")
		s.peer.read()
		s.peer.want(text(message))
		s.peer.want(want...)
		if err := written(); err != nil {
			t.Error(err)
		}
	}, tcp, pipe, tlsTCP)
}

func TestWriteRefuses(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		for _, c := range []struct {
			typ  MessageType
			p    string
			want error
		}{
			{Text, "\xff", protocol.ErrNotText},
			{Text, filled(20_000) + "\xff", protocol.ErrNotText},
			{protocol.OpPing, "", protocol.ErrOpcode},
			{0, "", protocol.ErrOpcode},
			{protocol.OpClose, filled(20_000), protocol.ErrOpcode},
		} {
			if err := s.Write(s.ctx, c.typ, []byte(c.p)); err != c.want {
				t.Errorf("%v %.10q: %v, want %v", c.typ, c.p, err, c.want)
			}
			if err := s.Send(s.ctx, Message{Type: c.typ, Data: []byte(c.p)}); err != c.want {
				t.Errorf("Send %v %.10q: %v, want %v", c.typ, c.p, err, c.want)
			}
			if _, err := NewPrepared(c.typ, []byte(c.p)); err != c.want {
				t.Errorf("NewPrepared %v %.10q: %v, want %v", c.typ, c.p, err, c.want)
			}
		}
		s.mustWrite("fine")
		s.peer.want(text("fine"))
	}, tcp, pipe)
}

// TestWriteSizes: every size around those at which the way of writing changes,
// as a server and as a client.
func TestWriteSizes(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		for _, role := range roles {
			s := script(t, tr, role, nil)
			s.peer.read()
			for _, around := range []int{0, 125, flushSize, bufferSize, 1 << 16, 300_000} {
				for _, off := range []int{-14, -10, -8, -4, -1, 0, 1, 2} {
					n := max(around+off, 0)
					p := []byte(filled(n))
					if err := s.Write(s.ctx, Binary, p); err != nil {
						t.Fatal(err)
					}
					if string(p) != filled(n) {
						t.Fatalf("%v: Write has changed its argument of %d octets", role, n)
					}
					s.peer.want(binaryF(filled(n)))
				}
			}
		}
	}, tcp, pipe, tlsTCP)
}

// TestWriteAfterEnd: the error of a Write is why the connection has ended.
func TestWriteAfterEnd(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		for name, c := range map[string]struct {
			end  func(s *scripted)
			want StatusCode
		}{
			"peer closes": {func(s *scripted) { s.peer.write(closeFrame(4000, "")); s.Read(s.ctx) }, 4000},
			"peer breaks": {func(s *scripted) { s.peer.write(frame{op: 4}); s.Read(s.ctx) }, StatusProtocolError},
			"peer goes":   {func(s *scripted) { s.peer.nc.Close(); s.Read(s.ctx) }, StatusAbnormalClosure},
			"we go":       {func(s *scripted) { s.CloseNow() }, 0},
		} {
			s := serve(t, tr, nil)
			c.end(s)
			prepared, err := NewPrepared(Text, []byte("x"))
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.NextWriter(s.ctx, Text)
			for i, err := range []error{
				s.Write(s.ctx, Text, []byte("x")),
				s.Write(s.ctx, Text, []byte(filled(20_000))),
				s.WritePrepared(s.ctx, prepared),
				s.Send(s.ctx, Message{Type: Text}),
				s.SendPrepared(s.ctx, prepared),
				err,
			} {
				if err == nil || CloseStatus(err) != c.want {
					t.Errorf("%s, way %d: %v", name, i, err)
				}
			}
		}
	}, tcp, pipe, tlsTCP)
}

// TestMaskedInFewWrites: a client masks a large message in large pieces.
func TestMaskedInFewWrites(t *testing.T) {
	for size, most := range map[int]int64{4 * bufferSize: 6, 1 << 20: 3, 4 << 20: 9} {
		s := script(t, pipe, protocol.Client, &Options{MaxMessage: -1})
		s.peer.read()
		p := []byte(filled(size))
		if err := s.Write(s.ctx, Binary, p); err != nil {
			t.Fatal(err)
		}
		s.peer.want(binaryF(filled(size)))
		if n := s.stream.writes.Load(); n > most {
			t.Errorf("%d octets in %d writes, want %d at most", size, n, most)
		}
		if string(p) != filled(size) {
			t.Error("the caller's octets have changed")
		}
	}
}
