package utf8

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
	"unsafe"
)

// checkPieces writes the pieces and compares with the reference on all of the text.
func checkPieces(t *testing.T, want int, complete bool, pieces ...[]byte) {
	t.Helper()
	var v Validator
	offset := 0
	for _, p := range pieces {
		got := v.Write(p)
		if got >= 0 {
			if offset+got != want {
				t.Errorf("% X: fails at %d, want %d", pieces, offset+got, want)
			}
			checkFailed(t, &v)
			return
		}
		offset += len(p)
	}
	if want >= 0 {
		t.Errorf("% X: does not fail, want %d", pieces, want)
	} else if v.Complete() != complete {
		t.Errorf("% X: Complete = %t, want %t", pieces, v.Complete(), complete)
	}
}

// checkFailed checks that a failure lasts until Reset.
func checkFailed(t *testing.T, v *Validator) {
	t.Helper()
	for _, next := range []byte{0x00, 0x01, 'a', 0x80, 0xC3, 0xFF} {
		if got := v.Write([]byte{next}); got != 0 || v.Complete() {
			t.Errorf("%02X after a failure: Write = %d, Complete = %t", next, got, v.Complete())
		}
	}
	if v.Write(nil) != -1 || v.Complete() {
		t.Error("an empty piece after a failure is taken for more than it is")
	}
	v.Reset()
	if *v != (Validator{}) || !v.Complete() || v.Write([]byte("é")) != -1 {
		t.Error("Reset does not make the validator as new")
	}
}

// checkSplits tries the text whole, byte by byte, at every split point, and if it is short in all ways to make three pieces.
func checkSplits(t *testing.T, p []byte) {
	t.Helper()
	want, complete := reference(p)
	checkPieces(t, want, complete, p)
	var single [][]byte
	for i := range p {
		single = append(single, p[i:i+1], nil)
	}
	checkPieces(t, want, complete, single...)
	for i := range len(p) + 1 {
		checkPieces(t, want, complete, p[:i], p[i:])
		if len(p) > 32 {
			continue
		}
		for j := i; j <= len(p); j++ {
			checkPieces(t, want, complete, p[:i], p[i:j], p[j:])
		}
	}
}

func TestValidatorIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(Validator{}); size > 4 {
		t.Errorf("a Validator takes %d bytes, every connection has one: want at most 4", size)
	}
}

func TestWriteExhaustively(t *testing.T) {
	stride := 1
	if testing.Short() || raceEnabled {
		stride = 17
	}
	for a := range 256 {
		p := []byte{byte(a), 0, 0}
		checkSplits(t, p[:1])
		for b := range 256 {
			p[1] = byte(b)
			checkSplits(t, p[:2])
			for c := (a + b) % stride; c < 256; c += stride {
				p[2] = byte(c)
				want, complete := reference(p)
				var v Validator
				if got := v.Write(p); got != want || v.Complete() != complete || Valid(p) != complete {
					t.Errorf("% X: Write = %d, Complete = %t, Valid = %t; want %d, %t", p, got, v.Complete(), Valid(p), want, complete)
				}
			}
		}
		if t.Failed() {
			t.FailNow()
		}
	}
}

func TestWriteFourBytes(t *testing.T) {
	fourBytes(13, func(p []byte) { checkSplits(t, p) })
}

// TestWriteLong puts every kind of flaw and of incomplete end into texts of every length that the implementations tell apart.
func TestWriteLong(t *testing.T) {
	flaws := []string{"", "\x80", "\xC0", "\xC3", "\xE2\x82", "\xED\xA0", "\xF0\x9F\x98", "\xF4\x90", "\xF5", "\xC3\xA9", "\xF0\x9F\x98\x80"}
	for _, text := range benchTexts {
		for n := 0; n <= 300; n += 1 + n/64 {
			for _, flaw := range flaws {
				at := rand.IntN(n + 1)
				p := sample(text.text, n)
				for at > 0 && at < n && p[at]&0xC0 == 0x80 {
					at--
				}
				checkLong(t, append(p[:n:n], flaw...))
				checkLong(t, append(append(p[:at:at], flaw...), p[at:]...))
			}
		}
	}
}

// checkLong checks a text amid bytes that would spoil it, were they looked at.
func checkLong(t *testing.T, text []byte) {
	t.Helper()
	all := []byte(strings.Repeat("\xFF", 64) + string(text) + strings.Repeat("\x80", 64))
	p := all[64 : 64+len(text)]
	want, complete := reference(p)
	if got := Valid(p); got != complete {
		t.Errorf("%q: Valid = %t", p, got)
	}
	checkPieces(t, want, complete, p)
	for range 8 {
		i := rand.IntN(len(p) + 1)
		checkPieces(t, want, complete, p[:i], p[i:])
	}
}

// TestValidEveryCodePoint puts every code point, and whatever four edges make, behind enough text for the vector code.
func TestValidEveryCodePoint(t *testing.T) {
	ahead := len(sample(benchTexts[0].text, short+32))
	p := append(sample(benchTexts[0].text, ahead), "...."...)
	for r := rune(0); r <= 0x10FFFF; r++ {
		if q := utf8.AppendRune(p[:ahead], r); !Valid(q) { // a surrogate becomes U+FFFD
			t.Fatalf("U+%04X is not valid", r)
		}
	}
	fourBytes(1, func(end []byte) {
		_, want := reference(end)
		if got := Valid(append(p[:ahead], end...)); got != want {
			t.Errorf("% X behind text: Valid = %t", end, got)
		}
	})
}

// TestUnfinished holds that the vector code gets all that is whole: were an end missed, the verdict would be the same, but
// every byte would be looked at twice.
func TestUnfinished(t *testing.T) {
	for _, text := range []string{"", "a", "é", "€", "😀", "aé", "é€", "a€", "€😀", "aaa😀", "😀é"} {
		_, size := utf8.DecodeLastRuneInString(text)
		ahead := len(text) - size
		for n := ahead; n <= len(text); n++ {
			want := n - ahead
			if want == size {
				want = 0
			}
			if got := unfinished([]byte(text[:n])); got != want {
				t.Errorf("%q: %d bytes unfinished, want %d", text[:n], got, want)
			}
		}
	}
}

func FuzzWrite(f *testing.F) {
	for i, c := range cases() {
		f.Add(c.text, uint(i), uint(2*i))
		f.Add(append(sample(benchTexts[i%3].text, 10*i), c.text...), uint(5*i), uint(7*i))
	}
	f.Fuzz(func(t *testing.T, p []byte, i, j uint) {
		i %= uint(len(p) + 1)
		j = i + j%(uint(len(p))-i+1)
		want, complete := reference(p)
		if got := Valid(p); got != complete {
			t.Errorf("Valid = %t, want %t", got, complete)
		}
		checkPieces(t, want, complete, p)
		checkPieces(t, want, complete, p[:i], p[i:j], p[j:])
	})
}
