package conformance

import (
	"fmt"
	"net"
	"strings"
)

// endurance is group 18.
func endurance(thin bool) (cases []Case) {
	for group, of := range [][]Case{floods(thin), slowPeers(thin), resets()} {
		for i, c := range of {
			c.ID = fmt.Sprintf("18.%d.%d", group+1, i+1)
			cases = append(cases, c)
		}
	}
	return cases
}

// enough are codes with which an endpoint ends what is too much for it.
var enough = list[uint16](1008, 1009, 1013)

// floods is group 18.1.
func floods(thin bool) (cases []Case) {
	many, times := 100000, "100,000"
	if thin {
		many, times = 5000, "5000"
	}
	add := func(c Case, expect string) {
		c.Expect = expect
		cases = append(cases, c)
	}
	const orCloses = "; or closes with 1008, 1009 or 1013"
	add(answering("", times+" Pings of 125 octets", func(p *player) {
		p.flooded(pingsOf(many))
	}), "answers as many Pings as it likes, the last among them"+orCloses)
	add(answering("", times+" Pings of 125 octets while the suite reads nothing", func(p *player) {
		p.unread(func() { p.bursts(pingsOf(many)) }, p.serves)
		p.flooded(nil)
	}), "answers as many Pings as it likes, the last among them, or drops the connection"+orCloses)
	add(answering("", times+" Pongs that nobody asked for", func(p *player) {
		pongs := make([]frame, many)
		for i := range pongs {
			pongs[i] = pong(fmt.Sprint(i))
		}
		p.flooded(pongs)
	}), "ignores them, and answers a Ping behind them"+orCloses)

	endless := Case{Title: "text in " + times + " empty fragments, and one that is not", ending: fails, codes: enough, NeedsEcho: true}
	endless.play = func(p *player) {
		p.send(text("").unfinished())
		empty := make([]frame, many)
		for i := range empty {
			empty[i] = continuation("").unfinished()
		}
		p.bursts(empty)
		p.send(continuation(hello))
		p.unless(OK, "the peer takes so many fragments", back(OpText, hello))
	}
	add(endless, "sends the message back, or closes with 1008, 1009 or 1013")

	claims := answering("", "20 connections, each of which announces a frame of 1 GiB and sends none of it", func(p *player) {
		big := frame{op: OpBinary, claimed: 1 << 30}
		for range 20 {
			nc := p.visit(big)
			if nc == nil {
				return
			}
			defer nc.Close()
		}
		p.quiet()
		p.serves()
		p.send(ping(hello))
		p.expect(back(OpPong, hello))
	})
	claims.Judges = Servers
	add(claims, "serves other connections meanwhile")
	return cases
}

// pingsOf are n Pings of 125 octets, which can be told apart.
func pingsOf(n int) []frame {
	frames := make([]frame, n)
	rest := strings.Repeat(".", 125-8)
	for i := range frames {
		frames[i] = ping(fmt.Sprintf("%08d", i) + rest)
	}
	return frames
}

// bursts sends frames, so many in a write.
func (p *player) bursts(frames []frame) {
	const most = 500
	for len(frames) > 0 {
		n := min(most, len(frames))
		p.send(frames[:n]...)
		frames = frames[n:]
	}
}

// flooded sends what is much, then a Ping, and judges what became of it: Pongs
// may be missing, but not that of the last Ping, unless the peer has had enough
// and says so.
func (p *player) flooded(frames []frame) {
	const last = "the last"
	p.bursts(frames)
	p.send(ping(last))
	came := 0
	for p.peerClose == nil && p.take(p.opts.timeout()) {
		if came = len(p.events); came > 0 && p.events[came-1].same(back(OpPong, last)) {
			break
		}
	}
	p.events = p.otherThanPongs()
	switch {
	case came > 0 && len(p.events) > 0 && p.events[len(p.events)-1].same(back(OpPong, last)):
		p.expect(back(OpPong, last))
	case p.peerClose != nil || p.gone:
		p.becomes(fails, enough...)
	default:
		p.expect(back(OpPong, last))
	}
}

// otherThanPongs leaves out the Pongs that answer a flood, in its order.
func (p *player) otherThanPongs() (rest []event) {
	next := ""
	for _, e := range p.events {
		if e.op == OpPong && len(e.payload) == 125 && e.payload >= next {
			next = e.payload + "\x00"
			continue
		}
		rest = append(rest, e)
	}
	return rest
}

// visit opens another connection to the server and sends frames over it. It is
// nil if that was not possible, which is a fault.
func (p *player) visit(frames ...frame) net.Conn {
	nc, err := p.site.open(p.c)
	if err != nil {
		p.fault(Failed, "the server does not serve another connection: %v", err)
		return nil
	}
	nc.Write(encoded(frames...)) // a failure shows where it matters
	return nc
}

// encoded are the octets of frames as a client sends them.
func encoded(frames ...frame) (octets []byte) {
	for _, f := range frames {
		octets = f.append(octets, true)
	}
	return octets
}

// slowPeers is group 18.2.
func slowPeers(thin bool) []Case {
	large, each := 2*mib, mib
	if thin {
		large, each = 128*kib, 64*kib
	}
	payload := repeat("0123456789abcdef", large)
	piece := frame{op: OpBinary, payload: repeat("\x00\xfe\x23\xfa\xf0", each)}

	many := make([]frame, 16)
	for i := range many {
		many[i] = piece
	}
	return []Case{
		echoing("", "16 KiB of text in writes of 1 octet", func(p *player) {
			f := text(payload[:16*kib])
			bytewise.send(p, f)
			p.echo(f)
		}),
		echoing("", fmt.Sprintf("%d KiB of text, of which the suite reads 1 KiB at a time", large/kib), func(p *player) {
			if tcp, ok := socket(p.nc).(interface{ SetReadBuffer(n int) error }); ok {
				tcp.SetReadBuffer(256 * kib) // with less than a few segments, TCP itself waits longer than servers do
			}
			p.in.slow.Store(kib)
			p.log.note(Suite, "reads 1 KiB at a time")
			p.send(text(payload))
			p.expect(back(OpText, payload))
			p.await()
			p.in.slow.Store(0)
		}),
		hoarding(fmt.Sprintf("16 messages of %d KiB while the suite reads nothing", each/kib), many, (*player).serves),
	}
}

// hoarding is a case in which messages wait for the suite, which reads nothing,
// while something else happens.
func hoarding(title string, messages []frame, meanwhile func(p *player)) Case {
	c := Case{Title: title, ending: fails, codes: enough, NeedsEcho: true, Judges: Servers}
	c.Expect = "serves others meanwhile, and sends everything back in the end; or closes with 1008, 1009 or 1013, or drops the connection"
	c.play = func(p *player) {
		p.unread(func() { p.perFrame(messages...) }, func() { meanwhile(p) })
		p.echo(messages...)
		p.mayMiss(OK)
		p.unless(OK, "the server waits for a slow peer", p.want...)
	}
	return c
}

// resets is group 18.3.
func resets() (cases []Case) {
	const times = 50
	add := func(title string, drop func(p *player) bool) {
		c := answering("", fmt.Sprintf("%d resets %s, then a Ping", times, title), func(p *player) {
			for range times {
				if !drop(p) {
					return
				}
			}
			p.log.note(Suite, "has reset %d connections", times)
			p.quiet() // what they have led to comes a moment later
			p.serves()
			p.send(ping(hello))
			p.expect(back(OpPong, hello))
		})
		c.Judges, c.Expect = Servers, "serves those who are there, and those who come"
		cases = append(cases, c)
	}
	behind := func(frames func() []byte) func(p *player) bool {
		return func(p *player) bool {
			nc := p.visit()
			if nc == nil {
				return false
			}
			nc.Write(frames())
			reset(nc)
			return true
		}
	}
	add("inside the opening handshake", func(p *player) bool {
		nc, err := p.site.connect()
		if err != nil {
			p.fault(Failed, "the server does not accept another connection: %v", err)
			return false
		}
		fmt.Fprintf(nc, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n", p.site.target.RequestURI(), p.site.target.Host)
		reset(nc)
		return true
	})
	add("behind the opening handshake", behind(func() []byte { return nil }))
	add("inside the header of a frame", behind(func() []byte { return encoded(binaryFrame(repeat("x", 70000)))[:5] }))
	midframe := behind(func() []byte { return encoded(text(hello))[:12] })
	add("inside a frame", midframe)
	add("inside a message", behind(func() []byte { return encoded(text(hello).unfinished()) }))
	add("while an echo is under way", behind(func() []byte { return encoded(binaryFrame(repeat("x", 256*kib))) }))
	add("behind a Close frame", behind(func() []byte { return encoded(closing(1000, "")) }))
	piece := frame{op: OpBinary, payload: repeat("\x00\xfe\x23\xfa\xf0", mib)}
	title := fmt.Sprintf("%d resets inside a frame while 4 MiB wait for the suite, which reads nothing", times)
	return append(cases, hoarding(title, list(piece, piece, piece, piece), func(p *player) {
		for range times {
			if !midframe(p) {
				return
			}
		}
		p.quiet()
		p.serves()
	}))
}
