package deflate

import (
	"bufio"
	"errors"
	"io"
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
	// ErrBlocks says that there are so many blocks, for so little text, that
	// nobody would write them but to keep the inflater busy.
	ErrBlocks = errors.New("deflate: too many blocks")
)

// Inflate appends the text of a message with payload p to dst, in one piece. It
// may refer to history. Before all of the text is there, no memory of its size
// is taken but for the text itself: at most limit bytes, a hundredth of that,
// and 64 KiB.
//
// check, if not nil, sees every piece of the text as soon as it exists, and
// behind the last one a few letters of ASCII; false ends the work. An error
// returns dst as it was.
func Inflate(dst, p, history []byte, limit uint64, check func(piece []byte) bool) ([]byte, error) {
	// A message of no octets is empty text; with the tail it would be no DEFLATE.
	if len(p) == 0 {
		return dst, nil
	}
	f := inflaters.Get().(*inflater)
	defer f.release()
	f.begin(p, history)
	if err := f.run(limit, check); err != nil {
		return dst, err
	}
	return f.text.join(dst), nil
}

// An inflater holds what one call of Inflate needs.
type inflater struct {
	src  source
	in   *bufio.Reader // of src; the library has a fast path for it
	r    flateReader
	text text
	dict []byte // the history that the message began with
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

func (f *inflater) begin(p, history []byte) {
	f.src = source{payload: p, ending: ending, credit: firstCredit}
	f.in.Reset(&f.src)
	f.dict = history
	f.r.Reset(f.in, history)
}

// release gives everything back but the inflater itself, with no trace of the
// message in reach of the next one.
func (f *inflater) release() {
	f.text.release()
	f.src, f.dict = source{}, nil
	f.in.Reset(&f.src)
	inflaters.Put(f)
}

// run inflates all blocks and takes the proof from the end of the text.
func (f *inflater) run(limit uint64, check func([]byte) bool) error {
	proved, err := f.final(limit, check)
	if err != nil {
		return err
	}
	if proved && !f.text.cut(proof) {
		return ErrCorrupt
	}
	if f.text.len > limit {
		return ErrTooLarge
	}
	return nil
}

// final inflates up to the final block that ends the message, and reports
// whether that is the one of the ending. A final block (BFINAL) of the payload's
// own does not end the message: others may follow at the next byte
// (https://www.rfc-editor.org/rfc/rfc7692#section-7.2.1), with the window as it
// stands, while the library has to be started again for them.
func (f *inflater) final(limit uint64, check func([]byte) bool) (ours bool, err error) {
	allowed := 8 + len(f.src.payload)/256
	for {
		if err := f.blocks(limit, check); err != nil {
			return false, err
		}
		switch f.in.Buffered() + f.src.len() {
		case 0:
			return true, nil
		case len(ending): // the payload's own end was final
			return false, nil
		}
		if allowed--; allowed < 0 {
			return false, ErrBlocks
		}
		window := f.window()
		f.r.Reset(f.in, window.B)
		windows.Put(window)
	}
}

// blocks inflates until a final block has ended.
func (f *inflater) blocks(limit uint64, check func([]byte) bool) error {
	for {
		space := f.text.space()
		n, err := f.r.Read(space)
		f.text.add(n)
		f.src.credit += creditPerByte * int64(n)
		switch {
		case f.text.len > limit && f.text.len-limit > uint64(len(proof)):
			return ErrTooLarge
		case n > 0 && check != nil && !check(space[:n]):
			return ErrRefused
		case err == io.EOF:
			return nil
		case err == ErrBlocks: // by way of the library
			return err
		case err != nil:
			return ErrCorrupt
		}
	}
}

var windows = pool.New(1 << MaxWindowBits)

// window returns the last 32 KiB of history and text.
func (f *inflater) window() *pool.Buffer {
	w := windows.Get()
	at := f.text.copyEnd(w.B)
	at -= copyEnd(w.B[:at], f.dict)
	w.B = w.B[at:]
	return w
}
