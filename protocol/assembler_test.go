package protocol

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/duplexws/duplex/internal/pool"
)

// A feeder gives an Assembler messages as a driver does, and checks its bound.
type feeder struct {
	t        *testing.T
	cfg      *Config
	in       In
	built    Assembler
	space    bool // large payloads are received where the Assembler wants them
	read     int  // octets of a read otherwise
	received int  // octets of the unfinished message
	largest  int  // octets of the largest message so far
	inPlace  int  // octets that were received where they stay
}

func newFeeder(t *testing.T, role Role) *feeder {
	t.Cleanup(func() {
		if n := pool.Outstanding(); n != 0 && !t.Failed() {
			t.Errorf("%d pooled buffers were not given back", n)
		}
	})
	return &feeder{t: t, cfg: NewConfig(role, &Limits{MaxMessage: -1}), read: 1000}
}

// message receives octets until they are used up, and returns the last whole
// message.
func (f *feeder) message(octets []byte) (message []byte) {
	f.t.Helper()
	for len(octets) > 0 {
		var p []byte
		if f.space {
			p = f.built.Space(&f.in)
		}
		if p != nil {
			if uint64(len(p)) > f.in.Remaining() || len(p) == 0 {
				f.t.Fatalf("space for %d octets, %d remain", len(p), f.in.Remaining())
			}
			f.inPlace += min(len(p), len(octets))
		} else {
			p = make([]byte, f.read)
		}
		n := copy(p, octets)
		octets = octets[n:]
		var ev Event
		for rest := p[:n]; ; {
			if rest = f.in.Feed(f.cfg, start, rest, &ev); ev.Kind == None {
				break
			}
			f.received += len(ev.Payload)
			f.largest = max(f.largest, f.received)
			m, whole := f.built.Add(&f.in, &ev)
			if held := cap(f.built.buf); held > 2*f.largest+minBuffer && !f.built.own {
				f.t.Fatalf("%d octets are held for %d", held, f.largest)
			}
			if whole {
				message, f.received = m, 0
			}
		}
	}
	return message
}

// random returns n octets, other ones for another n.
func random(n int) string { return noise[n%1000:][:n] }

var noise = func() string {
	r := rand.New(rand.NewPCG(40, 40))
	var p []byte
	for range 5<<17 + 200 {
		p = binary.LittleEndian.AppendUint64(p, r.Uint64())
	}
	return string(p)
}()

var assembled = []int{0, 1, 999, 1000, 4095, 4096, 4097, 10_000, 65536, 200_000}

// However a message is received and whoever it belongs to, it is the same.
func TestAssembler(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		for _, space := range []bool{false, true} {
			for _, owner := range []string{"borrowed", "own", "into small", "into large"} {
				t.Run(fmt.Sprintf("%s, space %v", owner, space), func(t *testing.T) {
					f := newFeeder(t, role)
					f.space = space
					for _, n := range assembled {
						for _, fragment := range []int{n + 1, n/3 + 1, 5000} {
							switch owner {
							case "own":
								f.built.Own()
							case "into small":
								f.built.Into(make([]byte, 10, 1500))
							case "into large":
								f.built.Into(make([]byte, 10, n+100))
							}
							payload := random(n)
							got := f.message(wire(role, cutInto(fragment, binaryOf(payload))...))
							if string(got) != payload {
								t.Fatalf("%d octets in fragments of %d: %d came, or others", n, fragment, len(got))
							}
							if f.built.Len() != 0 || owner != "borrowed" && pool.Outstanding() != 0 {
								t.Fatalf("behind the message %d octets are gathered, %d buffers held", f.built.Len(), pool.Outstanding())
							}
						}
					}
					f.built.Release()
				})
			}
		}
	})
}

// A message larger than the largest pooled buffer is built outside of the pools.
func TestAssemblerLarge(t *testing.T) {
	for _, own := range []bool{false, true} {
		f := newFeeder(t, Client)
		f.space, f.read = true, 64<<10
		if own {
			f.built.Own()
		}
		payload := random(5 << 20)
		if got := f.message(wire(Client, binaryOf(payload))); string(got) != payload {
			t.Errorf("own %v: %d octets came, or others", own, len(got))
		}
		if f.inPlace < 4<<20 {
			t.Errorf("own %v: only %d octets were received in place", own, f.inPlace)
		}
		f.built.Release()
	}
}

// What a driver reads through Space is not copied: the most of a large message
// is received where it is returned.
func TestAssemblerInPlace(t *testing.T) {
	f := newFeeder(t, Client)
	f.space, f.read = true, 64<<10
	octets := wire(Client, binaryOf(random(1<<20)))
	got := f.message(octets[:f.read])
	for at := f.read; at < len(octets); {
		p := f.built.Space(&f.in)
		if p == nil {
			t.Fatalf("no space with %d octets to come", f.in.Remaining())
		}
		n := copy(p, octets[at:])
		var ev Event
		f.in.Feed(f.cfg, start, p[:n], &ev)
		before := f.built.Len()
		m, whole := f.built.Add(&f.in, &ev)
		if whole {
			got = m
		}
		if there := unsafe.SliceData(f.built.buf[:before+n][before:]); there != unsafe.SliceData(p) {
			t.Fatal("the octets were moved")
		}
		at += n
	}
	if len(got) != 1<<20 {
		t.Errorf("%d octets", len(got))
	}
	f.built.Release()
}

func TestAssemblerSpace(t *testing.T) {
	f := newFeeder(t, Client)
	want := func(nothing bool, when string) {
		t.Helper()
		if got := f.built.Space(&f.in); (got == nil) != nothing {
			t.Errorf("%s: %d octets of space", when, len(got))
		}
	}
	octets := wire(Client, binaryOf(random(10_000)).unfinished(), cont("x"))
	want(true, "between messages")
	f.message(octets[:4])
	want(true, "behind a header")
	f.message(octets[4:10])
	want(false, "in a large frame")
	f.message(octets[10 : 10_004-minSpace])
	want(false, "with just enough to come")
	f.message(octets[10_004-minSpace : 10_005-minSpace])
	want(true, "with too little to come")
	f.message(octets[10_005-minSpace : 10_004])
	want(true, "between frames")
	f.message(octets[10_004:])
	want(true, "behind the message")
	f.built.Release()
}

// Row 40 of the hostile inputs: the declared length sizes nothing. With every
// octet received, at most twice as many are held, plus 4 KiB.
func TestAssemblerBound(t *testing.T) {
	for _, own := range []bool{false, true} {
		for _, space := range []bool{false, true} {
			for _, read := range []int{1, 100, 4096, 10_000, 70_000} {
				f := newFeeder(t, Client)
				if own {
					f.built.Own()
				}
				octets := wire(Client, binaryOf(random(300_000)).declaring(1<<40))
				received := -10 // the header
				for at := 0; at < len(octets); {
					p := octets[at:min(at+read, len(octets))]
					if tail := f.built.Space(&f.in); space && tail != nil {
						p = tail[:copy(tail, p)]
					}
					at, received = at+len(p), received+len(p)
					var ev Event
					if f.in.Feed(f.cfg, start, p, &ev); ev.Kind == Data {
						f.built.Add(&f.in, &ev)
					}
					if held := cap(f.built.buf); held > 2*max(received, 0)+minBuffer {
						t.Fatalf("own %v, space %v, reads of %d: %d octets are held for %d", own, space, read, held, received)
					}
				}
				if f.built.Len() != 300_000 {
					t.Errorf("%d octets are gathered", f.built.Len())
				}
				f.built.Release()
			}
		}
	}
}

// A message of one chunk is not copied, unless it is to be the caller's own.
func TestAssemblerBorrows(t *testing.T) {
	chunk := []byte("Hello")
	ev := Event{Kind: Data, Opcode: OpText, First: true, Last: true, Payload: chunk}
	var in In
	var a Assembler
	if got, _ := a.Add(&in, &ev); &got[0] != &chunk[0] {
		t.Error("borrowed, and yet copied")
	}
	a.Own()
	if got, _ := a.Add(&in, &ev); &got[0] == &chunk[0] || string(got) != "Hello" || cap(got) != len(got) {
		t.Errorf("own, and yet borrowed, or not of its size: %q of %d", got, cap(got))
	}
	dst := make([]byte, 3, 10)
	a.Into(dst)
	if got, _ := a.Add(&in, &ev); &got[0] != &dst[0] || string(got) != "Hello" {
		t.Errorf("%q is not where it was wanted", got)
	}
	small := make([]byte, 3, 4)
	a.Into(small)
	if got, _ := a.Add(&in, &ev); &got[0] == &small[0] || string(got) != "Hello" {
		t.Errorf("%q is where it has no room", got)
	}
}

// A message that was given away is not touched by those that follow.
func TestAssemblerOwnStays(t *testing.T) {
	f := newFeeder(t, Server)
	f.built.Own()
	var messages [][]byte
	for n := 100; n < 50_000; n += 777 {
		messages = append(messages, f.message(wire(Server, cutInto(1234, binaryOf(random(n)))...)))
	}
	for i, m := range messages {
		if string(m) != random(100+777*i) {
			t.Fatalf("message %d has changed", i)
		}
	}
}

// Who owns the messages may change between them.
func TestAssemblerChangesHands(t *testing.T) {
	f := newFeeder(t, Server)
	dst := make([]byte, 0, 20_000)
	for i := range 60 {
		payload := random(500 + 100*i)
		octets := wire(Server, cutInto(1+len(payload)/(1+i%3), binaryOf(payload))...)
		f.read = 100 + i*1000
		switch i % 5 {
		case 0:
			f.built.Own()
		case 2, 4:
			f.built.Lend()
		case 3:
			f.built.Into(dst)
		}
		got := f.message(octets)
		if string(got) != payload {
			t.Fatalf("message %d: %d octets came, or others", i, len(got))
		}
		if into := unsafe.SliceData(got) == unsafe.SliceData(dst); into != (i%5 == 3) {
			t.Fatalf("message %d: in the caller's memory is %v", i, into)
		}
		if i%5 < 2 && pool.Outstanding() > 0 {
			t.Fatalf("message %d was given away, and a buffer is held", i)
		}
	}
	f.built.Release()
}

// Detach saves what is there from memory that the caller wants back.
func TestAssemblerDetach(t *testing.T) {
	f := newFeeder(t, Server)
	payload := random(3000)
	octets := wire(Server, binaryOf(payload))
	dst := make([]byte, 4096)
	f.built.Into(dst)
	f.message(octets[:1500])
	f.built.Detach()
	clear(dst)
	if got := f.message(octets[1500:]); string(got) != payload {
		t.Error("the message was lost with the memory")
	}
	for _, c := range dst {
		if c != 0 {
			t.Fatal("written to memory that was given back")
		}
	}
	f.built.Into(dst)
	f.built.Detach() // before anything has come
	if got := f.message(wire(Server, binaryOf(payload))); string(got) != payload || &got[0] == &dst[0] {
		t.Error("the memory was used though it was taken back")
	}
}

// Take hands over what is gathered; what comes later does not count on it.
func TestAssemblerTake(t *testing.T) {
	f := newFeeder(t, Server)
	f.message(wire(Server, binaryOf("Hel").unfinished()))
	if got := f.built.Take(); string(got) != "Hel" || f.built.Len() != 0 {
		t.Errorf("%q, %d left", got, f.built.Len())
	}
	if got := f.message(wire(Server, cont("lo"))); string(got) != "lo" {
		t.Errorf("%q", got)
	}
	if got := f.built.Take(); len(got) != 0 {
		t.Errorf("%q of nothing", got)
	}
	f.built.Release()
}

// Released memory is forgotten: a next message begins from nothing.
func TestAssemblerRelease(t *testing.T) {
	f := newFeeder(t, Server)
	f.message(wire(Server, binaryOf(random(10_000)).unfinished()))
	f.built.Release()
	f.built.Release()
	if f.built.Len() != 0 || pool.Outstanding() != 0 {
		t.Errorf("%d octets, %d buffers", f.built.Len(), pool.Outstanding())
	}
	f.in = In{}
	if got := f.message(wire(Server, fragments("a", "b")...)); string(got) != "ab" {
		t.Errorf("%q", got)
	}
	f.built.Release()
}

// A buffer is the smallest that holds what is needed, never larger than the
// limit, and always larger than what has come.
func TestBufferSizes(t *testing.T) {
	for _, received := range []int{1, 4095, 4096, 4097, 10_000, 1 << 16, 1<<16 + 1, 1 << 20, 3 << 20, 4 << 20} {
		limit := 2*received + minBuffer
		for _, need := range []int{received, received + 1, (received + limit) / 2, limit} {
			b := getBuffer(need, limit)
			if b == nil {
				if need <= maxBuffer {
					t.Errorf("received %d, need %d: no buffer", received, need)
				}
				continue
			}
			if n := len(b.B); n > limit || n < received || n < need && 2*n <= limit {
				t.Errorf("received %d, need %d, limit %d: %d", received, need, limit, n)
			}
			putBuffer(b)
		}
	}
	for n, want := range map[int]int{1: 0, 4096: 0, 4097: 1, 8192: 1, 8193: 2, maxBuffer: 10, maxBuffer + 1: 11} {
		if got := sizeClass(n); got != want {
			t.Errorf("sizeClass(%d) = %d, want %d", n, got, want)
		}
	}
}
