package deflate

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/duplexws/duplex/internal/pool"
	"github.com/klauspost/compress/flate"
)

// Errors of Inflate.
var (
	// ErrTooLarge says that the text is longer than the limit.
	ErrTooLarge = errors.New("deflate: the text exceeds the limit")
	// ErrRefused says that the caller's check refused the text.
	ErrRefused = errors.New("deflate: the text was refused")
	// ErrCorrupt says that the payload is not DEFLATE, is cut, or refers to text
	// that is not there.
	ErrCorrupt = errors.New("deflate: the payload is corrupt")
	// ErrBlocks says that there are so many final blocks that nobody would write
	// them but to keep the inflater busy.
	ErrBlocks = errors.New("deflate: too many final blocks")
)

// Inflate appends the text of a message with payload p to dst, in one piece. It
// may refer to history. At most limit bytes of text are made and one piece more,
// and no memory of the result's size is taken before all of it is there. check,
// if not nil, sees every piece of the text as soon as it exists; false ends the
// work. An error returns dst as it was.
func Inflate(dst, p, history []byte, limit uint64, check func(piece []byte) bool) ([]byte, error) {
	// A message of no octets is empty text; with the tail it would be no DEFLATE.
	if len(p) == 0 {
		return dst, nil
	}
	f := inflaters.Get().(*inflater)
	defer f.release()
	f.begin(p, history, ending)
	if err := f.run(limit, check); err != nil {
		return dst, err
	}
	if f.endsInEnding() && !inflatesWith(p, history, limit, otherEnding) {
		return dst, ErrCorrupt
	}
	return f.join(dst), nil
}

// inflatesWith reports whether a payload that inflates with one ending does so
// with another too. If not, it was cut inside a final stored block, which took
// the ending for the rest of its text.
func inflatesWith(p, history []byte, limit uint64, ending string) bool {
	f := inflaters.Get().(*inflater)
	defer f.release()
	f.begin(p, history, ending)
	return f.run(limit, nil) == nil
}

// pieceSize is the size of the pieces that a text is made in.
const pieceSize = 16 << 10

var pieces = pool.New(pieceSize)

// An inflater holds what one call of Inflate needs.
type inflater struct {
	src    source
	in     *bufio.Reader // of src; the library has a fast path for it
	r      flateReader
	pieces []*pool.Buffer
	n      int // bytes in the last piece
	total  uint64
	dict   []byte // the history that the message began with
}

type flateReader interface {
	io.Reader
	flate.Resetter
}

var inflaters = sync.Pool{New: func() any {
	f := new(inflater)
	f.in = bufio.NewReaderSize(&f.src, 4<<10)
	f.r = flate.NewReader(f.in).(flateReader)
	return f
}}

func (f *inflater) begin(p, history []byte, ending string) {
	f.src = source{p, ending}
	f.in.Reset(&f.src)
	f.dict = history
	f.r.Reset(f.in, history)
}

// release gives everything back but the inflater itself, with no trace of the
// message in reach of the next one.
func (f *inflater) release() {
	for _, b := range f.pieces {
		pieces.Put(b)
	}
	clear(f.pieces)
	f.pieces, f.n, f.total = f.pieces[:0], 0, 0
	if cap(f.pieces) > 1024 {
		f.pieces = nil
	}
	f.src, f.dict = source{}, nil
	f.in.Reset(&f.src)
	inflaters.Put(f)
}

// run inflates all blocks. A final block (BFINAL) does not end the message:
// others may follow at the next byte
// (https://www.rfc-editor.org/rfc/rfc7692#section-7.2.1), with the window as it
// stands, while the library has to be started again for them.
func (f *inflater) run(limit uint64, check func([]byte) bool) error {
	ending := len(f.src.ending)
	allowed := 8 + len(f.src.payload)/256
	for {
		if err := f.blocks(limit, check); err != nil {
			return err
		}
		// The end of ours is reached, or the payload's own end was final.
		if rest := f.in.Buffered() + f.src.len(); rest == 0 || rest == ending {
			return nil
		}
		if allowed--; allowed < 0 {
			return ErrBlocks
		}
		window := f.window()
		f.r.Reset(f.in, window.B)
		windows.Put(window)
	}
}

// blocks inflates until a final block has ended.
func (f *inflater) blocks(limit uint64, check func([]byte) bool) error {
	for {
		space := f.space()
		n, err := f.r.Read(space)
		f.n += n
		f.total += uint64(n)
		switch {
		case f.total > limit:
			return ErrTooLarge
		case n > 0 && check != nil && !check(space[:n]):
			return ErrRefused
		case err == io.EOF:
			return nil
		case err != nil:
			return ErrCorrupt
		}
	}
}

// space returns the unused rest of the last piece, or a new piece.
func (f *inflater) space() []byte {
	if len(f.pieces) == 0 || f.n == pieceSize {
		f.pieces = append(f.pieces, pieces.Get())
		f.n = 0
	}
	return f.pieces[len(f.pieces)-1].B[f.n:]
}

// piece returns what is filled of a piece.
func (f *inflater) piece(i int) []byte {
	if i == len(f.pieces)-1 {
		return f.pieces[i].B[:f.n]
	}
	return f.pieces[i].B
}

// endsInEnding reports whether the text ends in what is the ending of payloads.
func (f *inflater) endsInEnding() bool {
	var end [len(ending)]byte
	return f.copyTextEnd(end[:]) == 0 && string(end[:]) == ending
}

func (f *inflater) join(dst []byte) []byte {
	dst = slices.Grow(dst, int(f.total))
	for i := range f.pieces {
		dst = append(dst, f.piece(i)...)
	}
	return dst
}

var windows = pool.New(1 << MaxWindowBits)

// window returns the last 32 KiB of history and text.
func (f *inflater) window() *pool.Buffer {
	w := windows.Get()
	at := f.copyTextEnd(w.B)
	at -= copyEnd(w.B[:at], f.dict)
	w.B = w.B[at:]
	return w
}

// copyTextEnd copies the end of the text to the end of dst and returns where
// that begins.
func (f *inflater) copyTextEnd(dst []byte) (at int) {
	at = len(dst)
	for i := len(f.pieces) - 1; i >= 0 && at > 0; i-- {
		at -= copyEnd(dst[:at], f.piece(i))
	}
	return at
}

// copyEnd copies the end of src to the end of dst.
func copyEnd(dst, src []byte) int {
	src = last(src, len(dst))
	return copy(dst[len(dst)-len(src):], src)
}

// ending is what is inflated behind a payload: the tail, and a final block, by
// which the library knows that nothing is missing.
const ending = tail + "\x01" + tail

// otherEnding says the same in fewer bytes.
const otherEnding = tail + "\x03\x00"

// A source reads a payload and then the ending.
type source struct {
	payload []byte
	ending  string
}

func (s *source) len() int { return len(s.payload) + len(s.ending) }

func (s *source) Read(p []byte) (n int, err error) {
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
	return n, nil
}
