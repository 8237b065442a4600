package websocket

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/duplexws/duplex/protocol"
)

func TestStats(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		var in, out uint64
		for _, f := range []frame{text("a"), binaryF(filled(50_000)), first("x"), ping("p"), last("y")} {
			s.peer.write(f)
			in += uint64(len(f.octets(true)))
		}
		s.wantRead(Text, "a")
		s.wantRead(Binary, filled(50_000))
		s.wantRead(Text, "xy")
		for _, p := range []string{"a", filled(200), filled(50_000)} {
			s.mustWrite(p)
			out += uint64(len(text(p).octets(false)))
		}
		w := s.nextWriter(Text)
		s.mustWriteTo(w, "b")
		w.Close()
		s.mustSend("c")
		if err := s.WritePrepared(s.ctx, mustPrepare(t, "d")); err != nil {
			t.Fatal(err)
		}
		out += 3*3 + uint64(len(pong("p").octets(false)))
		for range 7 {
			s.peer.next()
		}
		eventually(t, "the writers finish", func() bool { return s.Stats().BytesOut == out })
		got := s.Stats()
		if want := (Stats{MessagesIn: 3, MessagesOut: 6, BytesIn: in, BytesOut: out}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}, tcp, pipe, tlsTCP)
}

// notes is a record of what happened.
type notes struct {
	mu  sync.Mutex
	all []string
}

func (n *notes) add(s string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, s)
}

func (n *notes) want(t *testing.T, want ...string) {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	if !slices.Equal(n.all, want) {
		t.Errorf("%q, want %q", n.all, want)
	}
}

// TestHooks: one Closed for each Opened, with the error unless the end was clean.
func TestHooks(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(s *scripted)
		want string
	}{
		{"clean", func(s *scripted) { s.peer.write(closeFrame(1000, "")); s.peer.end(); s.Read(s.ctx) }, "closed <nil>"},
		{"going away", func(s *scripted) { s.peer.write(closeFrame(1001, "")); s.peer.end(); s.Read(s.ctx) }, "closed <nil>"},
		{"other code", func(s *scripted) { s.peer.write(closeFrame(4000, "x")); s.peer.end(); s.Read(s.ctx) }, "closed " + (&CloseError{Code: 4000, Reason: "x"}).Error()},
		{"now", func(s *scripted) { s.CloseNow(); s.CloseNow() }, "closed " + ErrClosed.Error()},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, o *Options) {
				var n notes
				o.PingInterval = -1
				o.Hooks = &Hooks{
					Opened:    func(*Conn) { n.add("opened") },
					Closed:    func(_ *Conn, err error) { n.add("closed " + errString(err)) },
					Pinged:    func(*Conn) { n.add("pinged") },
					RoundTrip: func(_ *Conn, d time.Duration) { n.add("round trip " + d.String()) },
				}
				s := serve(t, pipe, o)
				s.peer.write(ping("x"), text("a"))
				s.wantRead(Text, "a")
				s.peer.want(pong("x"))
				f, result, _ := s.pinging(s.ctx)
				time.Sleep(time.Second)
				s.peer.write(pong(f.payload))
				<-result
				c.end(s)
				<-s.Done()
				s.peer.hour = time.Minute
				for range s.peer.in { // the Close frame
				}
				time.Sleep(time.Second)
				n.want(t, "opened", "pinged", "round trip 1s", c.want)
			})
		})
	}
}

func errString(err error) string {
	if err == nil {
		return "<nil>"
	}
	return err.Error()
}

// TestHookThatPanics costs its connection, and is reported.
func TestHookThatPanics(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(h *Hooks)
		make func(s *scripted)
	}{
		"Pinged": {func(h *Hooks) { h.Pinged = func(*Conn) { panic("in a hook") } }, func(s *scripted) {
			s.peer.write(ping(""))
			if _, _, err := s.Read(s.ctx); err == nil {
				t.Error("the connection lives on")
			}
		}},
		"Closed": {func(h *Hooks) { h.Closed = func(*Conn, error) { panic("in a hook") } }, func(s *scripted) { s.CloseNow() }},
		"Opened": {func(h *Hooks) { h.Opened = func(*Conn) { panic("in a hook") } }, func(s *scripted) {}},
	} {
		t.Run(name, func(t *testing.T) {
			var panics []any
			var log bytes.Buffer
			o := &Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}
			o.Hooks = &Hooks{Panicked: func(_ *Conn, v any, stack []byte) {
				panics = append(panics, v)
				if !strings.Contains(string(stack), "TestHookThatPanics") {
					t.Errorf("the stack does not lead here:\n%s", stack)
				}
				panic("again")
			}}
			c.set(o.Hooks)
			s := serve(t, tcp, o)
			c.make(s)
			<-s.Done()
			if len(panics) != 1 || panics[0] != "in a hook" {
				t.Errorf("%v", panics)
			}
			if !strings.Contains(log.String(), "in a hook") {
				t.Errorf("log: %s", log.String())
			}
		})
	}
}

func TestCloseStatus(t *testing.T) {
	for _, c := range []struct {
		err  error
		want StatusCode
	}{
		{nil, 0},
		{context.Canceled, 0},
		{ErrClosed, 0},
		{&CloseError{Code: 4000}, 4000},
		{&PartialWriteError{&CloseError{Code: 1001}}, 1001},
		{&ProtocolError{Code: 1002}, 1002},
		{abnormal(errors.New("x")), StatusAbnormalClosure},
	} {
		if got := CloseStatus(c.err); got != c.want {
			t.Errorf("%v: %d, want %d", c.err, got, c.want)
		}
	}
	var timeout interface{ Timeout() bool }
	for err, want := range map[error]bool{context.DeadlineExceeded: true, context.Canceled: false, protocol.ErrNotText: false} {
		if !errors.As(&PartialWriteError{err}, &timeout) || timeout.Timeout() != want {
			t.Errorf("%v: Timeout is %v", err, !want)
		}
	}
}
