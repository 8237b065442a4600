package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// printable is s in which what cannot be seen is an escape: octets that are no
// UTF-8, control characters but line feed and tab, and characters that change
// the direction or the place of others.
func printable(s string) string { return escaped(s, visible) }

// printableLines is printable of text whose lines end with CRLF.
func printableLines(s string) string {
	return printable(strings.ReplaceAll(strings.TrimRight(s, "\r\n"), "\r\n", "\n"))
}

// oneLine is printable without line feeds and tabs.
func oneLine(s string) string {
	return escaped(s, func(r rune) bool { return r >= ' ' && visible(r) })
}

func visible(r rune) bool {
	return r == '\n' || r == '\t' || r == ' ' || unicode.IsGraphic(r) && !unicode.Is(unicode.Z, r)
}

// escaped is s in which octets that are no UTF-8 are escapes, and characters
// unless keep wants them.
func escaped(s string, keep func(rune) bool) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case keep(r):
			b.WriteRune(r)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u{%04x}`, r)
		}
		i += n
	}
	return b.String()
}

func firstPart(id string) string {
	first, _, _ := strings.Cut(id, ".")
	return first
}
