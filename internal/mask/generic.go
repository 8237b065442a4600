package mask

import (
	"crypto/subtle"
	"encoding/binary"
)

// xorWords masks eight bytes or more by words, eight words a turn. The last word overlaps as in Copy.
func xorWords(dst, src []byte, key uint32) {
	n := len(src)
	dst = dst[:n]
	k, last, end := repeat(key), binary.LittleEndian.Uint64(src[n-8:]), dst[n-8:]
	for len(src) > 64 && len(dst) > 64 {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src)^k)
		binary.LittleEndian.PutUint64(dst[8:], binary.LittleEndian.Uint64(src[8:])^k)
		binary.LittleEndian.PutUint64(dst[16:], binary.LittleEndian.Uint64(src[16:])^k)
		binary.LittleEndian.PutUint64(dst[24:], binary.LittleEndian.Uint64(src[24:])^k)
		binary.LittleEndian.PutUint64(dst[32:], binary.LittleEndian.Uint64(src[32:])^k)
		binary.LittleEndian.PutUint64(dst[40:], binary.LittleEndian.Uint64(src[40:])^k)
		binary.LittleEndian.PutUint64(dst[48:], binary.LittleEndian.Uint64(src[48:])^k)
		binary.LittleEndian.PutUint64(dst[56:], binary.LittleEndian.Uint64(src[56:])^k)
		dst, src = dst[64:], src[64:]
	}
	for len(src) > 8 && len(dst) > 8 {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src)^k)
		dst, src = dst[8:], src[8:]
	}
	binary.LittleEndian.PutUint64(end, last^repeat(rotate(key, n)))
}

// blockSize is the length of the repeated key that xorBlocks lays against the payload.
const blockSize = 1024

// xorBlocks masks eight bytes or more with the standard library's XORBytes, which has vector code where this package has none.
// Making the block costs as much as masking it by words: below two blocks it is xorWords.
func xorBlocks(dst, src []byte, key uint32) {
	if len(src) >= 2*blockSize {
		var block [blockSize]byte
		for i := 0; i < blockSize; i += 8 {
			binary.LittleEndian.PutUint64(block[i:], repeat(key))
		}
		for len(src) >= blockSize+8 { // leaves eight bytes or more
			subtle.XORBytes(dst, src, block[:])
			dst, src = dst[blockSize:], src[blockSize:]
		}
	}
	xorWords(dst, src, key)
}
