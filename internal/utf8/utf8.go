// Package utf8 checks that text is UTF-8, whole or as it arrives.
// https://www.rfc-editor.org/rfc/rfc6455#section-8.1
//
// Valid text is what RFC 3629 says: no surrogates, no overlong forms, nothing beyond U+10FFFF.
package utf8

import (
	"encoding/binary"
	"unicode/utf8"
)

const (
	// short is the greatest length at which looking for ASCII first, word by word, is as fast as validWide.
	short = 128
	// wide is the least length at which validWide is faster than the standard library.
	wide = 32
)

// Valid reports whether p is entirely valid UTF-8. It may be called concurrently.
func Valid(p []byte) bool {
	if len(p) <= short && ascii(p) {
		return true
	}
	if len(p) < wide {
		return utf8.Valid(p)
	}
	return validWide(p)
}

// ascii reports whether p is ASCII alone. The last words overlap those before them, so that no tail is left.
func ascii(p []byte) bool {
	const high = 0x80808080_80808080
	n := len(p)
	if n < 8 {
		var all byte
		for _, b := range p {
			all |= b
		}
		return all < 0x80
	}
	all := binary.LittleEndian.Uint64(p[n-8:])
	for len(p) > 16 {
		all |= binary.LittleEndian.Uint64(p) | binary.LittleEndian.Uint64(p[8:])
		p = p[16:]
	}
	if len(p) > 8 {
		all |= binary.LittleEndian.Uint64(p)
	}
	return all&high == 0
}
