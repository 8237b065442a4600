package protocol

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// kosme is a Greek word of 11 octets and 5 characters.
const kosme = "\u03ba\u1f79\u03c3\u03bc\u03b5"

// textCases are group 6 but for 6.4.
func textCases() []conformanceCase {
	cases := []conformanceCase{
		echoedText("6.1.1", ""),
		echoedText("6.1.2", "", "", ""),
		echoedText("6.1.3", "", "middle frame payload", ""),
		echoedText("6.2.1", "Hello-µ@ßöäüàá-UTF-8!!"),
		echoedText("6.2.2", "Hello-µ@ßöä", "üàá-UTF-8!!"),
		echoedText("6.2.3", octetwise("Hello-µ@ßöäüàá-UTF-8!!")...),
		echoedText("6.2.4", octetwise(kosme)...),
		refusedText("6.3.1", kosme+"\xED\xA0\x80edited"),
		refusedText("6.3.2", octetwise(kosme+"\xED\xA0\x80edited")...),
	}
	for _, group := range textGroups() {
		for i, p := range group.payloads {
			id := fmt.Sprintf("%s.%d", group.id, i+1)
			if group.valid == nil || slices.Contains(group.valid, i+1) {
				cases = append(cases, echoedText(id, p))
			} else {
				cases = append(cases, refusedText(id, p))
			}
		}
	}
	return cases
}

// octetwise returns the octets of s one by one, and nothing behind them.
func octetwise(s string) (parts []string) {
	for i := range len(s) {
		parts = append(parts, s[i:i+1])
	}
	return append(parts, "")
}

func fragments(parts ...string) (frames []frame) {
	for i, p := range parts {
		f := cont(p)
		if i == 0 {
			f = text(p)
		}
		f.more = i < len(parts)-1
		frames = append(frames, f)
	}
	return frames
}

func echoedText(id string, parts ...string) conformanceCase {
	return conformanceCase{id: id, frames: fragments(parts...), replies: []string{textReply(strings.Join(parts, ""))}, verdict: echoes}
}

func refusedText(id string, parts ...string) conformanceCase {
	return conformanceCase{id: id, frames: fragments(parts...), verdict: fails(1007)}
}

// A textGroup is one of 6.5 to 6.23: payloads of one frame each. valid numbers
// those that are UTF-8; nil is all.
type textGroup struct {
	id       string
	payloads []string
	valid    []int
}

func textGroups() []textGroup {
	none := []int{}
	octets := func(words string) (found []string) {
		for _, w := range strings.Fields(words) {
			p, err := hex.DecodeString(w)
			if err != nil {
				panic(err)
			}
			found = append(found, string(p))
		}
		return found
	}
	var around, prefixes, starts, pairs, noncharacters, specials []string
	for _, x := range octets("24 C2A2 E282AC F0A4ADA2") {
		around = append(around, "hello"+x+"world")
	}
	for n := 1; n <= len(kosme); n++ {
		prefixes = append(prefixes, kosme[:n])
	}
	for _, r := range [][2]byte{{0xC0, 0xDE}, {0xE0, 0xEE}, {0xF0, 0xF6}, {0xF8, 0xFA}, {0xFC, 0xFC}} {
		var sb strings.Builder
		for c := r[0]; c <= r[1]; c++ {
			sb.WriteByte(c)
			sb.WriteByte(' ')
		}
		starts = append(starts, sb.String())
	}
	for _, high := range octets("EDA080 EDADBF EDAE80 EDAFBF") {
		for _, low := range octets("EDB080 EDBFBF") {
			pairs = append(pairs, high+low)
		}
	}
	for plane := rune(0); plane <= 16; plane++ {
		noncharacters = append(noncharacters, string(plane<<16|0xFFFE), string(plane<<16|0xFFFF))
	}
	for r := rune(0xFFF9); r <= 0xFFFF; r++ {
		specials = append(specials, string(r))
	}
	var lone strings.Builder
	for c := byte(0x80); c <= 0xBE; c++ {
		lone.WriteByte(c)
	}
	missing := octets("C0 E080 F08080 F8808080 FC80808080 DF EFBF F7BFBF FBBFBFBF FDBFBFBFBF")
	return []textGroup{
		{"6.5", append(around, kosme), nil},
		{"6.6", prefixes, []int{2, 5, 7, 9, 11}},
		{"6.7", octets("00 C280 E0A080 F0908080"), nil},
		{"6.8", octets("F888808080 FC8480808080"), none},
		{"6.9", octets("7F DFBF EFBFBF F48FBFBF"), nil},
		{"6.10", octets("F7BFBFBF FBBFBFBFBF FDBFBFBFBFBF"), none},
		{"6.11", octets("ED9FBF EE8080 EFBFBD F48FBFBF F4908080"), []int{1, 2, 3, 4}},
		{"6.12", append(octets("80 BF 80BF 80BF80 80BF80BF 80BF80BF80 80BF80BF80BF"), lone.String()), none},
		{"6.13", starts, none},
		{"6.14", missing, none},
		{"6.15", []string{strings.Join(missing, "")}, none},
		{"6.16", octets("FE FF FEFEFFFF"), none},
		{"6.17", octets("C0AF E080AF F08080AF F8808080AF FC80808080AF"), none},
		{"6.18", octets("C1BF E09FBF F08FBFBF F887BFBFBF FC83BFBFBFBF"), none},
		{"6.19", octets("C080 E08080 F0808080 F880808080 FC8080808080"), none},
		{"6.20", octets("EDA080 EDADBF EDAE80 EDAFBF EDB080 EDBE80 EDBFBF"), none},
		{"6.21", pairs, none},
		{"6.22", noncharacters, nil},
		{"6.23", specials, nil},
	}
}

// failFastCases are 6.4: text that is wrong in its middle comes in three parts,
// and has to fail in the pause between the second and the third, neither before
// nor later.
func failFastCases(t *testing.T, role Role) {
	const m = kosme + "\xF4\x90\x80\x80edited"
	for _, c := range []struct {
		id       string
		cuts     [2]int
		oneFrame bool
	}{
		{"6.4.1", [2]int{11, 15}, false},
		{"6.4.2", [2]int{12, 13}, false},
		{"6.4.3", [2]int{11, 15}, true},
		{"6.4.4", [2]int{12, 13}, true},
	} {
		t.Run(c.id, func(t *testing.T) {
			parts := fragments(m[:c.cuts[0]], m[c.cuts[0]:c.cuts[1]], m[c.cuts[1]:])
			octets := wire(role, parts...)
			ends := []int{len(wire(role, parts[0])), len(wire(role, parts[:2]...))}
			if c.oneFrame {
				f := text(m).unfinished()
				octets = wire(role, f, cont(""))
				head := len(wire(role, f)) - len(m)
				ends = []int{head + c.cuts[0], head + c.cuts[1]}
			}
			s := &script{role: role, input: octets}
			for _, d := range []delivery{{}, {cuts: ends}} {
				if e := s.play(t, d, ends[0]); len(e.trace) > 0 {
					t.Fatalf("before the second part:\n%s", traceOf(e.trace))
				} else {
					e.end()
				}
				e := s.play(t, d, ends[1])
				(&conformanceCase{verdict: fails(1007)}).judge(t, e.trace)
				e.end()
			}
			s.everywhere(t)
		})
	}
}
