package hostile

import (
	"encoding/base64"
	"strings"

	"github.com/duplexws/duplex/internal/rawpeer"
)

// requestRows: method, version and the fields of the handshake itself.
func requestRows() (rows []Row) {
	add := func(n int, name string, r Request, w Want) { rows = append(rows, request(n, name, r, w)) }
	h := handshake()

	for _, method := range []string{"POST", "PUT", "HEAD", "OPTIONS", "DELETE", "get", "GETS"} {
		add(1, "method "+method, h.requestLine(method+" /ws HTTP/1.1"), refused(405, "method", "Allow: GET"))
	}
	connect := request(1, "method CONNECT", h.requestLine("CONNECT /ws HTTP/1.1"), notServed(400)) // it has no path
	rows = append(rows, connect.hidden(refused(405, "method", "Allow: GET")))

	add(2, "HTTP/1.0", h.requestLine("GET /ws HTTP/1.0"), refused(400, "http_version"))
	add(2, "HTTP/1.0 keep-alive", h.requestLine("GET /ws HTTP/1.0").set("Connection", "Connection: Upgrade, keep-alive"), refused(400, "http_version"))
	add(2, "HTTP/0.9", Request{line: "GET /ws", eol: "\r\n"}, notServed(400))
	add(3, "HTTP/1.2 is taken for 1.1", h.requestLine("GET /ws HTTP/1.2"), accepted())
	add(3, "HTTP/2.0 in the line", h.requestLine("GET /ws HTTP/2.0"), notServed(505))
	add(3, "HTTP/1.10", h.requestLine("GET /ws HTTP/1.10"), notServed(400))
	add(3, "http/1.1", h.requestLine("GET /ws http/1.1"), notServed(400))
	add(3, "preface of HTTP/2", h.requestLine("PRI * HTTP/2.0"), refused(505, "http_version"))

	upgrade := refused(426, "upgrade", "Upgrade: websocket", "Connection: Upgrade")
	add(4, "no Upgrade", h.without("Upgrade"), upgrade)
	add(4, "Upgrade to h2c", h.set("Upgrade", "Upgrade: h2c"), upgrade)
	add(4, "Upgrade to websocketx", h.set("Upgrade", "Upgrade: websocketx"), upgrade)
	add(4, "Upgrade to web socket", h.set("Upgrade", "Upgrade: web socket"), refused(400, "upgrade"))
	add(4, "empty Upgrade", h.set("Upgrade", "Upgrade:"), upgrade)
	add(4, "no Upgrade, no Connection", h.without("Upgrade").without("Connection"), upgrade)
	add(4, "no field of a handshake", Request{line: "GET /ws HTTP/1.1", eol: "\r\n", lines: []string{"Host: server.example", runField + ": {run}"}}, upgrade)
	add(4, "Upgrade in capitals", h.set("Upgrade", "Upgrade: WebSocket"), accepted())
	add(4, "Upgrade among others", h.set("Upgrade", "Upgrade: h2c, websocket"), accepted())
	add(4, "no Connection", h.without("Connection"), refused(400, "connection"))
	add(4, "Connection without Upgrade", h.set("Connection", "Connection: keep-alive"), refused(400, "connection"))
	add(4, "Connection with upgrades", h.set("Connection", "Connection: upgrades"), refused(400, "connection"))

	add(5, "keep-alive, Upgrade", h.set("Connection", "Connection: keep-alive, Upgrade"), accepted())
	add(5, "mixed case and white space", h.set("Connection", "Connection:\tKEEP-alive ,\t uPgRaDe ,x"), accepted())
	add(5, "two fields", h.set("Connection", "Connection: keep-alive", "connection: upgrade"), accepted())
	add(5, "many tokens", h.set("Connection", "Connection: "+strings.Repeat("a, ", 1000)+"Upgrade"), accepted())
	add(5, "empty elements", h.set("Connection", "Connection: ,,Upgrade,, "), accepted())
	add(6, "Upgrade, close", h.set("Connection", "Connection: Upgrade, close"), refused(400, "connection"))
	add(6, "close in a field of its own", h.set("Connection", "Connection: close", "Connection: Upgrade"), refused(400, "connection"))

	badKey := refused(400, "key")
	octets := func(n int) string { return base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x7f", n))) }
	key := func(s string) Request { return h.set("Sec-WebSocket-Key", "Sec-WebSocket-Key: "+s) }
	add(7, "no key", h.without("Sec-WebSocket-Key"), badKey)
	add(7, "two keys", h.with("Sec-WebSocket-Key: "+octets(16)), badKey)
	add(7, "the same key twice", h.with("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), badKey)
	add(7, "empty key", key(""), badKey)
	add(8, "key not base64", key("!!!!!!!!!!!!!!!!!!!!!!=="), badKey)
	add(8, "key of another alphabet", key("_-_-_-_-_-_-_-_-_-_-_-=="), badKey)
	add(8, "key without padding", key(octets(16)[:22]), badKey)
	add(8, "key of 15 octets", key(octets(15)), badKey)
	add(8, "key of 17 octets", key(octets(17)), badKey)
	add(8, "key of 0 octets", key("===="), badKey)
	add(8, "key of 8 KiB", key(octets(6<<10)), badKey)
	add(8, "key with another behind", key(octets(16)+", "+octets(16)), badKey)
	add(8, "key of 1 MB", key(strings.Repeat("A", 1_000_000)), notServed(431))
	add(8, "white space around the key", key("\t dGhlIHNhbXBsZSBub25jZQ== \t"), accepted("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
	add(8, "bits behind the last octet", key("dGhlIHNhbXBsZSBub25jZR=="), accepted())

	badVersion := refused(426, "version", "Sec-WebSocket-Version: 13", "Upgrade: websocket")
	for _, v := range []string{"0", "8", "12", "14", "13, 8", "8, 13", "13,13", "013", "13.0", "+13", "0x0d", "-13", "1 3", "", "99999999999999999999"} {
		add(9, "version "+v, h.set("Sec-WebSocket-Version", "Sec-WebSocket-Version: "+v), badVersion)
	}
	add(9, "no version", h.without("Sec-WebSocket-Version"), badVersion)
	add(9, "two versions", h.with("Sec-WebSocket-Version: 8"), badVersion)
	add(9, "the same version twice", h.with("Sec-WebSocket-Version: 13"), badVersion)

	add(10, "no Host", h.without("Host"), notServed(400))
	add(10, "two Hosts", h.with("Host: server.example"), notServed(400))
	add(10, "Host with white space and path", h.set("Host", "Host: a b/c"), notServed(400))
	add(10, "empty Host", h.set("Host", "Host:"), refused(400, "host"))
	add(10, "Host with user name", h.set("Host", "Host: user@server.example"), notServed(400))
	add(10, "Host with a port out of range", h.set("Host", "Host: server.example:65536"), refused(400, "host"))
	add(10, "Host that is an address", h.set("Host", "Host: [2001:db8::1]:80"), accepted())
	return rows
}

// bodyRows: bodies, and what is glued on to a handshake.
func bodyRows() (rows []Row) {
	add := func(n int, name, behind string, w Want, fields ...string) {
		row := request(n, name, handshake().with(fields...), w)
		row.Frames = append([]byte(behind), row.Frames...)
		rows = append(rows, row)
	}
	body := refused(400, "body")
	add(11, "Content-Length 5", "hello", body, "Content-Length: 5")
	add(11, "Content-Length 5 and a request as the body", "GET / HTTP/1.1\r\n\r\n", body, "Content-Length: 18")
	add(11, "Content-Length 0", "", accepted(), "Content-Length: 0")
	add(11, "Content-Length -1", "", notServed(400), "Content-Length: -1")
	add(11, "Content-Length +5", "hello", notServed(400), "Content-Length: +5")
	add(11, "Content-Length beyond 64 bits", "", notServed(400), "Content-Length: 18446744073709551616")
	add(11, "Content-Length is no number", "", notServed(400), "Content-Length: five")
	chunks := "5\r\nhello\r\n0\r\n\r\n"
	add(12, "chunked", chunks, body, "Transfer-Encoding: chunked")
	add(12, "chunked and empty", "0\r\n\r\n", body, "Transfer-Encoding: chunked")
	add(12, "xchunked", chunks, notServed(501), "Transfer-Encoding: xchunked")
	add(12, "chunked, identity", chunks, notServed(501), "Transfer-Encoding: chunked, identity")
	add(12, "identity", "", notServed(501), "Transfer-Encoding: identity")
	add(12, "two Transfer-Encodings", chunks, notServed(501), "Transfer-Encoding: chunked", "Transfer-Encoding: chunked")
	add(13, "Content-Length and chunked", chunks, body, "Content-Length: 5", "Transfer-Encoding: chunked")
	add(13, "chunked and Content-Length 0", chunks, body, "Transfer-Encoding: chunked", "Content-Length: 0")
	add(14, "two Content-Lengths, different", "hello", notServed(400), "Content-Length: 5", "Content-Length: 6")
	add(14, "two Content-Lengths, the same", "hello", body, "Content-Length: 5", "Content-Length: 5")
	add(14, "two Content-Lengths in a list", "hello", notServed(400), "Content-Length: 5, 5")
	add(14, "two Content-Lengths of 0", "", body, "Content-Length: 0", "Content-Length: 0")
	rows[len(rows)-1] = rows[len(rows)-1].hidden(accepted())

	// What stands behind a request that is refused is neither frames nor a
	// request; the delivery with a request glued on shows the latter for every
	// refusal of the table.
	second := append([]string{"", "GET /ws HTTP/1.1", gluedField + ": 1"}, handshake().lines...)
	for fault, fields := range map[string][]string{
		"origin": {"Origin: http://evil.example"}, "extension": {"Sec-WebSocket-Extensions: ;"}, "subprotocol": {"Sec-WebSocket-Protocol: ;"},
	} {
		w := refused(400, fault)
		if fault == "origin" {
			w.Status = 403
		}
		rows = append(rows, request(15, "a request behind a refused "+fault, handshake().with(append(fields, second...)...), w))
	}
	forbidden := refused(403, "origin")
	row := request(17, "frames behind a refused handshake", handshake().with("Origin: http://evil.example"), forbidden)
	row.Frames = rawpeer.Octets(rawpeer.Text("a"), rawpeer.Ping("p"), rawpeer.Binary(strings.Repeat("x", 50_000)), rawpeer.Close(1000, ""))
	rows = append(rows, row)
	unauthorized := refused(401, "")
	row = request(17, "frames behind a handshake that the application refuses", handshake(), unauthorized).with(Settings{Refuse: 401})
	row.Frames = rawpeer.Octets(rawpeer.Text("a"), rawpeer.Ping("p"), rawpeer.Close(1000, ""))
	rows = append(rows, row)

	add(22, "Expect: 100-continue", "", accepted(), "Expect: 100-continue")
	add(22, "Expect: 100-continue with a body", "hello", body, "Expect: 100-continue", "Content-Length: 5")
	add(22, "Expect something else", "", notServed(417), "Expect: 200-ok")
	return append(rows, gluedFrames())
}

// gluedFrames is 64 KiB of numbered messages, of which more or less comes along
// with the handshake: net/http keeps up to 4 KiB of it, the rest stays in the
// socket.
func gluedFrames() Row {
	var f []rawpeer.Frame
	var want []rawpeer.Event
	for i, size := 0, 0; size < 64<<10; i++ {
		m := rawpeer.Text(strings.Repeat(string(rune('a'+i%26)), i%200))
		f, size = append(f, m), size+6+len(m.Payload)
		want = append(want, rawpeer.Events(m)...)
	}
	row := frames(16, "frames behind the handshake", closed(1000, want...), append(f, rawpeer.Close(1000, ""))...)
	row.GlueAt = []int{1, 2, 5, 6, 7, 100, 1000, 3800, 3900, 4000, 4094, 4095, 4096, 4097, 4098, 8192, 32 << 10, 32<<10 + 1, 64 << 10}
	return row
}
