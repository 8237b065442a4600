package deflate

// A History is the end of the text of all compressed messages of one direction:
// what the next one may refer to. The zero value is empty.
type History struct {
	text []byte
}

// Bytes returns the history, valid until the next Add.
func (h *History) Bytes() []byte { return h.text }

// Add appends the text of a message and forgets all but the last most bytes.
// The memory grows with what there is to remember, to most and no further.
func (h *History) Add(text []byte, most int) {
	text = last(text, most)
	keep := last(h.text, most-len(text))
	if need := len(keep) + len(text); need > cap(h.text) {
		grown := make([]byte, need, min(max(need, 2*cap(h.text)), most))
		copy(grown, keep)
		h.text = grown
	} else {
		h.text = h.text[:copy(h.text[:cap(h.text)], keep)]
		h.text = h.text[:need]
	}
	copy(h.text[len(keep):], text)
}

// Forget drops the history and its memory.
func (h *History) Forget() { h.text = nil }
