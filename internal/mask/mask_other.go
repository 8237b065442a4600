//go:build !amd64 && !purego

package mask

// xorWide masks wide bytes or more.
func xorWide(dst, src []byte, key uint32) {
	xorBlocks(dst, src, key)
}
