package conformance

import (
	"fmt"
	"strings"
)

// strictFraming is group 14: what the older groups leave out.
func strictFraming() (cases []Case) {
	fail := func(id, title string, codes []uint16, frames ...frame) {
		cases = append(cases, Case{ID: id, Title: title, ending: fails, codes: codes, play: sends(burst, frames)})
	}
	broken := list[uint16](1002)
	for i, f := range []frame{text(hello), text(""), ping(hello), closing(1000, "")} {
		f.flipped = true
		fail(fmt.Sprintf("14.1.%d", i+1), fmt.Sprintf("%s of %d octets, masked as only the other side does", f.op, len(f.payload)), broken, f)
	}

	long := func(n, form int) frame { return frame{op: OpBinary, payload: strings.Repeat("\xfe", n), form: form} }
	for i, f := range []frame{long(0, 3), long(125, 3), long(125, 9), long(126, 9), long(65535, 9)} {
		fail(fmt.Sprintf("14.2.%d", i+1), fmt.Sprintf("the length %d in %d octets", len(f.payload), f.form), broken, f)
	}
	fail("14.2.6", "the length 5 of a Ping in 3 octets", broken, frame{op: OpPing, payload: "hello", form: 3})
	fail("14.2.7", "a length with the highest bit set", list[uint16](1002, 1009), frame{op: OpBinary, claimed: 1<<63 | 5, payload: "hello"})
	fail("14.2.8", "a length of 2^63-1", list[uint16](1002, 1009), frame{op: OpBinary, claimed: 1<<63 - 1, payload: "hello"})
	cases[len(cases)-1].patient = true // no rule forbids such a length

	for i, bits := range []byte{rsv1, rsv2, rsv3} {
		fail(fmt.Sprintf("14.3.%d", i+1), fmt.Sprintf("text, then a continuation with RSV %03b", bits), broken,
			text("fragment1").unfinished(), continuation("fragment2").withRSV(bits))
	}
	fail("14.3.4", "a Ping with RSV 110", broken, ping(hello).withRSV(rsv1|rsv2))

	for i, code := range []uint16{1012, 1013, 1014} {
		cases = append(cases, Case{ID: fmt.Sprintf("14.4.%d", i+1), Title: fmt.Sprintf("Close with %d", code),
			ending: closes, codes: list(1000, code), play: sends(burst, list(closing(code, "")))})
	}
	cases = append(cases, Case{ID: "14.4.4", Title: "Close with 1015", ending: closesOrDrops, codes: broken,
		play: sends(burst, list(closing(1015, "")))})

	for i, set := range list(parameterSets[1], parameterSets[2], parameterSets[4]) {
		c := echoing(fmt.Sprintf("14.5.%d", i+1), fmt.Sprintf("20 messages of 1024 of JSON, compressed, offered %v", set.offers[0]),
			func(p *player) { p.roundTrips(dataSets()[0], 20, [2]int{1024, 0}) })
		c.offers, c.wanted, c.exact = set.offers, set.wanted, true
		cases = append(cases, c)
	}
	return cases
}
