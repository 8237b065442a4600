package conformance

import (
	"errors"
	"fmt"
	"math/bits"
)

// An inflater decompresses the messages of the peer, and sees how far back they
// reach: https://www.rfc-editor.org/rfc/rfc1951
type inflater struct {
	most  int  // the window that the peer may use, in octets
	keeps bool // it lasts from message to message

	history  []byte
	farthest int // the largest distance that was used

	src  string
	pos  int
	bits uint64 // that are taken from src and not used
	n    uint   // how many
	out  []byte // begins with the history
}

const widest = 1 << 15

var errEnds = errors.New("the compressed message ends too early")

// message decompresses a message.
func (z *inflater) message(compressed string) (string, error) {
	if compressed == "" {
		return "", nil // not even an empty block, but what else could it mean
	}
	z.src, z.pos, z.bits, z.n = compressed+tail, 0, 0, 0
	z.out = append(z.out[:0], z.history...)
	begin := len(z.out)
	for z.pos < len(z.src) || z.n >= 8 {
		if err := z.block(); err != nil {
			return "", err
		}
		if len(z.out) > begin+mostPayload {
			return "", errors.New("the message is too large once decompressed")
		}
	}
	if z.keeps {
		z.history = append(z.history[:0], z.out[max(0, len(z.out)-widest):]...)
	}
	return string(z.out[begin:]), nil
}

// fill has at least 48 bits at hand, while there are as many.
func (z *inflater) fill() {
	for z.n <= 48 && z.pos < len(z.src) {
		z.bits |= uint64(z.src[z.pos]) << z.n
		z.pos++
		z.n += 8
	}
}

// take takes up to 16 bits.
func (z *inflater) take(n uint) (int, error) {
	if z.n < n {
		z.fill()
	}
	if z.n < n {
		return 0, errEnds
	}
	v := int(z.bits & (1<<n - 1))
	z.bits >>= n
	z.n -= n
	return v, nil
}

// block decompresses a block.
func (z *inflater) block() error {
	head, err := z.take(3)
	if err != nil {
		return err
	}
	switch head >> 1 {
	case 0:
		err = z.stored()
	case 1:
		err = z.coded(&fixedLiterals, &fixedDistances)
	case 2:
		var literals, distances huffman
		if err = z.codes(&literals, &distances); err == nil {
			err = z.coded(&literals, &distances)
		}
	default:
		err = errors.New("a block has the type that is reserved")
	}
	if head&1 != 0 {
		z.align() // what follows is a stream of its own
	}
	return err
}

func (z *inflater) align() {
	z.bits >>= z.n % 8
	z.n -= z.n % 8
}

func (z *inflater) stored() error {
	z.align()
	length, err := z.take(16)
	if err != nil {
		return err
	}
	inverse, err := z.take(16)
	if err != nil {
		return err
	}
	if length^inverse != 0xffff {
		return errors.New("the length of a stored block contradicts itself")
	}
	for ; length > 0 && z.n > 0; length-- {
		v, _ := z.take(8)
		z.out = append(z.out, byte(v))
	}
	if len(z.src)-z.pos < length {
		return errEnds
	}
	z.out = append(z.out, z.src[z.pos:z.pos+length]...)
	z.pos += length
	return nil
}

var (
	lengthBase   = [...]int{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthExtra  = [...]uint{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distanceBase = [...]int{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	lengthOrder  = [...]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

	fixedLiterals, fixedDistances = fixedCodes()
)

// coded decompresses the octets of a block.
func (z *inflater) coded(literals, distances *huffman) error {
	for {
		symbol, err := z.symbol(literals)
		switch {
		case err != nil:
			return err
		case symbol < 256:
			z.out = append(z.out, byte(symbol))
			continue
		case symbol == 256:
			return nil
		case symbol-257 >= len(lengthBase):
			return errors.New("a length has no meaning")
		}
		more, err := z.take(lengthExtra[symbol-257])
		if err != nil {
			return err
		}
		if err := z.copy(lengthBase[symbol-257]+more, distances); err != nil {
			return err
		}
	}
}

// copy copies octets from as far back as the next symbol says.
func (z *inflater) copy(length int, distances *huffman) error {
	symbol, err := z.symbol(distances)
	if err != nil {
		return err
	}
	if symbol >= len(distanceBase) {
		return errors.New("a distance has no meaning")
	}
	more, err := z.take(uint(max(0, symbol/2-1)))
	if err != nil {
		return err
	}
	distance := distanceBase[symbol] + more
	switch {
	case distance > len(z.out):
		return fmt.Errorf("a distance of %d reaches behind the beginning", distance)
	case distance > z.most:
		return fmt.Errorf("a distance of %d is larger than the window of %d", distance, z.most)
	}
	z.farthest = max(z.farthest, distance)
	for from := len(z.out) - distance; length > 0; length-- {
		z.out = append(z.out, z.out[from])
		from++
	}
	return nil
}

// codes reads the codes of a block.
func (z *inflater) codes(literals, distances *huffman) error {
	head, err := z.take(14)
	if err != nil {
		return err
	}
	numLiterals, numDistances, numLengths := head&31+257, head>>5&31+1, head>>10+4
	var lengths [288 + 32]uint8
	for _, i := range lengthOrder[:numLengths] {
		v, err := z.take(3)
		if err != nil {
			return err
		}
		lengths[i] = uint8(v)
	}
	var meta huffman
	if err := meta.init(lengths[:19]); err != nil {
		return err
	}
	clear(lengths[:])
	for i := 0; i < numLiterals+numDistances; {
		symbol, err := z.symbol(&meta)
		if err != nil {
			return err
		}
		if symbol < 16 {
			lengths[i] = uint8(symbol)
			i++
			continue
		}
		repeats := [...]struct {
			bits  uint
			least int
		}{{2, 3}, {3, 3}, {7, 11}}[symbol-16]
		times, err := z.take(repeats.bits)
		if err != nil {
			return err
		}
		times += repeats.least
		if i+times > numLiterals+numDistances || symbol == 16 && i == 0 {
			return errors.New("the lengths of codes do not fit")
		}
		for ; times > 0; times-- {
			if symbol == 16 {
				lengths[i] = lengths[i-1]
			}
			i++
		}
	}
	return errors.Join(literals.init(lengths[:numLiterals]), distances.init(lengths[numLiterals:numLiterals+numDistances]))
}

func fixedCodes() (literals, distances huffman) {
	var lengths [288]uint8
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	var thirty [32]uint8
	for i := range thirty {
		thirty[i] = 5
	}
	literals.init(lengths[:]) // they are right
	distances.init(thirty[:])
	return literals, distances
}

const quick = 9 // bits

// A huffman is a canonical prefix code.
type huffman struct {
	table   [1 << quick]uint16 // of codes that are short enough: symbol<<4 | length
	count   [16]int            // of codes of each length
	symbols [288]uint16        // in the order of their codes
}

func (h *huffman) init(lengths []uint8) error {
	for _, n := range lengths {
		h.count[n]++
	}
	h.count[0] = 0
	var next, at [16]int // the next code of a length, and its place in symbols
	left, total := 1, 0
	for n := 1; n < 16; n++ {
		left = left<<1 - h.count[n]
		next[n] = (next[n-1] + h.count[n-1]) << 1
		at[n] = total
		total += h.count[n]
		if left < 0 {
			return errors.New("a code has more symbols than it can tell apart")
		}
	}
	if left > 0 && total > 1 {
		return errors.New("a code is not complete")
	}
	for symbol, n := range lengths {
		if n == 0 {
			continue
		}
		h.symbols[at[n]] = uint16(symbol)
		at[n]++
		if n <= quick {
			// Codes come with their first bit lowest.
			reversed := int(bits.Reverse16(uint16(next[n])) >> (16 - n))
			for i := reversed; i < len(h.table); i += 1 << n {
				h.table[i] = uint16(symbol)<<4 | uint16(n)
			}
		}
		next[n]++
	}
	return nil
}

// symbol decodes the next symbol.
func (z *inflater) symbol(h *huffman) (int, error) {
	if z.n < 15 {
		z.fill()
	}
	if entry := h.table[z.bits&(1<<quick-1)]; entry != 0 && uint(entry&15) <= z.n {
		z.bits >>= entry & 15
		z.n -= uint(entry & 15)
		return int(entry >> 4), nil
	}
	code, first, index := 0, 0, 0
	for n := uint(1); n < 16 && n <= z.n; n++ {
		code |= int(z.bits >> (n - 1) & 1)
		if at := code - first; at < h.count[n] {
			z.bits >>= n
			z.n -= n
			return int(h.symbols[index+at]), nil
		}
		index += h.count[n]
		first = (first + h.count[n]) << 1
		code <<= 1
	}
	if z.n < 15 {
		return 0, errEnds
	}
	return 0, errors.New("a code has no symbol")
}
