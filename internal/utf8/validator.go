package utf8

// A Validator checks text that arrives in pieces, such as the payload of a fragmented message, and fails at the first byte that
// no valid text can have there. The zero value is ready for the start of a text. It is not safe for concurrent use.
type Validator struct {
	need   uint8 // continuation bytes that the code point under way still wants
	lo, hi uint8 // what the next of them may be
}

// Write checks the next piece of the text. It returns the offset in p of the first impossible byte, or -1 if there is none; a
// code point may still be incomplete then. After a failure every byte is impossible until Reset.
func (v *Validator) Write(p []byte) int {
	start := 0
	for v.need > 0 && start < len(p) {
		if !v.step(p[start]) {
			return start
		}
		start++
	}
	rest := p[start:]
	whole := len(rest) - unfinished(rest)
	if Valid(rest[:whole]) {
		start += whole
	}
	// By bytes: the code point that the end cuts, or else all of the rest to find where it fails.
	for ; start < len(p); start++ {
		if !v.step(p[start]) {
			return start
		}
	}
	return -1
}

// Complete reports whether the text so far ends on a code point boundary.
func (v *Validator) Complete() bool {
	return v.need == 0
}

// Reset makes the Validator ready for the start of another text.
func (v *Validator) Reset() {
	*v = Validator{}
}

// step takes one byte and reports whether valid text can have it here. The ranges are those of RFC 3629 section 4
// (https://www.rfc-editor.org/rfc/rfc3629#section-4): they leave out overlong forms, surrogates and what is beyond U+10FFFF.
func (v *Validator) step(b byte) bool {
	if v.need > 0 {
		if b < v.lo || v.hi < b {
			v.fail()
			return false
		}
		*v = Validator{v.need - 1, 0x80, 0xBF}
		return true
	}
	switch {
	case b <= 0x7F:
	case b < 0xC2:
		v.fail()
		return false
	case b <= 0xDF:
		*v = Validator{1, 0x80, 0xBF}
	case b == 0xE0:
		*v = Validator{2, 0xA0, 0xBF}
	case b == 0xED:
		*v = Validator{2, 0x80, 0x9F}
	case b <= 0xEF:
		*v = Validator{2, 0x80, 0xBF}
	case b == 0xF0:
		*v = Validator{3, 0x90, 0xBF}
	case b <= 0xF3:
		*v = Validator{3, 0x80, 0xBF}
	case b == 0xF4:
		*v = Validator{3, 0x80, 0x8F}
	default:
		v.fail()
		return false
	}
	return true
}

// fail leaves an empty range, which no byte gets past.
func (v *Validator) fail() {
	*v = Validator{need: 1, lo: 1, hi: 0}
}

// unfinished returns how many bytes at the end of p belong to a code point that wants more.
func unfinished(p []byte) int {
	for back := 1; back <= 3 && back <= len(p); back++ {
		switch b := p[len(p)-back]; {
		case b < 0x80, b >= 0xC0 && length(b) <= back:
			return 0
		case b >= 0xC0:
			return back
		}
	}
	return 0
}

// length returns how many bytes the code point has that begins with b, 0xC0 or more.
func length(b byte) int {
	switch {
	case b < 0xE0:
		return 2
	case b < 0xF0:
		return 3
	default:
		return 4
	}
}
