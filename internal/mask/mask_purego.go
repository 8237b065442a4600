//go:build purego

package mask

// xorWide masks wide bytes or more.
func xorWide(dst, src []byte, key uint32) {
	xorWords(dst, src, key)
}
