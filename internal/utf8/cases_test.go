package utf8

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A textCase is one case of the groups 6.5 to 6.23 of the Autobahn test suite.
type textCase struct {
	name  string
	text  []byte
	valid bool
}

// kosme is the Greek word that the suite is fond of, in 11 octets.
const kosme = "CEBAE1BDB9CF83CEBCCEB5"

// cases are the groups 6.5 to 6.23, 132 cases.
func cases() []textCase {
	var all []textCase
	group := func(name string, valid bool, texts ...string) {
		for _, text := range texts {
			p, err := hex.DecodeString(text)
			if err != nil {
				panic(err)
			}
			all = append(all, textCase{fmt.Sprintf("%s/%s", name, text), p, valid})
		}
	}
	const hello, world = "68656C6C6F", "776F726C64"
	group("6.5 valid text", true, hello+"24"+world, hello+"C2A2"+world, hello+"E282AC"+world, hello+"F0A4ADA2"+world, kosme)
	for n := 1; n <= 11; n++ {
		group("6.6 prefixes", slices.Contains([]int{2, 5, 7, 9, 11}, n), kosme[:2*n])
	}
	group("6.7 first of each length", true, "00", "C280", "E0A080", "F0908080")
	group("6.8 first of five and six octets", false, "F888808080", "FC8480808080")
	group("6.9 last of each length", true, "7F", "DFBF", "EFBFBF", "F48FBFBF")
	group("6.10 last of four, five and six octets", false, "F7BFBFBF", "FBBFBFBFBF", "FDBFBFBFBFBF")
	group("6.11 bounds", true, "ED9FBF", "EE8080", "EFBFBD", "F48FBFBF")
	group("6.11 bounds", false, "F4908080")
	group("6.12 continuations alone", false, "80", "BF", "80BF", "80BF80", "80BF80BF", "80BF80BF80", "80BF80BF80BF",
		eachFollowedBy("", 0x80, 0xBE))
	group("6.13 starts alone", false, eachFollowedBy("20", 0xC0, 0xDE), eachFollowedBy("20", 0xE0, 0xEE),
		eachFollowedBy("20", 0xF0, 0xF6), eachFollowedBy("20", 0xF8, 0xFA), "FC20")
	cut := []string{"C0", "E080", "F08080", "F8808080", "FC80808080", "DF", "EFBF", "F7BFBF", "FBBFBFBF", "FDBFBFBFBF"}
	group("6.14 last octet missing", false, cut...)
	group("6.15 last octets missing, joined", false, strings.Join(cut, ""))
	group("6.16 impossible octets", false, "FE", "FF", "FEFEFFFF")
	group("6.17 overlong solidus", false, "C0AF", "E080AF", "F08080AF", "F8808080AF", "FC80808080AF")
	group("6.18 largest overlong", false, "C1BF", "E09FBF", "F08FBFBF", "F887BFBFBF", "FC83BFBFBFBF")
	group("6.19 overlong null", false, "C080", "E08080", "F0808080", "F880808080", "FC8080808080")
	group("6.20 surrogates", false, "EDA080", "EDADBF", "EDAE80", "EDAFBF", "EDB080", "EDBE80", "EDBFBF")
	for _, high := range []string{"EDA080", "EDADBF", "EDAE80", "EDAFBF"} {
		group("6.21 surrogate pairs", false, high+"EDB080", high+"EDBFBF")
	}
	for plane := range rune(17) {
		group("6.22 non-characters", true, hexOf(plane<<16|0xFFFE), hexOf(plane<<16|0xFFFF))
	}
	for r := rune(0xFFF9); r <= 0xFFFF; r++ {
		group("6.23 specials", true, hexOf(r))
	}
	return all
}

func eachFollowedBy(tail string, first, last byte) string {
	var s strings.Builder
	for b := int(first); b <= int(last); b++ {
		fmt.Fprintf(&s, "%02X%s", b, tail)
	}
	return s.String()
}

func hexOf(r rune) string {
	return fmt.Sprintf("%X", string(r))
}

func TestCases(t *testing.T) {
	all := cases()
	if len(all) != 132 {
		t.Errorf("%d cases, the suite has 132", len(all))
	}
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			if got := Valid(c.text); got != c.valid {
				t.Errorf("Valid = %t, want %t", got, c.valid)
			}
			if offset, complete := reference(c.text); (offset < 0 && complete) != c.valid {
				t.Errorf("the reference says %d and %t", offset, complete)
			}
			checkSplits(t, c.text)
			for n := range c.text {
				checkSplits(t, c.text[:n])
			}
		})
	}
}

// TestFailsFast is the point of group 6.4: the verdict falls at the octet that decides it, not at the end of its sequence.
func TestFailsFast(t *testing.T) {
	for _, c := range []struct {
		text string
		want int
	}{
		{kosme + "F4908080", 12}, {"F4", -1}, {"F48F", -1}, {"F490", 1},
		{"C0", 0}, {"C1", 0}, {"F5", 0}, {"FF", 0}, {"80", 0},
		{"E080", 1}, {"E09F", 1}, {"E0A0", -1}, {"EDA0", 1}, {"ED9F", -1}, {"F080", 1}, {"F08F", 1}, {"F090", -1},
		{"C241", 1}, {"E28241", 2}, {"F0A4AD41", 3}, {"F0A4ADA280", 4},
	} {
		p, _ := hex.DecodeString(c.text)
		var v Validator
		if got := v.Write(p); got != c.want {
			t.Errorf("%s: Write = %d, want %d", c.text, got, c.want)
		}
		checkSplits(t, p)
	}
}
