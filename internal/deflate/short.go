package deflate

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"sync"
)

// Below lazyLevel the library's writers look for no matches in less than 128
// bytes: the commonest messages of all gain nothing there even where a history
// holds nearly all of their text. At level 1 fixed codes are as good as the
// library's up to twice that length, and take half the time; and there the end of
// a long history does, since finding more costs more than it saves.
const (
	shortAlone   = 128
	shortBehind  = 256 // a history; matches stay below 258 bytes
	shortHistory = 8 << 10
	lazyLevel    = 7
)

// isShort reports whether appendShort is the one to compress p.
func isShort(p, history []byte, level int) bool {
	if len(p) < shortAlone {
		return level < lazyLevel || len(history) == 0
	}
	return len(p) < shortBehind && level <= 1 && len(history) > 0
}

// minMatch is the shortest match that is worth its distance in fixed codes.
const minMatch = 4

// A finder looks for earlier occurrences of four bytes.
type finder struct {
	text [1<<MaxWindowBits + shortBehind]byte // the history, then the message
	at   [1 << MaxWindowBits]uint16           // one past the latest position by hash, 0 if none
	bits uint                                 // of a hash, as few as do: they are soon cleared
}

var finders = sync.Pool{New: func() any { return new(finder) }}

// slot masks what is in range anyway, which spares the checks of it.
func (f *finder) slot(i int) *uint16 {
	four := binary.LittleEndian.Uint32(f.text[i:])
	return &f.at[four*0x9E3779B1>>((32-f.bits)&31)&(1<<MaxWindowBits-1)]
}

// appendShort appends a message of less than shortBehind bytes as one block of
// fixed Huffman codes (https://www.rfc-editor.org/rfc/rfc1951#section-3.2.6) and
// the header bits of the empty block whose rest is the tail. history is no longer
// than the window.
func appendShort(dst, p, history []byte, window int) []byte {
	f := finders.Get().(*finder)
	f.bits = 12
	if len(history) > shortHistory {
		f.bits = MaxWindowBits
	}
	clear(f.at[:1<<f.bits]) // by which all text of others is out of reach
	start := copy(f.text[:], history)
	end := start + copy(f.text[start:], p)
	for i := range min(start, end-minMatch+1) {
		*f.slot(i) = uint16(i + 1)
	}
	w := bitWriter{out: slices.Grow(dst, MaxLen(len(p)))}
	w.write(0b010, 3) // not final, fixed codes
	for i := start; i < end; {
		length, distance := f.match(i, end, window)
		if length == 0 {
			w.literal(f.text[i])
			i++
			continue
		}
		w.match(length, distance)
		i += length
	}
	w.write(0, 7) // end of block
	w.write(0, 3) // not final, stored
	out := w.flush()
	finders.Put(f)
	return out
}

// match returns the longest match of what comes at i with what came last
// behind the same four bytes, and enters the positions that it covers.
func (f *finder) match(i, end, window int) (length, distance int) {
	if i+minMatch > end {
		return 0, 0
	}
	from := int(*f.slot(i)) - 1
	if from >= 0 && i-from <= window {
		for i+length < end && f.text[from+length] == f.text[i+length] {
			length++
		}
	}
	if length < minMatch {
		*f.slot(i) = uint16(i + 1)
		return 0, 0
	}
	for j := i; j < i+length && j+minMatch <= end; j++ {
		*f.slot(j) = uint16(j + 1)
	}
	return length, i - from
}

// A bitWriter packs bits from the least significant one on
// (https://www.rfc-editor.org/rfc/rfc1951#section-3.1.1).
type bitWriter struct {
	out  []byte
	held uint64
	n    uint
}

func (w *bitWriter) write(b uint, n uint) {
	w.held |= uint64(b) << w.n
	for w.n += n; w.n >= 8; w.n -= 8 {
		w.out = append(w.out, byte(w.held))
		w.held >>= 8
	}
}

// code writes a Huffman code, which begins with its most significant bit.
func (w *bitWriter) code(c uint16, n uint) {
	w.write(uint(bits.Reverse16(c)>>(16-n)), n)
}

func (w *bitWriter) literal(b byte) {
	if b < 144 {
		w.code(0x30+uint16(b), 8)
	} else {
		w.code(0x190+uint16(b)-144, 9)
	}
}

// match writes a length of 3 to 257 and a distance. Codes come in groups that
// share a number of extra bits: four codes a group for lengths, two for distances
// (https://www.rfc-editor.org/rfc/rfc1951#section-3.2.5).
func (w *bitWriter) match(length, distance int) {
	l := uint(length - 3)
	extra := uint(max(bits.Len(l)-3, 0))
	if symbol := extra<<2 + l>>extra + 1; symbol < 24 {
		w.code(uint16(symbol), 7)
	} else {
		w.code(0xC0+uint16(symbol)-24, 8)
	}
	w.write(l&(1<<extra-1), extra)

	d := uint(distance - 1)
	extra = uint(max(bits.Len(d)-2, 0))
	w.code(uint16(extra<<1+d>>extra), 5)
	w.write(d&(1<<extra-1), extra)
}

// flush pads with zeroes to the end of a byte.
func (w *bitWriter) flush() []byte {
	if w.n > 0 {
		w.out = append(w.out, byte(w.held))
	}
	return w.out
}
