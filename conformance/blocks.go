package conformance

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"
)

// blocks are DEFLATE blocks that are put together by hand, right or wrong:
// https://www.rfc-editor.org/rfc/rfc1951#section-3.2.3
type blocks struct {
	octets []byte
	rest   uint64 // bits that fill no octet yet
	n      uint   // how many
}

// bits appends n bits of v, the lowest first.
func (b *blocks) bits(v uint64, n uint) *blocks {
	b.rest |= v << b.n
	for b.n += n; b.n >= 8; b.n -= 8 {
		b.octets = append(b.octets, byte(b.rest))
		b.rest >>= 8
	}
	return b
}

// code appends a prefix code of n bits, the highest first.
func (b *blocks) code(v uint16, n uint) *blocks {
	return b.bits(uint64(bits.Reverse16(v)>>(16-n)), n)
}

// align fills the last octet.
func (b *blocks) align() *blocks {
	if b.n > 0 {
		b.bits(0, 8-b.n)
	}
	return b
}

func (b *blocks) head(final bool, kind uint64) *blocks {
	if final {
		kind = kind<<1 | 1
	} else {
		kind <<= 1
	}
	return b.bits(kind, 3)
}

// stored appends a block that is not compressed.
func (b *blocks) stored(final bool, payload string) *blocks {
	return b.storing(final, len(payload), payload)
}

// storing is stored with a length that is announced.
func (b *blocks) storing(final bool, n int, payload string) *blocks {
	b.head(final, 0).align()
	b.octets = binary.LittleEndian.AppendUint16(b.octets, uint16(n))
	b.octets = binary.LittleEndian.AppendUint16(b.octets, ^uint16(n))
	b.octets = append(b.octets, payload...)
	return b
}

// A symbol is what a compressed block holds: literals, then a copy of octets
// from some distance before, if length is not 0.
type symbol struct {
	literals         string
	length, distance int
}

// fixed appends a block with the fixed codes.
func (b *blocks) fixed(final bool, symbols ...symbol) *blocks {
	b.head(final, 1)
	for _, s := range symbols {
		for _, octet := range []byte(s.literals) {
			b.literal(int(octet))
		}
		if s.length > 0 {
			b.copy(s.length, s.distance)
		}
	}
	return b.literal(256)
}

// literal appends the fixed code of a literal or a length.
func (b *blocks) literal(v int) *blocks {
	switch {
	case v < 144:
		return b.code(uint16(0x30+v), 8)
	case v < 256:
		return b.code(uint16(0x190+v-144), 9)
	case v < 280:
		return b.code(uint16(v-256), 7)
	}
	return b.code(uint16(0xc0+v-280), 8)
}

func (b *blocks) copy(length, distance int) {
	i := symbolOf(lengthBase[:], length)
	b.literal(257+i).bits(uint64(length-lengthBase[i]), lengthExtra[i])
	i = symbolOf(distanceBase[:], distance)
	b.code(uint16(i), 5).bits(uint64(distance-distanceBase[i]), uint(max(0, i/2-1)))
}

// symbolOf is the last of bases that is not above v.
func symbolOf(bases []int, v int) int {
	i, found := slices.BinarySearch(bases, v)
	if !found {
		i--
	}
	return i
}

// message ends a message as a sender does: with an empty block whose last four
// octets are left out.
func (b *blocks) message() string {
	return string(b.bits(0, 3).align().octets)
}

// cut is what there is, without an end.
func (b *blocks) cut() string { return string(b.align().octets) }

// packed is a payload compressed by itself.
func packed(payload string) string {
	return new(blocks).fixed(false, symbol{literals: payload}).message()
}

// bomb is a compressed message of n MiB of one octet.
func bomb(octet string, n int) string {
	d := deflater{window: widest}
	piece := d.message(strings.Repeat(octet, mib))
	return strings.Repeat(piece+tail, n-1) + piece
}
