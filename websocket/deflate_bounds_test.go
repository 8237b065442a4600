package websocket

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/pool"
	"github.com/duplexws/duplex/internal/testenv"
	"github.com/duplexws/duplex/protocol"
)

// The bounds on what compressed messages cost: memory by what was received and
// by the limit, work by what was received, and what stays by the tier.

// bomb is a payload that inflates to n zeroes, a thousand times its length.
func bomb(n int) string {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		panic(err) // the level is right
	}
	for zeroes := make([]byte, 1<<20); n > 0; n -= len(zeroes) {
		zeroes = zeroes[:min(n, len(zeroes))]
		w.Write(zeroes)
	}
	w.Flush()
	return strings.TrimSuffix(b.String(), "\x00\x00\xff\xff")
}

// inFragments is a compressed binary message in frames of size octets.
func inFragments(payload string, size int) (frames []frame) {
	for rest := payload; len(rest) > 0; {
		n := min(size, len(rest))
		frames = append(frames, frame{more: n < len(rest), payload: rest[:n]})
		rest = rest[n:]
	}
	frames[0].op, frames[0].packed = Binary, true
	return frames
}

// withEmptyPools turns the garbage collector off and empties the pools until the
// test ends, so that what is allocated is no less than what is in use.
func withEmptyPools(t *testing.T) {
	pool.SetPoison(false)
	runtime.GC()
	runtime.GC() // a sync.Pool outlives one collection
	percent, procs := debug.SetGCPercent(-1), runtime.GOMAXPROCS(1)
	t.Cleanup(func() {
		debug.SetGCPercent(percent)
		runtime.GOMAXPROCS(procs)
		pool.SetPoison(true)
	})
}

// spent returns the octets that f allocates.
func spent(f func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// onceSize is what the pools have to make for the first message: the buffer that
// is received to, that which ReadEach lends, and an inflater with its window.
const onceSize = 2*bufferSize + 52<<10

// most is what a message may cost of which so much is received and inflated. A
// compressed one is gathered in buffers of powers of two; those that it has
// outgrown lie in the pools by the time that it is inflated.
func most(received, inflated int) int {
	gathered := 4 << 10
	for size := gathered; size < received; gathered += size {
		size *= 2
	}
	return gathered + inflated + 64<<10 + onceSize
}

func wantCode(t *testing.T, what string, err error, code StatusCode) {
	t.Helper()
	broken, ok := errors.AsType[*ProtocolError](err)
	if !ok || broken.Code != code {
		t.Errorf("%s: %v, want %v", what, err, code)
	}
}

// Rows 62 and 63 of the hostile inputs: a bomb that aims at 64 times the limit
// costs what was received, the limit and little more, in however many pieces it
// comes and however it is read.
func TestAllocsBomb(t *testing.T) {
	testenv.NoRace(t)
	const limit = protocol.DefaultMaxMessage
	payload := bomb(64 * limit)
	if len(payload) > 64*limit/1000 {
		t.Fatalf("a bomb of %d octets is none", len(payload))
	}
	for _, size := range []int{len(payload), 4096, 1} {
		for way, read := range waysToRead {
			t.Run(fmt.Sprintf("%d octets a frame, read in way %d", size, way), func(t *testing.T) {
				s := serve(t, tcp, &Options{Deflate: &DeflateOptions{}})
				frames := inFragments(payload, size)
				withEmptyPools(t)
				s.peer.write(frames...)
				var err error
				got := spent(func() { _, _, err = read(s.ctx, s.Conn) })
				if got > most(len(payload), limit) {
					t.Errorf("%d octets were allocated, more than %d", got, most(len(payload), limit))
				}
				wantCode(t, "the bomb", err, StatusMessageTooBig)
				if f, _ := s.peer.next(); f.op != protocol.OpClose || !strings.HasPrefix(f.payload, closeFrame(StatusMessageTooBig, "").payload) {
					t.Errorf("the peer was told %v", f)
				}
			})
		}
	}
}

// Whatever a bomb took is there for the next one.
func TestAllocsBombs(t *testing.T) {
	testenv.NoRace(t)
	const many, limit = 20, protocol.DefaultMaxMessage
	payload := bomb(64 * limit)
	octets := inFragments(payload, len(payload))[0].octets(true)
	var all []*scripted
	for range many {
		all = append(all, serve(t, tcp, &Options{Deflate: &DeflateOptions{}}))
	}
	withEmptyPools(t)
	got := spent(func() {
		for _, s := range all {
			s.peer.out <- octets
			_, _, err := s.Read(s.ctx)
			wantCode(t, "the bomb", err, StatusMessageTooBig)
		}
	})
	// 4 KiB are for how a connection ends.
	if want := most(len(payload), limit) + many*4<<10; got > want {
		t.Errorf("%d bombs cost %d octets, more than %d", many, got, want)
	}
}

// The limit is exact. A message that keeps it costs its size once more, where
// its pieces are joined.
func TestAllocsAtLimit(t *testing.T) {
	testenv.NoRace(t)
	const limit = 300_000
	for _, n := range []int{limit - 1, limit, limit + 1} {
		for _, size := range []int{1 << 20, 10} {
			s := serve(t, tcp, &Options{Deflate: &DeflateOptions{}, MaxMessage: limit})
			payload := bomb(n)
			frames := inFragments(payload, size)
			t.Run(fmt.Sprintf("%d octets, %d a frame", n, size), func(t *testing.T) {
				withEmptyPools(t)
				s.peer.write(frames...)
				var p []byte
				var err error
				got := spent(func() { _, p, err = s.Read(s.ctx) })
				want := most(len(payload), n)
				if n > limit {
					wantCode(t, "the message", err, StatusMessageTooBig)
				} else {
					want += n
					if err != nil || len(p) != n || bytes.Trim(p, "\x00") != nil {
						t.Errorf("read %d octets, %v", len(p), err)
					}
				}
				if got > want {
					t.Errorf("%d octets were allocated, more than %d", got, want)
				}
			})
		}
	}
}

// oneByOne is text in stored blocks of one octet, each of them six octets long:
// the slowest way to say something.
func oneByOne(n int) string {
	return strings.Repeat("\x00\x01\x00\xfe\xffx", n) + "\x00"
}

// Row 72: the inflater is given no more than the limit, a 64th of it, and 16
// octets for each frame, so that blocks that say little or nothing are bounded
// by that: more is refused by its header, before any payload comes. Final blocks, of which each restarts the
// inflater, are bounded apart.
func TestDeflateWork(t *testing.T) {
	const limit = 6000
	const received = limit + limit/64 + 1024
	o := &Options{Deflate: &DeflateOptions{}, MaxMessage: limit}
	claim := func(first byte, n int) []byte {
		return binary.BigEndian.AppendUint16([]byte{first, 0x80 | 126}, uint16(n))
	}
	key := make([]byte, 4)
	rest := strings.Repeat("\x00\x00\x00\xff\xff", 100) // empty blocks
	run(t, func(t *testing.T, tr transport) {
		for what, octets := range map[string][]byte{
			"a frame":    append(claim(0xC2, received+1), key...),
			"a fragment": append(frame{op: Binary, more: true, packed: true, payload: rest}.octets(true), append(claim(0x80, received+16+1-len(rest)), key...)...),
		} {
			s := serve(t, tr, o)
			s.peer.out <- octets
			_, _, err := s.Read(s.ctx)
			wantCode(t, what, err, StatusMessageTooBig)
		}

		s := serve(t, tr, o)
		payload := oneByOne((received - 1) / 6)
		s.peer.write(inFragments(payload, len(payload))...)
		s.peer.write(inFragments(payload, 100)...)
		for range 2 {
			if _, p, err := s.Read(s.ctx); err != nil || len(p) != len(payload)/6 {
				t.Fatalf("one by one: %d octets, %v", len(p), err)
			}
		}
		// A final block for every 256 octets, and eight more.
		padded := "\x01\xfb\x00\x04\xff" + strings.Repeat("x", 251)
		s.peer.write(inFragments(strings.Repeat(padded, 20)+strings.Repeat("\x03\x00", 9), 1000)...)
		if _, p, err := s.Read(s.ctx); err != nil || len(p) != 20*251 {
			t.Fatalf("final blocks: %d octets, %v", len(p), err)
		}
		s.peer.write(inFragments(strings.Repeat(padded, 20)+strings.Repeat("\x03\x00", 10), 1000)...)
		_, _, err := s.Read(s.ctx)
		wantCode(t, "too many final blocks", err, StatusPolicyViolation)
	}, tcp, pipe)
}

// A hundred thousand blocks cost no memory of their own, whether they are
// inflated or refused.
func TestAllocsBlocks(t *testing.T) {
	testenv.NoRace(t)
	for what, payload := range map[string]string{
		"stored": oneByOne(150_000),
		"empty":  strings.Repeat("\x00\x00\x00\xff\xff", 150_000) + "\x00",
		"fixed":  strings.Repeat("\x02\x08\x20\x80\x00", 150_000) + "\x00", // four of ten bits
	} {
		t.Run(what, func(t *testing.T) {
			s := serve(t, tcp, &Options{Deflate: &DeflateOptions{}})
			withEmptyPools(t)
			s.peer.write(inFragments(payload, len(payload))...)
			var err error
			got := spent(func() { _, _, err = s.Read(s.ctx) })
			if want := most(len(payload), 2*150_000); got > want {
				t.Errorf("%d octets were allocated, want at most %d", got, want)
			}
			if err != nil {
				wantCode(t, "the message", err, StatusPolicyViolation)
			}
		})
	}
}
