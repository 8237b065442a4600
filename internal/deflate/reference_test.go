package deflate

import (
	"bytes"
	"errors"
	"testing"
)

// A slow inflater, written from RFC 1951 alone, that keeps account of how far
// back the data refers.
type slow struct {
	in       []byte
	bit      int
	text     []byte
	farthest int
}

var errSlow = errors.New("reference: no DEFLATE")

// slowInflate inflates payload behind history until the payload and the tail are
// used up. Final blocks end nothing but their byte.
func slowInflate(payload, history []byte) (text []byte, farthest int, err error) {
	defer func() {
		if r := recover(); r != nil {
			if r != any(errSlow) {
				panic(r)
			}
			err = errSlow
		}
	}()
	if len(payload) == 0 {
		return nil, 0, nil
	}
	s := &slow{in: append(bytes.Clone(payload), tail...), text: bytes.Clone(history)}
	for s.bit < 8*len(s.in) {
		final := s.bits(1) == 1
		s.block(s.bits(2))
		if final {
			s.bit = (s.bit + 7) &^ 7
			if s.bit == 8*len(payload) {
				break
			}
		}
	}
	return s.text[len(history):], s.farthest, nil
}

func (s *slow) bits(n int) (v int) {
	for i := range n {
		if s.bit == 8*len(s.in) {
			panic(errSlow)
		}
		v |= int(s.in[s.bit/8]>>(s.bit%8)&1) << i
		s.bit++
	}
	return v
}

func (s *slow) block(kind int) {
	switch kind {
	case 0:
		s.bit = (s.bit + 7) &^ 7
		n := s.bits(16)
		if s.bits(16) != n^0xFFFF {
			panic(errSlow)
		}
		for range n {
			s.text = append(s.text, byte(s.bits(8)))
		}
	case 1:
		lengths := make([]int, 288)
		for i := range lengths {
			switch {
			case i < 144, i >= 280:
				lengths[i] = 8
			case i < 256:
				lengths[i] = 9
			default:
				lengths[i] = 7
			}
		}
		s.codes(lengths, bytes5(32))
	case 2:
		s.dynamic()
	default:
		panic(errSlow)
	}
}

func bytes5(n int) []int {
	l := make([]int, n)
	for i := range l {
		l[i] = 5
	}
	return l
}

func (s *slow) dynamic() {
	literals, distances, n := s.bits(5)+257, s.bits(5)+1, s.bits(4)+4
	order := []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	lengths := make([]int, 19)
	for _, i := range order[:n] {
		lengths[i] = s.bits(3)
	}
	of := newCodebook(lengths)
	var all []int
	for len(all) < literals+distances {
		switch c := s.symbol(of); c {
		case 16:
			if len(all) == 0 {
				panic(errSlow)
			}
			all = repeat(all, all[len(all)-1], 3+s.bits(2))
		case 17:
			all = repeat(all, 0, 3+s.bits(3))
		case 18:
			all = repeat(all, 0, 11+s.bits(7))
		default:
			all = append(all, c)
		}
	}
	if len(all) > literals+distances {
		panic(errSlow)
	}
	s.codes(all[:literals], all[literals:])
}

func repeat(l []int, v, n int) []int {
	for range n {
		l = append(l, v)
	}
	return l
}

// A codebook is a canonical Huffman code: symbols by length<<16 | code
// (https://www.rfc-editor.org/rfc/rfc1951#section-3.2.2).
type codebook map[int]int

func newCodebook(lengths []int) codebook {
	book := make(codebook)
	code, longest := 0, 0
	for n := 1; n < 16; n++ {
		code <<= 1
		for symbol, l := range lengths {
			if l == n {
				book[n<<16|code] = symbol
				code++
				longest = n
			}
		}
		if code > 1<<n {
			panic(errSlow) // more codes than there are
		}
	}
	// A code is complete, or is a single one of one bit, or there is none.
	if code != 1<<15 && len(book) > 1 || len(book) == 1 && longest > 1 {
		panic(errSlow)
	}
	return book
}

// symbol reads one symbol, bit by bit.
func (s *slow) symbol(book codebook) int {
	code := 0
	for n := 1; n < 16; n++ {
		code = code<<1 | s.bits(1)
		if symbol, ok := book[n<<16|code]; ok {
			return symbol
		}
	}
	panic(errSlow)
}

func (s *slow) codes(literalLengths, distanceLengths []int) {
	literals, distances := newCodebook(literalLengths), newCodebook(distanceLengths)
	for len(s.text) < 4<<20 {
		c := s.symbol(literals)
		switch {
		case c < 256:
			s.text = append(s.text, byte(c))
			continue
		case c == 256:
			return
		case c > 285:
			panic(errSlow)
		}
		c -= 257
		length := c + 3
		if c == 28 {
			length = 258
		} else if c >= 8 {
			extra := c/4 - 1
			length = (4+c%4)<<extra + 3 + s.bits(extra)
		}
		d := s.symbol(distances)
		if d > 29 {
			panic(errSlow)
		}
		distance := d + 1
		if d >= 4 {
			extra := d/2 - 1
			distance = (2+d%2)<<extra + 1 + s.bits(extra)
		}
		if distance > len(s.text) {
			panic(errSlow)
		}
		s.farthest = max(s.farthest, distance)
		for range length {
			s.text = append(s.text, s.text[len(s.text)-distance])
		}
	}
	panic(errSlow) // more than any test wants
}

// The examples of RFC 7692 7.2.3, and what the reference says of them.
func TestReference(t *testing.T) {
	for _, c := range []struct {
		payload, history, want string
		farthest               int
	}{
		{"\xf2\x48\xcd\xc9\xc9\x07\x00", "", "Hello", 0},
		{"\xf2\x00\x11\x00\x00", "Hello", "Hello", 5},
		{"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", "", "Hello", 0},
		{"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", "", "Hello", 0},
		{"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", "", "Hello", 0},
	} {
		text, farthest, err := slowInflate([]byte(c.payload), []byte(c.history))
		if string(text) != c.want || farthest != c.farthest || err != nil {
			t.Errorf("%x: %q, reaching back %d, %v", c.payload, text, farthest, err)
		}
	}
}
