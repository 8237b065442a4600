package deflate

// Append appends the payload of a compressed message with text p to dst. The
// peer must have the last bytes of history, as far as the window reaches, or
// more; none is referred to if history is empty. Nothing refers further back than
// 1<<windowBits bytes. level has a meaning for the largest window only.
//
// Where dst has too little room it grows once, to hold [MaxLen] bytes more.
func Append(dst, p, history []byte, level, windowBits int) []byte {
	out, _ := compress(sink{out: dst, most: len(dst) + MaxLen(len(p))}, p, history, level, windowBits)
	return out
}

// AppendShorter is Append for a payload that is shorter than p. If there is
// none it reports false and returns dst as it was, and gives up as soon as that
// is certain. Where dst has too little room it grows once, as far as Append's at
// the most.
func AppendShorter(dst, p, history []byte, level, windowBits int) (payload []byte, ok bool) {
	out, ok := compress(sink{out: dst, most: len(dst) + len(p) - 1, strict: true}, p, history, level, windowBits)
	if !ok {
		return dst, false
	}
	return out, true
}

// AppendTail appends what ends a payload of which more follows.
func AppendTail(dst []byte) []byte { return append(dst, tail...) }

// MaxLen returns the most bytes that Append appends for a text of n bytes,
// whatever the level, the window and the history.
func MaxLen(n int) int {
	// Fixed codes take up to 9 bits a byte, and serve short texts alone. Whatever
	// is longer is stored in blocks of 20 KiB and more if nothing else helps, each
	// with 5 bytes in front.
	return n + min(n, shortBehind)/8 + n/4096 + 16
}

// compress writes the payload to s. It reports false if s is strict and too
// small.
func compress(s sink, p, history []byte, level, windowBits int) (out []byte, ok bool) {
	if windowBits < MaxWindowBits {
		level = 1
	}
	window := 1 << windowBits
	history = last(history, window)
	if isShort(p, history, level) {
		if level <= 1 {
			history = last(history, shortHistory)
		}
		out = appendShort(s.out, p, history, window)
		return out, !s.strict || len(out) <= s.most
	}
	// What fits in the window needs no compressor that minds it: those are slower.
	if len(history)+len(p) <= window {
		windowBits = MaxWindowBits
	}
	c := takeCompressor(level, windowBits)
	c.sink = s
	c.w.ResetDict(c, history)
	c.w.Write(p)
	err := c.w.Flush() // which has the error of Write too
	out = c.out
	c.release()
	if err != nil {
		return nil, false
	}
	return cutTail(out), true
}
