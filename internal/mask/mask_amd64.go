//go:build !purego

package mask

var useAVX2 = hasAVX2()

// xorWide masks wide bytes or more. Without AVX2 the words are as fast as the standard library's SSE2 code.
func xorWide(dst, src []byte, key uint32) {
	if useAVX2 {
		xorAVX2(&dst[0], &src[0], len(src), key)
	} else {
		xorWords(dst, src, key)
	}
}

// xorAVX2 masks n bytes, 32 or more.
//
//go:noescape
func xorAVX2(dst, src *byte, n int, key uint32)

// hasAVX2 reports whether the processor has AVX2 and the operating system saves the registers it uses.
func hasAVX2() bool
