package deflate

import (
	"slices"

	"github.com/duplexws/duplex/internal/pool"
)

// pieceSize is the size of the pieces that a text is made in.
const pieceSize = 16 << 10

var pieces = pool.New(pieceSize)

// A text is what is inflated so far, in pieces: what is never whole is never
// copied, and costs no more than it has bytes.
type text struct {
	pieces []*pool.Buffer
	n      int // bytes in the last piece; the others are full
	len    uint64
}

// space returns the unused rest of the last piece, or a new piece.
func (t *text) space() []byte {
	if len(t.pieces) == 0 || t.n == pieceSize {
		t.pieces = append(t.pieces, pieces.Get())
		t.n = 0
	}
	return t.pieces[len(t.pieces)-1].B[t.n:]
}

// add appends the first n bytes of space.
func (t *text) add(n int) {
	t.n += n
	t.len += uint64(n)
}

// piece returns what is filled of a piece.
func (t *text) piece(i int) []byte {
	if i == len(t.pieces)-1 {
		return t.pieces[i].B[:t.n]
	}
	return t.pieces[i].B
}

// cut removes end, which is shorter than a piece, from the end. It reports
// false if the text ends otherwise.
func (t *text) cut(end string) bool {
	has := make([]byte, len(end))
	if t.copyEnd(has) > 0 || string(has) != end {
		return false
	}
	t.len -= uint64(len(end))
	if t.n -= len(end); t.n < 0 {
		i := len(t.pieces) - 1
		pieces.Put(t.pieces[i])
		t.pieces = t.pieces[:i]
		t.n += pieceSize
	}
	return true
}

func (t *text) join(dst []byte) []byte {
	dst = slices.Grow(dst, int(t.len))
	for i := range t.pieces {
		dst = append(dst, t.piece(i)...)
	}
	return dst
}

// copyEnd copies the end of the text to the end of dst and returns where that
// begins.
func (t *text) copyEnd(dst []byte) (at int) {
	at = len(dst)
	for i := len(t.pieces) - 1; i >= 0 && at > 0; i-- {
		at -= copyEnd(dst[:at], t.piece(i))
	}
	return at
}

// copyEnd copies the end of src to the end of dst.
func copyEnd(dst, src []byte) int {
	src = last(src, len(dst))
	return copy(dst[len(dst)-len(src):], src)
}

// release gives the pieces back.
func (t *text) release() {
	for _, b := range t.pieces {
		pieces.Put(b)
	}
	clear(t.pieces)
	t.pieces, t.n, t.len = t.pieces[:0], 0, 0
	if cap(t.pieces) > 1024 {
		t.pieces = nil
	}
}
