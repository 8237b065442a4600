package deflate

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
)

// incompressible returns texts of n bytes that the ways of compressing gain
// least by: noise, noise that fixed codes have nine bits for, and noise with
// repetitions that are hardly worth their distance.
func incompressible(rng *rand.Rand, n int) [][]byte {
	noise, high, repeats := make([]byte, n), make([]byte, n), make([]byte, n)
	for i := range n {
		noise[i] = byte(rng.Uint32())
		high[i] = 144 + byte(rng.IntN(112))
		repeats[i] = noise[i]
	}
	for at := 30_000; at+4 < n; at += 40 {
		copy(repeats[at:], repeats[at-29_000+rng.IntN(100):][:4])
	}
	return [][]byte{noise, high, repeats}
}

func TestMaxLen(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	lengths := []int{0, 1, 10, 127, 128, 255, 256, 257, 1024, 1025, 4096, 32_768, 65_536}
	if !testenv.Race { // which shows nothing here
		lengths = append(lengths, 24_574, 24_575, 24_576, 32_767, 57_342, 57_343, 65_535, 200_000, 524_224)
		for n := range 70 {
			lengths = append(lengths, n, rng.IntN(1<<rng.IntN(17)))
		}
	}
	closest := MaxLen(0)
	for _, n := range lengths {
		for _, p := range incompressible(rng, n) {
			for _, bits := range []int{8, 12, 14, 15} {
				for _, level := range []int{1, 3, 5, 6, 7, 9} {
					for _, history := range []int{0, 300, 4096, 32768} {
						if level > 1 && (bits < MaxWindowBits || n > 70_000) || history > 1<<bits {
							continue
						}
						got := len(Append(nil, p, incompressible(rng, history)[0], level, bits))
						if got > MaxLen(n) {
							t.Errorf("%d bytes, %d bits, level %d, history of %d: %d bytes, MaxLen is %d", n, bits, level, history, got, MaxLen(n))
						}
						closest = min(closest, MaxLen(n)-got)
					}
				}
			}
		}
	}
	if closest > 16 {
		t.Errorf("nothing gets closer to MaxLen than %d bytes: it could be less", closest)
	}
}

// AppendShorter gives what Append does, or nothing where that is no shorter
// than the text, and leaves no trace of giving up.
func TestAppendShorter(t *testing.T) {
	all := texts()
	history := all["json 4096"]
	given, refused := 0, 0
	for name, text := range all {
		for _, level := range []int{1, 6, 9} {
			for _, h := range [][]byte{nil, history} {
				for _, bits := range []int{9, 15} {
					want := Append([]byte("dst"), text, h, level, bits)
					shorter := len(want)-len("dst") < len(text)
					got, ok := AppendShorter([]byte("dst"), text, h, level, bits)
					if !shorter {
						want = []byte("dst")
						refused++
					} else {
						given++
					}
					if ok != shorter || !bytes.Equal(got, want) {
						t.Errorf("%s, level %d, %d bits, history of %d: %v, %d bytes; Append has %d", name, level, bits, len(h), ok, len(got), len(want))
					}
				}
			}
		}
	}
	if given < 100 || refused < 100 {
		t.Errorf("%d were shorter, %d not: the texts show nothing", given, refused)
	}
}

// A compressor that gave up, wherever that was, is as good as new.
func TestGivingUpLeavesNothing(t *testing.T) {
	text := texts()["json 5000"]
	for _, level := range []int{1, 6, 9} {
		for _, history := range [][]byte{nil, texts()["json 1000"]} {
			want := Append(nil, text, history, level, 15)
			step := 1
			if testenv.Race {
				step = 37
			}
			for most := 0; most < len(want); most += step {
				if _, ok := compress(sink{most: most, strict: true}, text, history, level, 15); ok {
					t.Fatalf("level %d: %d bytes went into %d", level, len(want), most)
				}
				got, ok := compress(sink{most: len(want), strict: true}, text, history, level, 15)
				if !ok || !bytes.Equal(got, want) {
					t.Fatalf("level %d: behind giving up at %d: %v, %d bytes for %d", level, most, ok, len(got), len(want))
				}
			}
		}
	}
}

// Whatever the text, its payload makes dst grow once.
func TestAllocsGrow(t *testing.T) {
	testenv.NoRace(t)
	all := texts()
	for _, name := range []string{"json 64", "noise 64", "json 1000", "json 70000", "noise 70000", "noise 4096"} {
		for _, history := range [][]byte{nil, all["json 4096"]} {
			if n := testing.AllocsPerRun(100, func() { Append(nil, all[name], history, 1, 15) }); n > 1 {
				t.Errorf("%s behind %d: Append makes %v allocations", name, len(history), n)
			}
			if n := testing.AllocsPerRun(100, func() { AppendShorter(nil, all[name], history, 1, 15) }); n > 1 {
				t.Errorf("%s behind %d: AppendShorter makes %v allocations", name, len(history), n)
			}
		}
	}
}
