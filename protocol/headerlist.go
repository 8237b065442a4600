package protocol

import "strings"

// headerList reads the comma-separated lists that the opening handshake is
// made of (https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1). A list may be
// spread over several fields of the same name. White space may stand between
// any two tokens (https://www.rfc-editor.org/rfc/rfc6455#section-4.3, "implied
// *LWS"). Time is linear in the octets, and nothing is allocated.
//
//	for list.next() {
//		name := list.token()
//	}
//	if list.malformed { ... }
type headerList struct {
	values    []string // fields not begun
	rest      string   // what is unread of the current field
	inside    bool     // an element has begun and no comma has ended it
	malformed bool     // sticky
}

func newHeaderList(values []string) headerList { return headerList{values: values} }

// next moves to the start of the next element. Empty elements are skipped: a
// recipient must (RFC 9110 5.6.1.2).
func (l *headerList) next() bool {
	for !l.malformed {
		switch {
		case l.take(','):
			l.inside = false
		case l.rest != "":
			l.malformed = l.inside // something other than a comma behind an element
			l.inside = true
			return !l.malformed
		case len(l.values) == 0:
			return false
		default:
			l.rest, l.values, l.inside = l.values[0], l.values[1:], false
		}
	}
	return false
}

// take skips white space and then c, if that is what follows.
func (l *headerList) take(c byte) bool {
	for l.rest != "" && isBlank(l.rest[0]) {
		l.rest = l.rest[1:]
	}
	if l.rest == "" || l.rest[0] != c {
		return false
	}
	l.rest = l.rest[1:]
	return true
}

// token reads a token. If there is none, the list is malformed and the result
// is empty.
func (l *headerList) token() string {
	for l.rest != "" && isBlank(l.rest[0]) {
		l.rest = l.rest[1:]
	}
	n := tokenPrefix(l.rest)
	token := l.rest[:n]
	l.rest = l.rest[n:]
	l.malformed = l.malformed || n == 0
	return token
}

// value reads the value of a parameter: a token, or a quoted string that is
// one after unescaping (https://www.rfc-editor.org/rfc/rfc6455#section-9.1).
func (l *headerList) value() string {
	if !l.take('"') {
		return l.token()
	}
	if n := tokenPrefix(l.rest); n > 0 && n < len(l.rest) && l.rest[n] == '"' {
		value := l.rest[:n]
		l.rest = l.rest[n+1:]
		return value
	}
	return l.escaped()
}

// hollow reads the value of a parameter if it is empty, quoted or not, and
// reports whether it is.
func (l *headerList) hollow() bool {
	rest := strings.TrimLeft(l.rest, " \t")
	if behind, ok := strings.CutPrefix(rest, `""`); ok {
		l.rest = behind
		return true
	}
	return rest == "" || rest[0] == ';' || rest[0] == ','
}

// escaped reads a quoted string with quoted pairs, behind its opening quote.
func (l *headerList) escaped() string {
	var value strings.Builder
	for i := 0; i < len(l.rest); i++ {
		c := l.rest[i]
		if c == '"' {
			l.rest = l.rest[i+1:]
			l.malformed = l.malformed || value.Len() == 0
			return value.String()
		}
		if c == '\\' && i+1 < len(l.rest) {
			i++
			c = l.rest[i]
		}
		if !isTokenChar[c] {
			break
		}
		value.WriteByte(c)
	}
	l.malformed = true
	return ""
}

// single returns the value of a field that must stand exactly once and is no
// list.
func single(values []string) (string, bool) {
	if len(values) != 1 {
		return "", false
	}
	return trimBlanks(values[0]), true
}

// trimBlanks removes the white space around a field value, which is no part of
// it (RFC 9110 5.5).
func trimBlanks(s string) string { return strings.Trim(s, " \t") }

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// isToken reports whether s is a token
// (https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2).
func isToken(s string) bool { return s != "" && tokenPrefix(s) == len(s) }

// tokenPrefix returns how many octets at the start of s may stand in a token.
func tokenPrefix(s string) int {
	n := 0
	for n < len(s) && isTokenChar[s[n]] {
		n++
	}
	return n
}

var isTokenChar = func() (table [256]bool) {
	const tchar = "!#$%&'*+-.^_`|~" +
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for _, c := range []byte(tchar) {
		table[c] = true
	}
	return table
}()
