package hostile

import (
	"fmt"
	"strings"
)

// listRows: the fields that are lists of what the client offers.
func listRows() (rows []Row) {
	speaks := Settings{Subprotocols: []string{"chat", "superchat"}}
	subprotocol := func(name, value string, w Want) {
		rows = append(rows, request(23, name, handshake().with("Sec-WebSocket-Protocol: "+value), w).with(speaks))
	}
	bad := refused(400, "subprotocol")
	none := accepted("!Sec-WebSocket-Protocol")
	subprotocol("the second one of ours", "superchat", accepted("Sec-WebSocket-Protocol: superchat"))
	subprotocol("our preference counts", "superchat, chat", accepted("Sec-WebSocket-Protocol: chat"))
	subprotocol("empty items", ",, chat ,\t,", accepted("Sec-WebSocket-Protocol: chat"))
	subprotocol("nothing but empty items", ", ,", bad)
	subprotocol("empty", "", bad)
	subprotocol("none of ours", "mqtt, stomp", none)
	subprotocol("another case", "CHAT", none)
	subprotocol("a prefix of ours", "cha, chatt", none)
	subprotocol("duplicates", "chat, mqtt, chat", bad)
	subprotocol("quotes", `"chat"`, bad)
	subprotocol("semicolon", "chat;q=1", bad)
	subprotocol("white space inside", "chat superchat", bad)
	subprotocol("beyond ASCII", "ch\xc3\xa4t, chat", bad)
	subprotocol("no UTF-8", "\xff\xfe, chat", bad)
	subprotocol("100 items", numbered(99)+", chat", accepted("Sec-WebSocket-Protocol: chat"))
	subprotocol("101 items", numbered(100)+", chat", bad)
	subprotocol("10,000 items", numbered(10_000), notServed(431))
	subprotocol("10,000 empty items", strings.Repeat(",", 10_000)+"chat", accepted("Sec-WebSocket-Protocol: chat"))
	rows = append(rows,
		request(23, "spread over two fields", handshake().with("Sec-WebSocket-Protocol: mqtt", "Sec-WebSocket-Protocol: chat"), accepted("Sec-WebSocket-Protocol: chat")).with(speaks),
		request(23, "none is offered", handshake(), none).with(speaks),
		request(23, "none is spoken", handshake().with("Sec-WebSocket-Protocol: chat"), none),
	)

	extension := func(name, value string, w Want) {
		rows = append(rows, request(24, name, handshake().with("Sec-WebSocket-Extensions: "+value), w))
	}
	bad = refused(400, "extension")
	none = accepted("!Sec-WebSocket-Extensions")
	extension("unknown", "x-unknown", none)
	extension("unknown with parameters", `x-unknown; a; b=1; c="d"; e="\f"`, none)
	extension("duplicates", "x-a, x-a, x-a", none)
	extension("1,000 offers", strings.Repeat("x, ", 1000)+"y", none)
	extension("8,000 empty offers", strings.Repeat(",", 8000)+"y", none)
	extension("1,000 parameters", "x"+strings.Repeat(";a", 1000), bad)
	extension("unclosed quote", `x; a="b`, bad)
	extension("empty quotes", `x; a=""`, none)
	extension("quotes around no token", `x; a="b c"`, bad)
	extension("a run of backslashes", `x; a="`+strings.Repeat(`\`, 8000), bad)
	extension("backslashes before every octet", `x; a="`+strings.Repeat(`\a`, 4000)+`"`, none)
	extension("no name", "; a=b", bad)
	extension("no value", "x; a=", none)
	extension("empty", "", bad)
	extension("beyond ASCII", "x-\xc3\xa4", bad)
	return rows
}

// numbered returns a list of n names.
func numbered(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint("p", i)
	}
	return strings.Join(names, ", ")
}

// sizeRows: heads that are too large, or of too many lines.
func sizeRows() (rows []Row) {
	add := func(n int, name string, r Request, w Want) { rows = append(rows, request(n, name, r, w)) }
	h := handshake()
	lines := func(n int) (lines []string) {
		for i := range n {
			lines = append(lines, fmt.Sprintf("X%d: a", i))
		}
		return lines
	}
	same := func(n int) []string { return strings.Split(strings.Repeat("X: a\n", n-1)+"X: a", "\n") }
	// Host counts as one; net/http takes it out of the header.
	fields := len(h.lines)
	tooMany := refused(431, "header")
	add(20, "100 lines", h.with(lines(100-fields)...), accepted())
	add(20, "102 lines", h.with(lines(102-fields)...), tooMany)
	add(20, "102 lines of one name", h.with(same(102-fields)...), tooMany)
	add(20, "1,000 lines", h.with(lines(1000)...), tooMany)
	add(20, "2,000 lines of one name", h.with(same(2000)...), tooMany)
	add(20, "100,000 lines", h.with(lines(100_000)...), notServed(431))
	add(20, "one line of 1.2 MB", h.with("X: "+strings.Repeat("a", 1_200_000)), notServed(431))
	add(20, "a name of 1.2 MB", h.with(strings.Repeat("a", 1_200_000)+": x"), notServed(431))
	add(20, "15 KiB in one line", h.with("X: "+strings.Repeat("a", 15<<10)), accepted())
	add(26, "10,000 cookies", h.with("Cookie: "+strings.Repeat("a=b; ", 10_000)), notServed(431))
	add(26, "2,000 cookies", h.with("Cookie: "+strings.Repeat("a=b; ", 2_000)), accepted())
	add(26, "1,000 lines of cookies", h.with(strings.Split(strings.Repeat("Cookie: a=b\n", 999)+"Cookie: c=d", "\n")...), tooMany)
	rows = append(rows, request(19, "path of 100 KB", h.requestLine("GET /"+strings.Repeat("a", 100_000)+" HTTP/1.1"), notServed(414)).hidden(notServed(431)))
	return rows
}

// syntaxRows: what is no HTTP request, or hardly.
func syntaxRows() (rows []Row) {
	add := func(n int, name string, r Request, w Want) { rows = append(rows, request(n, name, r, w)) }
	h := handshake()
	bad := notServed(400)

	bareLF := h
	bareLF.eol = "\n"
	strict := refused(400, "syntax")
	rows = append(rows,
		request(18, "bare LF", bareLF, strict).hidden(accepted()),
		request(18, "folded line", h.with("X: a", " b"), strict).hidden(accepted()),
		request(18, "folded key", h.set("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBs", "\tZSBub25jZQ=="), strict).hidden(refused(400, "key")),
		request(18, "folded Connection", h.set("Connection", "Connection: keep-alive,", " Upgrade"), strict).hidden(accepted()),
	)
	add(18, "NUL in a value", h.with("X: a\x00b"), bad)
	add(18, "NUL in a name", h.with("X\x00: ab"), bad)
	add(18, "bare CR in a value", h.with("X: a\rb"), bad)
	add(18, "bare CR and a field behind it", h.with("X: a\rUpgrade: h2c"), bad)
	add(18, "DEL in a value", h.with("X: a\x7fb"), bad)
	add(18, "ESC in a value", h.with("X: \x1b[2J"), bad)
	add(18, "space before the colon", h.with("X : a"), bad)
	add(18, "tab before the colon", h.set("Upgrade", "Upgrade\t: websocket"), bad)
	add(18, "space in a name", h.with("X Y: a"), bad)
	add(18, "no colon", h.with("X"), bad)
	add(18, "no name", h.with(": a"), bad)
	add(18, "leading space", h.requestLine(" GET /ws HTTP/1.1"), bad)
	add(18, "leading empty line", h.requestLine("\r\nGET /ws HTTP/1.1"), bad)
	add(18, "leading NUL", h.requestLine("\x00GET /ws HTTP/1.1"), bad)
	add(18, "folded first line", Request{line: "GET /ws HTTP/1.1", eol: "\r\n", lines: append([]string{" X: a"}, h.lines...)}, bad)
	add(18, "two spaces in the request line", h.requestLine("GET  /ws HTTP/1.1"), bad)
	add(18, "tabs in the request line", h.requestLine("GET\t/ws\tHTTP/1.1"), bad)
	add(18, "beyond ASCII in a value", h.with("X: \xff\xfe\xc3\xa4"), accepted())

	notFound := Want{Status: 404, KeepAlive: true, Header: []string{"!Sec-WebSocket-Accept"}}
	star := request(19, "target *", h.requestLine("GET * HTTP/1.1"), notFound).hidden(notFound)
	star.Want = bad
	rows = append(rows, star)
	add(19, "target //host", h.requestLine("GET //ws HTTP/1.1"), notFound)
	add(19, "target with %00", h.requestLine("GET /ws%00 HTTP/1.1"), notFound)
	add(19, "target with %0d%0a", h.requestLine("GET /ws%0d%0aX:%20a HTTP/1.1"), notFound)
	add(19, "target with ..", h.requestLine("GET /a/../ws HTTP/1.1"), notFound)
	add(19, "target with a bad escape", h.requestLine("GET /ws%zz HTTP/1.1"), bad)
	add(19, "target with a control octet", h.requestLine("GET /ws\x01 HTTP/1.1"), bad)
	add(19, "target with a space", h.requestLine("GET /ws x HTTP/1.1"), bad)
	add(19, "target without a slash", h.requestLine("GET ws HTTP/1.1"), bad)
	add(19, "no target", h.requestLine("GET HTTP/1.1"), bad)
	add(19, "target in absolute form", h.requestLine("GET http://server.example/ws HTTP/1.1"), accepted())
	add(19, "the host of the absolute form counts", h.requestLine("GET {scheme}://other.example/ws HTTP/1.1").with("Origin: {scheme}://other.example"), accepted())
	add(19, "Host does not count beside the absolute form", h.requestLine("GET {scheme}://other.example/ws HTTP/1.1").with("Origin: {scheme}://server.example"), refused(403, "origin"))
	add(19, "escaped path", h.requestLine("GET /%77s HTTP/1.1"), accepted())

	raw := func(name, octets string) Row {
		return Row{N: 28, Name: name, Raw: octets, HalfClose: true, Want: notServed(400)}
	}
	hello := "\x16\x03\x01\x00\x2e\x01\x00\x00\x2a\x03\x03" + strings.Repeat("\x0a\x0d", 16) + "\x00\x00\x02\x13\x01\x01\x00"
	row := raw("plain HTTP on the TLS port", "GET /ws HTTP/1.1\r\nHost: server.example\r\n\r\n")
	row.PlainTLS = true
	return append(rows, raw("TLS hello on the HTTP port", hello), raw("SSH banner", "SSH-2.0-OpenSSH_9.6\r\n"),
		raw("frames without a handshake", string(goodbye)+"\r\n\r\n"), row)
}
