//go:build !purego

package mask

import (
	"os"
	"regexp"
	"testing"
)

func init() {
	if useAVX2 {
		implementations = append(implementations, implementation{"avx2", 32, func(dst, src []byte, key uint32) {
			xorAVX2(&dst[0], &src[0], len(src), key)
		}})
	}
	implementations = append(implementations, implementation{"wide without avx2", wide, func(dst, src []byte, key uint32) {
		defer func(was bool) { useAVX2 = was }(useAVX2)
		useAVX2 = false
		xorWide(dst, src, key)
	}})
}

func TestHasAVX2(t *testing.T) {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Skip("no second opinion on this system: ", err)
	}
	if got, want := hasAVX2(), regexp.MustCompile(`(?m)^flags\s*:.*\bavx2\b`).Match(info); got != want {
		t.Errorf("hasAVX2() = %t, the system says %t", got, want)
	}
}
