package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"time"
)

// openingRest is the part of group 15 about origins, and what is no HTTP.
func openingRest() []Case { return append(origins(), noRequests()...) }

func requestSizes() []Case {
	moderate := upgrades().refusable("a browser sends as much with a few cookies")
	excessive := refuses(431, 400, 413).lenient("it takes memory that nothing but an attack needs").droppable()
	lines := func(n int) func(*request) {
		return func(r *request) {
			for i := range n {
				r.add(fmt.Sprintf("X-%d: a", i))
			}
		}
	}
	cookies := func(r *request) { r.add("Cookie: " + strings.Repeat("a=b; ", 9_999) + "a=b") }
	long := func(r *request) { r.add("X-A: " + strings.Repeat("a", 1_200_000)) }
	return numbered("15.10",
		shakes("", "40 fields more", moderate, lines(40)),
		shakes("", "a cookie of 4000 octets", moderate, adding("Cookie: a="+strings.Repeat("b", 3998))),
		shakes("", "1000 fields more", free().droppable(), lines(1000)),
		shakes("", "10,000 cookies", free().droppable(), cookies),
		shakes("", "100,000 fields more", excessive, lines(100_000)),
		shakes("", "a field of 1.2 MB", excessive, long),
		slow("a transport without a request", noOctets, 0),
		slow("a request that stops inside a line", upToKey, 0),
		slow("a request of which an octet comes now and then", upToKey, 4),
	)
}

// tries is a case that is not about one request.
func tries(title, expect string, probe func(*prober)) Case {
	return Case{Title: title, Expect: expect, Judges: Servers, probe: probe, play: works, codes: []uint16{1000}}
}

func noOctets(*request) string { return "" }

func upToKey(r *request) string {
	head := r.text()
	return head[:strings.Index(head, "Sec-WebSocket-Key")+10]
}

// slow is a case about a request that does not end. For twice the patience of
// the suite an octet goes out, that many times in each.
func slow(title string, begun func(*request) string, often int) Case {
	return tries(title, "ends the connection before its slots are full of such ones; how soon is its own affair", func(p *prober) {
		if !p.connect() {
			return
		}
		r := newRequest(p.target, p.opts.Header, newKey())
		head := begun(r)
		p.log.note(Suite, "%s", shown(head))
		p.write([]byte(head), len(head)+1)
		for range 2 * max(often, 1) {
			p.nc.limit = p.opts.timeout() / time.Duration(max(often, 1))
			if _, err := p.r.ReadByte(); !errors.Is(err, os.ErrDeadlineExceeded) {
				p.fault(Informational, "the server ended it")
				return
			}
			if often > 0 {
				p.log.note(Suite, "another octet")
				p.write([]byte("a"), 1)
			}
		}
		p.fault(Informational, "after %v the server still waited", 2*p.opts.timeout())
	})
}

func origins() []Case {
	from := func(title string, values ...string) Case {
		return tries(title, "refuses with 403 unless it is meant for the pages of others too", func(p *prober) {
			p.try(free(), with("Origin", values...))
			if p.played != nil {
				p.fault(Informational, "the server upgrades")
			} else {
				p.fault(Informational, "the server refuses")
			}
		})
	}
	return numbered("15.13",
		from("a page of another origin", "https://attacker.example"),
		from("a page without an origin", "null"),
		from("an origin that is none", "attacker.example/page"),
		from("two origins", "https://a.example", "https://attacker.example"),
	)
}

func noRequests() []Case {
	octets := func(title string, octets func() string) Case {
		return tries(title, "ends the connection, with an answer or without", func(p *prober) { p.noise(octets(), p.opts.transport) })
	}
	other := tries("TLS on the port of HTTP, HTTP on the port of TLS", "ends the connection, with an answer or without", func(p *prober) {
		if p.target.Scheme == "ws" {
			p.noise(clientHello, p.opts.plain)
		} else {
			p.noise(newRequest(p.target, p.opts.Header, newKey()).text(), p.opts.plain)
		}
	})
	leaving := tries("50 clients that leave before the answer, then one that stays", "serves the last one", func(p *prober) {
		for i := range 50 {
			if !p.connect() {
				return
			}
			r := newRequest(p.target, p.opts.Header, newKey())
			p.send(r)
			if tcp, ok := p.nc.Conn.(*net.TCPConn); ok && i%2 == 1 {
				tcp.SetLinger(0)
			}
		}
		p.try(upgrades(), nil)
	})
	cut := tries("requests that end at every twentieth octet, then a whole one", "serves the last one, and upgrades no other", func(p *prober) {
		for i := 0; ; i += 20 {
			head := newRequest(p.target, p.opts.Header, newKey()).text()
			if i >= len(head)-1 {
				break
			}
			if p.noise(head[:i], p.opts.transport); p.verdict != OK {
				return
			}
		}
		p.try(upgrades(), nil)
	})
	return numbered("15.14",
		other,
		octets("the banner of SSH", func() string { return "SSH-2.0-OpenSSH_9.6\r\n" }),
		octets("the preface of HTTP/2", func() string { return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" }),
		octets("frames without a handshake", smuggled),
		leaving,
		cut,
	)
}

// clientHello is what begins TLS 1.2.
var clientHello = "\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03" + strings.Repeat("\x5a", 32) + "\x00\x00\x04\x13\x01\x00\x2f\x01\x00"

// plain connects to the server without TLS.
func (o *Options) plain(ctx context.Context, target *url.URL) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, o.timeout())
	defer cancel()
	return o.dial(ctx, hostPort(target))
}

// noise sends what is no opening handshake. The server must end the connection,
// at the latest when the suite has ended its direction.
func (p *prober) noise(octets string, dial func(context.Context, *url.URL) (net.Conn, error)) {
	if !p.connectBy(dial) {
		return
	}
	p.log.note(Suite, "%s", shown(octets))
	p.write([]byte(octets), len(octets)+1)
	if half, ok := p.nc.Conn.(interface{ CloseWrite() error }); ok {
		p.log.note(Suite, "ends its direction")
		half.CloseWrite()
	}
	came, err := io.ReadAll(io.LimitReader(p.r, mostHead))
	if len(came) > 0 {
		p.log.note(Peer, "%s", shown(string(came)))
	}
	switch {
	case strings.HasPrefix(string(came), "HTTP/1.1 101"):
		p.fault(Failed, "the server upgrades")
	case errors.Is(err, os.ErrDeadlineExceeded):
		p.fault(NonStrict, "the server does not end the connection")
	}
}
