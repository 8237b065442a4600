package http1

import (
	"encoding/binary"
	"math/bits"
)

// What an octet may be part of.
const (
	token    = 1 << iota // https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
	target               // path and query, as browsers send them
	hostName             // reg-name but for percent-encoding, https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2
)

var classes = func() (table [256]uint8) {
	for c := '!'; c <= '~'; c++ {
		table[c] |= target
	}
	table['#'] &^= target
	alphanumeric := "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	for _, c := range alphanumeric + "!#$%&'*+-.^_`|~" {
		table[c] |= token
	}
	for _, c := range alphanumeric + "-._~" + "!$&'()*+,;=" {
		table[c] |= hostName
	}
	return table
}()

// prefix returns how many octets at the start of s are of a class.
func prefix(s string, class uint8) int {
	for i := range len(s) {
		if classes[s[i]]&class == 0 {
			return i
		}
	}
	return len(s)
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080

	anyText   = 0     // octets beyond ASCII may stand in the line
	asciiOnly = highs // they may not
)

// scan returns where in p, from i on, the first octet stands that ends a line or
// has no place in one: a control octet other than HTAB, or one beyond ASCII if
// beyond says so. It returns len(p) if there is none.
func scan(p []byte, i int, beyond uint64) int {
	for ; i+8 <= len(p); i += 8 {
		x := binary.LittleEndian.Uint64(p[i : i+8])
		// The high bit of an octet is free for carries, which tell DEL and what
		// is below the space from the rest.
		low := x &^ highs
		marks := (low+ones|^(low+(0x80-' ')*ones))&^x&highs | x&beyond
		for ; marks != 0; marks &= marks - 1 {
			if j := i + bits.TrailingZeros64(marks)/8; p[j] != '\t' {
				return j
			}
		}
	}
	for ; i < len(p) && !breaks(p[i], beyond); i++ {
	}
	return i
}

// breaks reports whether a line cannot go on with c.
func breaks(c byte, beyond uint64) bool {
	return c < ' ' && c != '\t' || c == 0x7f || uint64(c)&beyond != 0
}
