package http1

import (
	"bytes"
	"fmt"
)

// Progress is how far a head has been looked at while it is incomplete. The
// zero value is for a head of which nothing has been looked at; a Parse that
// returns a head leaves it so. Behind an error it is of no use any more.
type Progress struct {
	// What stands in front of base are informational responses. The other
	// offsets begin there.
	base uint32
	// line is where the line begins that is not complete yet, and seen how far
	// it has been looked at.
	line, seen uint32
	fields     uint32 // complete field lines
}

// lines goes through the lines of one head, as far as they have come.
type lines struct {
	p    []byte // what has come, up to the limit
	most int    // the limit
	full bool   // they have come
	text string // a copy of p that the head ends in, to cut strings from; "" while it is incomplete
	at   *Progress
}

var endOfHead = []byte("\r\n\r\n")

// begin returns the lines that have not been looked at. If the head is complete,
// these are all: only then are strings made of them.
func begin(p []byte, at *Progress, most int) lines {
	l := lines{p: p[at.base:min(len(p), most)], most: most, full: len(p) >= most, at: at}
	if end := l.end(); end > 0 {
		l.text = string(l.p[:end])
		*at = Progress{base: at.base}
	}
	return l
}

// end returns where the head ends at the latest, 0 if it is incomplete. Mostly
// the head is all that has come; but of many in a row, each would be copied with
// all behind it.
func (l *lines) end() int {
	if l.at.base == 0 && bytes.HasSuffix(l.p, endOfHead) {
		return len(l.p)
	}
	from := max(int(l.at.seen)-len(endOfHead)+1, 0)
	if i := bytes.Index(l.p[from:], endOfHead); i >= 0 {
		return from + i + len(endOfHead)
	}
	return 0
}

// whole reports whether all lines of the head are there.
func (l *lines) whole() bool { return l.text != "" }

// next returns the next line, which must end within most octets, without its
// end; ok is false if that has not come yet. Every octet of the line may stand
// in a line of its kind (https://www.rfc-editor.org/rfc/rfc9112#section-2.2).
func (l *lines) next(most int, beyond uint64) (line string, ok bool, e *Error) {
	start := int(l.at.line)
	p := l.p[:min(len(l.p), start+most)]
	end := scan(p, int(l.at.seen), beyond)
	l.at.seen = uint32(end)
	switch {
	case end == len(p), p[end] == '\r' && end+1 == len(p):
		return "", false, nil
	case p[end] != '\r' || p[end+1] != '\n':
		return "", false, misplaced(p[end])
	}
	l.at.line = uint32(end + len("\r\n"))
	l.at.seen = l.at.line
	if l.whole() {
		return l.text[start:end], true, nil
	}
	return string(p[start:end]), true, nil
}

// tooLong is the refusal of a head that is incomplete if it cannot become whole;
// nil if it can.
func (l *lines) tooLong() *Error {
	if !l.full {
		return nil
	}
	return refusal(431, FaultHeader, "", fmt.Sprintf("the head has more than %d octets", l.most))
}

// misplaced is the refusal of an octet that has no place in a line.
func misplaced(c byte) *Error {
	switch {
	case c == '\n':
		return syntax("RFC 9112 2.2", "a line ends in LF without CR")
	case c == '\r':
		return syntax("RFC 9112 2.2", "a CR stands without LF")
	case c >= 0x80:
		return syntax("RFC 9112 3", "the request line has an octet beyond ASCII")
	}
	return syntax("RFC 9110 5.5", "a control octet stands in the head: "+excerpt(string(rune(c))))
}
