package http1_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/http1"
	"github.com/duplexws/duplex/protocol"
)

// asHandshake is how a driver hands a request to the core.
func asHandshake(r *http1.Request, secure bool) protocol.Request {
	return protocol.Request{
		Method: r.Method, ProtoMajor: 1, ProtoMinor: r.Minor, Secure: secure, Host: r.Host,
		Upgrade:          r.Values("Upgrade"),
		Connection:       r.Values("Connection"),
		Key:              r.Values("Sec-WebSocket-Key"),
		Version:          r.Values("Sec-WebSocket-Version"),
		Subprotocols:     r.Values("Sec-WebSocket-Protocol"),
		Extensions:       r.Values("Sec-WebSocket-Extensions"),
		Origin:           r.Values("Origin"),
		ContentLength:    r.Values("Content-Length"),
		TransferEncoding: r.Values("Transfer-Encoding"),
	}
}

// asRefusal is how it answers what is no request.
func asRefusal(e *http1.Error) *protocol.HandshakeError {
	return &protocol.HandshakeError{Status: e.Status, Fault: protocol.HandshakeFault(e.Fault), Section: e.Section, Reason: e.Reason}
}

// asAnswer is how a client hands a response to the core.
func asAnswer(r *http1.Response) protocol.HandshakeResponse {
	return protocol.HandshakeResponse{
		ProtoMajor: 1, ProtoMinor: r.Minor, Status: r.Status,
		Upgrade:     r.Values("Upgrade"),
		Connection:  r.Values("Connection"),
		Accept:      r.Values("Sec-WebSocket-Accept"),
		Subprotocol: r.Values("Sec-WebSocket-Protocol"),
		Extensions:  r.Values("Sec-WebSocket-Extensions"),
	}
}

// request is a good handshake with another request line, and more fields.
func request(line string, fields ...string) string {
	_, good, _ := strings.Cut(handshake, "\r\n")
	return line + "\r\n" + strings.TrimSuffix(good, "\r\n") + strings.Join(append(fields, "\r\n"), "\r\n")
}

// with is a good handshake with more fields.
func with(fields ...string) string {
	return strings.TrimSuffix(handshake, "\r\n") + strings.Join(append(fields, "\r\n"), "\r\n")
}

// without is with, but without the field of a name.
func without(name string, fields ...string) string {
	before, behind, ok := strings.Cut(with(fields...), "\r\n"+name+": ")
	if !ok {
		panic(name)
	}
	_, behind, _ = strings.Cut(behind, "\r\n")
	return before + "\r\n" + behind
}

const handshake = "GET /ws HTTP/1.1\r\n" +
	"Host: server.example\r\n" +
	"Upgrade: websocket\r\n" +
	"Connection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
	"Sec-WebSocket-Version: 13\r\n" +
	"\r\n"

// A row is one input, and the answer to it; status 0 if there is none yet. What
// stands behind the head is the driver's.
type row struct {
	n            int
	name, octets string
	status       int
	fault        string
	behind       string
}

func octets(n int) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x7f", n)))
}

// rows are the inputs of the hostile table that are about the head of a request,
// by its numbers: what the parser and the core say of them together.
func rows() []row {
	many := func(n int) []string { return strings.Split(strings.Repeat("X: a\n", n-1)+"X: a", "\n") }
	frames := strings.Repeat("\x81\x80\x00\x00\x00\x00", 10_000)
	chunks := "5\r\nhello\r\n0\r\n\r\n"
	rows := []row{
		{1, "POST", request("POST /ws HTTP/1.1"), 405, "method", ""},
		{1, "HEAD", request("HEAD /ws HTTP/1.1"), 405, "method", ""},
		{1, "PUT", request("PUT /ws HTTP/1.1"), 405, "method", ""},
		{1, "get", request("get /ws HTTP/1.1"), 405, "method", ""},
		{1, "CONNECT to a path", request("CONNECT /ws HTTP/1.1"), 400, "target", ""},
		{1, "CONNECT to a host", request("CONNECT a.example:80 HTTP/1.1"), 405, "method", ""},
		{2, "HTTP/1.0", request("GET /ws HTTP/1.0"), 400, "http_version", ""},
		{2, "HTTP/0.9", "GET /ws\r\n", 400, "syntax", ""},
		{3, "HTTP/1.2", request("GET /ws HTTP/1.2"), 101, "", ""},
		{3, "HTTP/2.0", request("GET /ws HTTP/2.0"), 505, "http_version", ""},
		{3, "PRI", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "http_version", ""},
		{4, "no Upgrade", without("Upgrade"), 426, "upgrade", ""},
		{4, "Upgrade: h2c", without("Upgrade", "Upgrade: h2c"), 426, "upgrade", ""},
		{4, "Upgrade: websocketx", without("Upgrade", "Upgrade: websocketx"), 426, "upgrade", ""},
		{5, "many tokens in mixed case", without("Connection", "Connection: keep-alive,\tuPgRaDe", "connection: x"), 101, "", ""},
		{6, "Upgrade, close", without("Connection", "Connection: Upgrade, close"), 400, "connection", ""},
		{7, "no key", without("Sec-WebSocket-Key"), 400, "key", ""},
		{7, "two keys", with("Sec-WebSocket-Key: " + octets(16)), 400, "key", ""},
		{7, "the same key twice", with("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 400, "key", ""},
		{8, "key of 15 octets", without("Sec-WebSocket-Key", "Sec-WebSocket-Key: "+octets(15)), 400, "key", ""},
		{8, "key of 17 octets", without("Sec-WebSocket-Key", "Sec-WebSocket-Key: "+octets(17)), 400, "key", ""},
		{8, "key not base64", without("Sec-WebSocket-Key", "Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!=="), 400, "key", ""},
		{8, "key of 1 MB", without("Sec-WebSocket-Key", "Sec-WebSocket-Key: "+strings.Repeat("A", 1_000_000)), 431, "header", ""},
		{8, "key with white space around it", without("Sec-WebSocket-Key", "Sec-WebSocket-Key:\t dGhlIHNhbXBsZSBub25jZQ== \t"), 101, "", ""},
		{9, "two versions", with("Sec-WebSocket-Version: 13"), 426, "version", ""},
		{10, "no Host", without("Host"), 400, "host", ""},
		{10, "two Hosts", with("Host: server.example"), 400, "host", ""},
		{10, "Host: a b/c", without("Host", "Host: a b/c"), 400, "host", ""},
		{10, "empty Host", without("Host", "Host:"), 400, "host", ""},
		{10, "port out of range", without("Host", "Host: server.example:65536"), 400, "host", ""},
		{11, "Content-Length 5", with("Content-Length: 5"), 400, "body", "hello" + frames},
		{11, "Content-Length 0", with("Content-Length: 0"), 101, "", frames},
		{12, "chunked", with("Transfer-Encoding: chunked"), 400, "body", chunks},
		{12, "xchunked", with("Transfer-Encoding: xchunked"), 501, "body", chunks},
		{12, "chunked, identity", with("Transfer-Encoding: chunked, identity"), 501, "body", chunks},
		{13, "Content-Length and Transfer-Encoding", with("Content-Length: 5", "Transfer-Encoding: chunked"), 400, "body", chunks},
		{14, "two Content-Lengths", with("Content-Length: 5", "Content-Length: 6"), 400, "body", "hello"},
		{14, "the same Content-Length twice", with("Content-Length: 0", "Content-Length: 0"), 400, "body", ""},
		{15, "a request behind", with("Origin: http://evil.example"), 403, "origin", handshake},
		{16, "frames behind", handshake, 101, "", frames},
		{17, "frames behind a refusal", with("Sec-WebSocket-Extensions: ;"), 400, "extension", frames},
		{18, "LF", strings.ReplaceAll(handshake, "\r\n", "\n"), 400, "syntax", ""},
		{18, "folded line", with("X: a", " b"), 400, "syntax", ""},
		{18, "NUL", with("X: a\x00b"), 400, "syntax", ""},
		{18, "CR", with("X: a\rb"), 400, "syntax", ""},
		{18, "space in front of the colon", with("X : a"), 400, "syntax", ""},
		{18, "space in front", " " + handshake, 400, "syntax", ""},
		{18, "empty line in front", "\r\n" + handshake, 400, "syntax", ""},
		{18, "NUL in front", "\x00" + handshake, 400, "syntax", ""},
		{19, "*", request("GET * HTTP/1.1"), 400, "target", ""},
		{19, "//host", request("GET //host HTTP/1.1"), 101, "", ""},
		{19, "%00", request("GET /ws%00 HTTP/1.1"), 101, "", ""},
		{19, "%0d%0a", request("GET /ws%0d%0aX:%20a HTTP/1.1"), 101, "", ""},
		{19, "100 KB", request("GET /" + strings.Repeat("a", 100_000) + " HTTP/1.1"), 414, "target", ""},
		{19, "absolute form", request("GET http://other.example/ws HTTP/1.1", "Origin: http://other.example"), 101, "", ""},
		{19, "absolute form, and Host does not count", request("GET http://other.example/ws HTTP/1.1", "Origin: http://server.example"), 403, "origin", ""},
		{20, "100 lines", with(many(95)...), 101, "", ""},
		{20, "101 lines", with(many(96)...), 431, "header", ""},
		{20, "1,000 lines", with(many(1000)...), 431, "header", ""},
		{20, "100,000 lines", with(many(100_000)...), 431, "header", ""},
		{20, "a line of 1.2 MB", with("X: " + strings.Repeat("a", 1_200_000)), 431, "header", ""},
		{20, "a name of 1.2 MB", with(strings.Repeat("a", 1_200_000) + ": x"), 431, "header", ""},
		{21, "stops in the middle of a line", "GET /ws HTTP/1.1\r\nHost: ser", 0, "", ""},
		{21, "no octets at all", "", 0, "", ""},
		{22, "Expect: 100-continue", with("Expect: 100-continue"), 101, "", ""},
		{22, "Expect something else", with("Expect: 200-ok"), 417, "expect", ""},
		{23, "10,000 subprotocols", with("Sec-WebSocket-Protocol: " + strings.Repeat("p, ", 10_000) + "p"), 431, "header", ""},
		{23, "101 subprotocols", with("Sec-WebSocket-Protocol: " + strings.Repeat("p, ", 100) + "p"), 400, "subprotocol", ""},
		{23, "subprotocols over two fields", with("Sec-WebSocket-Protocol: a", "X: b", "sec-websocket-protocol: c"), 101, "", ""},
		{23, "subprotocol beyond ASCII", with("Sec-WebSocket-Protocol: ch\xc3\xa4t"), 400, "subprotocol", ""},
		{24, "1,000 extensions", with("Sec-WebSocket-Extensions: " + strings.Repeat("x, ", 1000) + "y"), 101, "", ""},
		{24, "unclosed quote", with(`Sec-WebSocket-Extensions: x; a="b`), 400, "extension", ""},
		{25, "another origin", with("Origin: http://evil.example"), 403, "origin", ""},
		{25, "the same Origin twice", with("Origin: http://server.example", "Origin: http://server.example"), 403, "origin", ""},
		{26, "10,000 cookies", with("Cookie: " + strings.Repeat("a=b; ", 10_000)), 431, "header", ""},
		{28, "TLS", "\x16\x03\x01\x00\x2e\x01\x00\x00\x2a\x03\x03", 400, "syntax", ""},
		{28, "SSH", "SSH-2.0-OpenSSH_9.6\r\n", 400, "syntax", ""},
		{29, "gone in front of the empty line", strings.TrimSuffix(handshake, "\r\n"), 0, "", ""},
	}
	for _, v := range []string{"0", "8", "12", "14", "13, 8", ""} {
		rows = append(rows, row{9, "version " + v, without("Sec-WebSocket-Version", "Sec-WebSocket-Version: "+v), 426, "version", ""})
	}
	return rows
}

func TestHostileHeads(t *testing.T) {
	seen := make(map[int]bool)
	for _, row := range rows() {
		t.Run(fmt.Sprintf("%d/%s", row.n, row.name), func(t *testing.T) {
			var r http1.Request
			var at http1.Progress
			n, err := r.Parse([]byte(row.octets+row.behind), &at, nil)
			if n > 0 {
				q := asHandshake(&r, false)
				_, err = new(protocol.ServerHandshake).Check(&q)
			}
			status, fault := verdict(n, err)
			if status != row.status || fault != row.fault {
				t.Errorf("%d %s, want %d %s: %v", status, fault, row.status, row.fault, err)
			}
			if n > 0 && n != len(row.octets) {
				t.Errorf("the head has %d octets, want %d", n, len(row.octets))
			}
		})
		seen[row.n] = true
	}
	for n := 1; n <= 30; n++ {
		// What an application puts into a response, and how slow it is, is not
		// about the head of a request.
		if !seen[n] && n != 27 && n != 30 {
			t.Errorf("row %d is missing", n)
		}
	}
}

// verdict is the status and the fault of an answer; 0 if there is none yet.
func verdict(n int, err error) (status int, fault string) {
	var broken *http1.Error
	var refused *protocol.HandshakeError
	switch {
	case errors.As(err, &broken):
		refused = asRefusal(broken)
	case !errors.As(err, &refused):
		if n == 0 {
			return 0, ""
		}
		return 101, ""
	}
	if _, err := protocol.AppendRefusal(nil, refused); err != nil {
		return -1, err.Error()
	}
	return refused.Status, string(refused.Fault)
}

// What the core writes, as a client and as a server, is read.
func TestOwnHandshake(t *testing.T) {
	client := protocol.ClientHandshake{Host: "server.example", Target: "/ws?a=b", Key: protocol.NewKey(), Subprotocols: []string{"a", "b"}}
	server := protocol.ServerHandshake{Subprotocols: []string{"b"}}
	head, err := client.AppendHTTP1(nil)
	if err != nil {
		t.Fatal(err)
	}
	var request http1.Request
	if n, err := request.Parse(head, new(http1.Progress), nil); err != nil || n != len(head) {
		t.Fatalf("%d octets of %d, %v", n, len(head), err)
	}
	q := asHandshake(&request, false)
	accepted, err := server.Check(&q)
	if err != nil {
		t.Fatal(err)
	}
	head, err = accepted.AppendHTTP1(nil)
	if err != nil {
		t.Fatal(err)
	}
	var response http1.Response
	if n, err := response.Parse(head, new(http1.Progress), nil); err != nil || n != len(head) {
		t.Fatalf("%d octets of %d, %v", n, len(head), err)
	}
	answer := asAnswer(&response)
	result, err := client.Check(&answer)
	if err != nil || result.Subprotocol != "b" {
		t.Errorf("agreed on %q, %v", result.Subprotocol, err)
	}
}

// The whole of what a server does for a handshake, but for the system calls.
func BenchmarkHandshake(b *testing.B) {
	head := []byte(with("Origin: http://server.example", "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
		"Accept: */*", "Accept-Language: en-GB,en;q=0.9", "Accept-Encoding: gzip, deflate, br, zstd", "Pragma: no-cache", "Cache-Control: no-cache",
		"Cookie: session=0123456789abcdef0123456789abcdef"))
	var r http1.Request
	var at http1.Progress
	var server protocol.ServerHandshake
	var out []byte
	b.ReportAllocs()
	for b.Loop() {
		if n, err := r.Parse(head, &at, nil); n == 0 || err != nil {
			b.Fatal(n, err)
		}
		q := asHandshake(&r, false)
		response, err := server.Check(&q)
		if err != nil {
			b.Fatal(err)
		}
		if out, err = response.AppendHTTP1(out[:0]); err != nil {
			b.Fatal(err)
		}
	}
}
