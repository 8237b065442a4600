package conformance

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Cases about compressed data offer and grant that both sides keep their
// windows. Servers exist that choose the client's whether they were asked or
// not, so they are asked.
var (
	keepsOffer = list(params{clientBits: -1})
	keepsGrant = list(params{})
)

// compressing is a case for which permessage-deflate must be agreed on.
func compressing(c Case) Case {
	if c.offers == nil {
		c.offers, c.wanted = keepsOffer, keepsGrant
	}
	return c.needing(func(p *player) string {
		if p.deflate == nil {
			return "permessage-deflate was not negotiated"
		}
		return ""
	})
}

// needing plays only where nothing is missing.
func (c Case) needing(missing func(*player) string) Case {
	play := c.play
	c.play = func(p *player) {
		if what := missing(p); what != "" {
			p.unimplemented(what)
			return
		}
		play(p)
	}
	return c
}

// squeezed is a frame whose payload is compressed.
func squeezed(op Opcode, payload string) frame {
	return frame{op: op, payload: payload, rsv: rsv1}
}

// compression is groups 17.6 to 17.10.
func compression(thin bool) (cases []Case) {
	for group, of := range [][]Case{legalBlocks(), contexts(), wrongBlocks(), markedFrames(), compressedSizes(thin)} {
		for i, c := range of {
			c.ID = fmt.Sprintf("17.%d.%d", group+6, i+1)
			cases = append(cases, compressing(c))
		}
	}
	return cases
}

// legalBlocks is group 17.6.
func legalBlocks() (cases []Case) {
	add := func(title, payload string, frames ...frame) {
		cases = append(cases, echoing("", title, sends(burst, frames, back(OpText, payload))))
	}
	of := func(title, payload, compressed string) { add(title, payload, squeezed(OpText, compressed)) }
	b := func() *blocks { return new(blocks) }
	literals := func(s string) symbol { return symbol{literals: s} }

	of("a stored block", hello, b().stored(false, hello).message())
	of("a block with fixed codes", hello, packed(hello))
	cases = append(cases, echoing("", "blocks as a library makes them", func(p *player) {
		payload := dataSets()[0].octets[:2000]
		p.send(squeezed(OpText, p.deflate.deflater.message(payload)))
		p.expect(back(OpText, payload))
	}))
	of("a stored block and one with fixed codes", hello+hello, b().stored(false, hello).fixed(false, literals(hello)).message())
	of("two blocks with a flush between them", hello, b().fixed(false, literals(hello[:5])).stored(false, "").fixed(false, literals(hello[5:])).message())
	of("empty blocks around a block", hello, b().stored(false, "").fixed(false).fixed(false, literals(hello)).fixed(false).stored(false, "").message())
	of("a final block", hello, b().fixed(true, literals(hello)).align().message())
	of("a final stored block", hello, b().stored(true, hello).message())
	of("a final block, then another block", hello, b().fixed(true, literals(hello[:5])).align().fixed(false, literals(hello[5:])).message())
	of("two final blocks", hello, b().fixed(true, literals(hello[:5])).align().stored(true, hello[5:]).message())
	of("an empty final block, then another block", hello, b().stored(true, "").fixed(false, literals(hello)).message())
	of("an empty message, as one octet 00", "", "\x00")
	of("an empty message, as an empty block with fixed codes", "", b().fixed(false).message())
	of("an empty message, as an empty final block", "", b().stored(true, "").message())
	of("the longest copy from the shortest distance", strings.Repeat("*", 1+258*4),
		b().fixed(false, symbol{"*", 258, 1}, symbol{"", 258, 1}, symbol{"", 258, 1}, symbol{"", 258, 1}).message())
	far := noise(widest)
	cases = append(cases, wide(echoing("", "a copy from the longest distance, 32768", sends(burst,
		list(squeezed(OpBinary, b().stored(false, far).fixed(false, symbol{"", 258, widest}).message())), back(OpBinary, far+far[:258])))))

	parts := func(sizes ...int) (frames []frame) {
		rest, f := packed(hello), squeezed(OpText, "")
		for _, n := range sizes {
			f.payload, f.open, rest = rest[:n], true, rest[n:]
			frames = append(frames, f)
			f = continuation("")
		}
		f.payload = rest
		return append(frames, f)
	}
	add("a block in two fragments", hello, parts(4)...)
	add("a block in three fragments, the first empty", hello, parts(0, 4)...)
	add("a block in two fragments, the last empty", hello, parts(len(packed(hello)))...)
	ones := make([]int, len(packed(hello))-1)
	for i := range ones {
		ones[i] = 1
	}
	add("a block in fragments of one octet", hello, parts(ones...)...)
	split := b().fixed(false, literals("\xc3")).stored(false, "\xa9").message()
	add("a character that is cut by blocks and fragments", "é", squeezed(OpText, split[:3]).unfinished(), continuation(split[3:]))

	empty := failing("", "a compressed message of no octets", 1007, func(p *player) {
		p.send(squeezed(OpText, ""))
		p.unless(Informational, "the peer takes it for an empty message", back(OpText, ""))
	})
	empty.codes, empty.failing, empty.NeedsEcho = invalid, Informational, true
	empty.Expect = "takes it for an empty message, or fails the connection with 1007 or 1002"
	return append(cases, empty)
}

// noise is what cannot be compressed.
func noise(n int) string {
	rnd := rand.New(rand.NewPCG(17, 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	return string(b)
}

// invalid are codes for data that cannot be decompressed. The RFC has none of
// its own for it.
var invalid = list[uint16](1007, 1002)

// wrongBlocks is group 17.8.
func wrongBlocks() (cases []Case) {
	for _, w := range wrongPayloads() {
		cases = append(cases, Case{Title: w.title, ending: fails, codes: invalid, play: sends(burst, list(squeezed(OpBinary, w.octets)))})
	}
	add := func(title string, codes []uint16, frames ...frame) {
		cases = append(cases, Case{Title: title, ending: fails, codes: codes, play: sends(burst, frames)})
	}
	text7 := list[uint16](1007)
	add("text of which a block is no UTF-8", text7, squeezed(OpText, packed("Hello \xed\xa0\x80")))
	add("text that ends inside a character", text7, squeezed(OpText, packed("Hello \xce")))
	add("text in fragments that is no UTF-8", text7, fragmented(squeezed(OpText, packed("\xff\xfe\xfd")), 2)...)

	behind := failing("", "octets behind a final block that are no block", 1007, func(p *player) {
		p.send(squeezed(OpText, new(blocks).fixed(true, symbol{literals: hello}).align().cut()+"\xff\xff\xff\xff\xff"))
		p.unless(NonStrict, "the peer does not look at what stands behind a final block", back(OpText, hello))
	})
	behind.codes = invalid
	behind.Expect = "fails the connection; a peer that sends the message back is not strict"
	return append(cases, behind)
}

// A wrongPayload is none that any stream of DEFLATE decompresses.
type wrongPayload struct{ title, octets string }

func wrongPayloads() []wrongPayload {
	b := func() *blocks { return new(blocks) }
	some := symbol{literals: "some"}
	// Codes of its own: so many of literals, of distances and of the code that
	// their lengths are written in.
	own := func(literals, distances, lengths uint64) *blocks {
		return b().head(false, 2).bits(literals-257, 5).bits(distances-1, 5).bits(lengths-4, 4)
	}
	many := own(257, 1, 19)
	for range 19 {
		many.bits(1, 3)
	}
	few := own(257, 1, 19).bits(2, 3)
	for range 18 {
		few.bits(0, 3)
	}
	repeats := own(257, 1, 4).bits(1, 3).bits(0, 3).bits(0, 3).bits(1, 3) // symbols 16 and 0
	garbage := noise(64)
	return []wrongPayload{
		{"a block of the reserved type", b().head(false, 3).cut() + garbage},
		{"plain text that is marked as compressed", hello},
		{"a stored block whose length contradicts itself", "\x00\x05\x00\xfa\xfeHello\x00"},
		{"a stored block that is cut short", b().storing(false, 32, "some octets").cut()},
		{"a final stored block that is cut short", b().storing(true, 32, "some octets").cut()},
		{"a stored block of which its length is cut short", "\x00\x05"},
		{"a length without meaning", b().head(false, 1).literal('a').literal(286).bits(0, 5).message()},
		{"a distance without meaning", b().head(false, 1).literal('a').literal(257).code(30, 5).literal(256).message()},
		{"a copy from before the beginning", b().fixed(false, some, symbol{"", 5, 5}).message()},
		{"a copy from the longest distance, in the first message", b().fixed(false, symbol{"", 258, widest}).message()},
		{"a code with more symbols than it can tell apart", many.cut() + garbage},
		{"a code that is not complete", few.cut() + garbage},
		{"lengths of codes that repeat one that is not there", repeats.code(1, 1).bits(0, 2).cut() + garbage},
		{"half of a compressed message", (&deflater{window: widest}).message(dataSets()[2].octets[:4000])[:700]},
		{"a copy of nothing, behind an empty final block", b().stored(true, "").fixed(false, symbol{"", 3, 1}).message()},
	}
}

// fragmented cuts a frame in two.
func fragmented(f frame, at int) []frame {
	rest := continuation(f.payload[at:])
	f.payload = f.payload[:at]
	return list(f.unfinished(), rest)
}

// markedFrames is group 17.9.
func markedFrames() (cases []Case) {
	add := func(title string, frames ...frame) {
		cases = append(cases, failing("", title, 1002, sends(burst, frames)))
	}
	half := fragmented(squeezed(OpText, packed(hello)), 4)
	add("a compressed message whose second fragment has RSV 100 too", half[0], half[1].withRSV(rsv1))
	add("a message that is not compressed whose second fragment has RSV 100", text("fragment1").unfinished(), continuation("fragment2").withRSV(rsv1))
	add("a Ping with RSV 100", ping(packed(hello)).withRSV(rsv1))
	add("Close with RSV 100", closing(1000, "").withRSV(rsv1))
	add("compressed text with RSV 110", squeezed(OpText, packed(hello)).withRSV(rsv1|rsv2))
	add("compressed text with RSV 101", squeezed(OpText, packed(hello)).withRSV(rsv1|rsv3))
	return cases
}

// compressedSizes is group 17.10.
func compressedSizes(thin bool) (cases []Case) {
	large, emptyBlocks := 16, 10000
	if thin {
		large, emptyBlocks = 1, 1000
	}
	const most = mostPayload / mib
	bombing := func(title string, op Opcode, frames func() []frame) {
		c := Case{Title: title, ending: fails, codes: list[uint16](1009), NeedsEcho: true}
		c.Expect = "fails the connection with 1009, unless messages may be as large as that"
		c.play = func(p *player) {
			p.send(frames()...)
			p.unless(Informational, "the peer takes a message of 64 MiB", back(op, strings.Repeat("*", mostPayload)))
		}
		cases = append(cases, c)
	}
	bombing("64 MiB of one octet, compressed to 64 KiB", OpBinary, func() []frame { return list(squeezed(OpBinary, bomb("*", most))) })
	bombing("64 MiB of one character of text, compressed to 64 KiB", OpText, func() []frame { return list(squeezed(OpText, bomb("*", most))) })
	bombing("64 MiB of one octet, compressed to 64 KiB in fragments of 1 KiB", OpBinary, func() []frame {
		frames := fragments(OpBinary, bomb("*", most), kib)
		frames[0].rsv = rsv1
		return frames
	})

	echo := func(title string, play func(*player)) { cases = append(cases, echoing("", title, play)) }
	echo(fmt.Sprintf("%d MiB of one octet, compressed to less than a thousandth", large), func(p *player) {
		p.send(squeezed(OpBinary, bomb("*", large)))
		p.expect(back(OpBinary, strings.Repeat("*", large*mib)))
	})
	echo(fmt.Sprintf("text behind %d empty blocks", emptyBlocks), func(p *player) {
		b := new(blocks)
		for range emptyBlocks {
			b.stored(false, "")
		}
		p.send(squeezed(OpText, b.fixed(false, symbol{literals: hello}).message()))
		p.expect(back(OpText, hello))
	})
	echo("16 KiB of text in stored blocks of one octet", func(p *player) {
		b, payload := new(blocks), repeat(hello, 16*kib)
		for i := range payload {
			b.stored(false, payload[i:i+1])
		}
		p.send(squeezed(OpText, b.message()))
		p.expect(back(OpText, payload))
	})
	return cases
}
