package utf8

import (
	"fmt"
	"strings"
	"testing"
	std "unicode/utf8"

	asm "github.com/segmentio/asm/utf8"
)

var benchTexts = []struct{ name, text string }{
	{"ascii", "The quick brown fox jumps over the lazy dog. "},
	{"latin", "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. "},
	{"cjk", "いろはにほへとちりぬるをわかよたれそつねならむ"},
}

// sample returns the text repeated to n bytes, cut at a code point and filled up with spaces.
func sample(text string, n int) []byte {
	p := []byte(strings.Repeat(text, n/len(text)+1)[:n])
	for i := unfinished(p); i > 0; i-- {
		p[n-i] = ' '
	}
	return p
}

func benchmarkValid(b *testing.B, valid func([]byte) bool, sizes ...int) {
	for _, t := range benchTexts {
		for _, n := range sizes {
			b.Run(fmt.Sprintf("%s/%d", t.name, n), func(b *testing.B) {
				p := sample(t.text, n)
				b.SetBytes(int64(n))
				for b.Loop() {
					if !valid(p) {
						b.Fatal("not valid")
					}
				}
			})
		}
	}
}

func BenchmarkValid(b *testing.B) {
	benchmarkValid(b, Valid, 8, 64, 125, 1<<10, 16<<10, 1<<20)
}

func BenchmarkWrite(b *testing.B) {
	var v Validator
	benchmarkValid(b, func(p []byte) bool { return v.Write(p) < 0 }, 8, 64, 125, 1<<10, 16<<10, 1<<20)
}

// The next two are what the thresholds were chosen by.

var thresholdSizes = []int{4, 8, 12, 16, 24, 31, 32, 48, 63, 64, 65, 80, 96, 128, 192, 256}

func BenchmarkImplementations(b *testing.B) {
	b.Run("std", func(b *testing.B) { benchmarkValid(b, std.Valid, thresholdSizes...) })
	b.Run("asm", func(b *testing.B) { benchmarkValid(b, asm.Valid, thresholdSizes...) })
	b.Run("ours", func(b *testing.B) { benchmarkValid(b, Valid, thresholdSizes...) })
}
