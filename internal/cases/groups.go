package cases

import (
	"fmt"
	"strings"

	"github.com/duplexws/duplex/internal/rawpeer"
)

// framing is group 1.
func framing() (list []Case) {
	for kind, op := range []byte{rawpeer.OpText, rawpeer.OpBinary} {
		octet := []string{"*", "\xfe"}[kind]
		for i, n := range []int{0, 125, 126, 127, 128, 65535, 65536} {
			f := rawpeer.NewFrame(op, strings.Repeat(octet, n))
			list = append(list, echoes(fmt.Sprintf("1.%d.%d", kind+1, i+1), burst(f), rawpeer.Events(f)...))
		}
		f := rawpeer.NewFrame(op, strings.Repeat(octet, 65536))
		list = append(list, echoes(fmt.Sprintf("1.%d.8", kind+1), chopped(997, f), rawpeer.Events(f)...))
	}
	return list
}

// pings is group 2.
func pings() []Case {
	pong := func(payload string) []rawpeer.Event { return rawpeer.Events(rawpeer.Pong(payload)) }
	long := strings.Repeat("\xfe", 125)
	var ten []rawpeer.Frame
	var pongs []rawpeer.Event
	for i := range 10 {
		payload := fmt.Sprint("payload-", i)
		ten = append(ten, rawpeer.Ping(payload))
		pongs = append(pongs, pong(payload)...)
	}
	unsolicited := rawpeer.Pong("unsolicited pong payload")
	closed := func(id string, steps func() []Step) Case {
		return Case{ID: id, Steps: steps, Ending: Closes, Codes: []uint16{1000}}
	}
	octets := "\x00\xff\xfe\xfd\xfc\xfb\x00\xff"
	return []Case{
		echoes("2.1", burst(rawpeer.Ping("")), pong("")...),
		echoes("2.2", burst(rawpeer.Ping("Hello, world!")), pong("Hello, world!")...),
		echoes("2.3", burst(rawpeer.Ping(octets)), pong(octets)...),
		echoes("2.4", burst(rawpeer.Ping(long)), pong(long)...),
		fails("2.5", 1002, burst(rawpeer.Ping(long+"\xfe"))),
		echoes("2.6", chopped(1, rawpeer.Ping(long)), pong(long)...),
		closed("2.7", burst(rawpeer.Pong(""), rawpeer.Close(1000, ""))),
		closed("2.8", burst(unsolicited, rawpeer.Close(1000, ""))),
		echoes("2.9", burst(unsolicited, rawpeer.Ping("ping payload")), pong("ping payload")...),
		echoes("2.10", burst(ten...), pongs...),
		echoes("2.11", chopped(1, ten...), pongs...),
	}
}

// hello is the payload of groups 3 and 4.
const hello = "Hello, world!"

// reservedBits is group 3.
func reservedBits() []Case {
	text, ping := rawpeer.Text(hello), rawpeer.Ping("")
	echo := rawpeer.Events(text)
	list := []Case{
		fails("3.1", 1002, burst(text.WithRSV(1))),
		fails("3.2", 1002, burst(text, text.WithRSV(2), ping), echo...),
		fails("3.3", 1002, perFrame(text, text.WithRSV(3), ping), echo...),
		fails("3.4", 1002, chopped(1, text, text.WithRSV(4), ping), echo...),
		fails("3.5", 1002, burst(rawpeer.Binary("\x00\xff\xfe\xfd\xfc\xfb\x00\xff").WithRSV(5))),
		fails("3.6", 1002, burst(rawpeer.Binary(hello).WithRSV(6))),
		fails("3.6 with a Ping", 1002, burst(rawpeer.Ping(hello).WithRSV(6))),
		fails("3.7", 1002, burst(rawpeer.NewFrame(rawpeer.OpClose, "").WithRSV(7))),
	}
	return list
}

// reservedOpcodes is group 4.
func reservedOpcodes() (list []Case) {
	text, ping := rawpeer.Text(hello), rawpeer.Ping("")
	echo := rawpeer.Events(text)
	for group, first := range []byte{3, 11} {
		id := func(i int) string { return fmt.Sprintf("4.%d.%d", group+1, i) }
		list = append(list,
			fails(id(1), 1002, burst(rawpeer.NewFrame(first, ""))),
			fails(id(2), 1002, burst(rawpeer.NewFrame(first+1, "reserved opcode payload"))),
			fails(id(3), 1002, burst(text, rawpeer.NewFrame(first+2, ""), ping), echo...),
			fails(id(4), 1002, burst(text, rawpeer.NewFrame(first+3, hello), ping), echo...),
			fails(id(5), 1002, chopped(1, text, rawpeer.NewFrame(first+4, hello), ping), echo...),
		)
	}
	return list
}

// fragmentation is group 5.
func fragmentation() []Case {
	f := func(i int) string { return fmt.Sprint("fragment", i) }
	text := func(i int) rawpeer.Frame { return rawpeer.Text(f(i)) }
	cont := func(i int) rawpeer.Frame { return rawpeer.Continuation(f(i)) }
	var list []Case

	list = append(list,
		fails("5.1", 1002, burst(rawpeer.Ping(f(1)).Unfinished(), cont(2))),
		fails("5.2", 1002, burst(rawpeer.Pong(f(1)).Unfinished(), cont(2))),
	)
	// Three cases each: in a burst, a write for each frame, octet by octet.
	threefold := func(first int, add func(id string, steps func() []Step) Case, frames ...rawpeer.Frame) {
		for i, steps := range []func() []Step{burst(frames...), perFrame(frames...), chopped(1, frames...)} {
			list = append(list, add(fmt.Sprintf("5.%d", first+i), steps))
		}
	}
	echo := func(events ...rawpeer.Event) func(string, func() []Step) Case {
		return func(id string, steps func() []Step) Case { return echoes(id, steps, events...) }
	}
	fail := func(id string, steps func() []Step) Case { return fails(id, 1002, steps) }
	whole := rawpeer.Text(f(1) + f(2))
	nothing := rawpeer.Continuation("non-continuation payload")
	threefold(3, echo(rawpeer.Events(whole)...), text(1).Unfinished(), cont(2))
	threefold(6, echo(rawpeer.Events(rawpeer.Pong("ping payload"), whole)...), text(1).Unfinished(), rawpeer.Ping("ping payload"), cont(2))
	threefold(9, fail, nothing, rawpeer.Text(hello))
	threefold(12, fail, nothing.Unfinished(), rawpeer.Text(hello))

	list = append(list,
		fails("5.15", 1002, burst(text(1).Unfinished(), cont(2), cont(3).Unfinished(), text(4)), rawpeer.Events(whole)...),
		fails("5.16", 1002, burst(cont(1).Unfinished(), text(2).Unfinished(), cont(3), cont(1).Unfinished(), text(2).Unfinished(), cont(3))),
		fails("5.17", 1002, burst(cont(1), text(2).Unfinished(), cont(3), cont(1), text(2).Unfinished(), cont(3))),
		fails("5.18", 1002, burst(text(1).Unfinished(), text(2))),
	)
	for i, each := range []bool{false, true} {
		list = append(list, echoes(fmt.Sprintf("5.%d", 19+i), func() []Step {
			return []Step{
				{Frames: []rawpeer.Frame{text(1).Unfinished(), cont(2).Unfinished(), rawpeer.Ping("pongme 1!")}, PerFrame: each},
				{Await: 1, Pause: true, Frames: []rawpeer.Frame{cont(3).Unfinished(), cont(4).Unfinished(), rawpeer.Ping("pongme 2!"), cont(5)}, PerFrame: each},
			}
		}, rawpeer.Events(rawpeer.Pong("pongme 1!"), rawpeer.Pong("pongme 2!"), rawpeer.Text(f(1)+f(2)+f(3)+f(4)+f(5)))...))
	}
	return list
}

// closing is group 7.
func closing() (list []Case) {
	add := func(id string, ending Ending, codes []uint16, frames ...rawpeer.Frame) {
		list = append(list, Case{ID: id, Steps: burst(frames...), Ending: ending, Codes: codes})
	}
	normal, broken := []uint16{1000}, []uint16{1002}
	closes := rawpeer.Close(1000, "")
	greeting := rawpeer.Text("Hello World!")
	list = append(list, Case{ID: "7.1.1", Ending: Closes, Codes: normal, Events: rawpeer.Events(greeting), Steps: func() []Step {
		return []Step{{Frames: []rawpeer.Frame{greeting}}, {Await: 1, Frames: []rawpeer.Frame{closes}}}
	}})
	add("7.1.2", Closes, normal, closes, rawpeer.NewFrame(rawpeer.OpClose, ""))
	add("7.1.3", Closes, normal, closes, rawpeer.Ping(""))
	add("7.1.4", Closes, normal, closes, greeting)
	add("7.1.5", Closes, normal, rawpeer.Text("fragment1").Unfinished(), closes, rawpeer.Continuation("fragment2"))
	add("7.1.6", Informational, nil, rawpeer.Text(repeat("BAsd7&jh23", 256<<10)), greeting, closes, rawpeer.Ping(""))

	add("7.3.1", Closes, normal, rawpeer.NewFrame(rawpeer.OpClose, ""))
	add("7.3.2", ClosesOrDrops, broken, rawpeer.NewFrame(rawpeer.OpClose, "a"))
	add("7.3.3", Closes, normal, closes)
	add("7.3.4", Closes, normal, rawpeer.Close(1000, "Hello World!"))
	add("7.3.5", Closes, normal, rawpeer.Close(1000, strings.Repeat("*", 123)))
	add("7.3.6", ClosesOrDrops, broken, rawpeer.Close(1000, strings.Repeat("*", 124)))
	add("7.5.1", ClosesOrDrops, []uint16{1002, 1007}, rawpeer.Close(1000, kosme+"\xed\xa0\x80edited"))
	for i, code := range []uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		add(fmt.Sprintf("7.7.%d", i+1), Closes, []uint16{1000, code}, rawpeer.Close(code, ""))
	}
	for i, code := range []uint16{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999} {
		add(fmt.Sprintf("7.9.%d", i+1), ClosesOrDrops, broken, rawpeer.Close(code, ""))
	}
	add("7.13.1", Informational, nil, rawpeer.Close(5000, ""))
	add("7.13.2", Informational, nil, rawpeer.Close(65535, ""))
	return list
}

// autoFragmentation is group 10.
func autoFragmentation() []Case {
	payload := strings.Repeat("*", 65536)
	return []Case{echoes("10.1.1", burst(rawpeer.Fragments(rawpeer.OpText, payload, 1300)...), rawpeer.Events(rawpeer.Text(payload))...)}
}

// repeat returns n octets of a pattern.
func repeat(pattern string, n int) string {
	return strings.Repeat(pattern, n/len(pattern)+1)[:n]
}
