package websocket

import (
	"fmt"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/wheel"
)

// unswept keeps the clock from writing what is put off, so that writes can be
// counted on a machine that is busy with something else.
func (s *scripted) unswept() { s.flags.set(isSwept) }

// echo answers n messages, each with reply in front.
func (s *scripted) echo(n int, reply string) {
	s.t.Helper()
	for range n {
		typ, p, err := s.Read(s.ctx)
		if err != nil {
			s.t.Fatal(err)
		}
		if err := s.Write(s.ctx, typ, append([]byte(reply), p...)); err != nil {
			s.t.Fatal(err)
		}
	}
}

func numbered(prefix string, n int) (frames []frame) {
	for i := range n {
		frames = append(frames, text(fmt.Sprintf("%s%d", prefix, i)))
	}
	return frames
}

// TestRepliesCoalesce: requests that come together are answered together.
func TestRepliesCoalesce(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		s.unswept()
		s.peer.write(numbered("", 16)...)
		s.echo(16, "re ")
		s.peer.want(numbered("re ", 16)...)
		if n := s.stream.writes.Load(); n > 2 {
			t.Errorf("16 replies in %d writes, want at most 2", n)
		}
	}, tcp, pipe, tlsTCP)
}

// TestSingleReplyGoesOut: a request that comes alone is answered before the
// handler does anything else.
func TestSingleReplyGoesOut(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		for i := range 10 {
			s.peer.write(text("request"))
			s.echo(1, "re ")
			if n := s.stream.writes.Load(); n != int64(i+1) {
				t.Fatalf("%d writes for %d replies", n, i+1)
			}
			s.peer.want(text("re request"))
		}
	}, tcp, pipe, tlsTCP)
}

// TestLargeRepliesFlush: what waits is never more than a few replies.
func TestLargeRepliesFlush(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		s.unswept()
		long := filled(5000)
		s.peer.write(numbered("", 16)...)
		for i := range 16 {
			s.echo(1, long)
			// Four of them are 16 KiB.
			if n, want := s.stream.writes.Load(), int64((i+1)/4); n != want {
				t.Fatalf("%d writes behind %d replies, want %d", n, i+1, want)
			}
		}
		s.peer.want(numbered(long, 16)...)
	}, tcp, pipe, tlsTCP)
}

// TestReplyDoesNotWaitForRestOfRequest: only a whole frame is worth waiting for.
func TestReplyDoesNotWaitForRestOfRequest(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		s.unswept()
		half := text("half of it")
		octets := half.octets(true)
		s.peer.out <- append(append(text("a").octets(true), text("b").octets(true)...), octets[:9]...)
		s.echo(2, "re ")
		if n := s.stream.writes.Load(); n != 1 {
			t.Errorf("%d writes", n)
		}
		s.peer.want(text("re a"), text("re b"))
		s.peer.out <- octets[9:]
		s.echo(1, "re ")
		s.peer.want(text("re half of it"))
	}, tcp, pipe, tlsTCP)
}

// TestHandlerThatBlocks does not hold an earlier reply back: the sweep finds it.
func TestHandlerThatBlocks(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		s.peer.write(text("a"), text("b"), text("c"))
		s.echo(1, "re ")
		s.wantRead(Text, "b") // and the handler does nothing more
		s.peer.want(text("re a"))
		s.echo(1, "re ")
		s.peer.want(text("re c"))
	}, tcp, pipe, tlsTCP)
	bubble(t, func(t *testing.T, o *Options) {
		s := serve(t, pipe, o)
		s.peer.write(text("a"), text("b"))
		start := time.Now()
		s.echo(1, "re ")
		if n := s.stream.writes.Load(); n != 0 {
			t.Fatalf("%d writes, so nothing was put off", n)
		}
		s.peer.want(text("re a"))
		if d := time.Since(start); d == 0 || d > 3*wheel.SweepEvery {
			t.Errorf("the reply was held back for %v", d)
		}
	})
}

// TestReaderFlushesBeforeItWaits: a handler that reads on without a reply.
func TestReaderFlushesBeforeItWaits(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		s := serve(t, pipe, o)
		s.peer.write(text("a"), text("b"))
		start := time.Now()
		s.echo(1, "re ")
		s.wantRead(Text, "b")
		failed := async(func() error {
			_, _, err := s.Read(s.ctx)
			return err
		})
		s.peer.want(text("re a"))
		if d := time.Since(start); d != 0 {
			t.Errorf("the reply was held back for %v", d)
		}
		s.CloseNow()
		<-failed
	})
}

// TestReplyBeforeClose: what was put off goes out before the Close frame.
func TestReplyBeforeClose(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		s.peer.write(text("a"), text("b"), closeFrame(4000, "enough"))
		s.echo(2, "re ")
		if _, _, err := s.Read(s.ctx); CloseStatus(err) != 4000 {
			t.Errorf("%v", err)
		}
		s.peer.want(text("re a"), text("re b"), closeFrame(4000, ""))
		s.peer.end()
		<-s.Done()
	}, tcp, pipe, tlsTCP)
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		s.peer.write(text("a"), text("b"))
		s.echo(1, "re ")
		s.wantRead(Text, "b")
		failed := async(func() error { return s.Close(s.ctx, StatusNormalClosure, "") })
		s.peer.want(text("re a"), closeFrame(StatusNormalClosure, ""))
		s.peer.write(closeFrame(StatusNormalClosure, ""))
		s.peer.end()
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}, tcp, pipe, tlsTCP)
}

// TestSweepEnds: an idle clock has nothing to do with a connection that wrote.
func TestSweepEnds(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		o.PingInterval = -1
		s := serve(t, pipe, o)
		for range 3 {
			s.peer.write(text("a"), text("b"))
			s.echo(1, "re ")
			s.wantRead(Text, "b")
			s.peer.want(text("re a"))
			time.Sleep(time.Second)
			if s.flags.has(isSwept) || s.flags.has(isDirty) {
				t.Error("the clock still sweeps a connection with nothing to write")
			}
		}
		// A bubble that has a timer would not end.
	})
}
