package conformance

import (
	"fmt"
	"strings"
)

// closingOrder is group 19.
func closingOrder() (cases []Case) {
	for group, of := range [][]Case{aroundClose(), transportEnds(), pipelining()} {
		for i, c := range of {
			c.ID = fmt.Sprintf("19.%d.%d", group+1, i+1)
			cases = append(cases, c)
		}
	}
	return cases
}

// aroundClose is group 19.1.
func aroundClose() (cases []Case) {
	normal, goodbye := list[uint16](1000), closing(1000, "")
	add := func(title string, d delivery, events []event, frames ...frame) *Case {
		c := Case{Title: title + ", " + d.name, ending: closes, codes: normal, play: sends(d, frames, events...)}
		for _, e := range events {
			c.NeedsEcho = c.NeedsEcho || !e.op.control()
		}
		cases = append(cases, c)
		return &cases[len(cases)-1]
	}
	before := func(title string, events []event, frames ...frame) {
		c := add(title, burst, events, append(frames, goodbye)...)
		play := c.play
		c.play = func(p *player) {
			play(p)
			p.mayMiss(NonStrict)
		}
		c.Expect = "sends everything back before its Close frame; less is not strict"
	}
	echo := back(OpText, hello)
	before("text, Close", list(echo), text(hello))
	before("text, a Ping, text in two fragments, Close", list(echo, back(OpPong, "ping"), echo),
		text(hello), ping("ping"), text(hello[:5]).unfinished(), continuation(hello[5:]))
	hundred := make([]frame, 100)
	var echoes []event
	for i := range hundred {
		hundred[i] = text(fmt.Sprint("message ", i))
		echoes = append(echoes, back(OpText, hundred[i].payload))
	}
	before("100 messages, Close", echoes, hundred...)

	behind := func(title string, frames ...frame) { add(title, burst, nil, append(list(goodbye), frames...)...) }
	behind("Close, then a message, a Ping and Close with 1001", text(hello), ping(hello), closing(1001, ""))
	behind("Close, then a reserved opcode", frame{op: 3, payload: hello})
	behind("Close, then text that is no UTF-8", text("\xff"))
	behind("Close, then a message that is begun", text(hello).unfinished())
	behind("Close, then a frame that is announced to be of 2^63-1 octets", frame{op: OpBinary, claimed: 1<<63 - 1, payload: hello})
	behind("Close, then Close with one octet", frame{op: OpClose, payload: "a"})
	add("a message that is begun, a Ping, Close", burst, list(back(OpPong, "ping")), text(hello).unfinished(), ping("ping"), goodbye)
	add("Close with a reason", bytewise, nil, closing(1000, "Auf Wiedersehen, schöne Grüße"))
	add("Close with a reason of 123 octets that is not ASCII", burst, nil, closing(1000, strings.Repeat("é", 61)+"."))
	cases = append(cases, Case{Title: "Close with a reason that ends inside a character", ending: closesOrDrops, codes: list[uint16](1002, 1007),
		play: sends(burst, list(closing(1000, "bye \xc3")))})
	return cases
}

// transportEnds is group 19.2.
func transportEnds() (cases []Case) {
	add := func(c Case, expect string) {
		c.Expect = expect
		cases = append(cases, c)
	}
	add(Case{Title: "Close, behind which nothing comes", ending: closes, codes: list[uint16](1000), Judges: Servers, play: func(p *player) {
		p.send(closing(1000, ""))
		p.finishing(NonStrict)
	}}, "answers, then ends the connection first; a reset is not strict")

	much := binaryFrame(repeat("unread", 64*kib))
	flood := func(first frame) func(*player) {
		return func(p *player) {
			p.unread(func() { p.send(first, much, much, much, much) }, func() { p.rests() })
			p.finishing(NonStrict)
		}
	}
	const readable = "; that it is lost in a reset, because input was left unread, is not strict"
	fault := failing("", "a reserved opcode, then 256 KiB, which the suite sends before it reads", 1002, flood(frame{op: 3}))
	fault.failFast = false
	add(fault, "fails the connection with 1002"+readable)
	add(Case{Title: "Close, then 256 KiB, which the suite sends before it reads", ending: closes, codes: list[uint16](1000),
		play: flood(closing(1000, ""))}, "answers"+readable)

	ends := func(title string, needsEcho bool, play func(*player)) {
		add(Case{Title: title, ending: fails, NeedsEcho: needsEcho, play: func(p *player) {
			play(p)
			p.halfClose()
		}}, "drops the connection, with or without a Close frame, and sends nothing back of what is not whole")
	}
	ends("the suite's direction ends, without Close", false, func(*player) {})
	ends("the suite's direction ends inside a header", false, func(p *player) { p.raw(p.octets(binaryFrame(repeat("x", 300)))[:3], 3) })
	ends("the suite's direction ends inside a frame", false, func(p *player) { p.begin(text(hello), 5) })
	ends("the suite's direction ends inside a message", false, func(p *player) { p.send(text(hello).unfinished()) })
	ends("the suite's direction ends behind a message and its echo", true, func(p *player) {
		p.send(text(hello))
		p.echo(text(hello))
		p.await()
	})
	add(Case{Title: "text, then at once the end of the suite's direction", ending: tells, NeedsEcho: true, play: func(p *player) {
		p.send(text(hello))
		if p.halfClose() {
			for p.take(p.opts.timeout()) {
			}
		}
	}}, "sends the text back, or does not: the RFC knows no connection that is open in one direction")
	add(Case{Title: "Close, and at once the end of the suite's direction", ending: closes, codes: list[uint16](1000), play: func(p *player) {
		p.send(closing(1000, ""))
		p.halfClose()
	}}, "answers, and ends the connection")
	return cases
}

// pipelining is group 19.3.
func pipelining() (cases []Case) {
	var thousand, mixture []frame
	var echoes, answers []event
	for i := range 1000 {
		thousand = append(thousand, text(fmt.Sprint("message ", i)))
		echoes = append(echoes, back(OpText, thousand[i].payload))
	}
	for i := range 50 {
		payload := fmt.Sprint("message ", i)
		mixture = append(mixture, text(payload), ping(payload), binaryFrame(payload[:4]).unfinished(), ping(payload), continuation(payload[4:]), text(""))
		answers = append(answers, back(OpText, payload), back(OpPong, payload), back(OpPong, payload), back(OpBinary, payload), back(OpText, ""))
	}
	cases = append(cases,
		echoing("", "1000 messages in one write", sends(burst, thousand, echoes...)),
		echoing("", "messages, Pings and fragments in one write", sends(burst, mixture, answers...)),
		echoing("", "messages, Pings and fragments in writes of 7 octets", sends(chopped(7), mixture, answers...)))

	for _, f := range []frame{ping(hello), text(hello), binaryFrame(repeat("\x00\xfe", 300)), binaryFrame(repeat("\x00\xfe", 70000))} {
		title := fmt.Sprintf("%s of %d octets, twice, cut at each place in its header", f.op, len(f.payload))
		play := func(p *player) {
			want := back(f.op, f.payload)
			if f.op == OpPing {
				want.op = OpPong
			}
			for at := 1; at < len(p.octets(f))-len(f.payload)+2; at++ {
				octets := append(p.octets(f), p.octets(f)...)
				p.sent(f)
				p.sent(f)
				p.log.note(Suite, "these two in writes that begin at 0 and %d", at)
				p.raw(octets[:at], at)
				p.raw(octets[at:], len(octets))
				p.expect(want, want)
				if p.await(); p.peerClose != nil || p.gone {
					return
				}
			}
		}
		if f.op == OpPing {
			cases = append(cases, answering("", title, play))
		} else {
			cases = append(cases, echoing("", title, play))
		}
	}
	return cases
}

// octets are those of a frame of the suite.
func (p *player) octets(f frame) []byte { return f.append(nil, !p.asServer) }
