package protocol

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
)

// A hostileInput is what a faulty or malicious peer sends. The numbers are
// those of the project's table of such inputs.
type hostileInput struct {
	row    int
	name   string
	frames []frame
	limits *Limits
	want   string // "1002 RFC 6455 5.2", "1008 MaxFragments"; "" if there is nothing wrong
	ends   bool   // nothing wrong, but nothing counts behind it
}

// TestHostile delivers each input in every way, alone and glued to what
// follows: behind a failure nothing may count, and behind something harmless a
// Ping must still be answered.
func TestHostile(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		for _, input := range slices.Concat(hostileFrames(), hostileLengths(), hostileText(), hostileCloses()) {
			if input.row == 34 && role == Client {
				input.row = 35 // the same from the other side
			}
			t.Run(fmt.Sprintf("%d/%s", input.row, input.name), func(t *testing.T) {
				input.check(t, exchange(t, role, input.limits, input.frames...), false)
				glued := append(slices.Clip(input.frames), ping("canary"), text("canary"))
				input.check(t, exchange(t, role, input.limits, glued...), true)
			})
		}
	})
}

func (h *hostileInput) check(t *testing.T, trace []step, glued bool) {
	t.Helper()
	answered := slices.Contains(trace, step{what: "> pong", payload: "canary"})
	closes := 0
	var got string
	for _, s := range trace {
		if s.failure() {
			got = strings.TrimPrefix(s.what, "failed ") + " " + s.why
		}
		if strings.HasPrefix(s.what, "> close") {
			closes++
		}
	}
	switch {
	case h.want == "" && got != "", h.want != "" && !strings.HasPrefix(got, h.want+":"):
		t.Errorf("failed with %q, want %q", got, h.want)
	case h.want != "" && (closes != 1 || answered):
		t.Errorf("behind the failure:\n%s", traceOf(trace))
	case h.ends && (closes != 1 || answered):
		t.Errorf("behind the end:\n%s", traceOf(trace))
	case h.want == "" && !h.ends && glued && !answered:
		t.Errorf("what follows was lost:\n%s", traceOf(trace))
	}
}

func hostileFrames() (inputs []hostileInput) {
	add := func(row int, name, want string, frames ...frame) {
		inputs = append(inputs, hostileInput{row: row, name: name, want: want, frames: frames})
	}
	const broken = "1002 RFC 6455 5.2"
	for rsv := byte(1); rsv < 8; rsv++ {
		for _, f := range []frame{text("a"), binaryOf(""), ping("a"), closing(1000, "")} {
			add(31, fmt.Sprintf("rsv %03b on %v", rsv, f.op), broken, f.reserved(rsv))
		}
	}
	add(32, "rsv1 on a continuation", broken, text("a").unfinished(), cont("b").reserved(4))
	for _, op := range []Opcode{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		add(33, op.String(), broken, frame{op: op, payload: "a"})
		add(33, op.String()+" unfinished", broken, frame{op: op}.unfinished())
		add(33, op.String()+" in a message", broken, text("a").unfinished(), frame{op: op})
	}
	for _, f := range []frame{text("a"), text(""), binaryOf("a"), ping(""), pong("a"), closing(1000, "")} {
		add(34, "wrongly masked "+f.op.String()+fmt.Sprint(len(f.payload)), "1002 RFC 6455 5.1", f.maskedWrongly())
	}
	add(34, "before its payload", "1002 RFC 6455 5.1", binaryOf("").declaring(100).maskedWrongly())

	const order = "1002 RFC 6455 5.4"
	add(43, "continuation first", order, cont("a"))
	add(43, "unfinished continuation first", order, cont("").unfinished())
	add(43, "text in a message", order, text("a").unfinished(), text("b"))
	add(43, "binary in a message", order, text("a").unfinished(), binaryOf("b"))
	add(43, "two starts", order, binaryOf("").unfinished(), binaryOf("").unfinished())
	add(43, "continuation behind the end", order, text("a").unfinished(), cont("b"), cont("c"))
	add(44, "ping and pong", "", text("a").unfinished(), ping("x"), pong("y"), cont("b").unfinished(), ping(""), cont(""))
	inputs = append(inputs, hostileInput{row: 44, name: "close", frames: []frame{text("a").unfinished(), closing(1000, "bye"), cont("b")}, ends: true})
	for _, f := range []frame{ping("a"), pong("a"), closing(1000, "")} {
		const control = "1002 RFC 6455 5.5"
		add(45, f.op.String()+" in fragments", control, f.unfinished(), cont("b"))
		add(45, f.op.String()+" in the 16-bit form", control, f.inForm(16))
		add(45, f.op.String()+" in the 64-bit form", control, f.inForm(64))
		add(45, f.op.String()+" of 126 octets", control, frame{op: f.op, payload: strings.Repeat("a", 126)})
		add(45, f.op.String()+" of 65536 octets, not waited for", control, frame{op: f.op}.declaring(65536).inForm(64))
	}
	return inputs
}

func hostileLengths() (inputs []hostileInput) {
	add := func(row int, name, want string, max int64, frames ...frame) {
		inputs = append(inputs, hostileInput{row: row, name: name, want: want, frames: frames, limits: &Limits{MaxMessage: max}})
	}
	const broken = "1002 RFC 6455 5.2"
	for _, first := range [][]frame{nil, {binaryOf("").unfinished()}} {
		f := func(n uint64, form int) []frame {
			frame := binaryOf("").declaring(n).inForm(form)
			if first != nil {
				frame.op = OpContinuation
			}
			return append(slices.Clip(first), frame)
		}
		in := ""
		if first != nil {
			in = " in a continuation"
		}
		for _, n := range []uint64{0, 1, 125} {
			add(37, fmt.Sprint(n, " in the 16-bit form", in), broken, 0, f(n, 16)...)
		}
		for _, n := range []uint64{0, 125, 126, 65535} {
			add(37, fmt.Sprint(n, " in the 64-bit form", in), broken, 0, f(n, 64)...)
		}
		for _, n := range []uint64{1 << 63, 1<<63 + 1, 1<<64 - 1} {
			add(38, fmt.Sprint(n, in), broken, 0, f(n, 64)...)
			add(38, fmt.Sprint(n, " without a limit", in), broken, -1, f(n, 64)...)
		}
		for _, n := range []uint64{1<<63 - 1, 1 << 62, DefaultMaxMessage + 1} {
			add(39, fmt.Sprint(n, in), "1009 MaxMessage", 0, f(n, 64)...)
		}
	}
	add(41, "sum over the limit", "1009 MaxMessage", 10, text("12345").unfinished(), cont("67890").unfinished(), cont("1").unfinished())
	add(41, "sum of exactly the limit", "", 10, text("12345").unfinished(), cont("67890").unfinished(), cont(""))
	add(41, "sum near overflow", "1009 MaxMessage", -1, binaryOf("a").unfinished(), cont("").declaring(1<<63-1).inForm(64))
	return inputs
}

func hostileText() (inputs []hostileInput) {
	add := func(row int, name, want string, frames ...frame) {
		inputs = append(inputs, hostileInput{row: row, name: name, want: want, frames: frames})
	}
	const invalid = "1007 RFC 6455 8.1"
	for name, p := range map[string]string{
		"overlong": "\xC0\x80", "surrogate": "\xED\xA0\x80", "beyond": "\xF4\x90\x80\x80", "lone": "\x80", "truncated": "\xE2\x82",
	} {
		add(50, name, invalid, text("a"+p))
		add(50, name+" behind 100 octets", invalid, text(strings.Repeat("a", 100)+p))
	}
	add(51, "first of many", invalid, text("\xFF").unfinished(), cont("a").unfinished(), cont("b"))
	add(51, "in a frame under way", invalid, text("a\xFF").declaring(1000).inForm(16))
	add(52, "over fragments", "", text("\xE2").unfinished(), cont("\x82").unfinished(), cont("\xAC"))
	add(52, "over fragments, with a ping inside", "", text("\xF0\x9F").unfinished(), ping("\xFF"), cont("\x98\x80"))
	return inputs
}

func hostileCloses() (inputs []hostileInput) {
	add := func(row int, name, want string, frames ...frame) {
		inputs = append(inputs, hostileInput{row: row, name: name, want: want, frames: frames, ends: true})
	}
	add(53, "one octet", "1002 RFC 6455 5.5.1", closed("\x03"))
	for _, code := range []StatusCode{0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		add(54, fmt.Sprint(uint16(code)), "1002 RFC 6455 7.4", closing(code, ""))
		add(54, fmt.Sprint(uint16(code), " with a reason"), "1002 RFC 6455 7.4", closing(code, "bye"))
	}
	for _, code := range []StatusCode{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
		add(55, fmt.Sprint(uint16(code)), "", closing(code, ""))
	}
	add(56, "reason is not UTF-8", "1007 RFC 6455 8.1", closing(1000, "\xFF"))
	add(56, "reason of 123 octets", "", closing(1000, strings.Repeat("a", 123)))
	add(56, "reason of 124 octets", "1002 RFC 6455 5.5", closing(1000, strings.Repeat("a", 124)))
	add(57, "data and ping behind a close", "", closing(1000, ""), text("a"), ping("b"))
	add(57, "garbage behind a close", "", closing(1000, ""), frame{op: 3, rsv: 7})
	add(58, "close twice", "", closing(1000, ""), closing(1001, ""))
	add(58, "close in a fragmented message", "", text("a").unfinished(), closing(1000, ""))
	return inputs
}

// Row 36: every length, key and alignment is unmasked as octet by octet.
func TestHostileMasks(t *testing.T) {
	cfg := NewConfig(Server, nil)
	source := make([]byte, 300)
	random := rand.New(rand.NewPCG(36, 0))
	for i := range source {
		source[i] = byte(random.Uint32())
	}
	for _, key := range []uint32{0, 0xFFFFFFFF, 1, 0x80000000, 0x12345678} {
		for n := range len(source) + 1 {
			octets := binaryOf(string(source[:n])).maskedWith(key).wire(nil, Server)
			for align := range 8 {
				room := append(make([]byte, align, align+len(octets)), octets...)
				var in In
				var ev Event
				rest := in.Feed(cfg, 1, room[align:], &ev)
				if ev.Kind != Data || !ev.First || !ev.Last || !bytes.Equal(ev.Payload, source[:n]) || len(rest) != 0 {
					t.Fatalf("key %08x, %d octets at alignment %d: %v of %d octets", key, n, align, ev.Kind, len(ev.Payload))
				}
			}
		}
	}
}

// Row 42: a million fragments of one octet, and of none.
func TestHostileFragments(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		for _, c := range []struct {
			payload string
			limits  *Limits
			want    StatusCode
			at      int // of the frame that is refused
		}{
			{"a", nil, 1008, DefaultMaxFragments},
			{"", nil, 1008, DefaultMaxFragments},
			{"a", &Limits{MaxMessage: 64 << 10}, 1009, 64 << 10},
			{"", &Limits{MaxMessage: 64 << 10}, 1008, DefaultMaxFragments},
			{"", &Limits{MaxMessage: -1, MaxFragments: -1}, 0, 0},
			{"a", &Limits{MaxMessage: -1, MaxFragments: -1}, 0, 0},
		} {
			if c.want == 0 && testenv.Race {
				continue // a million of nothing but time
			}
			e := newEndpoint(t, NewConfig(role, c.limits))
			e.receive(binaryOf(c.payload).unfinished().wire(nil, role))
			f := cont(c.payload).unfinished().maskedWith(0).wire(nil, role) // which unmasking does not change
			for range 999_999 {
				if e.in.Done() {
					break
				}
				e.receive(f)
			}
			if c.want == 0 {
				if e.in.Done() || e.built.Len() != 1e6*len(c.payload) {
					t.Errorf("%+v: %d octets\n%s", c.limits, e.built.Len(), traceOf(e.trace))
				}
			} else if got := e.trace[0]; got.what != fmt.Sprintf("failed %d", c.want) || got.at != uint64(c.at*len(f)) {
				t.Errorf("%+v, fragments of %d octets: %v, want %d at %d", c.limits, len(c.payload), got, c.want, c.at*len(f))
			}
			e.end()
		}
	})
}

// Row 46: the transport ends at each octet of each header form.
func TestHostileEnds(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		for _, f := range []frame{text("Hello"), binaryOf(strings.Repeat("a", 200)), binaryOf(strings.Repeat("a", 1<<16)), ping("x")} {
			octets := f.wire(nil, role)
			for n := range min(len(octets), 300) {
				e := newEndpoint(t, NewConfig(role, nil))
				for i := range n {
					e.receive([]byte{octets[i]})
				}
				e.transportEnds()
				if want := []step{{what: "ended: abort"}}; !slices.Equal(e.trace, want) {
					t.Fatalf("%v cut at %d:\n%s", f.op, n, traceOf(e.trace))
				}
				e.end()
			}
		}
	})
}

// Row 47: a loop that handles 100,000 messages of one segment gets control back
// behind every one of them.
func TestHostileManyMessages(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		const many = 100_000
		cfg := NewConfig(role, nil)
		rest := bytes.Repeat(text("a").maskedWith(7).wire(nil, role), many)
		size := len(rest) / many
		var in In
		var ev Event
		for i := range many {
			before := len(rest)
			if rest = in.Feed(cfg, 1, rest, &ev); ev.Kind != Data || !ev.Last || before-len(rest) != size {
				t.Fatalf("message %d: %v, %d octets consumed", i, ev.Kind, before-len(rest))
			}
		}
		if in.Feed(cfg, 1, rest, &ev); ev.Kind != None || in.Offset() != uint64(many*size) {
			t.Errorf("behind all: %v at %d", ev.Kind, in.Offset())
		}
	})
}

// Row 48: random octets, and random octets behind a good beginning.
func TestHostileRandom(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		random := rand.New(rand.NewPCG(48, uint64(role)))
		beginnings := [][]byte{nil, wire(role, text("a").unfinished()), wire(role, ping("x"), binaryOf("").declaring(40))}
		for range 300 {
			octets := slices.Clone(beginnings[random.IntN(len(beginnings))])
			for range random.IntN(60) {
				octets = append(octets, byte(random.Uint32()))
			}
			(&script{role: role, limits: &Limits{MaxMessage: 300}, input: octets}).everywhere(t)
		}
	})
}
