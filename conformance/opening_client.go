package conformance

import (
	"fmt"
	"strings"
)

// answers is a case about one answer to the opening handshake of a client.
func answers(title string, o opening) Case {
	c := Case{Title: title, Judges: Clients, codes: []uint16{1000}, play: works, opening: &o}
	switch {
	case o.asks:
		c.Expect = "asks rightly, and waits for the answer"
	case o.refuse && o.stayed == Failed:
		c.Expect = "ends the connection, without a frame"
	case o.refuse:
		c.Expect = "ends the connection; to go on is not strict: " + o.because
	case o.left == Failed:
		c.Expect = "goes on, and echoes"
	case o.left == NonStrict:
		c.Expect = "goes on, and echoes; to leave is not strict: " + o.because
	default:
		c.Expect = "goes on and echoes, or ends the connection"
	}
	return c
}

// openingClient is group 16.
func openingClient() (cases []Case) {
	cases = append(cases, requests()...)
	cases = append(cases, goodAnswers()...)
	cases = append(cases, earlyFrames()...)
	cases = append(cases, badAccepts()...)
	cases = append(cases, badSwitches()...)
	cases = append(cases, refusals()...)
	cases = append(cases, oddSyntax()...)
	return append(cases, endless()...)
}

// echoed is what shows that a client has taken a connection for open.
func echoed(p *player) {
	p.send(text("are you there?"), ping("still here"))
	p.echo(text("are you there?"))
	p.expect(back(OpPong, "still here"))
}

// provoked is the same where nothing must come back.
func provoked(p *player) {
	p.send(text("are you there?"), ping("still here"))
	for len(p.events) < 2 && p.peerClose == nil && p.take(p.opts.timeout()) {
	}
	if len(p.events) > 0 {
		p.close(1000)
	}
}

// right is an answer that a client must take.
func right(title string, change func(*reply)) Case {
	return answers(title, opening{change: change, left: Failed, behind: echoed})
}

// unusual is one that it should take, but only HTTP says so.
func unusual(title, because string, change func(*reply)) Case {
	return answers(title, opening{change: change, left: NonStrict, because: because, behind: echoed})
}

// optional is one that it may take or not.
func optional(title string, change func(*reply)) Case {
	return answers(title, opening{change: change, left: OK, behind: echoed})
}

// wrong is one that it must not take.
func wrong(title string, change func(*reply)) Case {
	return answers(title, opening{change: change, refuse: true, stayed: Failed, behind: provoked})
}

// doubtful is one that it should not take, but does no harm.
func doubtful(title, because string, change func(*reply)) Case {
	return answers(title, opening{change: change, refuse: true, stayed: NonStrict, because: because, behind: provoked})
}

// has sets a field of an answer.
func has(name string, values ...string) func(*reply) {
	lines := make([]string, len(values))
	for i, value := range values {
		lines[i] = strings.TrimRight(name+": "+value, " ")
	}
	return func(a *reply) { a.set(name, lines...) }
}

func requests() []Case {
	return numbered("16.1",
		answers("an ordinary answer, after a pause", opening{asks: true, left: Failed, behind: echoed}))
}

func goodAnswers() []Case {
	line := func(line string) func(*reply) { return func(a *reply) { a.line = line } }
	interim := "a client must be able to skip answers that are only informational (RFC 9110, section 15.2)"
	before := func(octets string) func(*reply) { return func(a *reply) { a.before = octets } }
	return numbered("16.2",
		right("another reason phrase", line("HTTP/1.1 101 Web Socket Protocol Handshake")),
		right("an empty reason phrase", line("HTTP/1.1 101 ")),
		right("Upgrade: WebSocket", has("Upgrade", "WebSocket")),
		right("Connection: upgrade", has("Connection", "upgrade")),
		right("Connection: keep-alive, Upgrade", has("Connection", "keep-alive, Upgrade")),
		right("two Connection fields", has("Connection", "keep-alive", "Upgrade")),
		right("names of fields in lower case", func(a *reply) { a.rename(strings.ToLower) }),
		right("names of fields in capitals", func(a *reply) { a.rename(strings.ToUpper) }),
		right("no white space behind colons", func(a *reply) { a.space("", "") }),
		right("white space around values", func(a *reply) { a.space(" \t ", "\t ") }),
		right("the fields in another order", func(a *reply) { a.fields[0], a.fields[2] = a.fields[2], a.fields[0] }),
		right("other fields", func(a *reply) {
			a.add("Date: Sat, 01 Jan 2028 00:00:00 GMT", "Server: x", "Set-Cookie: a=b", "Set-Cookie: c=d; HttpOnly", "X-Empty:", "Via: 1.1 proxy.example")
		}),
		right("50 other fields", func(a *reply) {
			for i := range 50 {
				a.add(fmt.Sprintf("X-%d: a", i))
			}
		}),
		right("octet by octet", func(a *reply) { a.piece = 1 }),
		right("in writes of 7 octets", func(a *reply) { a.piece = 7 }),
		unusual("100 Continue before the answer", interim, before("HTTP/1.1 100 Continue\r\n\r\n")),
		unusual("103 Early Hints before the answer", interim, before("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n")),
	)
}

func earlyFrames() []Case {
	early := func(title string, change func(*reply), frames ...frame) Case {
		return right(title, func(a *reply) {
			a.early = frames
			if change != nil {
				change(a)
			}
		})
	}
	message := text("sent with the answer")
	return numbered("16.3",
		early("a message behind the answer", nil, message),
		early("a Ping and a message behind the answer", nil, ping("p"), message),
		early("a message behind the answer, octet by octet", func(a *reply) { a.piece = 1 }, message),
		early("a message behind the answer, half of it after a pause", func(a *reply) { a.held = 11 }, message),
		early("1000 messages behind the answer", nil, stream()...),
		early("1000 messages behind the answer, in writes of 997 octets", func(a *reply) { a.piece = 997 }, stream()...),
	)
}

func badAccepts() []Case {
	const name = "Sec-WebSocket-Accept"
	accept := func(title string, change func(string) string) Case {
		return wrong("Sec-WebSocket-Accept: "+title, func(a *reply) { a.set(name, strings.TrimRight(name+": "+change(a.value(name)), " ")) })
	}
	twice := "the field must not come twice (RFC 6455, section 11.3.3)"
	return numbered("16.4",
		wrong("no Sec-WebSocket-Accept", has(name)),
		accept("nothing", func(string) string { return "" }),
		accept("that of another key", func(string) string { return acceptKey(newKey()) }),
		accept("that of the example in the RFC", func(string) string { return "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" }),
		accept("in lower case", func(s string) string { return strings.ToLower(strings.ReplaceAll(s, "=", "A=")) }),
		accept("in the other case", swapCase),
		accept("without padding", func(s string) string { return strings.TrimRight(s, "=") }),
		accept("with an octet more", func(s string) string { return s + "=" }),
		accept("in quotes", func(s string) string { return `"` + s + `"` }),
		accept("twice in a list", func(s string) string { return s + ", " + s }),
		wrong("a wrong Sec-WebSocket-Accept, then the right one", func(a *reply) { a.set(name, name+": "+acceptKey(newKey()), name+": "+a.value(name)) }),
		wrong("the right Sec-WebSocket-Accept, then a wrong one", func(a *reply) { a.add(name + ": " + acceptKey(newKey())) }),
		doubtful("the right Sec-WebSocket-Accept twice", twice, func(a *reply) { a.add(name + ": " + a.value(name)) }),
	)
}

// swapCase changes the case of all letters.
func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r ^ 0x20
		}
		return r
	}, s)
}

func badSwitches() []Case {
	line := func(title, line string) Case { return wrong(title, func(a *reply) { a.line = line }) }
	success := func(status, phrase string) Case {
		return wrong(status+" with the fields of an upgrade", func(a *reply) {
			a.line = "HTTP/1.1 " + status + " " + phrase
			a.add("Content-Length: 0")
		})
	}
	version := func(v string) Case {
		return doubtful(v+" 101", "only HTTP/1.1 knows this status (RFC 9110, section 7.8)", func(a *reply) { a.line = v + " 101 Switching Protocols" })
	}
	return numbered("16.5",
		version("HTTP/1.0"),
		version("HTTP/2"),
		version("HTTP/0.9"),
		version("ICY"),
		line("a status of four digits", "HTTP/1.1 1010 Switching Protocols"),
		line("a status of two digits", "HTTP/1.1 10 Switching Protocols"),
		success("200", "OK"),
		success("201", "Created"),
		wrong("no Upgrade", has("Upgrade")),
		wrong("an empty Upgrade", has("Upgrade", "")),
		wrong("Upgrade: h2c", has("Upgrade", "h2c")),
		wrong("Upgrade: websocketx", has("Upgrade", "websocketx")),
		wrong("Upgrade: websocket, h2c", has("Upgrade", "websocket, h2c")),
		wrong("no Connection", has("Connection")),
		wrong("Connection: close", has("Connection", "close")),
		wrong("Connection: upgrades", has("Connection", "upgrades")),
		wrong("a subprotocol that was not offered", has("Sec-WebSocket-Protocol", "x-not-offered")),
		wrong("two subprotocols that were not offered", has("Sec-WebSocket-Protocol", "x-not-offered", "x-neither")),
		doubtful("an empty subprotocol", "the field tells a subprotocol that was offered, or is not there (RFC 6455, section 4.1)", has("Sec-WebSocket-Protocol", "")),
		wrong("an extension that was not offered", has("Sec-WebSocket-Extensions", "x-not-offered")),
		wrong("an extension that was not offered, behind an empty element", has("Sec-WebSocket-Extensions", ", x-not-offered")),
		wrong("permessage-deflate with a parameter that there is not", has("Sec-WebSocket-Extensions", "permessage-deflate; x-unknown")),
		wrong("permessage-deflate twice", has("Sec-WebSocket-Extensions", "permessage-deflate, permessage-deflate")),
		wrong("an extension with a quote that does not end", has("Sec-WebSocket-Extensions", `permessage-deflate; x="a`)),
	)
}

func refusals() []Case {
	refusal := func(status, body string, fields ...string) Case {
		return wrong(status, func(a *reply) {
			a.line, a.body = "HTTP/1.1 "+status, body
			a.fields = append([]string{fmt.Sprintf("Content-Length: %d", len(body)), "Connection: close"}, fields...)
		})
	}
	redirect := func(status string) Case {
		c := refusal(status, "", "Location: /getCaseCount")
		c.opening.stayed = Informational
		c.Expect = "ends the connection; whether it follows is its own affair"
		return c
	}
	return numbered("16.6",
		refusal("400 Bad Request", "no\n"),
		refusal("401 Unauthorized", "who are you?\n", `WWW-Authenticate: Basic realm="x"`),
		refusal("403 Forbidden", ""),
		refusal("404 Not Found", strings.Repeat("not found\n", 1000)),
		refusal("407 Proxy Authentication Required", "", `Proxy-Authenticate: Basic realm="x"`),
		refusal("426 Upgrade Required", "", "Upgrade: websocket", "Sec-WebSocket-Version: 99"),
		refusal("500 Internal Server Error", ""),
		refusal("503 Service Unavailable", "", "Retry-After: 1"),
		refusal("200 OK", "<!DOCTYPE html><title>hello</title>", "Content-Type: text/html"),
		wrong("204 No Content", func(a *reply) { a.line, a.fields = "HTTP/1.1 204 No Content", []string{"Connection: close"} }),
		wrong("404 Not Found, its body in chunks", func(a *reply) {
			a.line, a.fields, a.body = "HTTP/1.1 404 Not Found", []string{"Transfer-Encoding: chunked", "Connection: close"}, chunked("not found")
		}),
		redirect("301 Moved Permanently"),
		redirect("302 Found"),
		redirect("307 Temporary Redirect"),
		redirect("308 Permanent Redirect"),
	)
}

func oddSyntax() []Case {
	add := func(lines ...string) func(*reply) { return func(a *reply) { a.add(lines...) } }
	raw := func(title, octets string) Case {
		return wrong(title, func(a *reply) { a.line, a.fields, a.eol = octets, nil, "" })
	}
	grammar := "what is no HTTP may have been read in another way before (RFC 9112, section 2.2)"
	return numbered("16.7",
		optional("lines that end in LF alone", func(a *reply) { a.eol = "\n" }),
		unusual("a folded line", "a client replaces the fold by a space (RFC 9112, section 5.2)", add("X-A: b", " c")),
		unusual("octets beyond ASCII in a value", "a value may have them (RFC 9110, section 5.5)", add("X-A: \xff\xfe\xc3\xa4")),
		optional("NUL in a value", add("X-A: b\x00c")),
		optional("a bare CR in a value", add("X-A: b\rc")),
		doubtful("a field without a colon", grammar, add("X-A")),
		optional("a space in front of a colon", add("X-A : b")),
		optional("a space in a name", add("X A: b")),
		raw("the banner of SSH", "SSH-2.0-OpenSSH_9.6\r\n\r\n"),
		raw("an alert of TLS", "\x15\x03\x01\x00\x02\x02\x46\r\n\r\n"),
		raw("a page without a head", "<!DOCTYPE html><title>hello</title>\r\n\r\n"),
		raw("frames without an answer", string(text("hello").append(nil, false))).hangingUp(),
		raw("two empty lines", "\r\n\r\n").hangingUp(),
		raw("no answer, but the end", "").hangingUp(),
		raw("a status line, then the end", "HTTP/1.1 101 Switching Protocols\r\n").hangingUp(),
		wrong("a head without its end, then the end", nil).cutting(),
	)
}

// hangingUp ends the suite's direction behind the answer.
func (c Case) hangingUp() Case {
	c.opening.behind = func(p *player) { p.finish() }
	return c
}

// cutting leaves the end of the head away, too.
func (c Case) cutting() Case {
	c.opening.change = func(a *reply) {
		lines := append([]string{a.line}, a.fields...)
		a.line, a.fields, a.eol = strings.Join(lines, "\r\n")+"\r\n", nil, ""
	}
	return c.hangingUp()
}

// mostEndless is how much of an answer without end the suite sends: more than
// stays on the way to a client that does not read.
const mostEndless = 16 << 20

func endless() []Case {
	flood := func(title, line, again string) Case {
		c := wrong(title, func(a *reply) { a.line, a.fields, a.eol = line, nil, "" })
		c.Expect = "ends the connection before it has taken 16 MiB; else it is not strict"
		c.opening.behind = func(p *player) { p.flood([]byte(strings.Repeat(again, 64<<10/len(again)))) }
		return c
	}
	waits := answers("an answer that stops inside a line", opening{refuse: true, change: func(a *reply) {
		a.line, a.fields, a.eol = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: web", nil, ""
	}})
	waits.ending = tells
	waits.Expect = "ends the connection after a time; how soon is its own affair"
	return numbered("16.8",
		flood("a head without end", "HTTP/1.1 101 Switching Protocols\r\n", "X-A: "+strings.Repeat("a", 100)+"\r\n"),
		flood("a line without end", "HTTP/1.1 101 Switching Protocols\r\nX-A: ", "a"),
		flood("a status line without end", "HTTP/1.1 101 ", "a"),
		flood("informational answers without end", "", "HTTP/1.1 100 Continue\r\n\r\n"),
		flood("a refusal without end", "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n\r\n", "not found\n"),
		waits,
	)
}

// flood sends octets again and again.
func (p *player) flood(octets []byte) {
	p.log.note(Suite, "again and again: %s", shown(string(octets)))
	sent := 0
	for ; sent < mostEndless && !p.deaf && !p.over(); sent += len(octets) {
		p.raw(octets, len(octets))
	}
	p.log.note(Suite, "%d octets of it", sent)
	if !p.deaf && p.quiet() {
		p.fault(NonStrict, "the client takes %d octets of an answer that does not end", sent)
	}
}

// over reports whether the peer has left.
func (p *player) over() bool {
	p.drain()
	return p.gone || p.peerClose != nil
}
