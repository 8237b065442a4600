// Package mask XORs payloads with the masking key of a frame, and makes those keys.
// https://www.rfc-editor.org/rfc/rfc6455#section-5.3
//
// A key is the four octets of the wire read as a little-endian uint32. Octet i of the payload is masked with octet i modulo 4 of
// the key, so masking a payload in pieces needs the key rotated by what came before: every function returns it like that.
// Masking and unmasking are the same operation.
//
// The functions may be called concurrently on different bytes.
package mask

import (
	"encoding/binary"
	"math/bits"
)

// wide is the length from which the call of a platform's xorWide pays.
const wide = 64

// Bytes XORs p in place with key and returns the key as it stands for the byte after p.
func Bytes(p []byte, key uint32) uint32 {
	return Copy(p, p, key)
}

// Copy writes src XOR key to dst[:len(src)] in one pass and returns the key as it stands for the byte after src. It panics if
// dst is shorter than src. The two must begin at the same byte or not overlap at all.
//
// Short payloads are masked right here. Their last word may overlap the one before it: it is loaded before anything is stored,
// so in place too no byte is masked twice.
func Copy(dst, src []byte, key uint32) uint32 {
	n := len(src)
	dst = dst[:n]
	next := rotate(key, n)
	switch {
	case n >= wide:
		xorWide(dst, src, key)
	case n >= 8:
		k, last, end := repeat(key), binary.LittleEndian.Uint64(src[n-8:]), dst[n-8:]
		for len(src) > 8 && len(dst) > 8 {
			binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src)^k)
			dst, src = dst[8:], src[8:]
		}
		binary.LittleEndian.PutUint64(end, last^repeat(next))
	case n >= 4:
		first, last := binary.LittleEndian.Uint32(src), binary.LittleEndian.Uint32(src[n-4:])
		binary.LittleEndian.PutUint32(dst, first^key)
		binary.LittleEndian.PutUint32(dst[n-4:], last^next)
	default:
		for i, b := range src {
			dst[i] = b ^ byte(key>>(8*i))
		}
	}
	return next
}

// rotate returns the key for the byte that is n bytes after the one that key is for.
func rotate(key uint32, n int) uint32 {
	return bits.RotateLeft32(key, -8*(n&3))
}

// repeat returns the key for eight bytes.
func repeat(key uint32) uint64 {
	return uint64(key)<<32 | uint64(key)
}
