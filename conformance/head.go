package conformance

import (
	"slices"
	"strings"
)

// A head is that of a request or a response as the suite sends it. It is right
// until a case changes something.
type head struct {
	fields []string // whole lines, without their ends
	eol    string   // ends each line
	before string   // octets in front of the first line
}

func (h *head) add(lines ...string) { h.fields = append(h.fields, lines...) }

// set puts lines where the field of a name stands, or none.
func (h *head) set(name string, lines ...string) {
	at := slices.IndexFunc(h.fields, func(line string) bool { return named(line, name) })
	h.fields = slices.DeleteFunc(h.fields, func(line string) bool { return named(line, name) })
	if at < 0 {
		at = len(h.fields)
	}
	h.fields = slices.Insert(h.fields, at, lines...)
}

func named(line, name string) bool {
	before, _, _ := strings.Cut(line, ":")
	return strings.EqualFold(strings.TrimRight(before, " \t"), name)
}

// value is that of the first field of a name.
func (h *head) value(name string) string {
	for _, line := range h.fields {
		if _, value, _ := strings.Cut(line, ":"); named(line, name) {
			return strings.Trim(value, " \t")
		}
	}
	return ""
}

// rename changes how the names of all fields are written.
func (h *head) rename(as func(string) string) {
	for i, line := range h.fields {
		name, value, _ := strings.Cut(line, ":")
		h.fields[i] = as(name) + ":" + value
	}
}

// space puts white space around all values.
func (h *head) space(before, behind string) {
	for i, line := range h.fields {
		h.fields[i] = strings.Replace(line, ": ", ":"+before, 1) + behind
	}
}

// octets are those of the head, with its first line and the empty one.
func (h *head) octets(line string) string {
	return h.before + strings.Join(append([]string{line}, h.fields...), h.eol) + h.eol + h.eol
}

// isToken reports whether s is a token:
// https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}
