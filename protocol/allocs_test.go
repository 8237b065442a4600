//go:build !race

package protocol

import (
	"runtime"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/pool"
)

// A receiver is a driver's reading half in a steady state: it receives the same
// octets again and again, in reads that end at the same places.
type receiver struct {
	cfg    *Config
	in     In
	built  Assembler
	source []byte
	reads  []int // octets of each read but the last; the rest is one
	buf    []byte
	events int
	octets int
}

func (r *receiver) receive() {
	source := r.source
	for i := 0; len(source) > 0; i++ {
		n := len(source)
		if i < len(r.reads) {
			n = r.reads[i]
		}
		p := r.buf[:copy(r.buf, source[:n])]
		source = source[n:]
		var ev Event
		for {
			if p = r.in.Feed(r.cfg, start, p, &ev); ev.Kind == None {
				break
			}
			r.events++
			if ev.Kind == Data {
				if message, whole := r.built.Add(&r.in, &ev); whole {
					r.octets += len(message)
				}
			}
		}
	}
}

func TestAllocsFeed(t *testing.T) {
	pool.SetPoison(false)
	defer pool.SetPoison(true)
	ascii, latin := strings.Repeat("Hello, world. ", 100), strings.Repeat("Grüße, Wörld. ", 100)
	bothRoles(t, func(t *testing.T, role Role) {
		for _, c := range []struct {
			name   string
			frames []frame
			reads  []int
		}{
			{"text whole", []frame{text(ascii)}, nil},
			{"other text whole", []frame{text(latin)}, nil},
			{"binary whole", []frame{binaryOf(latin)}, nil},
			{"short text whole", []frame{text("Hello")}, nil},
			{"large binary whole", []frame{binaryOf(strings.Repeat("a", 100_000))}, nil},
			{"many in one read", []frame{text("a"), binaryOf("b"), text(""), text("c")}, nil},
			{"cut in the header", []frame{text(ascii)}, []int{1}},
			{"cut in the header twice", []frame{text(ascii)}, []int{1, 2}},
			{"cut in the payload", []frame{text(latin)}, []int{500, 500}},
			{"fragments", fragments(latin, "", latin[:500]), nil},
			{"fragments, each cut", fragments(ascii, ascii, ascii), []int{3, 300, 1111, 1, 1, 2}},
			{"ping", []frame{ping("Hello")}, nil},
			{"pong", []frame{pong("")}, nil},
			{"ping in a message", []frame{text(ascii).unfinished(), ping("Hello"), cont(latin)}, []int{700}},
		} {
			t.Run(c.name, func(t *testing.T) {
				r := &receiver{cfg: NewConfig(role, &Limits{MaxControlRate: -1}), source: wire(role, c.frames...), reads: c.reads}
				r.buf = make([]byte, len(r.source))
				r.receive()
				if n := testing.AllocsPerRun(200, r.receive); n != 0 {
					t.Errorf("%v allocations", n)
				}
				if r.in.Done() || r.events == 0 {
					t.Errorf("%d events, done %v", r.events, r.in.Done())
				}
				r.built.Release()
			})
		}
	})
}

func TestAllocsAppend(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		cfg := NewConfig(role, nil)
		dst := make([]byte, 0, 200_000)
		var o Out
		var q Owed
		for name, add := range map[string]func() error{
			"text":         func() error { _, err := o.AppendMessage(cfg, dst, OpText, false, latin1000[:6]); return err },
			"text of 1000": func() error { _, err := o.AppendMessage(cfg, dst, OpText, false, latin1000); return err },
			"binary": func() error {
				_, err := o.AppendMessage(cfg, dst, OpBinary, false, dst[100_000:200_000])
				return err
			},
			"fragments": func() error {
				_, err := o.AppendFragment(cfg, dst, OpText, false, false, latin1000)
				if err == nil {
					_, err = o.AppendFragment(cfg, dst, OpText, true, false, latin1000)
				}
				return err
			},
			"ping": func() error { _, err := o.AppendPing(cfg, dst, latin1000[:125]); return err },
			"pong": func() error { _, err := o.AppendPong(cfg, dst, nil); return err },
			"owed nothing": func() error {
				o.AppendOwed(cfg, start, dst, &q)
				return nil
			},
			"header": func() error {
				h := NewHeader(cfg, OpBinary, true, false, 5)
				h.AppendPayload(append(dst, h.Bytes()...), latin1000[:5])
				return nil
			},
			"check and header": func() error {
				err := o.CheckMessage(OpText, false, latin1000)
				h := NewHeader(cfg, OpText, true, false, 1000)
				dst = append(dst[:0], h.Bytes()...)[:0]
				return err
			},
		} {
			n := testing.AllocsPerRun(200, func() {
				if err := add(); err != nil {
					t.Fatal(err)
				}
			})
			if n != 0 {
				t.Errorf("%s: %v allocations", name, n)
			}
		}
		closes := testing.AllocsPerRun(200, func() {
			var o Out
			if _, _, err := o.AppendClose(cfg, start, dst, StatusNormalClosure, "bye"); err != nil {
				t.Fatal(err)
			}
		})
		if closes != 0 {
			t.Errorf("close: %v allocations", closes)
		}
	})
}

var latin1000 = []byte(strings.Repeat("Grüße aus W", 100)[:1000])

// allocated returns how many octets f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Row 39 of the hostile inputs: a length that is refused costs the error and
// nothing more, and a length that is allowed costs nothing before its payload
// comes.
func TestAllocsHostileLengths(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		cfg := NewConfig(role, nil)
		for _, n := range []uint64{1<<63 - 1, 1 << 62, DefaultMaxMessage + 1} {
			octets := wire(role, binaryOf("").declaring(n).inForm(64))
			var in In
			var last Event
			if cost := allocated(func() { last = feedAll(&in, cfg, start, octets) }); cost > 2<<10 || last.Kind != Failed {
				t.Errorf("%d declared: %v for %d octets", n, last.Kind, cost)
			}
		}
		octets := wire(role, binaryOf("").declaring(DefaultMaxMessage).inForm(64))
		var e Assembler
		allocs := testing.AllocsPerRun(100, func() {
			var in In
			var ev Event
			if in.Feed(cfg, start, octets, &ev); in.Remaining() != DefaultMaxMessage {
				t.Fatalf("%d remain", in.Remaining())
			}
			if e.Space(&in) != nil || e.Len() != 0 {
				t.Fatal("the header alone made room")
			}
		})
		if allocs != 0 {
			t.Errorf("a header that is allowed: %v allocations", allocs)
		}
	})
}

// Row 42: a hundred thousand fragments cost what their octets cost.
func TestAllocsHostileFragments(t *testing.T) {
	pool.SetPoison(false)
	defer pool.SetPoison(true)
	bothRoles(t, func(t *testing.T, role Role) {
		for _, payload := range []string{"", "a"} {
			const many = 100_000
			r := &receiver{cfg: NewConfig(role, nil), source: wire(role, binaryOf(payload).unfinished()), buf: make([]byte, 16)}
			r.receive()
			r.source = wire(role, cont(payload).unfinished())
			cost := allocated(func() {
				for range many - 1 {
					r.receive()
				}
			})
			if received := uint64(many * len(payload)); cost > 4*received+8<<10 {
				t.Errorf("%d octets were allocated for %d fragments of %d", cost, many, len(payload))
			}
			if r.in.Done() || r.built.Len() != many*len(payload) {
				t.Errorf("%d octets are gathered", r.built.Len())
			}
			r.built.Release()
		}
	})
}

// Row 79: a flood of Pings costs 32 Pongs.
func TestAllocsHostilePings(t *testing.T) {
	var q Owed
	payload := make([]byte, maxControl)
	cost := allocated(func() {
		for range 100_000 {
			q.Pong(payload)
		}
	})
	if cost > 32<<10 {
		t.Errorf("%d octets were allocated", cost)
	}
}
