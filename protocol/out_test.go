package protocol

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// anOut is an Out with the buffer that it appends to, and the frames that have
// to be in it.
type anOut struct {
	Out
	t    *testing.T
	cfg  *Config
	dst  []byte
	want []string
}

func newOut(t *testing.T, role Role) *anOut {
	return &anOut{t: t, cfg: NewConfig(role, nil)}
}

// appended takes the result of a method, and wants these frames more.
func (o *anOut) appended(frames ...string) func(dst []byte, err error) {
	o.t.Helper()
	return func(dst []byte, err error) {
		o.t.Helper()
		if err != nil {
			o.t.Fatal(err)
		}
		o.dst, o.want = dst, append(o.want, frames...)
		if got := sentFrames(o.t, o.cfg.role, dst); !slices.Equal(got, o.want) {
			o.t.Fatalf("sent %q, want %q", got, o.want)
		}
	}
}

// refused takes the result of a method, and wants this error and nothing else.
func (o *anOut) refused(want error) func(dst []byte, err error) {
	o.t.Helper()
	before := o.Out
	return func(dst []byte, err error) {
		o.t.Helper()
		if err != want {
			o.t.Fatalf("error %v, want %v", err, want)
		}
		if len(dst) != len(o.dst) || cap(dst) != cap(o.dst) || o.Out != before {
			o.t.Fatalf("%d octets were appended, %+v became %+v", len(dst)-len(o.dst), before, o.Out)
		}
	}
}

func (o *anOut) message(op Opcode, p string) ([]byte, error) {
	return o.AppendMessage(o.cfg, o.dst, op, false, []byte(p))
}

func (o *anOut) fragment(op Opcode, p string, last bool) ([]byte, error) {
	return o.AppendFragment(o.cfg, o.dst, op, last, false, []byte(p))
}

func (o *anOut) ping(p string) ([]byte, error) { return o.AppendPing(o.cfg, o.dst, []byte(p)) }
func (o *anOut) pong(p string) ([]byte, error) { return o.AppendPong(o.cfg, o.dst, []byte(p)) }

func (o *anOut) close(code StatusCode, reason string) ([]byte, error) {
	dst, act, err := o.AppendClose(o.cfg, start, o.dst, code, reason)
	if err != nil && act != 0 {
		o.t.Fatalf("error %v with action %04b", err, act)
	}
	return dst, err
}

func TestOutMessages(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		o := newOut(t, role)
		o.appended(`text "Hello"`)(o.message(OpText, "Hello"))
		o.appended(`binary "\xff"`)(o.message(OpBinary, "\xFF"))
		o.appended(`text ""`)(o.message(OpText, ""))
		o.appended(`text more "Hel"`)(o.fragment(OpText, "Hel", false))
		o.appended(`ping "x"`)(o.ping("x"))
		o.refused(ErrUnderWay)(o.message(OpText, "a"))
		o.refused(ErrUnderWay)(o.fragment(OpBinary, "a", false))
		if !o.InMessage() {
			t.Error("no message is under way")
		}
		o.appended(`pong "y"`)(o.pong("y"))
		o.appended("continuation more")(o.fragment(OpText, "", false))
		o.appended(`continuation "lo"`)(o.fragment(OpText, "lo", true))
		if o.InMessage() {
			t.Error("a message is under way")
		}
		o.appended(`binary "z"`)(o.fragment(OpBinary, "z", true))
		for op := range Opcode(18) {
			if !op.Data() {
				o.refused(ErrOpcode)(o.message(op, "a"))
				o.refused(ErrOpcode)(o.fragment(op, "a", true))
			}
		}
		o.refused(ErrControlTooLong)(o.ping(strings.Repeat("a", 126)))
		o.refused(ErrControlTooLong)(o.pong(strings.Repeat("a", 126)))
		long := strings.Repeat("a", 125)
		o.appended(step{what: "ping", payload: long}.String())(o.ping(long))
	})
}

func TestOutText(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		o := newOut(t, role)
		for _, p := range []string{"\xFF", "a\xCE", strings.Repeat("a", 100) + "\xED\xA0\x80"} {
			o.refused(ErrNotText)(o.message(OpText, p))
			o.refused(ErrNotText)(o.fragment(OpText, p, true))
			if ValidText([]byte(p)) {
				t.Errorf("%q is valid text", p)
			}
		}
		o.appended(`text more "\xce"`)(o.fragment(OpText, "\xCE", false))
		// A refusal leaves the message as it was: it may go on rightly, and not
		// by what the refused fragment began.
		o.refused(ErrNotText)(o.fragment(OpText, "a", false))
		o.refused(ErrNotText)(o.fragment(OpText, "", true))
		o.refused(ErrNotText)(o.fragment(OpText, "\xBA\xF0", true))
		o.refused(ErrNotText)(o.fragment(OpText, "\xBA\xF0\xFF", false))
		o.refused(ErrNotText)(o.fragment(OpText, "\x9F\x98\x80", false))
		o.appended(`continuation "\xba"`)(o.fragment(OpText, "\xBA", true))
		// And nothing of it is left to the next message.
		o.appended(`text "b"`)(o.fragment(OpText, "b", true))
	})
}

// With RSV1 the payload is not text yet, and the bit stands on the first frame
// alone.
func TestOutRSV1(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		o := newOut(t, role)
		o.appended(`text rsv1 "\xff"`)(o.AppendMessage(o.cfg, o.dst, OpText, true, []byte("\xFF")))
		o.appended(`text rsv1 more "\xff"`)(o.AppendFragment(o.cfg, o.dst, OpText, false, true, []byte("\xFF")))
		o.appended(`continuation "\xff"`)(o.AppendFragment(o.cfg, o.dst, OpText, true, true, []byte("\xFF")))
		o.refused(ErrNotText)(o.message(OpText, "\xFF"))
	})
}

func TestOutClose(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		o := newOut(t, role)
		for code := range 1 << 16 {
			if c := StatusCode(code); !c.Valid() && c != 0 && c != StatusNoStatus {
				o.refused(ErrCloseCode)(o.close(c, ""))
			}
		}
		o.refused(ErrCloseReason)(o.close(1000, strings.Repeat("a", 124)))
		o.refused(ErrCloseReason)(o.close(1000, "\xFF"))
		o.refused(ErrCloseReason)(o.close(StatusNoStatus, "a"))
		o.refused(ErrCloseReason)(o.close(0, "a"))
		if !o.Sendable() || o.State() != Open {
			t.Errorf("state %v behind refusals", o.State())
		}
		o.appended(`text more "a"`)(o.fragment(OpText, "a", false))
		reason := strings.Repeat("r", 123)
		o.appended(step{what: "close 3000", payload: reason}.String())(o.close(3000, reason))
		if o.Sendable() || o.InMessage() || o.State() != CloseSent {
			t.Errorf("state %v, message %v", o.State(), o.InMessage())
		}
		o.refused(ErrCloseSent)(o.message(OpText, "a"))
		o.refused(ErrCloseSent)(o.fragment(OpText, "a", true))
		o.refused(ErrCloseSent)(o.ping(""))
		o.refused(ErrCloseSent)(o.pong(""))
		o.refused(nil)(o.close(1000, "")) // nothing to send is no error
	})
	for _, code := range []StatusCode{0, StatusNoStatus} {
		o := newOut(t, Server)
		o.appended("close")(o.close(code, ""))
	}
}

func TestOutFail(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		cfg := NewConfig(role, nil)
		var o Out
		octets, act := o.AppendFail(cfg, start, nil, &Error{Code: 1009, Limit: "MaxMessage", Reason: "too big"})
		if got := sentFrames(t, role, octets); !slices.Equal(got, []string{`close 1009 "too big"`}) {
			t.Errorf("sent %q", got)
		}
		if act != SendClose|EndTransport || o.State() != CloseFailed || o.Deadline() != start+int64(DefaultCloseTimeout) {
			t.Errorf("act %04b, state %v, deadline %d", act, o.State(), o.Deadline())
		}
	})
}

// The headers that a driver writes on its own are those of the methods that
// append, and BeginFragment refuses as they do.
func TestOutHeaders(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		cfg := NewConfig(role, nil)
		var o Out
		var octets []byte
		for _, part := range []struct {
			p    string
			last bool
		}{{"Hel", false}, {"", false}, {"lo", true}, {"again", true}} {
			if err := o.BeginFragment(OpText, part.last, false, []byte(part.p)); err != nil {
				t.Fatal(err)
			}
			h := o.FragmentHeader(cfg, OpText, part.last, false, len(part.p))
			octets = h.AppendPayload(append(octets, h.Bytes()...), []byte(part.p))
		}
		want := []string{`text more "Hel"`, "continuation more", `continuation "lo"`, `text "again"`}
		if got := sentFrames(t, role, octets); !slices.Equal(got, want) {
			t.Errorf("sent %q, want %q", got, want)
		}
		if err := o.CheckMessage(OpText, false, []byte("\xFF")); err != ErrNotText {
			t.Error(err)
		}
	})
}

// TestHeaderForms holds every length around the borders of the forms against
// cutFrame.
func TestHeaderForms(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		cfg := NewConfig(role, nil)
		for _, n := range []int{0, 1, 125, 126, 127, 65535, 65536, 65537, 1 << 20} {
			for _, fin := range []bool{true, false} {
				h := NewHeader(cfg, OpBinary, fin, !fin, n)
				f, masked, rest, err := cutFrame(append(slices.Clone(h.Bytes()), make([]byte, n)...))
				if err != nil || len(rest) != 0 || len(f.payload) != n || f.more == fin || (f.rsv == 4) == fin || f.op != OpBinary {
					t.Errorf("%d octets: %v, %d left", n, err, len(rest))
				}
				if masked != (role == Client) || h.Masked() != masked {
					t.Errorf("%d octets: masked %v, %v", n, masked, h.Masked())
				}
				form := 0
				if n > 125 {
					form = 16
				}
				if n > 1<<16-1 {
					form = 64
				}
				if f.form != form {
					t.Errorf("%d octets: in form %d, the shortest is %d", n, f.form, form)
				}
				// Whole frames are appended by other code, which has to agree.
				var o Out
				whole, err := o.AppendFragment(cfg, nil, OpBinary, fin, !fin, make([]byte, n))
				key := 0
				if masked {
					key = 4
				}
				if head := h.Bytes()[:len(h.Bytes())-key]; err != nil || !bytes.HasPrefix(whole, head) || len(whole) != len(head)+key+n {
					t.Errorf("%d octets: a whole frame begins % x, its header is % x", n, whole[:min(len(whole), 14)], head)
				}
			}
		}
		if n := 1<<31 - 1; NewHeader(cfg, OpBinary, true, false, n).octets[6] != 0x7F {
			t.Errorf("% x", NewHeader(cfg, OpBinary, true, false, n).octets)
		}
	})
}

// A payload appended in pieces of any sizes is the payload appended at once,
// whatever room the destination has; the caller's octets stay as they are.
func TestHeaderPieces(t *testing.T) {
	payload := []byte(strings.Repeat("The quick brown fox. ", 20))
	bothRoles(t, func(t *testing.T, role Role) {
		for size := 1; size < len(payload); size++ {
			for _, room := range []int{0, 20, 1000} {
				h := NewHeader(NewConfig(role, nil), OpText, true, false, len(payload))
				dst := append(make([]byte, 0, room), h.Bytes()...)
				before := bytes.Clone(payload)
				for rest := payload; len(rest) > 0; {
					n := min(size, len(rest))
					dst = h.AppendPayload(dst, rest[:n])
					dst = h.AppendPayload(dst, nil)
					rest = rest[n:]
				}
				if f, _, _, err := cutFrame(dst); err != nil || f.payload != string(payload) {
					t.Fatalf("pieces of %d octets: %v, %q", size, err, f.payload)
				}
				if !bytes.Equal(before, payload) {
					t.Fatal("the caller's payload was changed")
				}
			}
		}
	})
}

// Two frames with the same payload look different on the wire.
func TestMaskingKeysDiffer(t *testing.T) {
	cfg := NewConfig(Client, nil)
	seen := make(map[string]bool)
	for range 1000 {
		h := NewHeader(cfg, OpText, true, false, 5)
		seen[string(h.Bytes())] = true
	}
	if len(seen) < 999 { // two keys of 2^32 may meet
		t.Errorf("%d different keys of 1000", len(seen))
	}
}
