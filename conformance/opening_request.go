package conformance

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// shakes is a case about one opening handshake with a server.
func shakes(id, title string, w want, change func(*request)) Case {
	return Case{
		ID: id, Title: title, Expect: w.String(), Judges: Servers, codes: []uint16{1000},
		probe: func(p *prober) { p.try(w, change) },
		play:  works,
	}
}

// works shows that a connection works.
func works(p *player) {
	p.send(ping("still here"))
	p.expect(back(OpPong, "still here"))
}

// numbered gives the cases of a part of group 15 their numbers.
func numbered(part string, cases ...Case) []Case {
	for i := range cases {
		cases[i].ID = fmt.Sprintf("%s.%d", part, i+1)
	}
	return cases
}

// with sets a field.
func with(name string, values ...string) func(*request) {
	lines := make([]string, len(values))
	for i, value := range values {
		lines[i] = strings.TrimRight(name+": "+value, " ")
	}
	return func(r *request) { r.set(name, lines...) }
}

// adding adds lines.
func adding(lines ...string) func(*request) { return func(r *request) { r.add(lines...) } }

// openingRequests is the part of group 15 about what RFC 6455 demands of the
// request: https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1
func openingRequests() (cases []Case) {
	cases = append(cases, requestLines()...)
	cases = append(cases, upgradeFields()...)
	cases = append(cases, keys()...)
	cases = append(cases, versions()...)
	return append(cases, hosts()...)
}

// browser has what browsers send besides.
func browser(r *request) {
	r.add("User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Accept: */*",
		"Accept-Language: en-US,en;q=0.5", "Accept-Encoding: gzip, deflate, br, zstd", "Pragma: no-cache", "Cache-Control: no-cache",
		"Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: websocket", "Sec-Fetch-Site: same-origin")
	r.set("Connection", "Connection: keep-alive, Upgrade")
}

func requestLines() []Case {
	method := func(name string, w want) Case {
		return shakes("", "the method "+name, w, func(r *request) { r.method = name })
	}
	version := func(name string, w want) Case {
		return shakes("", name+" in the request line", w, func(r *request) { r.version = name })
	}
	return numbered("15.1",
		shakes("", "an ordinary request", upgrades(), nil),
		shakes("", "the request of a browser", upgrades(), browser),
		shakes("", "a request octet by octet", upgrades(), func(r *request) { r.piece = 1 }),
		method(http.MethodPost, refuses(405, 400)),
		method(http.MethodPut, refuses(405, 400, 501)),
		method(http.MethodHead, refuses(405, 400)),
		method("get", refuses(405, 400, 501)),
		method("GETS", refuses(501, 405, 400)),
		version("HTTP/1.0", refuses(400, 426, 505)),
		version("HTTP/1.2", upgrades().refusable("a newer minor version is understood as the highest that one knows (RFC 9110, section 2.5)")),
		version("HTTP/2.0", refusesOctets(505, 400).lenient("it is no HTTP/2, which has another syntax (RFC 9110, section 2.5)")),
		shakes("", "a request with a pause in the middle", upgrades(), func(r *request) { r.pause = true }),
		version("http/1.1", refusesOctets(400, 505).lenient("the name of the protocol is in capitals (RFC 9112, section 2.3)")),
	)
}

func upgradeFields() []Case {
	ordinary := refuses(426, 400)
	ordinary.plain = true // without both fields it is a GET as any
	list := "a list may have empty elements (RFC 9110, section 5.6.1)"
	fields := func(change ...func(*request)) func(*request) {
		return func(r *request) {
			for _, f := range change {
				f(r)
			}
		}
	}
	return numbered("15.2",
		shakes("", "Connection: keep-alive, Upgrade", upgrades(), with("Connection", "keep-alive, Upgrade")),
		shakes("", "Connection with white space, in mixed case", upgrades(), with("Connection", "\tKEEP-alive ,\t uPgRaDe ,x-a")),
		shakes("", "two Connection fields", upgrades(), with("Connection", "keep-alive", "Upgrade")),
		shakes("", "Connection: ,,Upgrade,,", upgrades().refusable(list), with("Connection", ",,Upgrade,,")),
		shakes("", "Upgrade: WebSocket", upgrades(), with("Upgrade", "WebSocket")),
		shakes("", "names of fields in lower case", upgrades(), func(r *request) { r.rename(strings.ToLower) }),
		shakes("", "names of fields in capitals", upgrades(), func(r *request) { r.rename(strings.ToUpper) }),
		shakes("", "no white space behind colons", upgrades(), func(r *request) { r.space("", "") }),
		shakes("", "white space around values", upgrades(), func(r *request) { r.space("\t  ", " \t") }),
		shakes("", "Upgrade: h2c, websocket", upgrades().refusable("a server may overlook what it is asked to upgrade to (RFC 9110, section 7.8)"),
			with("Upgrade", "h2c, websocket")),
		shakes("", "Connection: Upgrade, close", free(), with("Connection", "Upgrade, close")),
		shakes("", "no Upgrade", ordinary, with("Upgrade")),
		shakes("", "Upgrade: h2c", ordinary, with("Upgrade", "h2c")),
		shakes("", "Upgrade: websocketx", ordinary, with("Upgrade", "websocketx")),
		shakes("", "no Connection", ordinary, with("Connection")),
		shakes("", "Connection: keep-alive", ordinary, with("Connection", "keep-alive")),
		shakes("", "Connection: upgrades", ordinary, with("Connection", "upgrades")),
		shakes("", "neither Upgrade nor Connection", ordinary, fields(with("Upgrade"), with("Connection"))),
	)
}

func keys() []Case {
	const name = "Sec-WebSocket-Key"
	undecoded := refuses(400).lenient("a server need not decode the key (RFC 6455, section 4.2.2), but then takes any request")
	encoded := func(n int) string {
		return base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x7f", n)))
	}
	key := func(title, value string) Case { return shakes("", title, undecoded, with(name, value)) }
	return numbered("15.3",
		shakes("", "no key", refuses(400), with(name)),
		shakes("", "an empty key", refuses(400), with(name, "")),
		shakes("", "two keys", refuses(400), func(r *request) { r.add(name + ": " + newKey()) }),
		shakes("", "the same key twice", refuses(400).lenient("the field must not come twice (RFC 6455, section 11.3.1)"),
			func(r *request) { r.add(name + ": " + r.value(name)) }),
		key("a key of 15 octets", encoded(15)),
		key("a key of 17 octets", encoded(17)),
		key("a key of 6000 octets", encoded(6000)),
		key("a key that is no base64", "!!!!!!!!!!!!!!!!!!!!!!=="),
		key("a key in the alphabet of URLs", "_-_-_-_-_-_-_-_-_-_-_w=="),
		key("a key without padding", encoded(16)[:22]),
		key("two keys in a list", encoded(16)+", "+encoded(16)),
		shakes("", "white space around the key", upgrades(), func(r *request) { r.set(name, name+": \t "+r.value(name)+"\t ") }),
	)
}

func versions() []Case {
	const name = "Sec-WebSocket-Version"
	w := refuses(426)
	w.versions = true
	version := func(w want, values ...string) Case {
		return shakes("", name+": "+strings.Join(values, " and in a second field "), w, with(name, values...))
	}
	none, empty := version(w), version(w, "")
	none.Title, empty.Title = "no "+name, "an empty "+name
	return numbered("15.4",
		version(w, "0"),
		version(w.lenient("version 8 is a draft, which a server may still speak"), "8"),
		version(w, "12"),
		version(w, "14"),
		version(w, "255"),
		version(w, "1 3"),
		version(w, "13, 8"),
		version(w, "8, 13"),
		empty,
		none,
		version(w, "13", "8"),
		version(w.lenient("the field must not come twice (RFC 6455, section 11.3.5)"), "13", "13"),
	)
}

func hosts() []Case {
	w := refusesOctets(400)
	return numbered("15.5",
		shakes("", "no Host", w, with("Host")),
		shakes("", "two Hosts", w, adding("Host: other.example")),
		shakes("", "the same Host twice", w.lenient("a request with two is refused (RFC 9112, section 3.2)"),
			func(r *request) { r.add("Host: " + r.value("Host")) }),
		shakes("", "Host with a space and a path", w, with("Host", "a b/c")),
		shakes("", "an empty Host", w.lenient("the URI of a WebSocket has a host (RFC 6455, section 3)"), with("Host", "")),
	)
}

// absolute is the target in its absolute form.
func absolute(target *url.URL) string {
	u := *target
	u.Scheme = map[string]string{"ws": "http", "wss": "https"}[u.Scheme]
	u.User = nil
	return u.String()
}
