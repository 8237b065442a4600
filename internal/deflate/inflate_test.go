package deflate

import (
	"bytes"
	"compress/flate"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/pool"
	"github.com/duplexws/duplex/internal/testenv"
)

func inflateAll(p, history []byte) ([]byte, error) {
	return Inflate(nil, p, history, math.MaxInt64, nil)
}

func TestInflate(t *testing.T) {
	all := texts()
	history := all["json 4096"]
	for name, text := range all {
		for _, h := range [][]byte{nil, history} {
			payload := Append(nil, text, h, 1, 15)
			var seen []byte
			got, err := Inflate([]byte("before"), payload, h, uint64(len(text)), func(p []byte) bool {
				seen = append(seen, p...)
				return true
			})
			if err != nil || string(got) != "before"+string(text) {
				t.Errorf("%s: %v, %d bytes", name, err, len(got))
			}
			if string(seen) != string(text)+proof {
				t.Errorf("%s: check saw %d bytes", name, len(seen))
			}
		}
	}
}

// stored returns a stored block.
func stored(header, text string) string {
	n := len(text)
	return header + string([]byte{byte(n), byte(n >> 8), ^byte(n), ^byte(n >> 8)}) + text
}

// The forms that a message can have, of which every one must be read
// (https://www.rfc-editor.org/rfc/rfc7692#section-7.2.3).
func TestForms(t *testing.T) {
	const (
		hello = "\xf2\x48\xcd\xc9\xc9\x07\x00"
		final = "\xf3\x48\xcd\xc9\xc9\x07\x00" // the same with BFINAL
		again = "\xf2\x00\x11\x00\x00"         // refers to the Hello before
	)
	for _, c := range []struct{ name, payload, history, want string }{
		{"no octets", "", "secret", ""},
		{"empty", "\x00", "", ""},
		{"empty, fixed codes", "\x02\x00", "", ""},
		{"empty, several blocks", "\x00\x00\x00\xff\xff\x00\x00\x00\xff\xff\x00", "", ""},
		{"one block", hello, "", "Hello"},
		{"history", again, "Hello", "Hello"},
		{"stored", stored("\x00", "Hello") + "\x00", "", "Hello"},
		{"two blocks", "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", "", "Hello"},
		{"final", final + "\x00", "", "Hello"},
		{"final, nothing behind", final, "", "Hello"},
		{"final, stored", stored("\x01", "Hello") + "\x00", "", "Hello"},
		{"final, then one more", final + hello, "", "HelloHello"},
		{"final, then final", final + final + "\x00", "", "HelloHello"},
		{"final, then a reference across it", final + again, "", "HelloHello"},
		{"final, then a reference to the history", final + "\x02\x13\x00\x00", "abcde", "Helloabcde"},
		{"final and empty", "\x03\x00" + hello, "", "Hello"},
		{"text like the ending", stored("\x00", ending) + "\x00", "", ending},
		{"final text like the ending", stored("\x01", ending), "", ending},
		{"text like the proof", stored("\x00", proof) + "\x00", "", proof},
		{"final text like the proof", stored("\x01", proof), "", proof},
		// The tail is part of the message (https://www.rfc-editor.org/rfc/rfc7692#section-7.2.2).
		{"the tail is text", "\x00\x09\x00\xf6\xffHello", "", "Hello" + tail},
		{"the tail is final text", "\x01\x09\x00\xf6\xffHello", "", "Hello" + tail},
	} {
		if c.name == "final, then a reference to the history" {
			w := bitWriter{out: []byte(final)}
			w.write(0b010, 3)
			w.match(5, 10)
			w.write(0, 10)
			c.payload = string(w.flush())
		}
		got, err := inflateAll([]byte(c.payload), []byte(c.history))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
		if text, _, err := slowInflate([]byte(c.payload), []byte(c.history)); err != nil || string(text) != c.want {
			t.Errorf("%s: the reference has %q, %v", c.name, text, err)
		}
	}
}

func TestCorrupt(t *testing.T) {
	long := Append(nil, texts()["json 5000"], nil, 1, 15)
	for name, payload := range map[string]string{
		"reserved block":            "\x06",
		"random":                    "\xff\xff\xff\xff",
		"tail not removed, cut":     "\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff",
		"stored, wrong complement":  "\x00\x05\x00\xfa\xfeHello\x00",
		"stored, cut":               "\x00\x50\x00\xaf\xffHello",
		"reference before the text": "\xf2\x00\x11\x00\x00",
		"final, then no block":      "\xf3\x48\xcd\xc9\xc9\x07\x00\xff\xff",
		"final, then text":          "\xf3\x48\xcd\xc9\xc9\x07\x00Hello",
		"cut":                       string(long[:len(long)/2]),
	} {
		dst := []byte("dst")
		if got, err := Inflate(dst, []byte(payload), nil, 1<<20, nil); !errors.Is(err, ErrCorrupt) || string(got) != "dst" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// Every prefix of a message is refused, or is a message of its own as the
// reference sees it.
func TestPrefixes(t *testing.T) {
	payload := Append(nil, texts()["json 1000"], nil, 1, 15)
	for n := range payload {
		want, _, wantErr := slowInflate(payload[:n], nil)
		got, err := inflateAll(payload[:n], nil)
		if (err != nil) != (wantErr != nil) || err == nil && !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %d bytes of text, %v; the reference has %d, %v", n, len(got), err, len(want), wantErr)
		}
	}
}

func TestRefused(t *testing.T) {
	text := bytes.Repeat([]byte("x"), 10*pieceSize)
	calls := 0
	_, err := Inflate(nil, Append(nil, text, nil, 1, 15), nil, 1<<30, func([]byte) bool {
		calls++
		return calls < 3
	})
	if !errors.Is(err, ErrRefused) || calls != 3 {
		t.Errorf("%v after %d calls", err, calls)
	}
}

func TestLimit(t *testing.T) {
	for _, n := range []int{1, 100, pieceSize - 1, pieceSize, pieceSize + 1, 100_000} {
		payload := Append(nil, make([]byte, n), nil, 1, 15)
		if got, err := Inflate(nil, payload, nil, uint64(n), nil); err != nil || len(got) != n {
			t.Errorf("%d bytes: %d, %v", n, len(got), err)
		}
		if _, err := Inflate(nil, payload, nil, uint64(n-1), nil); !errors.Is(err, ErrTooLarge) {
			t.Errorf("one less than %d bytes allowed: %v", n, err)
		}
	}
}

// bomb returns a payload of 65 KiB that inflates to 65 MiB.
func bomb(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, 9)
	w.Write(make([]byte, 65<<20))
	w.Flush()
	if b.Len() > 70<<10 {
		t.Fatalf("the bomb has %d bytes", b.Len())
	}
	return cutTail(b.Bytes())
}

// A bomb costs the limit, a hundredth of it, and 64 KiB.
func TestAllocsBomb(t *testing.T) {
	testenv.NoRace(t)
	payload := bomb(t)
	inflateAll([]byte("\x00"), nil) // so that the pool has an inflater
	for _, limit := range []uint64{0, 1, 100_000, 1 << 20, 64 << 20} {
		runtime.GC()
		runtime.GC() // so that the pools have no pieces
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Inflate(nil, payload, nil, limit, nil)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, ErrTooLarge) {
			t.Errorf("limit %d: %v", limit, err)
		}
		if cost := after.TotalAlloc - before.TotalAlloc; cost > limit+limit/100+64<<10 {
			t.Errorf("limit %d: %d bytes more were allocated", limit, cost-limit)
		}
	}
}

// Blocks that hold nothing but BFINAL make the inflater start again and again.
func TestFinalBlocks(t *testing.T) {
	many := []byte(strings.Repeat("\x03\x00", 100_000) + "\x00")
	if _, err := inflateAll(many, nil); !errors.Is(err, ErrBlocks) {
		t.Errorf("100,000 final blocks: %v", err)
	}
	if _, err := inflateAll([]byte(strings.Repeat("\x03\x00", 8)+"\x00"), nil); err != nil {
		t.Errorf("8 final blocks: %v", err)
	}
}

// The window outlives a final block, however much text lies between.
func TestWindowAcrossFinalBlocks(t *testing.T) {
	history := texts()["noise 32768"]
	for _, n := range []int{1, 100, pieceSize, 32768 - 258, 32768, 60_000} {
		var b bytes.Buffer
		w, _ := flate.NewWriter(&b, 1)
		text := texts()["json 70000"][:n]
		w.Write(text)
		w.Close()
		far := min(n+100, 32768)
		bw := bitWriter{out: b.Bytes()}
		bw.write(0b010, 3)
		bw.match(100, far)
		bw.write(0, 10)
		payload := bw.flush()
		whole := append(bytes.Clone(history), text...)
		want := append(bytes.Clone(text), whole[len(whole)-far:][:100]...)
		if got, err := inflateAll(payload, history); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes between: %d bytes of text, %v", n, len(got), err)
		}
	}
}

// No message reads what another one left in the pools: every reference before
// its own history is refused, and no memory lies in reach that came from the
// pools uncleared.
func TestNoLeak(t *testing.T) {
	pool.SetPoison(true)
	defer pool.SetPoison(false)
	secret := bytes.Repeat([]byte("secret of another connection "), 2000)
	fresh := make(map[int][]byte)
	texts := texts()
	for _, n := range []int{100, 1000} {
		fresh[n] = Append(nil, texts["json 5000"][:n], nil, 5, 15)
	}
	for _, history := range []string{"", "own history"} {
		for _, far := range []int{1, 2, 12, 100, 1000, 32768} {
			if far <= len(history) {
				continue
			}
			if _, err := inflateAll(Append(nil, secret, nil, 1, 15), nil); err != nil {
				t.Fatal(err)
			}
			w := bitWriter{}
			w.write(0b010, 3)
			w.match(100, far)
			w.write(0, 10)
			if got, err := inflateAll(w.flush(), []byte(history)); !errors.Is(err, ErrCorrupt) {
				t.Errorf("history of %d, reference to %d before: %q, %v", len(history), far, got, err)
			}
		}
	}
	// A compressor that has seen the secret writes as if it had not.
	for n, want := range fresh {
		for range 3 {
			Append(nil, secret, secret[:4096], 5, 15)
			if got := Append(nil, texts["json 5000"][:n], nil, 5, 15); !bytes.Equal(got, want) {
				t.Errorf("%d bytes: compressed otherwise behind another message", n)
			}
		}
	}
	if err := pool.Check(); err != nil {
		t.Error(err)
	}
}

// FuzzInflate holds Inflate against the reference: the same text or an error in
// both.
func FuzzInflate(f *testing.F) {
	f.Add([]byte("\xf2\x48\xcd\xc9\xc9\x07\x00"), []byte(""))
	f.Add([]byte("\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x00\x11\x00\x00"), []byte("Hello"))
	f.Add(Append(nil, texts()["json 1000"], nil, 6, 15), []byte(""))
	f.Add([]byte(stored("\x01", "Hello"+ending)[:10]), []byte(""))
	f.Add(emptyBlocks(3), []byte(""))
	f.Fuzz(func(t *testing.T, payload, history []byte) {
		want, _, wantErr := slowInflate(payload, last(history, 32<<10))
		got, err := Inflate(nil, payload, history, 1<<20, nil)
		switch {
		case errors.Is(err, ErrTooLarge), errors.Is(err, ErrBlocks):
		case (err == nil) != (wantErr == nil), err == nil && !bytes.Equal(got, want):
			t.Errorf("%x behind %d: %x, %v; the reference has %x, %v", payload, len(history), got, err, want, wantErr)
		}
	})
}

// FuzzAppend holds Append against the standard library and the reference.
func FuzzAppend(f *testing.F) {
	f.Add([]byte("Hello"), []byte("Hello"), uint8(0))
	f.Add(texts()["json 1000"], texts()["json 4096"], uint8(3))
	f.Fuzz(func(t *testing.T, text, history []byte, kind uint8) {
		bits, level := MinWindowBits+int(kind%8), 1+int(kind/8)%MaxLevel
		payload := Append(nil, text, history, level, bits)
		if len(payload) > MaxLen(len(text)) {
			t.Fatalf("%d bytes for %d, MaxLen is %d", len(payload), len(text), MaxLen(len(text)))
		}
		if shorter, ok := AppendShorter(nil, text, history, level, bits); ok != (len(payload) < len(text)) || ok && !bytes.Equal(shorter, payload) {
			t.Fatalf("AppendShorter has %d bytes, %v, Append %d for %d", len(shorter), ok, len(payload), len(text))
		}
		got, farthest, err := slowInflate(payload, history)
		if err != nil || !bytes.Equal(got, text) || farthest > 1<<bits {
			t.Fatalf("%d bits, level %d: %d bytes, reaching back %d, %v", bits, level, len(got), farthest, err)
		}
		if got, err := stdInflate(payload, history); err != nil || !bytes.Equal(got, text) {
			t.Fatalf("the standard library has %d bytes, %v", len(got), err)
		}
		if got, err := inflateAll(payload, history); err != nil || !bytes.Equal(got, text) {
			t.Fatalf("%d bytes came back, %v", len(got), err)
		}
	})
}
