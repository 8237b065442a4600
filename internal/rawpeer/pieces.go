package rawpeer

import "math/rand/v2"

// Chop cuts p into pieces of n octets.
func Chop(p []byte, n int) (pieces [][]byte) {
	for len(p) > n {
		pieces = append(pieces, p[:n])
		p = p[n:]
	}
	if len(p) > 0 {
		pieces = append(pieces, p)
	}
	return pieces
}

// ByOctet cuts p into single octets, but for the middle of what is longer than
// 4 KiB, which it cuts into pieces of 97: a number that no header, buffer or
// record has a multiple of.
func ByOctet(p []byte) [][]byte {
	const edge = 2 << 10
	if len(p) <= 2*edge {
		return Chop(p, 1)
	}
	pieces := Chop(p[:edge], 1)
	pieces = append(pieces, Chop(p[edge:len(p)-edge], 97)...)
	return append(pieces, Chop(p[len(p)-edge:], 1)...)
}

// AtRandom cuts p at random places, into few large pieces or many small ones.
func AtRandom(p []byte, rnd *rand.Rand) (pieces [][]byte) {
	largest := 1 << (2 + rnd.IntN(12))
	for len(p) > largest {
		n := 1 + rnd.IntN(largest)
		pieces = append(pieces, p[:n])
		p = p[n:]
	}
	return append(pieces, Chop(p, max(1, len(p)/2+1))...)
}
