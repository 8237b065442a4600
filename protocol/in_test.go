package protocol

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// feedAll gives octets to in and returns the last event that was something.
func feedAll(in *In, cfg *Config, now int64, octets []byte) (last Event) {
	var ev Event
	for rest := octets; ; {
		if rest = in.Feed(cfg, now, rest, &ev); ev.Kind == None {
			return last
		}
		last = ev
	}
}

// HoldsFrame is held against cutFrame, at every place of a stream of frames.
func TestInHoldsFrame(t *testing.T) {
	frames := []frame{text("a"), text("").unfinished(), ping("p"), cont(strings.Repeat("b", 126)).unfinished(),
		cont(strings.Repeat("c", 1<<16)), binaryOf(""), pong(""), text("d"), closing(1000, "")}
	bothRoles(t, func(t *testing.T, role Role) {
		cfg := NewConfig(role, nil)
		octets := wire(role, frames...)
		var in In
		for at := 0; at < len(octets); {
			rest := octets[at:]
			_, _, behind, err := cutFrame(rest)
			if err != nil {
				t.Fatal(err)
			}
			n := len(rest) - len(behind)
			for _, have := range []int{0, 1, 2, n / 2, n - 1, n, n + 1, len(rest)} {
				if have = min(have, len(rest)); in.HoldsFrame(rest[:have]) != (have >= n) {
					t.Errorf("at %d, %d octets of a frame of %d: %v", at, have, n, have < n)
				}
			}
			feedAll(&in, cfg, start, append([]byte(nil), rest[:n]...))
			at += n
		}
		if in.HoldsFrame(wire(role, ping(""))) {
			t.Error("behind the Close is a frame")
		}
	})
}

// Inside a payload, what counts is the rest of it.
func TestInHoldsRest(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		cfg := NewConfig(role, nil)
		var in In
		octets := wire(role, binaryOf("0123456789"))
		feedAll(&in, cfg, start, octets[:len(octets)-4])
		if in.Remaining() != 4 || !in.MessageEnds() || !in.InMessage() || in.Message() != OpBinary {
			t.Errorf("%d octets remain", in.Remaining())
		}
		for n := range 6 {
			if in.HoldsFrame(make([]byte, n)) != (n >= 4) {
				t.Errorf("%d octets: %v", n, n < 4)
			}
		}
		feedAll(&in, cfg, start, octets[len(octets)-4:])
		if in.Remaining() != 0 || in.MessageEnds() || in.InMessage() || in.Message() != OpContinuation {
			t.Error("the message has not ended")
		}
	})
}

// The payload of a control frame that was cut stays valid until the next call
// of Feed, whatever other connections gather meanwhile.
func TestInBorrowsParts(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		cfg := NewConfig(role, nil)
		for range 100 {
			var in In
			octets := wire(role, ping("mine"))
			feedAll(&in, cfg, start, octets[:len(octets)-2])
			var ev Event
			if in.Feed(cfg, start, octets[len(octets)-2:], &ev); ev.Kind != Ping || string(ev.Payload) != "mine" {
				t.Fatalf("%v %q", ev.Kind, ev.Payload)
			}
			others := make([]In, 4)
			for i := range others {
				theirs := wire(role, ping("theirs"))
				feedAll(&others[i], cfg, start, theirs[:len(theirs)-1])
			}
			if string(ev.Payload) != "mine" {
				t.Fatalf("what was borrowed became %q", ev.Payload)
			}
		}
	})
}

// The deadline stands from the first octet of a message, or of a header, to
// the last, and nothing moves it in between.
func TestInDeadline(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		cfg := NewConfig(role, &Limits{AssemblyTimeout: time.Minute})
		var in In
		now, due := start, int64(0)
		feed := func(octets []byte) {
			t.Helper()
			now += int64(time.Second)
			feedAll(&in, cfg, now, octets)
			if in.Deadline(cfg) != due {
				t.Fatalf("at %v: deadline at %v, want %v", time.Duration(now-start), time.Duration(in.Deadline(cfg)-start), time.Duration(due-start))
			}
		}
		whole, more := wire(role, text("Hello")), wire(role, text("a").unfinished())
		feed(whole)
		due = now + int64(61*time.Second)
		feed(whole[:1])
		feed(whole[1:3])
		due = 0
		feed(wire(role, text("Hello"))[3:])
		due = now + int64(61*time.Second)
		feed(more)
		feed(wire(role, ping("p")))
		feed(wire(role, cont("b").unfinished()))
		due = 0
		feed(wire(role, cont("c")))
		due = now + int64(61*time.Second)
		feed(wire(role, ping("pp"))[:3])
		due = 0
		feed(wire(role, ping("pp"))[3:])

		off := NewConfig(role, &Limits{AssemblyTimeout: -1})
		feedAll(&in, off, now, wire(role, text("a").unfinished()))
		if in.Deadline(off) != 0 {
			t.Error("there is a deadline where none was wanted")
		}
	})
}

func TestInExpire(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		cfg := NewConfig(role, nil)
		var in In
		octets := wire(role, text("Hello"))
		feedAll(&in, cfg, start, octets[:3])
		var ev Event
		in.Expire(&ev)
		if ev.Kind != Failed || ev.Err.Code != StatusPolicyViolation || ev.Err.Limit != "AssemblyTimeout" || ev.Err.Offset != 3 {
			t.Errorf("%v, %v", ev.Kind, ev.Err)
		}
		if last := feedAll(&in, cfg, start, octets[3:]); last.Kind != None || !in.Done() || in.Deadline(cfg) != 0 || in.part != nil {
			t.Errorf("%v behind the end", last.Kind)
		}
	})
}

// A message with RSV1 has room for DEFLATE's own octets, and no more.
func TestInRSV1Limit(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		const max, room = 6400, 6400 + 100 + 1024
		for _, c := range []struct {
			name   string
			frames []frame
			fails  bool
		}{
			{"all of the room", []frame{binaryOf(strings.Repeat("a", room)).reserved(4)}, false},
			{"one more", []frame{binaryOf("").reserved(4).declaring(room + 1).inForm(16)}, true},
			{"all of it in fragments", []frame{binaryOf(strings.Repeat("a", 6400)).reserved(4).unfinished(), cont(strings.Repeat("b", 1124+fragmentSlack))}, false},
			{"one more in fragments", []frame{binaryOf(strings.Repeat("a", 6400)).reserved(4).unfinished(), cont(strings.Repeat("b", 1125+fragmentSlack))}, true},
			{"without RSV1", []frame{binaryOf("").reserved(4), binaryOf("").declaring(max + 1).inForm(16)}, true},
		} {
			var in In
			in.AllowRSV1()
			last := feedAll(&in, NewConfig(role, &Limits{MaxMessage: max}), start, wire(role, c.frames...))
			if (last.Kind == Failed) != c.fails || c.fails && last.Err.Limit != "MaxMessage" {
				t.Errorf("%s: %v, %v", c.name, last.Kind, last.Err)
			}
		}
	})
}

// The lengths at which a signed or a 32-bit count would break, as the first
// frame of a message and as a later one, with a limit and without. Each is
// taken or refused by the header alone, and never does anything count more than
// has come.
func TestInLengths(t *testing.T) {
	lengths := []uint64{1<<15 - 1, 1 << 15, 1<<16 - 1, 1 << 16, 1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32, 1 << 62, 1<<63 - 1, 1 << 63, 1<<63 + 1, 1<<64 - 1}
	bothRoles(t, func(t *testing.T, role Role) {
		for _, max := range []int64{-1, 1 << 31, 0, 1000} {
			for _, later := range []bool{false, true} {
				for _, n := range lengths {
					cfg := NewConfig(role, &Limits{MaxMessage: max})
					var frames []frame
					before := uint64(0)
					f := binaryOf("abc").declaring(n)
					if later {
						frames, before = append(frames, binaryOf("xy").unfinished()), 2
						f.op = OpContinuation
					}
					want := "taken"
					switch {
					case n > 1<<63-1:
						want = "failed 1002"
					case n > cfg.maxMessage-before:
						want = "failed 1009"
					}
					e := newEndpoint(t, cfg)
					e.receive(wire(role, append(frames, f)...))
					got := "taken"
					if len(e.trace) > 0 {
						got = e.trace[0].what
					} else if e.in.Remaining() != n-3 || e.in.Offset() != e.received || e.built.Len() != int(before)+3 {
						got = fmt.Sprintf("%d remain, offset %d, %d gathered", e.in.Remaining(), e.in.Offset(), e.built.Len())
					}
					if got != want {
						t.Errorf("length %#x, limit %d, later %v: %s, want %s", n, max, later, got, want)
					}
					e.end()
				}
			}
		}
	})
}

// A message is at most as large as what came of it, and Offset counts exactly
// what was consumed, whatever is received.
func TestInCounts(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		random := rand.New(rand.NewPCG(1, uint64(role)))
		e := newEndpoint(t, NewConfig(role, &Limits{MaxMessage: -1, MaxControlRate: -1}))
		e.mute = true
		var sum uint64
		for range 2000 {
			n := random.IntN(300)
			f := binaryOf(strings.Repeat("a", n))
			if e.in.InMessage() {
				f.op = OpContinuation
			}
			if random.IntN(3) == 0 {
				f.more = true
			}
			octets := f.wire(nil, role)
			sum += uint64(len(octets))
			cut := random.IntN(len(octets) + 1)
			e.receive(octets[:cut])
			e.receive(octets[cut:])
			if e.in.Offset() != sum {
				t.Fatalf("offset %d after %d octets", e.in.Offset(), sum)
			}
		}
		e.end()
	})
}

// TestFeedWhole: the short way takes no frame that the long one would refuse, and
// lends no octet behind the payload.
func TestFeedWhole(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		cfg := NewConfig(role, &Limits{MaxMessage: 1000})
		behind := make([]byte, 70000)
		for _, n := range []int{0, 1, 125, 126, 1000} {
			octets := append(binaryOf(string(make([]byte, n))).wire(nil, role), behind...)
			var in In
			var ev Event
			in.Feed(cfg, start, octets, &ev)
			if ev.Kind != Data || len(ev.Payload) != n || cap(ev.Payload) != n {
				t.Errorf("%d octets: %v of %d, with room for %d", n, ev.Kind, len(ev.Payload), cap(ev.Payload))
			}
		}
		other := Server + Client - role
		for _, n := range []int{0, 1, 5, 125, 126, 500} {
			octets := append(binaryOf(string(make([]byte, n))).wire(nil, other), behind...)
			var in In
			var ev Event
			in.Feed(cfg, start, octets, &ev)
			if ev.Kind != Failed || ev.Err.Code != StatusProtocolError {
				t.Errorf("%d octets masked as the other side does: %v", n, ev.Kind)
			}
		}
	})
}
