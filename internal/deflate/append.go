package deflate

import (
	"sync"

	"github.com/klauspost/compress/flate"
)

// Append appends the payload of a compressed message with text p to dst. The
// peer must have the last bytes of history, as far as the window reaches, or
// more; none is referred to if history is empty. Nothing refers further back than
// 1<<windowBits bytes. level has a meaning for the largest window only.
func Append(dst, p, history []byte, level, windowBits int) []byte {
	window := 1 << windowBits
	history = last(history, window)
	switch {
	case isShort(p, history):
		return appendShort(dst, p, history, window)
	// Needs no compressor of a megabyte, but reaches back 32 KiB.
	case level <= 1 && len(history) == 0 && (len(p) <= window || windowBits == MaxWindowBits):
		return appendAlone(dst, p)
	}
	c := takeCompressor(level, windowBits)
	c.out = dst
	c.w.ResetDict(c, history)
	c.w.Write(p)
	c.w.Flush() // all of these fail only if c.Write does
	out := c.out
	c.release()
	return cutTail(out)
}

// cutTail removes the tail, with which every flush ends
// (https://www.rfc-editor.org/rfc/rfc7692#section-7.2.1).
func cutTail(p []byte) []byte { return p[:len(p)-len(tail)] }

// AppendTail appends what ends a payload of which more follows.
func AppendTail(dst []byte) []byte { return append(dst, tail...) }

// A sink is where a compressor writes to.
type sink struct{ out []byte }

func (s *sink) Write(p []byte) (int, error) {
	s.out = append(s.out, p...)
	return len(p), nil
}

var sinks = sync.Pool{New: func() any { return new(sink) }}

func appendAlone(dst, p []byte) []byte {
	s := sinks.Get().(*sink)
	s.out = dst
	flate.StatelessDeflate(s, p, false, nil) // fails only if s.Write does
	out := s.out
	s.out = nil
	sinks.Put(s)
	return cutTail(out)
}

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
// behind the reset that every use begins with.
func (c *compressor) release() {
	c.out = nil
	c.home.Put(c)
}
