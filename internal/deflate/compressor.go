package deflate

import (
	"errors"
	"slices"
	"sync"

	"github.com/klauspost/compress/flate"
)

// A sink is where a compressor writes a payload to, and the tail.
type sink struct {
	out    []byte
	most   int  // what out needs room for, without the tail
	strict bool // more than most is refused
}

var errFull = errors.New("deflate: the payload gets too long")

func (s *sink) Write(p []byte) (int, error) {
	length, most := len(s.out)+len(p), s.most+len(tail)
	if s.strict && length > most {
		return 0, errFull
	}
	if length > cap(s.out) {
		s.out = slices.Grow(s.out, max(length, most)-len(s.out))
	}
	s.out = append(s.out, p...)
	return len(p), nil
}

// cutTail removes the tail, with which every flush ends
// (https://www.rfc-editor.org/rfc/rfc7692#section-7.2.1).
func cutTail(p []byte) []byte { return p[:len(p)-len(tail)] }

// A compressor is a writer with a place to write to.
type compressor struct {
	sink
	w    *flate.Writer
	home *sync.Pool
}

// The pools of compressors, by level for the largest window, and by window for
// those below it.
var (
	byLevel  [MaxLevel + 1]sync.Pool
	byWindow [MaxWindowBits]sync.Pool
)

func takeCompressor(level, windowBits int) *compressor {
	home := &byLevel[max(level, 1)]
	if windowBits < MaxWindowBits {
		home = &byWindow[windowBits]
	}
	if c, ok := home.Get().(*compressor); ok {
		return c
	}
	c := &compressor{home: home}
	var err error
	if windowBits < MaxWindowBits {
		c.w, err = flate.NewWriterWindow(c, 1<<windowBits)
	} else {
		c.w, err = flate.NewWriter(c, max(level, 1))
	}
	if err != nil {
		panic(err) // a level or a window out of range
	}
	return c
}

// release lets go of the result. What the writer remembers is out of reach
// behind the reset that every use begins with, and so is its error.
func (c *compressor) release() {
	c.sink = sink{}
	c.home.Put(c)
}
