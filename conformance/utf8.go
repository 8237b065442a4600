package conformance

import (
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"
)

// kosme is a Greek word of 11 octets.
const kosme = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"

// textCases is group 6.
func textCases() (cases []Case) {
	add := func(id, title string, payload string, frames ...frame) {
		c := echoing(id, title, sends(burst, frames, back(OpText, payload)))
		if !utf8.ValidString(payload) {
			c = failing(id, title, 1007, sends(burst, frames))
			c.failFast = true
		}
		cases = append(cases, c)
	}
	start := func(payload string) frame { return text(payload).unfinished() }
	middle := "middle frame payload"
	add("6.1.1", "empty text", "", text(""))
	add("6.1.2", "text in three empty fragments", "", start(""), continuation("").unfinished(), continuation(""))
	add("6.1.3", "text in three fragments, the first and the last empty", middle, start(""), continuation(middle).unfinished(), continuation(""))

	front, behind := "Hello-µ@ßöä", "üàá-UTF-8!!"
	add("6.2.1", "text in one frame", front+behind, text(front+behind))
	add("6.2.2", "text cut between two characters", front+behind, start(front), continuation(behind))
	add("6.2.3", "text in fragments of one octet", front+behind, fragments(OpText, front+behind, 1)...)
	add("6.2.4", "Greek text in fragments of one octet", kosme, fragments(OpText, kosme, 1)...)

	surrogate := kosme + "\xed\xa0\x80edited"
	add("6.3.1", "a surrogate inside text", surrogate, text(surrogate))
	add("6.3.2", "a surrogate inside text, in fragments of one octet", surrogate, fragments(OpText, surrogate, 1)...)

	cases = append(cases, failFast()...)
	for _, g := range textPayloads() {
		for i, payload := range g.payloads {
			add(fmt.Sprintf("6.%d.%d", g.number, i+1), fmt.Sprintf("%s: % X", g.title, payload), payload, text(payload))
		}
	}
	return cases
}

// failFast is group 6.4. Its text can be known to be wrong at octet 12: in the
// middle of a message, and in two of the cases in the middle of a frame.
func failFast() (cases []Case) {
	const message = kosme + "\xf4\x90\x80\x80edited"
	add := func(i int, title string, first, fault, rest func(p *player)) {
		c := failing(fmt.Sprintf("6.4.%d", i), title, 1007, func(p *player) {
			first(p)
			if !p.quiet() {
				p.fault(Failed, "the peer failed the connection before the fault")
				return
			}
			fault(p)
			if p.quiet() {
				rest(p)
				p.fault(NonStrict, "the peer did not see the fault before the end of the message")
			}
		})
		c.failFast = true
		cases = append(cases, c)
	}
	for i, cut := range [][2]int{{11, 15}, {12, 13}} {
		a, b := cut[0], cut[1]
		add(i+1, fmt.Sprintf("impossible text in three frames, cut at %d and %d, with pauses", a, b),
			func(p *player) { p.send(text(message[:a]).unfinished()) },
			func(p *player) { p.send(continuation(message[a:b]).unfinished()) },
			func(p *player) { p.send(continuation(message[b:])) })
	}
	for i, cut := range [][2]int{{11, 15}, {12, 13}} {
		a, b := cut[0], cut[1]
		whole := text(message).unfinished()
		add(i+3, fmt.Sprintf("impossible text in one frame, its octets cut at %d and %d, with pauses", a, b),
			func(p *player) { p.begin(whole, a) },
			func(p *player) { p.resume(b - a) },
			func(p *player) { p.resume(len(message) - b); p.send(continuation("")) })
	}
	return cases
}

type textGroup struct {
	number   int
	title    string
	payloads []string
}

// textPayloads are groups 6.5 to 6.23: one text frame each.
func textPayloads() (groups []textGroup) {
	add := func(number int, title string, payloads ...string) {
		groups = append(groups, textGroup{number, title, payloads})
	}
	inHex := func(number int, title, payloads string) {
		var octets []string
		for _, h := range strings.Fields(payloads) {
			p, err := hex.DecodeString(h)
			if err != nil {
				panic(err)
			}
			octets = append(octets, string(p))
		}
		add(number, title, octets...)
	}
	in := func(s string) string { return "hello" + s + "world" }
	add(5, "characters of one to four octets", in("$"), in("\xc2\xa2"), in("\xe2\x82\xac"), in("\xf0\xa4\xad\xa2"), kosme)
	var prefixes []string
	for n := 1; n <= len(kosme); n++ {
		prefixes = append(prefixes, kosme[:n])
	}
	add(6, "the beginning of Greek text", prefixes...)
	inHex(7, "the first character of a length", "00 C280 E0A080 F0908080")
	inHex(8, "a form of five or six octets", "F888808080 FC8480808080")
	inHex(9, "the last character of a length", "7F DFBF EFBFBF F48FBFBF")
	inHex(10, "the last of a length that has no characters", "F7BFBFBF FBBFBFBFBF FDBFBFBFBFBF")
	inHex(11, "at the border of a range", "ED9FBF EE8080 EFBFBD F48FBFBF F4908080")
	inHex(12, "continuation octets alone", "80 BF 80BF 80BF80 80BF80BF 80BF80BF80 80BF80BF80BF "+hex.EncodeToString([]byte(span(0x80, 0xBE, ""))))
	add(13, "first octets alone", span(0xC0, 0xDE, " "), span(0xE0, 0xEE, " "), span(0xF0, 0xF6, " "), span(0xF8, 0xFA, " "), span(0xFC, 0xFC, " "))
	const short = "C0 E080 F08080 F8808080 FC80808080 DF EFBF F7BFBF FBBFBFBF FDBFBFBFBF"
	inHex(14, "the last octet is missing", short)
	inHex(15, "the last octets are missing", strings.ReplaceAll(short, " ", ""))
	inHex(16, "octets that never occur", "FE FF FEFEFFFF")
	inHex(17, "a slash in too many octets", "C0AF E080AF F08080AF F8808080AF FC80808080AF")
	inHex(18, "the last that is too long", "C1BF E09FBF F08FBFBF F887BFBFBF FC83BFBFBFBF")
	inHex(19, "NUL in too many octets", "C080 E08080 F0808080 F880808080 FC8080808080")
	inHex(20, "a surrogate", "EDA080 EDADBF EDAE80 EDAFBF EDB080 EDBE80 EDBFBF")
	var pairs []string
	for _, high := range []string{"EDA080", "EDADBF", "EDAE80", "EDAFBF"} {
		pairs = append(pairs, high+"EDB080", high+"EDBFBF")
	}
	inHex(21, "a pair of surrogates", strings.Join(pairs, " "))
	var nonCharacters []string
	for plane := range rune(17) {
		nonCharacters = append(nonCharacters, string(plane<<16|0xFFFE), string(plane<<16|0xFFFF))
	}
	add(22, "a code point that is no character", nonCharacters...)
	var specials []string
	for r := rune(0xFFF9); r <= 0xFFFF; r++ {
		specials = append(specials, string(r))
	}
	add(23, "a special code point", specials...)
	return groups
}

// span is the octets from first to last, each with something behind it.
func span(first, last byte, behind string) string {
	var b strings.Builder
	for c := int(first); c <= int(last); c++ {
		b.WriteByte(byte(c))
		b.WriteString(behind)
	}
	return b.String()
}
