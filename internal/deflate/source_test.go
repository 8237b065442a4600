package deflate

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
)

// likeReference reports an error unless Inflate makes of payload what the
// reference does behind a history of zeroes: the same text, or none. It returns
// whether there is a text.
func likeReference(t *testing.T, what string, payload []byte) bool {
	t.Helper()
	history := make([]byte, 32768)
	got, err := inflateAll(payload, history)
	if err != nil && !errors.Is(err, ErrCorrupt) {
		t.Errorf("%s: %v", what, err)
	}
	want, _, wantErr := slowInflate(payload, history)
	if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes of text, %v; the reference has %d, %v", what, len(got), err, len(want), wantErr)
	}
	return err == nil
}

// A stored block that was cut takes what comes behind for its text, whatever
// there is of it.
func TestCutStored(t *testing.T) {
	for missing := 1; missing < 2*len(ending); missing++ {
		for _, header := range []string{"\x00", "\x01"} {
			payload := []byte(stored(header, "Hello"+strings.Repeat("x", missing)))
			whole := likeReference(t, "stored, cut", payload[:len(payload)-missing])
			if whole != (missing == len(tail)) {
				t.Errorf("%d bytes are missing: %v", missing, whole)
			}
		}
	}
}

// A block of fixed codes, cut at every byte within or behind a match.
func TestCutFixed(t *testing.T) {
	phases := 8
	if testenv.Race {
		phases = 2 // the reference is slow
	}
	for phase := range phases {
		for _, length := range []int{3, 4, 11, 35, 67, 131, 257} {
			for distance := 1; distance <= 32768; distance *= 2 {
				for final := range uint(2) {
					var w bitWriter
					w.write(final|0b010, 3)
					for range phase {
						w.literal(200) // of nine bits
					}
					from := len(w.out)
					w.match(length, distance)
					w.match(length, distance)
					for end := from + 1; end <= len(w.out); end++ {
						likeReference(t, "fixed codes, cut", w.out[:end])
					}
				}
			}
		}
	}
}

// codes returns the codes of the lengths, canonical as all of them.
func codes(lengths []int) (codes []uint16) {
	codes = make([]uint16, len(lengths))
	next := uint16(0)
	for n := 1; n < 16; n++ {
		for symbol, l := range lengths {
			if l == n {
				codes[symbol] = next
				next++
			}
		}
		next <<= 1
	}
	return codes
}

// dynamic writes the header of a block with codes of its own.
func (w *bitWriter) dynamic(final uint, literals, distances []int) {
	w.write(final|0b100, 3)
	w.write(uint(len(literals)-257), 5)
	w.write(uint(len(distances)-1), 5)
	w.write(19-4, 4)
	w.write(0, 3*3) // no repetitions
	for range 16 {
		w.write(4, 3)
	}
	for _, l := range literals {
		w.code(uint16(l), 4)
	}
	for _, l := range distances {
		w.code(uint16(l), 4)
	}
}

// The tail, and zeroes of what comes behind, end a match of any length that was
// cut: as extra bits of a distance, in a block with codes of its own.
func TestCutDynamic(t *testing.T) {
	literals := make([]int, 274)
	literals['x'], literals[256], literals[273] = 2, 2, 1
	distances := make([]int, 30)
	distances[28], distances[29] = 1, 1
	tried := 0
	for _, final := range []uint{0, 1} {
		for matches := range 9 {
			for bits := range uint(18) {
				var w bitWriter
				w.dynamic(final, literals, distances)
				w.write(0, uint(matches%3)*18)
				w.write(0, uint(matches/3)) // and out of step
				w.write(0, bits)
				if w.n == 0 {
					tried++
					likeReference(t, "codes of its own, cut", w.out)
				}
			}
		}
	}
	if tried < 10 {
		t.Errorf("%d payloads were tried", tried)
	}
}

// A block, cut within the extra bits of a distance, whose codes differ from the
// fixed ones in nothing that the proof has but its distance. They lead through the
// tail in step: by a distance of 13 extra bits and another of 8.
func TestCutLikeFixed(t *testing.T) {
	literals, distances := make([]int, 286), make([]int, 30)
	for i := range literals {
		switch {
		case i < 148, i >= 280:
			literals[i] = 8
		case i < 256:
			literals[i] = 9
		default:
			literals[i] = 7
		}
	}
	for i := 8; i < 20; i++ {
		distances[i] = 5
	}
	for i := 20; i < 30; i++ {
		distances[i] = 4
	}
	of, far := codes(literals), codes(distances)[29]
	if of['A'] != 0x30+'A' || of['7'] != 0x30+'7' || of[256] != 0 || of[257] != 1 || codes(distances)[19] != 0b11111 {
		t.Fatal("the codes are not those that are meant")
	}
	tried := 0
	for phase := range 8 {
		var w bitWriter
		w.dynamic(1, literals, distances)
		for range phase {
			w.code(of[200], 9)
		}
		w.code(of[257], 7)
		w.code(far, 4)
		if w.n == 0 {
			tried++
			likeReference(t, "nearly fixed codes, cut", w.out)
		}
	}
	if tried != 1 {
		t.Errorf("%d payloads were tried", tried)
	}
}

// emptyBlocks returns blocks with codes of their own and no text, of 11 bytes
// each.
func emptyBlocks(n int) []byte {
	var w bitWriter
	for range n {
		w.write(0b100, 3)
		w.write(0, 5+5)
		w.write(18-4, 4)
		w.write(1<<6, 3*3) // the code 18 of one bit
		w.write(0, 3*13)
		w.write(0, 3)
		w.write(1, 3) // the code 1 of one bit
		w.write(0b1|(138-11)<<1, 8)
		w.write(0b1|(118-11)<<1, 8)
		w.write(0, 1+1) // one bit for the end of the block, and for distance 1
		w.write(0, 1)   // end of the block
	}
	w.write(0, 3)
	return w.flush()
}

// Blocks without text are read no further than credit goes.
func TestWork(t *testing.T) {
	for name, payload := range map[string][]byte{
		"codes of their own": emptyBlocks(100_000),
		"fixed codes":        []byte(strings.Repeat("\x02\x08\x20\x80\x00", 200_000) + "\x00"),
		"stored":             []byte(strings.Repeat("\x00\x00\x00\xff\xff", 200_000) + "\x00"),
		"behind text":        append([]byte(stored("\x00", strings.Repeat("x", 10_000))), emptyBlocks(100_000)...),
	} {
		f := inflaters.Get().(*inflater)
		f.begin(payload, nil)
		err := f.run(1<<20, nil)
		read, credit := len(payload)-len(f.src.payload), firstCredit+creditPerByte*int(f.text.len)
		f.release()
		if !errors.Is(err, ErrBlocks) || read > credit+f.in.Size() {
			t.Errorf("%s: %v, %d bytes of %d were read, the credit is %d", name, err, read, len(payload), credit)
		}
		if _, err := inflateAll(payload[:10_000], nil); errors.Is(err, ErrBlocks) {
			t.Errorf("%s: few blocks: %v", name, err)
		}
	}
	if text, err := inflateAll(emptyBlocks(1000), nil); err != nil || len(text) > 0 {
		t.Errorf("1000 blocks: %d bytes, %v", len(text), err)
	}
}

// Who sends every byte on its own, by whatever flush, is read.
func TestWorkOfSmallFragments(t *testing.T) {
	const n = 50_000
	var fixed, partial bitWriter
	for range n {
		for _, w := range []*bitWriter{&fixed, &partial} {
			w.write(0b010, 3)
			w.literal(200)
			w.write(0, 7)
		}
		fixed.write(0, 3)
		fixed.out = append(fixed.flush(), tail...)
		fixed.held, fixed.n = 0, 0
		partial.write(0b010, 10)
	}
	partial.write(0, 3)
	for name, payload := range map[string][]byte{
		"flushed as by zlib":   cutTail(fixed.out),
		"flushed as by Go":     []byte(strings.Repeat(stored("\x00", "\xc8")+"\x00"+tail, n) + "\x00"),
		"with partial flushes": partial.flush(),
		"without flushes":      []byte(strings.Repeat(stored("\x00", "\xc8"), n) + "\x00"),
		"final blocks":         []byte(strings.Repeat(stored("\x01", "\xc8"), 8) + "\x00"),
	} {
		text, err := inflateAll(payload, nil)
		if err != nil || len(bytes.Trim(text, "\xc8")) > 0 || len(text) != n && len(text) != 8 {
			t.Errorf("%s: %d bytes from %d, %v", name, len(text), len(payload), err)
		}
	}
}
