package utf8

import (
	"bytes"
	"testing"
	std "unicode/utf8"
)

// reference says of a text what Write and Complete must: the offset of the first impossible byte or -1, and whether what is
// before it ends on a code point boundary. It asks the standard library about ever longer pieces of a code point.
func reference(p []byte) (offset int, complete bool) {
	for at := 0; at < len(p); {
		n := 1
		for !std.FullRune(p[at : at+n]) {
			if at+n == len(p) {
				return -1, false
			}
			n++
		}
		r, size := std.DecodeRune(p[at : at+n])
		if r == std.RuneError && size == 1 {
			return at + n - 1, false
		}
		at += size
	}
	return -1, true
}

// extendable reports by trial whether p is the beginning of some valid text.
func extendable(p []byte) bool {
	return std.Valid(p) || completable(bytes.Clone(p), 3)
}

func completable(p []byte, more int) bool {
	if more == 0 {
		return false
	}
	for _, b := range []byte{0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF} { // the bounds of all ranges of RFC 3629
		if q := append(p, b); std.Valid(q) || completable(q, more-1) {
			return true
		}
	}
	return false
}

// TestReference holds the reference against the definition: what is before the impossible byte can be continued to valid text,
// with that byte it cannot.
func TestReference(t *testing.T) {
	try := func(p []byte) {
		offset, complete := reference(p)
		if offset < 0 && !extendable(p) || offset >= 0 && (!extendable(p[:offset]) || extendable(p[:offset+1])) {
			t.Errorf("% X: reference says %d", p, offset)
		}
		if complete != std.Valid(p) {
			t.Errorf("% X: reference says complete = %t", p, complete)
		}
	}
	for a := range 256 {
		try([]byte{byte(a)})
		for b := range 256 {
			try([]byte{byte(a), byte(b)})
		}
	}
	fourBytes(7, try)
	for _, c := range cases() {
		try(c.text)
	}
}

// edges are the bytes at the bounds of all ranges of RFC 3629, and their neighbours.
var edges = []byte{
	0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF,
	0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFF,
}

// fourBytes calls try with every stride-th text of four edges. The text is valid during the call alone.
func fourBytes(stride int, try func([]byte)) {
	n := len(edges)
	for i := 0; i < n*n*n*n; i += stride {
		try([]byte{edges[i%n], edges[i/n%n], edges[i/n/n%n], edges[i/n/n/n]})
	}
}
