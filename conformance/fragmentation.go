package conformance

import (
	"fmt"
	"strings"
)

// fragmentation is group 5.
func fragmentation() (cases []Case) {
	f := func(i int) string { return fmt.Sprint("fragment", i) }
	begin := func(i int) frame { return text(f(i)).unfinished() }
	middle := func(i int) frame { return continuation(f(i)).unfinished() }
	last := func(i int) frame { return continuation(f(i)) }
	fail := func(id, title string, frames ...frame) {
		cases = append(cases, failing(id, title, 1002, sends(burst, frames)))
	}
	// In a burst, a write for each frame, octet by octet.
	threefold := func(first int, title string, add func(id, title string, play func(*player)) Case, frames []frame, events ...event) {
		for i, d := range []delivery{burst, perFrame, bytewise} {
			cases = append(cases, add(fmt.Sprintf("5.%d", first+i), title+", "+d.name, sends(d, frames, events...)))
		}
	}
	broken := func(id, title string, play func(*player)) Case { return failing(id, title, 1002, play) }
	const question, stray = "ping payload", "non-continuation payload"
	whole := back(OpText, f(1)+f(2))

	fail("5.1", "a Ping in two fragments", ping(f(1)).unfinished(), last(2))
	fail("5.2", "a Pong in two fragments", pong(f(1)).unfinished(), last(2))
	threefold(3, "text in two fragments", echoing, list(begin(1), last(2)), whole)
	threefold(6, "a Ping between two fragments", answering, list(begin(1), ping(question), last(2)), back(OpPong, question), whole)
	threefold(9, "a last continuation of nothing, then text", broken, list(continuation(stray), text(hello)))
	threefold(12, "a continuation of nothing, then text", broken, list(continuation(stray).unfinished(), text(hello)))
	cases = append(cases, failing("5.15", "text in two fragments, then a continuation of nothing, then text", 1002,
		sends(burst, list(begin(1), last(2), middle(3), text(f(4))), whole)).leniently())
	twice := func(frames ...frame) []frame { return append(frames, frames...) }
	fail("5.16", "twice: a continuation of nothing, text in two fragments", twice(middle(1), begin(2), last(3))...)
	fail("5.17", "twice: a last continuation of nothing, text in two fragments", twice(last(1), begin(2), last(3))...)
	fail("5.18", "a message begun inside another", begin(1), text(f(2)))
	for i, d := range []delivery{burst, perFrame} {
		cases = append(cases, answering(fmt.Sprintf("5.%d", 19+i), "Pings between five fragments, a pause after two, "+d.name, func(p *player) {
			d.send(p, begin(1), middle(2), ping("pongme 1!"))
			p.quiet()
			d.send(p, middle(3), middle(4), ping("pongme 2!"), last(5))
			p.expect(back(OpPong, "pongme 1!"), back(OpPong, "pongme 2!"), back(OpText, f(1)+f(2)+f(3)+f(4)+f(5)))
		}))
	}
	return cases
}

// autoFragmentation is group 10.
func autoFragmentation() []Case {
	return []Case{echoing("10.1.1", "65536 octets of text in fragments of 1300", func(p *player) {
		payload := strings.Repeat("*", 65536)
		p.send(fragments(OpText, payload, 1300)...)
		p.expect(back(OpText, payload))
	})}
}
