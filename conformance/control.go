package conformance

import (
	"fmt"
	"strings"
)

// pings is group 2.
func pings() []Case {
	answered := func(id, title, payload string, d delivery) Case {
		return answering(id, "a Ping "+title+", "+d.name, sends(d, list(ping(payload)), back(OpPong, payload)))
	}
	ignored := func(id, payload string) Case {
		return Case{ID: id, Title: fmt.Sprintf("a Pong nobody asked for with %d octets, then Close", len(payload)),
			ending: closes, codes: list[uint16](1000), play: sends(perFrame, list(pong(payload), closing(1000, "")))}
	}
	var ten []frame
	var pongs []event
	for i := range 10 {
		payload := fmt.Sprint("payload-", i)
		ten = append(ten, ping(payload))
		pongs = append(pongs, back(OpPong, payload))
	}
	long := strings.Repeat("\xfe", 125)
	const unsolicited = "unsolicited pong payload"
	return []Case{
		answered("2.1", "without payload", "", burst),
		answered("2.2", "with text", hello, burst),
		answered("2.3", "with octets that are no text", "\x00\xff\xfe\xfd\xfc\xfb\x00\xff", burst),
		answered("2.4", "of 125 octets", long, burst),
		failing("2.5", "a Ping of 126 octets", 1002, sends(burst, list(ping(long+"\xfe")))),
		answered("2.6", "of 125 octets", long, bytewise),
		ignored("2.7", ""),
		ignored("2.8", unsolicited),
		answering("2.9", "a Pong nobody asked for, then a Ping",
			sends(burst, list(pong(unsolicited), ping("ping payload")), back(OpPong, "ping payload"))),
		answering("2.10", "ten Pings, in one write", sends(burst, ten, pongs...)),
		answering("2.11", "ten Pings, in writes of 1 octet", sends(bytewise, ten, pongs...)),
	}
}

// closeCases is group 7.
func closeCases() (cases []Case) {
	add := func(id, title string, e ending, codes []uint16, frames ...frame) {
		cases = append(cases, Case{ID: id, Title: title, ending: e, codes: codes, play: sends(burst, frames)})
	}
	normal, broken := list[uint16](1000), list[uint16](1002)
	closed, greeting := closing(1000, ""), text("Hello World!")
	cases = append(cases, Case{ID: "7.1.1", NeedsEcho: true, Title: "text, Close behind its echo", ending: closes, codes: normal, play: func(p *player) {
		p.send(greeting)
		p.echo(greeting)
		p.await()
		p.send(closed)
	}})
	add("7.1.2", "Close twice", closes, normal, closed, frame{op: OpClose})
	add("7.1.3", "Close, then a Ping", closes, normal, closed, ping(""))
	add("7.1.4", "Close, then text", closes, normal, closed, greeting)
	add("7.1.5", "Close inside a message", closes, normal, text("fragment1").unfinished(), closed, continuation("fragment2"))
	cases = append(cases, Case{ID: "7.1.6", NeedsEcho: true, Title: "256 KiB of text, text, Close, a Ping, in one write", ending: tells, play: func(p *player) {
		p.send(text(repeat("BAsd7&jh23", 256*kib)), greeting, closed, ping(""))
	}})

	add("7.3.1", "Close without payload", closes, normal, frame{op: OpClose})
	add("7.3.2", "Close with one octet", closesOrDrops, broken, frame{op: OpClose, payload: "a"})
	add("7.3.3", "Close with a code", closes, normal, closed)
	add("7.3.4", "Close with a code and a reason", closes, normal, closing(1000, "Hello World!"))
	add("7.3.5", "Close with the longest reason, 123 octets", closes, normal, closing(1000, strings.Repeat("*", 123)))
	add("7.3.6", "Close with a reason of 124 octets", closesOrDrops, broken, closing(1000, strings.Repeat("*", 124)))
	add("7.5.1", "Close with a reason that is no UTF-8", closesOrDrops, list[uint16](1002, 1007), closing(1000, kosme+"\xed\xa0\x80edited"))
	for i, code := range []uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		codes := list(code)
		if code != 1000 {
			codes = list(1000, code)
		}
		add(fmt.Sprintf("7.7.%d", i+1), fmt.Sprintf("Close with %d", code), closes, codes, closing(code, ""))
	}
	for i, code := range []uint16{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999} {
		add(fmt.Sprintf("7.9.%d", i+1), fmt.Sprintf("Close with %d", code), closesOrDrops, broken, closing(code, ""))
	}
	for i, code := range []uint16{5000, 65535} {
		add(fmt.Sprintf("7.13.%d", i+1), fmt.Sprintf("Close with %d", code), tells, nil, closing(code, ""))
	}
	return cases
}
