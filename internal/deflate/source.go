package deflate

import (
	"crypto/rand"
	"io"
	"strings"
)

// What is inflated behind a payload is the ending: the tail, and a final block,
// by which the library knows that nothing is missing. The text of that block is
// the proof that the payload was whole, for nothing else makes that text of it:
//
//   - A stored block that was cut has it as it is, which is not what it means.
//   - Codes of a block's own cannot be such that 0000001 00000 is a match of
//     distance 1 and 0000000 the end of the block, as the fixed ones are: with a
//     first code of five bits, 30 distances are no complete code
//     (https://www.rfc-editor.org/rfc/rfc1951#section-3.2.7).
//   - Fixed codes come out of step in the tail, or end there, before no block.
//
// The letters differ from process to process, so that no other codes are made to
// mean them.
var proof, ending = newEnding()

func newEnding() (proof, ending string) {
	letters := rand.Text()[:8]
	w := bitWriter{out: []byte(tail)}
	w.write(0b011, 3) // final, fixed codes
	for i := range len(letters) {
		w.literal(letters[i])
	}
	w.match(3, 1)
	w.write(0, 7) // end of block
	return letters + strings.Repeat(letters[7:], 3), string(w.flush())
}

// The octets of a payload that may be read before its text is so long. Those who
// flush behind every byte need 7 to 11 for each, by the ways of zlib and of Go.
// Without flushes the library holds back up to 32 KiB of text, which take 6
// octets a byte in stored blocks of one byte each, and less otherwise.
const (
	firstCredit   = 256 << 10
	creditPerByte = 16
)

// A source reads a payload and then the ending, as far as it has credit.
type source struct {
	payload []byte
	ending  string
	credit  int64 // octets
}

func (s *source) len() int { return len(s.payload) + len(s.ending) }

func (s *source) Read(p []byte) (n int, err error) {
	if s.credit < 0 {
		return 0, ErrBlocks
	}
	n = copy(p, s.payload)
	s.payload = s.payload[n:]
	if len(s.payload) == 0 {
		m := copy(p[n:], s.ending)
		s.ending = s.ending[m:]
		n += m
	}
	if n == 0 {
		return 0, io.EOF
	}
	s.credit -= int64(n)
	return n, nil
}
