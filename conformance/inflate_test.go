package conformance

import (
	"bytes"
	"compress/flate"
	"math/rand/v2"
	"strings"
	"testing"
)

func deflated(level int, parts ...string) (all []string) {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, level)
	if err != nil {
		panic(err)
	}
	for _, part := range parts {
		w.Write([]byte(part))
		w.Flush()
		all = append(all, strings.TrimSuffix(b.String(), tail))
		b.Reset()
	}
	return all
}

func TestInflate(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 70000)
	for i := range noise {
		noise[i] = byte(rnd.Uint32())
	}
	messages := []string{"", "a", "Hello", strings.Repeat("Hello, world! ", 9000), string(noise), "Hello", string(noise[40000:]), repeat("abcdefg", 100000)}
	for _, d := range dataSets() {
		messages = append(messages, d.octets[:100000])
	}
	for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, 1, 6, 9} {
		z := inflater{most: widest, keeps: true}
		for i, compressed := range deflated(level, messages...) {
			if got, err := z.message(compressed); err != nil || got != messages[i] {
				t.Errorf("level %d, message %d: %d octets of %d, %v", level, i, len(got), len(messages[i]), err)
			}
		}
	}
}

// The examples of RFC 7692, section 7.2.3.
func TestInflateExamples(t *testing.T) {
	for _, octets := range []string{
		"\xf2\x48\xcd\xc9\xc9\x07\x00",
		"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00",
		"\xf3\x48\xcd\xc9\xc9\x07\x00\x00",
		"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00",
	} {
		z := inflater{most: widest}
		if got, err := z.message(octets); got != "Hello" || err != nil {
			t.Errorf("% x: %q, %v", octets, got, err)
		}
	}
	z := inflater{most: widest, keeps: true}
	for _, octets := range []string{"\xf2\x48\xcd\xc9\xc9\x07\x00", "\xf2\x00\x11\x00\x00"} {
		if got, err := z.message(octets); got != "Hello" || err != nil {
			t.Errorf("% x: %q, %v", octets, got, err)
		}
	}
	if z.farthest != 5 {
		t.Errorf("the largest distance is %d", z.farthest)
	}
}

func TestInflateRefuses(t *testing.T) {
	far := strings.Repeat("x", 3) + string(bytes.Repeat([]byte("0123456789"), 60)) + "unlike"
	messages := deflated(6, "Hello, Hello", "Hello, Hello")
	for name, wrong := range map[string]string{
		"the type that is reserved": "\x06",
		"behind the beginning":      messages[1],
		"ends too early":            messages[0][:4],
		"contradicts itself":        "\x00\x05\x00\xff\xff",
	} {
		z := inflater{most: widest}
		if got, err := z.message(wrong); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	z := inflater{most: 8}
	if _, err := z.message(deflated(6, far)[0]); err == nil || !strings.Contains(err.Error(), "larger than the window") {
		t.Errorf("a window of 8: %v", err)
	}
}

func FuzzInflate(f *testing.F) {
	for _, s := range deflated(6, "", "Hello, Hello, Hello", repeat("abcdef", 1000)) {
		f.Add(s)
	}
	f.Add("\xf2\x48\xcd\xc9\xc9\x07\x00")
	f.Fuzz(func(t *testing.T, compressed string) {
		z := inflater{most: widest, keeps: true}
		mine, err := z.message(compressed)
		if err != nil || strings.Contains(compressed, "\x01") {
			return
		}
		// The library stops at a last block; without one both must agree.
		var b bytes.Buffer
		r := flate.NewReader(strings.NewReader(compressed + tail + "\x01\x00\x00\xff\xff"))
		if _, err := b.ReadFrom(r); err == nil && !strings.HasPrefix(mine, b.String()) {
			t.Errorf("%q, the library says %q", mine, b.String())
		}
	})
}
