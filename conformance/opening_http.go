package conformance

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// openingHTTP is the part of group 15 about what HTTP demands, and about what
// stands behind a handshake.
func openingHTTP() (cases []Case) {
	cases = append(cases, bodies()...)
	cases = append(cases, glued()...)
	cases = append(cases, syntax()...)
	cases = append(cases, targets()...)
	return append(cases, requestSizes()...)
}

// again puts another opening handshake behind.
func again(r *request) {
	second := *r
	second.fields = append([]string(nil), r.fields...)
	second.set("Sec-WebSocket-Version", "Sec-WebSocket-Version: 13")
	for _, name := range []string{"Content-Length", "Transfer-Encoding", "Expect"} {
		second.set(name)
	}
	second.before = ""
	r.second = &second
}

// smuggled are frames in a body.
func smuggled() string {
	return string(closing(1000, "").append(text("smuggled").append(ping("smuggled").append(nil, true), true), true))
}

func chunked(body string) string { return fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body) }

func bodies() []Case {
	skipped := refusesOctets(400, 413, 501).lenient("a body has no place in a handshake, though one that is read to its end does no harm").whole()
	unknown := refusesOctets(400, 501, 413).ends()
	// body has one that ends for sure.
	body := func(title, octets string, fields ...string) Case {
		return shakes("", title, skipped, func(r *request) {
			r.body = octets
			r.add(fields...)
		})
	}
	length := func(octets string) string { return fmt.Sprintf("Content-Length: %d", len(octets)) }
	// doubtful has one of which nobody can say where it ends.
	doubtful := func(title, octets string, fields ...string) Case {
		return shakes("", title, unknown, func(r *request) {
			again(r)
			r.body = octets
			r.add(fields...)
		})
	}
	frames := smuggled()
	nothing := upgrades().refusable("the length is 0, so there is no body")
	return numbered("15.6",
		shakes("", "Content-Length: 0", nothing, adding("Content-Length: 0")),
		shakes("", "Content-Length: 0 twice", free(), adding("Content-Length: 0", "Content-Length: 0")),
		body("a body that looks like frames", frames, length(frames)),
		body("a body that looks like frames, two equal lengths", frames, length(frames), length(frames)),
		body("a body that looks like frames, in chunks", chunked(frames), "Transfer-Encoding: chunked"),
		shakes("", "a body that looks like a request", skipped, func(r *request) {
			again(r)
			r.body, r.second = r.second.text(), nil
			r.add(length(r.body))
		}),
		shakes("", "Expect: 100-continue", either417(), adding("Expect: 100-continue")),
		shakes("", "an expectation that nobody knows", either417(), adding("Expect: x-unknown")),
		doubtful("two lengths that differ", "hello", "Content-Length: 5", "Content-Length: 6"),
		doubtful("a negative length", "", "Content-Length: -1"),
		doubtful("a length with a sign", "hello", "Content-Length: +5"),
		doubtful("a length beyond 64 bits", "", "Content-Length: 18446744073709551621"),
		doubtful("a length that is no number", "hello", "Content-Length: five"),
		doubtful("Content-Length and Transfer-Encoding", chunked("hello"), "Content-Length: 5", "Transfer-Encoding: chunked"),
		doubtful("an unknown coding", chunked("hello"), "Transfer-Encoding: xchunked"),
		doubtful("chunked is not the last coding", chunked("hello"), "Transfer-Encoding: chunked, identity"),
	)
}

func either417() want {
	w := free()
	w.statuses = []int{417}
	return w
}

// stream is 1000 messages of all lengths up to 200 octets, each another.
var stream = sync.OnceValue(func() (frames []frame) {
	for i := range 1000 {
		frames = append(frames, text(fmt.Sprintf("%03d", i)+strings.Repeat(string(rune('a'+i%26)), i*7%198)))
	}
	return frames
})

func glued() []Case {
	// A client must wait for the answer, so a server that hangs up is right too.
	hasty := upgrades().refusable("a client must not have sent what stands behind the request yet, but that does no harm (RFC 6455, section 4.1)")
	early := func(title string, echo bool, change func(*request), frames ...frame) Case {
		c := shakes("", title, hasty, func(r *request) {
			r.early = frames
			if change != nil {
				change(r)
			}
		})
		c.NeedsEcho = echo
		return c
	}
	message := text("sent before the answer")
	another := early("a request behind a handshake that succeeds", false, again)
	another.ending, another.codes, another.play = fails, []uint16{1002}, func(*player) {}
	another.Expect = "takes it for frames, and fails the connection with 1002, or drops it"
	goodbye := early("a Close frame behind the handshake", false, nil, closing(1000, ""))
	goodbye.ending, goodbye.play = closes, func(*player) {}
	refusal := refuses(426, 400)
	refusal.versions = true
	refusal.dropped = NonStrict
	refused := func(title string, change func(*request)) Case {
		c := shakes("", title, refusal, func(r *request) {
			r.set("Sec-WebSocket-Version", "Sec-WebSocket-Version: 99")
			change(r)
		})
		c.Section, c.Reason = rfc(9931, "3"), "what stands behind a handshake is meant for a WebSocket; who chose it has a request smuggled in if a server that refuses serves it"
		c.Expect = "refuses, and takes nothing that stands behind for a request; else it is not strict, since HTTP allows it"
		return c
	}
	return numbered("15.7",
		early("a Ping behind the handshake", false, nil, ping("sent before the answer")),
		early("a message behind the handshake", true, nil, message),
		early("a message and a Ping behind the handshake, octet by octet", true, func(r *request) { r.piece = 1 }, message, ping("p")),
		early("a message behind the last octet of the handshake", true, func(r *request) { r.split = true }, message),
		early("a message, of which half comes behind the answer", true, func(r *request) { r.held = 11 }, message),
		early("1000 messages behind the handshake", true, nil, stream()...),
		early("1000 messages behind the handshake, in writes of 997 octets", true, func(r *request) { r.piece = 997 }, stream()...),
		goodbye,
		another,
		refused("a request behind a handshake that is refused", again),
		refused("frames behind a handshake that is refused", func(r *request) {
			r.body = smuggled() + "\r\n\r\n"
		}),
	)
}

func syntax() []Case {
	w := refusesOctets(400)
	field := func(title string, w want, lines ...string) Case { return shakes("", title, w, adding(lines...)) }
	space := w.lenient("such an octet is refused, or replaced by a space (RFC 9110, section 5.5)")
	grammar := w.lenient("what is no HTTP should be refused, since others may read it in another way (RFC 9112, section 2.2)")
	colon := func(title string, line string) Case {
		return shakes("", title, w.ends(), func(r *request) {
			again(r)
			r.add(line)
		})
	}
	line := func(title string, w want, change func(*request)) Case { return shakes("", title, w, change) }
	return numbered("15.8",
		// https://www.rfc-editor.org/rfc/rfc9112#section-2.2 lets a server take it.
		line("lines that end in LF alone", free().droppable(), func(r *request) { r.eol = "\n" }),
		line("an empty line before the request", free().droppable(), func(r *request) { r.before = "\r\n" }),
		field("a folded line", free().droppable(), "X-A: b", " c"),
		line("Connection folded", free().droppable(), with("Connection", "keep-alive,\r\n Upgrade")),
		line("white space in front of the first field", free().droppable(), func(r *request) {
			r.fields = append([]string{" X-A: b"}, r.fields...)
		}),
		field("octets beyond ASCII in a value", upgrades().refusable("a value may have them (RFC 9110, section 5.5)"), "X-A: \xff\xfe\xc3\xa4"),
		field("NUL in a value", space, "X-A: b\x00c"),
		field("a bare CR in a value", space, "X-A: b\rX-B: c"),
		field("ESC in a value", space, "X-A: \x1b[2J"),
		field("NUL in a name", grammar, "X\x00A: b"),
		field("a space in a name", grammar, "X A: b"),
		field("a field without a colon", grammar, "X-A"),
		field("a field without a name", grammar, ": b"),
		colon("a space in front of a colon", "X-A : b"),
		colon("a tab in front of a colon", "Content-Length\t: 0"),
		line("two spaces in the request line", grammar, func(r *request) { r.method = "GET " }),
		line("tabs in the request line", grammar, func(r *request) { r.method, r.target, r.version = "GET\t"+r.target+"\tHTTP/1.1", "", "" }),
		line("white space in front of the request line", grammar, func(r *request) { r.before = " " }),
		line("NUL in front of the request line", grammar, func(r *request) { r.before = "\x00" }),
	)
}

func targets() []Case {
	grammar := refusesOctets(400, 404).lenient("this is no target of a request for a WebSocket (RFC 9112, section 3.2)")
	target := func(title string, w want, change func(string) string) Case {
		return shakes("", title, w, func(r *request) { r.target = change(r.target) })
	}
	form := Case{
		Title: "a target in absolute form", Expect: upgrades().String(), Judges: Servers, codes: []uint16{1000}, play: works,
		probe: func(p *prober) { p.try(upgrades(), func(r *request) { r.target = absolute(p.target) }) },
	}
	return numbered("15.9",
		form,
		target("the target *", free(), func(string) string { return "*" }),
		target("a target without a slash", grammar, func(t string) string { return strings.TrimLeft(t, "/") + "x" }),
		target("a target with a fragment", grammar, func(t string) string { return t + "#a" }),
		target("a target with a space", grammar, func(t string) string { return t + " x" }),
		target("a target with a control octet", grammar, func(t string) string { return t + "\x01" }),
		shakes("", "line ends in the query, escaped", free(), func(r *request) { r.query("a=%0d%0aX-Injected:%20b&c=%00") }),
		shakes("", "a target of 100 KB", longTarget(), func(r *request) { r.query("a=" + strings.Repeat("a", 100_000)) }),
	)
}

func longTarget() want {
	w := free().droppable()
	w.statuses = []int{http.StatusRequestURITooLong, http.StatusRequestHeaderFieldsTooLarge}
	return w
}
