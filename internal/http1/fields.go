package http1

import (
	"fmt"
	"iter"
	"strings"
)

// Fields are the field lines of a head, in order of arrival
// (https://www.rfc-editor.org/rfc/rfc9112#section-5). The strings share one copy
// of the head, which any of them keeps alive: what is to outlast the handshake
// should be cloned.
type Fields struct {
	names, values []string
}

// All returns the names, as they were written, and the values, without the white
// space around them.
func (f *Fields) All() iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for i, name := range f.names {
			if !yield(name, f.values[i]) {
				return
			}
		}
	}
}

// Len returns how many field lines there are.
func (f *Fields) Len() int { return len(f.names) }

// Values returns the values of all fields of a name, whatever its case, in order
// of arrival; nil if there are none. The slice must not be changed, and is valid
// until the next Parse. Only for fields of one name that stand apart a slice has
// to be made.
func (f *Fields) Values(name string) []string {
	first := f.index(name, 0)
	if first < 0 {
		return nil
	}
	last := first + 1
	for last < len(f.names) && isNamed(f.names[last], name) {
		last++
	}
	values := f.values[first:last:last]
	for i := f.index(name, last); i >= 0; i = f.index(name, i+1) {
		values = append(values, f.values[i])
	}
	return values
}

// index returns where, from i on, the first field of a name stands; -1 if there
// is none.
func (f *Fields) index(name string, i int) int {
	for ; i < len(f.names); i++ {
		if isNamed(f.names[i], name) {
			return i
		}
	}
	return -1
}

func isNamed(field, name string) bool {
	return len(field) == len(name) && (field == name || strings.EqualFold(field, name))
}

// reset forgets all fields, so that of one head nothing is kept behind the next.
func (f *Fields) reset() {
	clear(f.names)
	clear(f.values)
	f.names, f.values = f.names[:0], f.values[:0]
}

// read reads field lines, up to the empty line if that is there.
func (f *Fields) read(l *lines, most int) *Error {
	for {
		line, ok, e := l.next(len(l.p), anyText)
		switch {
		case e != nil:
			return e
		case !ok:
			return l.tooLong()
		case line == "":
			return nil
		case int(l.at.fields) == most:
			return refusal(431, FaultHeader, "", fmt.Sprintf("the head has more than %d fields", most))
		}
		l.at.fields++
		name, value, e := readField(line)
		if e != nil {
			return e
		}
		if l.whole() {
			f.names, f.values = append(f.names, name), append(f.values, value)
		}
	}
}

// readField reads a field line (https://www.rfc-editor.org/rfc/rfc9112#section-5).
func readField(line string) (name, value string, e *Error) {
	n := prefix(line, token)
	if n == 0 || n == len(line) || line[n] != ':' {
		return "", "", badField(line, n)
	}
	return line[:n], trimBlanks(line[n+1:]), nil
}

// badField says what is wrong with a line that begins with n octets of a token,
// and then goes on otherwise than with a colon.
func badField(line string, n int) *Error {
	switch {
	case n == len(line):
		return syntax("RFC 9112 5", "a field line has no colon: "+excerpt(line))
	case n == 0 && isBlank(line[0]):
		return syntax("RFC 9112 5.2", "a line begins with white space: folded lines are not read")
	case n == 0 && line[0] == ':':
		return syntax("RFC 9112 5", "a field has no name")
	case isBlank(line[n]) && strings.HasPrefix(trimBlanks(line[n:]), ":"):
		return syntax("RFC 9112 5.1", "white space stands between a name and its colon: "+excerpt(line))
	}
	return syntax("RFC 9110 5.1", "the name of a field must be a token: "+excerpt(line))
}

// trimBlanks removes the white space around a value, which is no part of it
// (https://www.rfc-editor.org/rfc/rfc9110#section-5.5).
func trimBlanks(s string) string {
	for s != "" && isBlank(s[0]) {
		s = s[1:]
	}
	for s != "" && isBlank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }
