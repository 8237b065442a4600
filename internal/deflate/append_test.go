package deflate

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
)

// texts are messages of many lengths and natures.
func texts() map[string][]byte {
	rng := rand.New(rand.NewPCG(1, 2))
	var json bytes.Buffer
	for json.Len() < 100_000 {
		fmt.Fprintf(&json, `{"id":%d,"user":"user%d","price":%d.%02d,"event":"trade"}`, rng.IntN(1e6), rng.IntN(1000), rng.IntN(100), rng.IntN(100))
	}
	noise := make([]byte, 70_000)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	all := map[string][]byte{"zeroes": make([]byte, 80_000), "empty": {}}
	for _, n := range []int{1, 2, 3, 4, 5, 31, 64, 127, 128, 129, 255, 256, 257, 258, 300, 1000, 4096, 5000, 32767, 32768, 32769, 70_000} {
		all[fmt.Sprintf("json %d", n)] = json.Bytes()[:n]
		all[fmt.Sprintf("noise %d", n)] = noise[:n]
		// Repeats itself at a distance of more than the smallest windows.
		all[fmt.Sprintf("period %d", n)] = bytes.Repeat(noise[:300], n/300+1)[:n]
	}
	return all
}

// stdInflate inflates with the standard library.
func stdInflate(payload, history []byte) ([]byte, error) {
	stream := io.MultiReader(bytes.NewReader(payload), strings.NewReader(tail+"\x01"+tail))
	return io.ReadAll(flate.NewReaderDict(stream, history))
}

// Whatever the level, the window and the history, others read what was meant,
// and nothing refers further back than the window: 256 bytes for 8 bits too,
// which not every compressor keeps to
// (https://www.rfc-editor.org/rfc/rfc7692#section-7.1.2).
func TestAppend(t *testing.T) {
	all := texts()
	history := all["json 32768"]
	type kind struct{ level, windowBits int }
	kinds := []kind{{0, 15}, {1, 15}, {2, 15}, {5, 15}, {6, 15}, {7, 15}, {9, 15}}
	for bits := MinWindowBits; bits < MaxWindowBits; bits++ {
		kinds = append(kinds, kind{1, bits})
	}
	reached := make(map[int]int)
	for name, text := range all {
		if testenv.Race && len(text) > 5000 && name != "json 70000" {
			continue // the reference is slow
		}
		for _, k := range kinds {
			for _, h := range [][]byte{nil, history[:100], history[:4096], history} {
				payload := Append([]byte("before"), text, h, k.level, k.windowBits)
				payload, ok := bytes.CutPrefix(payload, []byte("before"))
				if !ok {
					t.Fatal("dst was overwritten")
				}
				got, farthest, err := slowInflate(payload, h)
				if err != nil || !bytes.Equal(got, text) {
					t.Errorf("%s, level %d, %d bits, history of %d: %v, %d bytes", name, k.level, k.windowBits, len(h), err, len(got))
				}
				if farthest > 1<<k.windowBits {
					t.Errorf("%s, level %d, %d bits, history of %d: refers back %d bytes", name, k.level, k.windowBits, len(h), farthest)
				}
				reached[k.windowBits] = max(reached[k.windowBits], farthest)
			}
		}
	}
	for bits, farthest := range reached {
		if farthest <= 1<<bits*3/4 {
			t.Errorf("with %d bits nothing refers back more than %d bytes: the texts show nothing", bits, farthest)
		}
	}
}

func TestAppendStd(t *testing.T) {
	all := texts()
	history := all["json 4096"]
	for name, text := range all {
		for _, h := range [][]byte{nil, history} {
			if got, err := stdInflate(Append(nil, text, h, 1, 15), h); err != nil || !bytes.Equal(got, text) {
				t.Errorf("%s, history of %d: %v, %d bytes", name, len(h), err, len(got))
			}
		}
	}
}

// A history makes even the shortest messages short, which are the commonest.
func TestHistoryHelps(t *testing.T) {
	all := texts()
	history := all["json 4096"]
	text := all["json 5000"][4096:]
	for _, n := range []int{40, 64, 100, 127, 128, 200, 900} {
		alone, with := Append(nil, text[:n], nil, 1, 15), Append(nil, text[:n], history, 1, 15)
		if len(with) > n*6/10 || len(with) >= len(alone) {
			t.Errorf("%d bytes: %d with a history, %d without", n, len(with), len(alone))
		}
	}
}

// The whole window is searched, for short messages from level 2 on, and a level
// that compresses better does so for short ones too.
func TestHistoryFarBack(t *testing.T) {
	all := texts()
	for _, n := range []int{64, 127, 128, 199, 255, 256, 1000} {
		p := all["noise 1000"][:n]
		for _, bits := range []int{13, 14, 15} {
			far := 1<<bits - 300
			history := append(bytes.Clone(p), all["noise 70000"][30_000:][:far-n]...)
			level := 1
			if n < shortBehind {
				if level = 2; bits < MaxWindowBits {
					continue // where there is one level
				}
			}
			if got := len(Append(nil, p, history, level, bits)); got > n/2 {
				t.Errorf("%d bytes that stand %d back: %d", n, far, got)
			}
		}
	}
}

func TestLevelOfShort(t *testing.T) {
	all := texts()
	for _, history := range [][]byte{all["json 4096"], all["json 32768"]} {
		for _, n := range []int{64, 100, 127, 128, 200} {
			fast, best := 0, 0
			for at := 33_000; at+n <= 70_000; at += 1000 {
				p := all["json 70000"][at:][:n]
				fast += len(Append(nil, p, history, 1, 15))
				best += len(Append(nil, p, history, MaxLevel, 15))
			}
			if best > fast*95/100 {
				t.Errorf("%d bytes behind %d: %d at level 9, %d at level 1", n, len(history), best, fast)
			}
		}
	}
}

func TestAppendEmpty(t *testing.T) {
	// https://www.rfc-editor.org/rfc/rfc7692#section-7.2.3.6 has 00; an empty
	// block of fixed codes in front of it says the same.
	payload := Append(nil, nil, nil, 1, 15)
	if text, _, err := slowInflate(payload, nil); err != nil || len(text) != 0 || len(payload) > 2 {
		t.Errorf("%x: %q, %v", payload, text, err)
	}
}

func TestHistory(t *testing.T) {
	var h History
	var all []byte
	rng := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		text := make([]byte, rng.IntN(300))
		for i := range text {
			text[i] = byte(rng.Uint32())
		}
		most := []int{256, 256, 1000, 0}[rng.IntN(4)]
		before := h.Bytes()
		all = append(bytes.Clone(before), text...)
		h.Add(text, most)
		if want := last(all, most); !bytes.Equal(h.Bytes(), want) {
			t.Fatalf("history of %d bytes, %d are wanted", len(h.Bytes()), len(want))
		}
		if cap(h.text) > 1000 {
			t.Fatalf("%d bytes are held for at most 1000", cap(h.text))
		}
	}
	if h.Forget(); h.Bytes() != nil {
		t.Error("the history is still there")
	}
}
