package websocket

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/duplexws/duplex/protocol"
)

// ways are the ways to read a message.
var ways = map[string]func(ctx context.Context, c *Conn) (MessageType, []byte, error){
	"Read": func(ctx context.Context, c *Conn) (MessageType, []byte, error) { return c.Read(ctx) },
	"ReadInto": func(ctx context.Context, c *Conn) (MessageType, []byte, error) {
		return c.ReadInto(ctx, make([]byte, 50))
	},
	"ReadEach": func(ctx context.Context, c *Conn) (typ MessageType, p []byte, err error) {
		err = c.ReadEach(ctx, func(t MessageType, b []byte) error {
			typ, p = t, append([]byte(nil), b...)
			return io.EOF
		})
		if err == io.EOF {
			err = nil
		}
		return typ, p, err
	},
	"Messages": func(ctx context.Context, c *Conn) (MessageType, []byte, error) {
		for m, err := range c.Messages(ctx) {
			return m.Type, m.Data, err
		}
		return 0, nil, io.EOF
	},
	"NextReader": func(ctx context.Context, c *Conn) (MessageType, []byte, error) {
		typ, r, err := c.NextReader(ctx)
		if err != nil {
			return 0, nil, err
		}
		p, err := io.ReadAll(r)
		return typ, p, err
	},
	"Ping": func(ctx context.Context, c *Conn) (MessageType, []byte, error) {
		_, err := c.Ping(ctx)
		return 0, nil, err
	},
}

// cancelledRead starts a read, and cancels it when it waits for the nth time.
func (s *scripted) cancelledRead(way string, n int) {
	s.t.Helper()
	ctx, cancel := context.WithCancelCause(s.ctx)
	s.stream.forget()
	failed := async(func() error {
		_, _, err := ways[way](ctx, s.Conn)
		return err
	})
	for range n {
		<-s.stream.reading
	}
	cancel(errCause)
	if err := <-failed; err != errCause {
		s.t.Fatalf("cancelled %s: %v, want the cause", way, err)
	}
}

func TestReadCancelledWithNothingThere(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		for first := range ways {
			for second, read := range ways {
				if second == "Ping" {
					continue
				}
				s := serve(t, tr, nil)
				s.cancelledRead(first, 1)
				s.peer.write(text("after"))
				wantMessage(t, "after", Text)(read(s.ctx, s.Conn))
				s.CloseNow()
			}
		}
	}, tcp, pipe, tlsTCP)
}

// TestReadCancelledMidMessage cuts a message everywhere that matters: in its
// header, behind it, in the payload, between fragments.
func TestReadCancelledMidMessage(t *testing.T) {
	short, long := text(filled(100)), text(filled(100_000))
	whole := short.octets(true)
	large := long.octets(true)
	fragments := slices.Concat(first("one ").octets(true), cont("").octets(true), ping("!").octets(true), last("two").octets(true))
	for _, c := range []struct {
		name   string
		octets []byte
		cut    int
		want   string
	}{
		{"in the header", whole, 1, short.payload},
		{"in the masking key", whole, 4, short.payload},
		{"behind the header", whole, 6, short.payload},
		{"in the payload", whole, 50, short.payload},
		{"before the last octet", whole, len(whole) - 1, short.payload},
		{"in a long header", large, 7, long.payload},
		{"in a long payload", large, 3000, long.payload},
		{"far in a long payload", large, 90_000, long.payload},
		{"in a fragment", fragments, 8, "one two"},
		{"between fragments", fragments, 10, "one two"},
		{"behind an empty fragment", fragments, 16, "one two"},
	} {
		t.Run(c.name, func(t *testing.T) {
			run(t, func(t *testing.T, tr transport) {
				for first := range ways {
					if first == "NextReader" || first == "Ping" && c.cut < 1 {
						continue // what a reader has returned is the application's
					}
					for second, read := range ways {
						if second == "Ping" {
							continue
						}
						s := serve(t, tr, nil)
						s.peer.out <- slices.Clone(c.octets[:c.cut])
						s.readUntilCancelled(first, c.cut)
						s.peer.out <- slices.Clone(c.octets[c.cut:])
						wantMessage(t, c.want, Text)(read(s.ctx, s.Conn))
						s.peer.write(binaryF("next"))
						wantMessage(t, "next", Binary)(read(s.ctx, s.Conn))
						s.CloseNow()
					}
				}
			}, tcp, pipe, tlsTCP)
		})
	}
}

// readUntilCancelled reads until n octets have been received, and cancels.
func (s *scripted) readUntilCancelled(way string, n int) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.ctx)
	failed := async(func() error {
		_, _, err := ways[way](ctx, s.Conn)
		return err
	})
	eventually(s.t, "the octets arrive", func() bool { return s.Stats().BytesIn == uint64(n) })
	cancel()
	if err := <-failed; err != context.Canceled {
		s.t.Fatalf("cancelled %s: %v", way, err)
	}
}

// TestReadIntoLeavesBufferAlone: what is cancelled has no claim on the buffer.
func TestReadIntoLeavesBufferAlone(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		message := text(filled(20_000))
		octets := message.octets(true)
		buf := make([]byte, 30_000)
		ctx, cancel := context.WithCancel(s.ctx)
		s.peer.out <- octets[:10_000]
		failed := async(func() error {
			_, _, err := s.ReadInto(ctx, buf)
			return err
		})
		eventually(t, "the octets arrive", func() bool { return s.Stats().BytesIn == 10_000 })
		cancel()
		if err := <-failed; err != context.Canceled {
			t.Fatal(err)
		}
		for i := range buf {
			buf[i] = 0xAA
		}
		s.peer.out <- octets[10_000:]
		s.wantRead(Text, message.payload)
		if i := slices.IndexFunc(buf, func(b byte) bool { return b != 0xAA }); i >= 0 {
			t.Errorf("octet %d of the buffer was written to behind the cancelled call", i)
		}
	}, tcp, pipe, tlsTCP)
}

func TestReadInto(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		buf := make([]byte, 10)
		s.peer.write(text("fits"), text("0123456789"), text("is larger than it"), text(""), text(filled(70_000)))
		for _, c := range []struct {
			want   string
			inside bool
		}{{"fits", true}, {"0123456789", true}, {"is larger than it", false}, {"", true}, {filled(70_000), false}} {
			_, p, err := s.ReadInto(s.ctx, buf)
			if err != nil || string(p) != c.want {
				t.Fatalf("read %.20q, %v; want %.20q", p, err, c.want)
			}
			if inside := &p[:1][0] == &buf[0]; inside != c.inside {
				t.Errorf("%.20q lies in the buffer: %v", c.want, inside)
			}
		}
	}, tcp, pipe)
}

// TestReadOwnsItsBytes: no later message changes what a Read has returned.
func TestReadOwnsItsBytes(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		for way, read := range ways {
			if way == "Ping" {
				continue
			}
			s := serve(t, tr, nil)
			var got [][]byte
			var want []string
			for i := range 20 {
				want = append(want, filled(i*i*100+1))
				s.peer.write(text(want[i][:i]), first(want[i][:i]), last(want[i][i:]))
				wantMessage(t, want[i][:i], Text)(s.Read(s.ctx))
				_, p, err := read(s.ctx, s.Conn)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, p)
			}
			for i := range got {
				if string(got[i]) != want[i] {
					t.Errorf("%s: message %d has changed", way, i)
				}
			}
			s.CloseNow()
		}
	}, tcp, pipe)
}

func TestReadWithContextThatHasEnded(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		ended, cancel := context.WithCancelCause(s.ctx)
		errCause := errors.New("over")
		cancel(errCause)
		if _, _, err := s.Read(ended); err != errCause {
			t.Fatalf("nothing there: %v", err)
		}
		// What has been received needs no waiting, so the context does not count.
		s.peer.write(text("a"), text("b"), text("c"))
		s.wantRead(Text, "a")
		wantMessage(t, "b", Text)(s.Read(ended))
		wantMessage(t, "c", Text)(s.Read(ended))
		if _, _, err := s.Read(ended); err != errCause {
			t.Fatalf("behind the last: %v", err)
		}
		s.peer.write(text("d"))
		s.wantRead(Text, "d")
	}, tcp, pipe, tlsTCP)
}

func TestReadDeadline(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		s := serve(t, pipe, o)
		for range 3 {
			ctx, cancel := context.WithTimeout(s.ctx, time.Second)
			start := time.Now()
			if _, _, err := s.Read(ctx); err != context.DeadlineExceeded || time.Since(start) != time.Second {
				t.Fatalf("%v after %v", err, time.Since(start))
			}
			cancel()
		}
		s.peer.write(text("still there"))
		s.wantRead(Text, "still there")
	})
}

// TestReadContexts reads with one context for all, and with a fresh one each.
func TestReadContexts(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		same, cancel := context.WithCancel(s.ctx)
		defer cancel()
		for i := range 300 {
			ctx := same
			if i%3 == 0 {
				fresh, cancel := context.WithCancel(s.ctx)
				defer cancel()
				ctx = fresh
			}
			s.stream.forget()
			failed := async(func() error {
				_, _, err := s.Read(ctx)
				return err
			})
			<-s.stream.reading
			s.peer.write(text("x"))
			if err := <-failed; err != nil {
				t.Fatal(err)
			}
		}
		s.stream.forget()
		failed := async(func() error {
			_, _, err := s.Read(same)
			return err
		})
		<-s.stream.reading
		cancel()
		if err := <-failed; err != context.Canceled {
			t.Fatal(err)
		}
		s.peer.write(text("y"))
		s.wantRead(Text, "y")
	}, tcp, pipe, tlsTCP)
}

// TestReadersQueue: readers wait for each other, in order, and may give up.
func TestReadersQueue(t *testing.T) {
	bubble(t, func(t *testing.T, o *Options) {
		s := serve(t, pipe, o)
		got := make(chan string, 3)
		read := func(ctx context.Context, name string) {
			go func() {
				_, p, err := s.Read(ctx)
				if err != nil {
					p = []byte(err.Error())
				}
				got <- name + " " + string(p)
			}()
			s.peer.wantIdle() // until it waits
		}
		read(s.ctx, "first")
		ctx, cancel := context.WithCancel(s.ctx)
		read(ctx, "second")
		read(s.ctx, "third")
		cancel()
		for _, want := range []string{"second context canceled", "first a", "third b"} {
			if g := <-got; g != want {
				t.Errorf("%s, want %s", g, want)
			}
			if want == "second context canceled" {
				s.peer.write(text("a"), text("b"))
			}
		}
	})
}

// TestReadErrorsLast: behind an error of the connection every read returns it.
// Who reads again behind an error is told at once, while the closing handshake
// waits for the peer.
func TestReadErrorAgainAtOnce(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		for range 20 {
			s := serve(t, tr, &Options{CloseTimeout: time.Hour})
			s.peer.write(frame{op: 3})
			_, _, first := s.Read(s.ctx)
			for range 3 {
				if _, _, err := s.Read(s.ctx); err == nil || err != first {
					t.Fatalf("first %v, then %v", first, err)
				}
			}
			s.peer.want(closeFrame(StatusProtocolError, "frame with reserved opcode 3"))
			s.CloseNow()
		}
	}, tcp, pipe, halves, tlsTCP)
}

func TestReadErrorsLast(t *testing.T) {
	for _, c := range []struct {
		name   string
		script func(s *scripted)
		is     func(err error) bool
		status StatusCode
	}{
		{"close", func(s *scripted) { s.peer.write(closeFrame(4001, "bye")) }, func(err error) bool {
			var e *CloseError
			return errors.As(err, &e) && e.Code == 4001 && e.Reason == "bye"
		}, 4001},
		{"broken rule", func(s *scripted) { s.peer.write(frame{op: 3}) }, func(err error) bool {
			var e *ProtocolError
			return errors.As(err, &e) && e.Code == StatusProtocolError
		}, StatusProtocolError},
		{"limit", func(s *scripted) { s.peer.write(text(filled(protocol.DefaultMaxMessage + 1))) }, func(err error) bool {
			var e *ProtocolError
			return errors.As(err, &e) && e.Limit == "MaxMessage"
		}, StatusMessageTooBig},
		{"end of the transport", func(s *scripted) { s.peer.nc.Close() }, func(err error) bool {
			return errors.Is(err, ErrAbnormal)
		}, StatusAbnormalClosure},
		{"our end", func(s *scripted) { s.CloseNow() }, func(err error) bool { return err == ErrClosed }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			run(t, func(t *testing.T, tr transport) {
				s := serve(t, tr, nil)
				c.script(s)
				var was error
				for way, read := range ways {
					if way == "Messages" {
						continue // which tells a clean end from others
					}
					_, _, err := read(s.ctx, s.Conn)
					if !c.is(err) || CloseStatus(err) != c.status {
						t.Errorf("%s: %v", way, err)
					}
					if way == "Read" {
						was = err
					}
				}
				if _, _, err := s.Read(s.ctx); err != was {
					t.Errorf("%v, before %v", err, was)
				}
			}, tcp, pipe, tlsTCP)
		})
	}
}

// TestCloseRead: an application that only writes.
func TestCloseRead(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		ctx := s.CloseRead(s.ctx)
		s.peer.write(ping("answer me"))
		s.peer.want(pong("answer me"))
		s.mustWrite("still open")
		s.peer.want(text("still open"))
		s.peer.write(text("unexpected"))
		s.peer.want(closeFrame(StatusPolicyViolation, "no message expected"))
		s.peer.write(closeFrame(StatusPolicyViolation, ""))
		s.peer.nc.Close()
		<-ctx.Done()
		if err := context.Cause(ctx); err == nil || err == context.Canceled {
			t.Errorf("cause %v", err)
		}
		<-s.Done()
	}, tcp, pipe, tlsTCP)
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		ctx := s.CloseRead(s.ctx)
		s.peer.write(closeFrame(StatusGoingAway, ""))
		s.peer.want(closeFrame(StatusGoingAway, ""))
		<-ctx.Done()
		if code := CloseStatus(context.Cause(ctx)); code != StatusGoingAway {
			t.Errorf("cause %v", context.Cause(ctx))
		}
	}, tcp, pipe, tlsTCP)
	// The end of its context ends the reading, and nothing else.
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		parent, cancel := context.WithCancel(s.ctx)
		ctx := s.CloseRead(parent)
		cancel()
		<-ctx.Done()
		s.peer.write(text("for someone else"))
		s.wantRead(Text, "for someone else")
	}, tcp, pipe, tlsTCP)
}

// TestSetMaxMessage changes one connection, in both directions, between messages
// that were received together.
func TestSetMaxMessage(t *testing.T) {
	s := serve(t, pipe, &Options{MaxMessage: 10})
	s.SetMaxMessage(5)
	other := serve(t, pipe, &Options{MaxMessage: 10})
	s.peer.write(text("12345"), text(filled(1000)), text("123456"))
	s.wantRead(Text, "12345")
	s.SetMaxMessage(1000)
	s.wantRead(Text, filled(1000))
	s.SetMaxMessage(5)
	if _, _, err := s.Read(s.ctx); CloseStatus(err) != StatusMessageTooBig {
		t.Errorf("6 octets: %v", err)
	}
	other.peer.write(text("1234567890"))
	other.wantRead(Text, "1234567890")
	unlimited := serve(t, pipe, &Options{MaxMessage: 10})
	unlimited.SetMaxMessage(-1)
	unlimited.peer.write(text(filled(2 << 20)))
	unlimited.wantRead(Text, filled(2<<20))
	unlimited.SetMaxMessage(0) // the default
	unlimited.peer.write(text(filled(1<<20)), text(filled(1<<20+1)))
	unlimited.wantRead(Text, filled(1<<20))
	if _, _, err := unlimited.Read(s.ctx); CloseStatus(err) != StatusMessageTooBig {
		t.Errorf("above the default: %v", err)
	}
}
