package conformance

// contexts is group 17.7.
func contexts() (cases []Case) {
	add := func(c Case) { cases = append(cases, c) }
	again := squeezed(OpText, new(blocks).fixed(false, symbol{"", len(hello), len(hello)}).message())
	first, echo := squeezed(OpText, packed(hello)), back(OpText, hello)

	add(keeping(echoing("", "a message, then one that is a copy of it", sends(burst, list(first, again), echo, echo))))
	add(keeping(echoing("", "a message, one that is not compressed, then a copy of the first",
		sends(burst, list(first, text("not compressed"), again), echo, back(OpText, "not compressed"), echo))))
	add(keeping(echoing("", "a message, a Ping, then a copy of the message",
		sends(burst, list(first, ping("in between"), again), echo, back(OpPong, "in between"), echo))))
	add(keeping(echoing("", "a message in fragments, a Ping between them, then a copy of it", func(p *player) {
		half := fragmented(first, 3)
		p.send(half[0], ping("in between"), half[1], again)
		p.expect(back(OpPong, "in between"), echo, echo)
	})))
	far := noise(widest)
	add(keeping(wide(echoing("", "a message of 32768 octets, then a copy from its beginning", sends(burst,
		list(squeezed(OpBinary, new(blocks).stored(false, far).message()), squeezed(OpBinary, new(blocks).fixed(false, symbol{"", 258, widest}).message())),
		back(OpBinary, far), back(OpBinary, far[:258]))))))
	add(keeping(echoing("", "a message, an empty one, then a copy of the first",
		sends(burst, list(first, squeezed(OpText, "\x00"), again), echo, back(OpText, ""), echo))))
	add(echoing("", "60 messages of JSON, each third one not compressed", mixed))

	final := failing("", "a message in a final block, then a copy of it", 1007, func(p *player) {
		p.send(squeezed(OpText, new(blocks).fixed(true, symbol{literals: hello}).align().message()), again)
		p.unless(OK, "", echo, echo)
		p.expect(echo)
	})
	final.codes, final.failing, final.NeedsEcho = invalid, NonStrict, true
	final.Expect = "sends both back; a peer that loses its window there, and fails the connection, is not strict"
	add(keeping(final).leniently())
	add(forgetting(again, first).leniently())
	add(narrow())
	add(leak())
	add(echoing("", "the same 400 octets four times, with Pings between them", func(p *player) {
		same := noise(400) // which a peer that keeps its window does not send twice
		for range 4 {
			p.send(squeezed(OpBinary, packed(same)), ping("no part of any message"))
			p.expect(back(OpBinary, same), back(OpPong, "no part of any message"))
		}
	}))
	return cases
}

// keeping is a case in which the suite refers to earlier messages.
func keeping(c Case) Case {
	return c.needing(func(p *player) string {
		if !p.deflate.deflater.keeps {
			return "the suite must not keep its window"
		}
		return ""
	})
}

// wide is a case that needs the largest window.
func wide(c Case) Case {
	return c.needing(func(p *player) string {
		if p.deflate.deflater.window < widest {
			return "the peer wants a smaller window"
		}
		return ""
	})
}

// mixed sends compressed messages and others. The latter are no part of what
// the former refer to.
func mixed(p *player) {
	pieces := slicer{data: dataSets()[0]}
	for i := range 60 {
		payload := pieces.next(1000)
		f := text(payload)
		if i%3 != 2 {
			f = squeezed(OpText, p.deflate.deflater.message(payload))
		}
		if !p.roundTrip(back(OpText, payload), f) {
			return
		}
	}
}

// forgetting refers to what both sides have agreed to forget.
func forgetting(again, first frame) Case {
	c := failing("", "a message, then a copy of it where windows do not last", 1007, func(p *player) {
		echo := back(OpText, hello)
		p.send(first, again)
		p.unless(NonStrict, "the peer keeps a window that it has agreed to forget", echo, echo)
		p.expect(echo)
	})
	c.codes, c.NeedsEcho = invalid, true
	c.offers = list(params{clientForgets: true, clientBits: -1})
	c.answer = &answer{deflateOffer("server_no_context_takeover"), true}
	c.Expect = "fails the connection; a peer that still knows the first message, and sends its copy back, is not strict"
	return c
}

// narrow refers to what lies outside the window that was agreed on.
func narrow() Case {
	c := failing("", "a copy from a distance that is larger than the agreed window", 1007, func(p *player) {
		window := p.deflate.deflater.window
		far := noise(window + 1)
		p.send(squeezed(OpBinary, new(blocks).stored(false, far).fixed(false, symbol{"", 5, window + 1}).message()))
		p.unless(Informational, "the peer's window is larger than was agreed", back(OpBinary, far+far[:5]))
	})
	c.codes, c.NeedsEcho = invalid, true
	c = c.needing(func(p *player) string {
		if p.deflate.deflater.window == widest {
			return "the peer has not agreed to a smaller window"
		}
		return ""
	})
	c.offers = list(params{clientBits: 9})
	c.answer = &answer{deflateOffer("server_max_window_bits=9"), true}
	c.Expect = "fails the connection, or sends the message back if its window is larger"
	return c
}

// leak refers, in the first message of a connection, to what another one has
// sent. Endpoints that pool their inflaters have shown it.
func leak() Case {
	const secret = "a secret of another connection"
	c := Case{Title: "a message on another connection, then a copy of it", ending: fails, codes: invalid, Judges: Servers}
	c.play = func(p *player) {
		for range 20 {
			other := compressing(echoing("", "", sends(burst, list(squeezed(OpText, packed(secret))), back(OpText, secret))))
			if p.any() {
				other = compressing(answering("", "", sends(burst, list(squeezed(OpText, packed(secret)), ping("")), back(OpPong, ""))))
			}
			p.site.judge(&other)
		}
		p.log.note(Suite, "has sent %q over 20 other connections", secret)
		p.send(squeezed(OpText, new(blocks).fixed(false, symbol{"", len(secret), len(secret)}).message()))
	}
	return c
}
