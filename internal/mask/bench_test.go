package mask

import (
	"fmt"
	"testing"
)

var benchSizes = []int{8, 64, 125, 1 << 10, 16 << 10, 1 << 20}

func BenchmarkBytes(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p := make([]byte, n)
			b.SetBytes(int64(n))
			key := uint32(0x12345678)
			for b.Loop() {
				key = Bytes(p, key)
			}
		})
	}
}

func BenchmarkCopy(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dst, src := make([]byte, n), make([]byte, n)
			b.SetBytes(int64(n))
			key := uint32(0x12345678)
			for b.Loop() {
				key = Copy(dst, src, key)
			}
		})
	}
}

// BenchmarkImplementations is what the thresholds were chosen by. The offset is that of a payload behind a client's header.
func BenchmarkImplementations(b *testing.B) {
	for _, im := range implementations {
		for _, n := range []int{8, 16, 24, 32, 48, 64, 96, 125, 256, 512, 1 << 10, 2 << 10, 4 << 10, 16 << 10, 1 << 20} {
			if n < im.least {
				continue
			}
			b.Run(fmt.Sprintf("%s/%d", im.name, n), func(b *testing.B) {
				p := make([]byte, n+6)[6:]
				b.SetBytes(int64(n))
				for b.Loop() {
					im.xor(p, p, 0x12345678)
				}
			})
		}
	}
}
