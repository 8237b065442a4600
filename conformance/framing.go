package conformance

import (
	"fmt"
	"strings"
)

// A delivery is how the frames of a case go out.
type delivery struct {
	name string
	send func(p *player, frames ...frame)
}

var (
	burst    = delivery{"in one write", (*player).send}
	perFrame = delivery{"a write for each frame", (*player).perFrame}
	bytewise = chopped(1)
)

func chopped(n int) delivery {
	return delivery{fmt.Sprintf("in writes of %d octets", n), func(p *player, frames ...frame) { p.chop(n, frames...) }}
}

// sends is what most cases do: frames go out, events must come.
func sends(d delivery, frames []frame, events ...event) func(*player) {
	return func(p *player) {
		d.send(p, frames...)
		p.expect(events...)
	}
}

// echoing is a case about messages that come back, after which the suite closes.
func echoing(id, title string, play func(*player)) Case {
	c := answering(id, title, play)
	c.NeedsEcho = true
	return c
}

// answering is a case about Pongs, after which the suite closes.
func answering(id, title string, play func(*player)) Case {
	return Case{ID: id, Title: title, play: play, codes: []uint16{1000}}
}

// failing is a case in which the peer must fail the connection with a code.
func failing(id, title string, code uint16, play func(*player)) Case {
	return Case{ID: id, Title: title, play: play, ending: fails, codes: []uint16{code}}
}

func (c Case) leniently() Case { c.lenient = true; return c }

func list[T any](items ...T) []T { return items }

// back is a message or Pong as it must come.
func back(op Opcode, payload string) event { return event{op: op, payload: payload} }

// framing is group 1.
func framing() (cases []Case) {
	for kind, op := range []Opcode{OpText, OpBinary} {
		octet := []string{"*", "\xfe"}[kind]
		add := func(i, n int, d delivery) {
			title := fmt.Sprintf("a %s message of %d octets, %s", op, n, d.name)
			cases = append(cases, echoing(fmt.Sprintf("1.%d.%d", kind+1, i), title, func(p *player) {
				f := frame{op: op, payload: strings.Repeat(octet, n)}
				d.send(p, f)
				p.echo(f)
			}))
		}
		for i, n := range []int{0, 125, 126, 127, 128, 65535, 65536} {
			add(i+1, n, burst)
		}
		add(8, 65536, chopped(997))
	}
	return cases
}

// hello is the payload of groups 3 and 4.
const hello = "Hello, world!"

// reservedBits is group 3.
func reservedBits() []Case {
	echo := back(OpText, hello)
	behind := func(id string, bits byte, d delivery) Case {
		title := fmt.Sprintf("text, text with RSV %03b, a Ping, %s", bits, d.name)
		return failing(id, title, 1002, sends(d, list(text(hello), text(hello).withRSV(bits), ping("")), echo)).leniently()
	}
	alone := func(id string, f frame) Case {
		return failing(id, fmt.Sprintf("%s with RSV %03b", f.op, f.rsv), 1002, sends(burst, list(f)))
	}
	return []Case{
		alone("3.1", text(hello).withRSV(1)),
		behind("3.2", 2, burst),
		behind("3.3", 3, perFrame),
		behind("3.4", 4, bytewise),
		alone("3.5", binaryFrame("\x00\xff\xfe\xfd\xfc\xfb\x00\xff").withRSV(5)),
		alone("3.6", binaryFrame(hello).withRSV(6)),
		alone("3.7", frame{op: OpClose}.withRSV(7)),
	}
}

// reservedOpcodes is group 4.
func reservedOpcodes() (cases []Case) {
	for kind, first := range []Opcode{3, 11} {
		alone := func(i int, payload string) {
			f := frame{op: first + Opcode(i), payload: payload}
			cases = append(cases, failing(fmt.Sprintf("4.%d.%d", kind+1, i+1),
				fmt.Sprintf("opcode %d with %d octets", byte(f.op), len(payload)), 1002, sends(burst, list(f))))
		}
		behind := func(i int, payload string, d delivery) {
			f := frame{op: first + Opcode(i), payload: payload}
			title := fmt.Sprintf("text, opcode %d with %d octets, a Ping, %s", byte(f.op), len(payload), d.name)
			cases = append(cases, failing(fmt.Sprintf("4.%d.%d", kind+1, i+1), title, 1002,
				sends(d, list(text(hello), f, ping("")), back(OpText, hello))).leniently())
		}
		alone(0, "")
		alone(1, "reserved opcode payload")
		behind(2, "", burst)
		behind(3, hello, burst)
		behind(4, hello, bytewise)
	}
	return cases
}
