package websocket

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/duplexws/duplex/protocol"
)

// nextReader begins to read a message.
func (s *scripted) nextText() io.Reader {
	s.t.Helper()
	typ, r, err := s.NextReader(s.ctx)
	if err != nil || typ != Text {
		s.t.Fatal(typ, err)
	}
	return r
}

// TestNextReaderStreams: octets are handed on as they come.
func TestNextReaderStreams(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		whole := text("abcdefgh").octets(true)
		s.peer.out <- whole[:8]
		r := s.nextText()
		buf := make([]byte, 100)
		if n, err := r.Read(buf); string(buf[:n]) != "ab" || err != nil {
			t.Fatalf("%q, %v", buf[:n], err)
		}
		s.peer.out <- whole[8:10]
		if n, err := r.Read(buf); string(buf[:n]) != "cd" || err != nil {
			t.Fatalf("%q, %v", buf[:n], err)
		}
		s.peer.out <- whole[10:]
		if p, err := io.ReadAll(r); string(p) != "efgh" || err != nil {
			t.Fatalf("%q, %v", p, err)
		}
		if n, err := r.Read(buf); n != 0 || err != io.EOF {
			t.Errorf("behind the end: %d, %v", n, err)
		}
	}, tcp, pipe, tlsTCP)
}

// TestNextReaderIsAReader as package io wants it.
func TestNextReaderIsAReader(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		message := filled(100_000)
		s.peer.write(first(message[:10]), cont(""), ping("?"), cont(message[10:50_000]), last(message[50_000:]))
		if err := iotest.TestReader(s.nextText(), []byte(message)); err != nil {
			t.Error(err)
		}
		s.peer.want(pong("?"))
		s.peer.write(text(""))
		if p, err := io.ReadAll(s.nextText()); len(p) != 0 || err != nil {
			t.Errorf("%q, %v", p, err)
		}
		if n := s.Stats().MessagesIn; n != 2 {
			t.Errorf("%d messages", n)
		}
	}, tcp, pipe, tlsTCP)
}

// TestNextReaderSkips what is left unread, and the old reader knows it.
func TestNextReaderSkips(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		for way, read := range ways {
			if way == "Ping" {
				continue
			}
			s := serve(t, tr, nil)
			s.peer.write(first("half read"), cont("unread"), last(filled(50_000)), text("next"))
			r := s.nextText()
			buf := make([]byte, 4)
			if n, err := r.Read(buf); string(buf[:n]) != "half" || err != nil {
				t.Fatalf("%q, %v", buf[:n], err)
			}
			wantMessage(t, "next", Text)(read(s.ctx, s.Conn))
			if n, err := r.Read(buf); n != 0 || err != errSuperseded {
				t.Errorf("%s: the old reader: %d, %v", way, n, err)
			}
			s.CloseNow()
		}
	}, tcp, pipe, tlsTCP)
}

// TestSkipCancelled: the reader of a message that was being skipped does not go
// on with a hole.
func TestSkipCancelled(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		s.peer.write(first("half read"))
		r := s.nextText()
		if _, err := r.Read(make([]byte, 4)); err != nil {
			t.Fatal(err)
		}
		s.cancelledRead("Read", 1)
		s.peer.write(last("rest"), text("next"))
		if n, err := r.Read(make([]byte, 4)); n != 0 || err != errSuperseded {
			t.Errorf("%d, %v", n, err)
		}
		s.wantRead(Text, "next")
	}, tcp, pipe, tlsTCP)
}

// TestNextReaderCancelled: the context of NextReader is that of the reader, and
// what it cannot wait for is skipped.
func TestNextReaderCancelled(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		s.peer.write(first("half"))
		ctx, cancel := context.WithCancelCause(s.ctx)
		_, r, err := s.NextReader(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Read(make([]byte, 4)); err != nil {
			t.Fatal(err)
		}
		s.stream.forget()
		failed := async(func() error { _, err := r.Read(make([]byte, 4)); return err })
		<-s.stream.reading
		cancel(errCause)
		if err := <-failed; err != errCause {
			t.Errorf("%v", err)
		}
		s.peer.write(last("rest"), text("next"))
		s.wantRead(Text, "next")
	}, tcp, pipe, tlsTCP)
}

// TestNextReaderFails in the middle of a message.
func TestNextReaderFails(t *testing.T) {
	for name, c := range map[string]struct {
		script func(s *scripted)
		status StatusCode
	}{
		"not UTF-8":  {func(s *scripted) { s.peer.write(last("\xff")) }, StatusInvalidPayload},
		"too large":  {func(s *scripted) { s.peer.write(last(filled(2000))) }, StatusMessageTooBig},
		"broken":     {func(s *scripted) { s.peer.write(text("in a message")) }, StatusProtocolError},
		"peer goes":  {func(s *scripted) { s.peer.end() }, StatusAbnormalClosure},
		"peer close": {func(s *scripted) { s.peer.write(closeFrame(4000, "")) }, 4000},
		"we go":      {func(s *scripted) { s.CloseNow() }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, tr transport) {
				s := serve(t, tr, &Options{MaxMessage: 1000})
				s.peer.write(first("good"))
				r := s.nextText()
				buf := make([]byte, 4)
				if n, err := r.Read(buf); string(buf[:n]) != "good" || err != nil {
					t.Fatalf("%q, %v", buf[:n], err)
				}
				c.script(s)
				p, err := io.ReadAll(r)
				if err == nil || CloseStatus(err) != c.status || strings.Trim(string(p), "0123456789 ") != "" {
					t.Errorf("%.20q, %v", p, err)
				}
				if _, again := r.Read(buf); again != err {
					t.Errorf("then %v, first %v", again, err)
				}
			}, tcp, pipe, tlsTCP)
		})
	}
}

// TestNextReaderBorrowsNoMore: a reader whose connection has ended holds on to
// no memory that another connection may have by now.
func TestNextReaderBorrowsNoMore(t *testing.T) {
	for name, end := range map[string]func(s *scripted) error{
		"CloseNow": func(s *scripted) error { return s.CloseNow() },
		"Close": func(s *scripted) error {
			closed := s.closing(1000, "")
			s.peer.want(closeFrame(1000, ""))
			s.peer.write(last(""), closeFrame(1000, ""))
			s.peer.end()
			return <-closed
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, tcp, nil)
			s.peer.write(first(filled(1000)))
			r := s.nextText()
			if _, err := r.Read(make([]byte, 10)); err != nil {
				t.Fatal(err)
			}
			if err := end(s); err != nil {
				t.Fatal(err)
			}
			if n, err := r.Read(make([]byte, 10)); n != 0 || !errors.Is(err, ErrClosed) {
				t.Errorf("%d, %v", n, err)
			}
		})
	}
}

func TestReadEach(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		s.peer.write(text("a"), first("b"), ping("?"), last(filled(50_000)), binaryF("c"), text("d"))
		var got []string
		stop := errors.New("enough")
		err := s.ReadEach(s.ctx, func(typ MessageType, p []byte) error {
			got = append(got, typ.String()+" "+string(p))
			if string(p) == "c" {
				return stop
			}
			return s.Write(s.ctx, typ, p)
		})
		if err != stop || len(got) != 3 || got[0] != "text a" || got[1] != "text b"+filled(50_000) || got[2] != "binary c" {
			t.Errorf("%.40q, %v", got, err)
		}
		s.wantRead(Text, "d")
		s.peer.want(text("a"), pong("?"), text("b"+filled(50_000)))
	}, tcp, pipe, tlsTCP)
}

// TestMessages: the iterator ends silently where both sides wanted the end.
func TestMessages(t *testing.T) {
	for _, c := range []struct {
		end    frame
		silent bool
	}{
		{closeFrame(StatusNormalClosure, ""), true},
		{closeFrame(StatusGoingAway, ""), true},
		{frame{op: protocol.OpClose}, true},
		{closeFrame(StatusPolicyViolation, ""), false},
		{frame{op: 5}, false},
	} {
		run(t, func(t *testing.T, tr transport) {
			s := serve(t, tr, nil)
			s.peer.write(text("a"), binaryF("b"), c.end)
			var got []Message
			var failed error
			for m, err := range s.Messages(s.ctx) {
				if err != nil {
					failed = err
					continue // there is nothing more
				}
				got = append(got, m)
			}
			if len(got) != 2 || got[0].Type != Text || string(got[0].Data) != "a" || got[1].Type != Binary || string(got[1].Data) != "b" {
				t.Errorf("%v", got)
			}
			if (failed == nil) != c.silent {
				t.Errorf("%v: %v", c.end, failed)
			}
		}, tcp, pipe)
	}
	// A loop that breaks off leaves the next message alone.
	s := serve(t, pipe, nil)
	s.peer.write(text("a"), text("b"))
	for range s.Messages(s.ctx) {
		break
	}
	s.wantRead(Text, "b")
	for _, err := range s.Messages(cancelledCtx) {
		if err != context.Canceled {
			t.Errorf("%v", err)
		}
	}
}

// codec stands in for one of another library.
type codec struct{}

func (codec) Marshal(v any) ([]byte, error) { return []byte("<" + v.(string) + ">"), nil }

func (codec) Unmarshal(data []byte, v any) error {
	*v.(*string) = strings.Trim(string(data), "<>")
	return nil
}

func TestJSON(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		type point struct{ X, Y int }
		if err := s.WriteJSON(s.ctx, point{1, 2}); err != nil {
			t.Fatal(err)
		}
		s.peer.want(text(`{"X":1,"Y":2}`))
		if err := s.WriteJSON(s.ctx, func() {}); err == nil {
			t.Error("a function was written")
		}
		s.peer.write(text(`{"X":3,`), text(`{"X":3,"Y":4}`))
		var p point
		if err := s.ReadJSON(s.ctx, &p); err == nil {
			t.Error("half an object was read")
		}
		if err := s.ReadJSON(s.ctx, &p); err != nil || p != (point{3, 4}) {
			t.Errorf("%v, %v", p, err)
		}
	}, tcp, pipe)
	s := serve(t, pipe, &Options{Codec: codec{}})
	if err := s.WriteJSON(s.ctx, "out"); err != nil {
		t.Fatal(err)
	}
	s.peer.want(text("<out>"))
	s.peer.write(text("<in>"))
	var v string
	if err := s.ReadJSON(s.ctx, &v); err != nil || v != "in" {
		t.Errorf("%q, %v", v, err)
	}
}
