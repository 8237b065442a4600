package http1

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

var goodResponses = []head{
	{"switched", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", `1 101 "Switching Protocols" Upgrade="websocket"`},
	{"no phrase", "HTTP/1.1 101 \r\n\r\n", `1 101 ""`},
	{"no space either", "HTTP/1.1 101\r\n\r\n", `1 101 ""`},
	{"any phrase", "HTTP/1.0 999 \t\xff  \r\n\r\n", `0 999 "\t\xff  "`},
	{"phrase with a space in front", "HTTP/1.1 101  a\r\n\r\n", `1 101 " a"`},
	{"refused", "HTTP/1.1 401 Unauthorized\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", `1 401 "Unauthorized" Content-Length="5" Content-Length="6"`},
	{"informed", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 101 OK\r\nA: b\r\n\r\n", `1 101 "OK" A="b"`},
	{"informed until the limit", strings.Repeat(hint, mostHints) + finalOf(DefaultResponseHead-mostHints*len(hint)), fmt.Sprintf(`1 200 "" A=%q`, strings.Repeat("b", DefaultResponseHead-mostHints*len(hint)-len(finalOf(0))))},
	{"most fields", "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", DefaultFields) + "\r\n", `1 200 "OK"` + strings.Repeat(` A="b"`, DefaultFields)},
}

const (
	hint      = "HTTP/1.1 103 \r\n\r\n"
	mostHints = 3850
)

// finalOf is a response of n octets.
func finalOf(n int) string {
	const least = "HTTP/1.1 200\r\nA:\r\n\r\n"
	return strings.Replace(least, "A:", "A:"+strings.Repeat("b", max(n-len(least), 0)), 1)
}

var badResponses = []head{
	{"LF", "HTTP/1.1 101 OK\n\n", "0 syntax: a line ends in LF without CR (RFC 9112 2.2)"},
	{"NUL", "HTTP/1.1 101 \x00\r\n\r\n", `0 syntax: a control octet stands in the head: "\x00" (RFC 9110 5.5)`},
	{"CR", "HTTP/1.1 101 a\rb\r\n\r\n", "0 syntax: a CR stands without LF (RFC 9112 2.2)"},
	{"empty line in front", "\r\nHTTP/1.1 101 OK\r\n\r\n", `0 syntax: the status line is malformed: "" (RFC 9112 4)`},
	{"a request", "GET / HTTP/1.1\r\n\r\n", `0 syntax: the status line is malformed: "GET / HTTP/1.1" (RFC 9112 4)`},
	{"another protocol", "SSH-2.0- 101\r\n\r\n", `0 syntax: the status line does not begin with a version of HTTP: "SSH-2.0- 101" (RFC 9112 2.3)`},
	{"HTTP/2.0", "HTTP/2.0 101 OK\r\n\r\n", `0 http_version: the response is not HTTP/1: "HTTP/2.0 101 OK" (RFC 9112 2.3)`},
	{"HTTP/0.9", "HTTP/0.9 101 OK\r\n\r\n", `0 http_version: the response is not HTTP/1: "HTTP/0.9 101 OK" (RFC 9112 2.3)`},
	{"two spaces", "HTTP/1.1  101 OK\r\n\r\n", `0 syntax: the status line is malformed: "HTTP/1.1  101 OK" (RFC 9112 4)`},
	{"space in front of the colon", "HTTP/1.1 101 OK\r\nA : b\r\n\r\n", `0 syntax: white space stands between a name and its colon: "A : b" (RFC 9112 5.1)`},
	{"space in a name", "HTTP/1.1 101 OK\r\nA B: c\r\n\r\n", `0 syntax: the name of a field must be a token: "A B: c" (RFC 9110 5.1)`},
	{"status of two digits", "HTTP/1.1 10 OK\r\n\r\n", `0 syntax: the status line is malformed: "HTTP/1.1 10 OK" (RFC 9112 4)`},
	{"status of four digits", "HTTP/1.1 1010 OK\r\n\r\n", `0 syntax: the status line is malformed: "HTTP/1.1 1010 OK" (RFC 9112 4)`},
	{"status of letters", "HTTP/1.1 1o1 OK\r\n\r\n", `0 syntax: the status line is malformed: "HTTP/1.1 1o1 OK" (RFC 9112 4)`},
	{"status out of range", "HTTP/1.1 099 OK\r\n\r\n", `0 syntax: the status is out of range: "HTTP/1.1 099 OK" (RFC 9110 15)`},
	{"tab behind the version", "HTTP/1.1\t101 OK\r\n\r\n", `0 syntax: the status line is malformed: "HTTP/1.1\t101 OK" (RFC 9112 4)`},
	{"folded line", "HTTP/1.1 101 OK\r\nA: b\r\n c\r\n\r\n", "0 syntax: a line begins with white space: folded lines are not read (RFC 9112 5.2)"},
	{"fault behind a hint", hint + "HTTP/1.1 101 OK\r\nA\r\n\r\n", `0 syntax: a field line has no colon: "A" (RFC 9112 5)`},
	{"fault in a hint", "HTTP/1.1 100 OK\r\nA\r\n\r\n", `0 syntax: a field line has no colon: "A" (RFC 9112 5)`},
	{"too many fields", "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", DefaultFields+1) + "\r\n", "0 header: the head has more than 100 fields"},
	{"hints without end", strings.Repeat(hint, 10_000), "0 header: the head has more than 65536 octets"},
	{"status line without end", "HTTP/1.1 101 " + strings.Repeat("a", 70_000), "0 header: the head has more than 65536 octets"},
}

func showResponse(r *Response) string {
	return fmt.Sprintf("%d %d %q", r.Minor, r.Status, r.Phrase) + showFields(&r.Fields)
}

func TestResponses(t *testing.T) {
	var r Response
	for _, h := range slices.Concat(goodResponses, badResponses) {
		t.Run(h.name, func(t *testing.T) {
			var at Progress
			n, err := r.Parse([]byte(h.octets), &at, nil)
			switch {
			case err != nil:
				if got := showError(err); got != h.want || n != 0 {
					t.Errorf("got %d and  %s\nwant 0 and %s", n, got, h.want)
				}
			case showResponse(&r) != h.want || n != len(h.octets):
				t.Errorf("got %d and  %s\nwant %d and %s", n, showResponse(&r), len(h.octets), h.want)
			case at != Progress{}:
				t.Errorf("left %+v behind", at)
			}
		})
	}
}

// Behind 101 and behind a final response nothing is HTTP.
func TestResponseEnds(t *testing.T) {
	for _, status := range []string{"101", "200", "426"} {
		p := "HTTP/1.1 " + status + " OK\r\n\r\n"
		var r Response
		if n, err := r.Parse([]byte(hint+p+"\x81\x00"+p), new(Progress), nil); err != nil || n != len(hint+p) {
			t.Errorf("%s: %d octets, %v", status, n, err)
		}
	}
}
