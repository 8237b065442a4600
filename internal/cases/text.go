package cases

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/duplexws/duplex/internal/rawpeer"
)

// kosme is a Greek word of 11 octets.
const kosme = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"

// text is group 6.
func text() (list []Case) {
	echo := func(id, payload string, frames ...rawpeer.Frame) {
		list = append(list, echoes(id, burst(frames...), rawpeer.Events(rawpeer.Text(payload))...))
	}
	echo("6.1.1", "", rawpeer.Text(""))
	echo("6.1.2", "", rawpeer.Text("").Unfinished(), rawpeer.Continuation("").Unfinished(), rawpeer.Continuation(""))
	middle := "middle frame payload"
	echo("6.1.3", middle, rawpeer.Text("").Unfinished(), rawpeer.Continuation(middle).Unfinished(), rawpeer.Continuation(""))

	front, back := "Hello-µ@ßöä", "üàá-UTF-8!!"
	echo("6.2.1", front+back, rawpeer.Text(front+back))
	echo("6.2.2", front+back, rawpeer.Text(front).Unfinished(), rawpeer.Continuation(back))
	echo("6.2.3", front+back, rawpeer.Fragments(rawpeer.OpText, front+back, 1)...)
	echo("6.2.4", kosme, rawpeer.Fragments(rawpeer.OpText, kosme, 1)...)

	surrogate := kosme + "\xed\xa0\x80edited"
	list = append(list,
		fails("6.3.1", 1007, burst(rawpeer.Text(surrogate))),
		fails("6.3.2", 1007, burst(rawpeer.Fragments(rawpeer.OpText, surrogate, 1)...)),
	)
	list = append(list, failFast()...)
	for _, g := range textPayloads() {
		for i, payload := range g.payloads {
			id := fmt.Sprintf("6.%d.%d", g.number, i+1)
			if g.valid(i) {
				echo(id, payload, rawpeer.Text(payload))
			} else {
				list = append(list, fails(id, 1007, burst(rawpeer.Text(payload))))
			}
		}
	}
	return list
}

// failFast is group 6.4: the text is decidedly no UTF-8 at octet 12, and the
// endpoint has to fail the connection there: in the middle of a message, and in
// two of the cases in the middle of a frame.
func failFast() (list []Case) {
	message := kosme + "\xf4\x90\x80\x80edited"
	for i, cut := range [][2]int{{11, 15}, {12, 13}} {
		a, b := cut[0], cut[1]
		one := func(f rawpeer.Frame) []rawpeer.Frame { return []rawpeer.Frame{f} }
		list = append(list, fails(fmt.Sprintf("6.4.%d", i+1), 1007, func() []Step {
			return []Step{
				{Frames: one(rawpeer.Text(message[:a]).Unfinished())},
				{Pause: true, Frames: one(rawpeer.Continuation(message[a:b]).Unfinished())},
				{Failed: true, Frames: one(rawpeer.Continuation(message[b:]))},
			}
		}))
	}
	for i, cut := range [][2]int{{11, 15}, {12, 13}} {
		whole := []rawpeer.Frame{rawpeer.Text(message).Unfinished()}
		list = append(list, fails(fmt.Sprintf("6.4.%d", i+3), 1007, func() []Step {
			return []Step{
				{Frames: whole, Part: [2]int{0, cut[0]}},
				{Pause: true, Frames: whole, Part: cut},
				{Failed: true, Frames: whole, Part: [2]int{cut[1], len(message)}},
				{Frames: []rawpeer.Frame{rawpeer.Continuation("")}},
			}
		}))
	}
	return list
}

type textGroup struct {
	number   int
	payloads []string
	valid    func(i int) bool
}

// textPayloads are groups 6.5 to 6.23: one text frame each.
func textPayloads() (groups []textGroup) {
	all := func(int) bool { return true }
	none := func(int) bool { return false }
	add := func(number int, valid func(int) bool, payloads ...string) {
		groups = append(groups, textGroup{number, payloads, valid})
	}
	inHex := func(number int, valid func(int) bool, list string) {
		var payloads []string
		for _, h := range strings.Fields(list) {
			p, err := hex.DecodeString(h)
			if err != nil {
				panic(err)
			}
			payloads = append(payloads, string(p))
		}
		add(number, valid, payloads...)
	}
	helloWorld := func(s string) string { return "hello" + s + "world" }
	add(5, all, helloWorld("$"), helloWorld("\xc2\xa2"), helloWorld("\xe2\x82\xac"), helloWorld("\xf0\xa4\xad\xa2"), kosme)
	var prefixes []string
	for n := 1; n <= len(kosme); n++ {
		prefixes = append(prefixes, kosme[:n])
	}
	ends := map[int]bool{2: true, 5: true, 7: true, 9: true, 11: true}
	add(6, func(i int) bool { return ends[i+1] }, prefixes...)
	inHex(7, all, "00 C280 E0A080 F0908080")
	inHex(8, none, "F888808080 FC8480808080")
	inHex(9, all, "7F DFBF EFBFBF F48FBFBF")
	inHex(10, none, "F7BFBFBF FBBFBFBFBF FDBFBFBFBFBF")
	inHex(11, func(i int) bool { return i < 4 }, "ED9FBF EE8080 EFBFBD F48FBFBF F4908080")
	inHex(12, none, "80 BF 80BF 80BF80 80BF80BF 80BF80BF80 80BF80BF80BF "+hex.EncodeToString([]byte(span(0x80, 0xBE, ""))))
	add(13, none, span(0xC0, 0xDE, " "), span(0xE0, 0xEE, " "), span(0xF0, 0xF6, " "), span(0xF8, 0xFA, " "), span(0xFC, 0xFC, " "))
	const cut = "C0 E080 F08080 F8808080 FC80808080 DF EFBF F7BFBF FBBFBFBF FDBFBFBFBF"
	inHex(14, none, cut)
	inHex(15, none, strings.ReplaceAll(cut, " ", ""))
	inHex(16, none, "FE FF FEFEFFFF")
	inHex(17, none, "C0AF E080AF F08080AF F8808080AF FC80808080AF")
	inHex(18, none, "C1BF E09FBF F08FBFBF F887BFBFBF FC83BFBFBFBF")
	inHex(19, none, "C080 E08080 F0808080 F880808080 FC8080808080")
	inHex(20, none, "EDA080 EDADBF EDAE80 EDAFBF EDB080 EDBE80 EDBFBF")
	var pairs []string
	for _, high := range []string{"EDA080", "EDADBF", "EDAE80", "EDAFBF"} {
		pairs = append(pairs, high+"EDB080", high+"EDBFBF")
	}
	inHex(21, none, strings.Join(pairs, " "))
	var ofPlanes []string
	for plane := range rune(17) {
		ofPlanes = append(ofPlanes, string(plane<<16|0xFFFE), string(plane<<16|0xFFFF))
	}
	add(22, all, ofPlanes...)
	var specials []string
	for r := rune(0xFFF9); r <= 0xFFFF; r++ {
		specials = append(specials, string(r))
	}
	add(23, all, specials...)
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
