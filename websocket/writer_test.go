package websocket

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/duplexws/duplex/protocol"
)

func (s *scripted) nextWriter(typ MessageType) io.WriteCloser {
	s.t.Helper()
	w, err := s.NextWriter(s.ctx, typ)
	if err != nil {
		s.t.Fatal(err)
	}
	return w
}

func (s *scripted) mustWriteTo(w io.Writer, p string) {
	s.t.Helper()
	if n, err := w.Write([]byte(p)); n != len(p) || err != nil {
		s.t.Fatalf("%d of %d: %v", n, len(p), err)
	}
}

// TestNextWriter: what is short goes out in one frame, what is long in fragments
// of 16 KiB.
func TestNextWriter(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		for _, role := range roles {
			s := script(t, tr, role, nil)
			s.peer.read()

			w := s.nextWriter(Text)
			s.mustWriteTo(w, "one ")
			s.mustWriteTo(w, "")
			s.mustWriteTo(w, "frame")
			w.Close()
			s.peer.want(text("one frame"))

			s.nextWriter(Binary).Close()
			s.peer.want(binaryF(""))

			w = s.nextWriter(Text)
			for range 40 {
				s.mustWriteTo(w, filled(1000))
			}
			w.Close()
			whole := ""
			for range 40 {
				whole += filled(1000)
			}
			s.peer.want(first(whole[:flushSize]), cont(whole[flushSize:2*flushSize]), last(whole[2*flushSize:]))

			w = s.nextWriter(Text) // what is large already is not gathered
			s.mustWriteTo(w, filled(100_000))
			s.mustWriteTo(w, "end")
			w.Close()
			s.peer.want(first(filled(100_000)), last("end"))
			if n := s.Stats().MessagesOut; n != 4 {
				t.Errorf("%d messages", n)
			}
		}
	}, tcp, pipe, tlsTCP)
}

// TestNextWriterLetsControlFramesBetween, and holds messages back.
func TestNextWriterLetsControlFramesBetween(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		failed := s.reading()
		w := s.nextWriter(Text)
		s.mustWriteTo(w, filled(flushSize))
		s.peer.want(first(filled(flushSize)))
		s.peer.write(ping("1"))
		s.peer.want(pong("1"))
		f, result, _ := s.pinging(s.ctx)
		s.peer.write(pong(f.payload))
		if err := <-result; err != nil {
			t.Error(err)
		}

		// Each way to write waits, and gives up with its context.
		p := mustPrepare(t, "x")
		ctx, cancel := context.WithCancelCause(s.ctx)
		var all []<-chan error
		for _, write := range []func() error{
			func() error { return s.Write(ctx, Text, []byte("x")) },
			func() error { return s.WritePrepared(ctx, p) },
			func() error { _, err := s.NextWriter(ctx, Text); return err },
		} {
			all = append(all, async(write))
		}
		behind := async(func() error { return s.Write(s.ctx, Text, []byte("behind")) })
		s.peer.write(ping("2"))
		s.peer.want(pong("2")) // and nothing else
		cancel(errCause)
		for i, failed := range all {
			if err := <-failed; err != errCause {
				t.Errorf("way %d: %v", i, err)
			}
		}
		s.mustWriteTo(w, "end")
		w.Close()
		s.peer.want(last("end"), text("behind"))
		if err := <-behind; err != nil {
			t.Error(err)
		}
		s.CloseNow()
		<-failed
	}, tcp, pipe, tlsTCP)
}

func TestNextWriterMisuse(t *testing.T) {
	s := serve(t, tcp, nil)
	w := s.nextWriter(Text)
	s.mustWriteTo(w, "x")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := w.Write([]byte("y")); n != 0 || err != errWriterClosed {
		t.Errorf("Write behind Close: %d, %v", n, err)
	}
	if err := w.Close(); err != errWriterClosed {
		t.Errorf("Close behind Close: %v", err)
	}
	if _, err := s.NextWriter(s.ctx, protocol.OpPing); err != protocol.ErrOpcode {
		t.Errorf("NextWriter of a Ping: %v", err)
	}
	s.mustWrite("fine")
	s.peer.want(text("x"), text("fine"))
}

// TestNextWriterBreaks: a message that cannot be finished ends the connection.
func TestNextWriterBreaks(t *testing.T) {
	for name, spoil := range map[string]func(s *scripted, w io.Writer, cancel func()) error{
		"not UTF-8": func(s *scripted, w io.Writer, _ func()) error {
			_, err := w.Write([]byte(filled(flushSize) + "\xff"))
			return err
		},
		"cancelled": func(s *scripted, w io.Writer, cancel func()) error {
			defer s.writeLock.Unlock()
			s.writeLock.Lock(s.ctx, nil) // as a blocked writer would
			cancel()
			_, err := w.Write([]byte(filled(flushSize)))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, tr transport) {
				s := serve(t, tr, nil)
				ctx, cancel := context.WithCancel(s.ctx)
				defer cancel()
				w, err := s.NextWriter(ctx, Text)
				if err != nil {
					t.Fatal(err)
				}
				s.mustWriteTo(w, filled(flushSize))
				s.peer.want(first(filled(flushSize)))
				err = spoil(s, w, cancel)
				if err == nil {
					t.Fatal("no error")
				}
				if _, again := w.Write([]byte("more")); again != err {
					t.Errorf("then %v, first %v", again, err)
				}
				if again := w.Close(); again != err {
					t.Errorf("Close: %v, first %v", again, err)
				}
				s.peer.want(closeFrame(StatusInternalError, "message broken off"))
				if err := s.Write(s.ctx, Text, nil); err != ErrClosed {
					t.Errorf("Write: %v", err)
				}
				s.peer.write(closeFrame(StatusInternalError, ""))
				s.peer.end()
				if _, _, err := s.Read(s.ctx); CloseStatus(err) != StatusInternalError {
					t.Errorf("Read: %v", err)
				}
			}, tcp, pipe, tlsTCP)
		})
	}
}

// TestNextWriterCancelledMidFragment: the rest of the fragment follows, and then
// the Close frame.
func TestNextWriterCancelledMidFragment(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := script(t, tr, protocol.Server, nil)
		ctx, cancel := context.WithCancel(s.ctx)
		w, err := s.NextWriter(ctx, Text)
		if err != nil {
			t.Fatal(err)
		}
		failed := async(func() error { _, err := w.Write([]byte(filled(3 << 20))); return err })
		<-s.stream.waiting
		cancel()
		var partial *PartialWriteError
		if err := <-failed; !errors.As(err, &partial) {
			t.Errorf("%v", err)
		}
		closed := async(w.Close)
		s.peer.read()
		if err := <-closed; err == nil {
			t.Error("Close: no error")
		}
		s.peer.want(first(filled(3 << 20)))
		s.peer.want(closeFrame(StatusInternalError, "message broken off"))
		s.CloseNow()
	}, tcp, tlsTCP)
}

// TestNextWriterSplitsCharacters: text is checked over the borders of fragments.
func TestNextWriterSplitsCharacters(t *testing.T) {
	s := serve(t, tcp, nil)
	w := s.nextWriter(Text)
	p := filled(flushSize-1) + "€" + filled(flushSize) + "€"
	for i := range len(p) {
		s.mustWriteTo(w, p[i:i+1])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got := ""
	for more := true; more; {
		f, _ := s.peer.next()
		got, more = got+f.payload, f.more
	}
	if got != p {
		t.Error("the text has changed")
	}
	w = s.nextWriter(Text)
	s.mustWriteTo(w, "\xe2\x82")
	if err := w.Close(); err != protocol.ErrNotText {
		t.Errorf("half a character: %v", err)
	}
}
