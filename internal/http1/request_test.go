package http1

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A head, and what must come of it: the request as text, or the refusal.
type head struct {
	name, octets string
	want         string
}

// get is a request with these lines behind Host.
func get(lines ...string) string {
	return "GET / HTTP/1.1\r\nHost: a.example\r\n" + strings.Join(append(lines, "\r\n"), "\r\n")
}

// to is a request for a target.
func to(target string) string { return "GET " + target + " HTTP/1.1\r\nHost: a.example\r\n\r\n" }

var goodRequests = []head{
	{"least", "GET / HTTP/1.1\r\nHost:\r\n\r\n", `GET / "/" "" 1 "" 0 false Host=""`},
	{"HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", `GET / "/" "" 0 "" 0 false`},
	{"HTTP/1.0 with Host", "GET / HTTP/1.0\r\nHost: a.example\r\n\r\n", `GET / "/" "" 0 "a.example" 0 false Host="a.example"`},
	{"HTTP/1.9", "GET / HTTP/1.9\r\nHost: a.example\r\n\r\n", `GET / "/" "" 9 "a.example" 0 false Host="a.example"`},
	{"every octet of a token", "!#$%&'*+-.^_`|~09azAZ / HTTP/1.1\r\nhost: a.example\r\n!#$%&'*+-.^_`|~09azAZ: b\r\n\r\n",
		"!#$%&'*+-.^_`|~09azAZ / \"/\" \"\" 1 \"a.example\" 0 false host=\"a.example\" !#$%&'*+-.^_`|~09azAZ=\"b\""},
	{"longest method", strings.Repeat("M", maxMethod) + " / HTTP/1.0\r\n\r\n", strings.Repeat("M", maxMethod) + ` / "/" "" 0 "" 0 false`},

	{"path and query", to("/a/b?c=d&e?/f"), `GET /a/b?c=d&e?/f "/a/b" "c=d&e?/f" 1 "a.example" 0 false Host="a.example"`},
	{"empty query", to("/a?"), `GET /a? "/a" "" 1 "a.example" 0 false Host="a.example"`},
	{"path that looks like a host", to("//b.example/"), `GET //b.example/ "//b.example/" "" 1 "a.example" 0 false Host="a.example"`},
	{"path with a colon", to("/a:b@c"), `GET /a:b@c "/a:b@c" "" 1 "a.example" 0 false Host="a.example"`},
	{"dots", to("/a/../b/."), `GET /a/../b/. "/a/../b/." "" 1 "a.example" 0 false Host="a.example"`},
	{"percent-encoding", to("/%77s%2F%C3%a4%00?%77"), `GET /%77s%2F%C3%a4%00?%77 "/ws/ä\x00" "%77" 1 "a.example" 0 false Host="a.example"`},
	{"percent alone in the query", to("/?100%&%zz"), `GET /?100%&%zz "/" "100%&%zz" 1 "a.example" 0 false Host="a.example"`},
	{"what browsers leave as it is", to(`/"<>\^{|}` + "`?" + `"<>\^{|}` + "`"), "GET /\"<>\\^{|}`?\"<>\\^{|}` \"/\\\"<>\\\\^{|}`\" \"\\\"<>\\\\^{|}`\" 1 \"a.example\" 0 false Host=\"a.example\""},
	{"longest target", to("/" + strings.Repeat("a", DefaultTarget-1)),
		fmt.Sprintf(`GET /%s "/%[1]s" "" 1 "a.example" 0 false Host="a.example"`, strings.Repeat("a", DefaultTarget-1))},
	{"URI", to("http://b.example:80/c?d"), `GET http://b.example:80/c?d "/c" "d" 1 "b.example:80" 0 false Host="a.example"`},
	{"URI without a path", to("HTTPS://b.example"), `GET HTTPS://b.example "/" "" 1 "b.example" 0 false Host="a.example"`},
	{"URI with a query alone", to("http://b.example?c/d"), `GET http://b.example?c/d "/" "c/d" 1 "b.example" 0 false Host="a.example"`},
	{"URI with an empty port", to("http://b.example:/"), `GET http://b.example:/ "/" "" 1 "b.example:" 0 false Host="a.example"`},
	{"URI with an address", to("http://[2001:db8::1]:80/"), `GET http://[2001:db8::1]:80/ "/" "" 1 "[2001:db8::1]:80" 0 false Host="a.example"`},
	{"URI and an empty Host", "GET http://b.example/ HTTP/1.1\r\nHost:\r\n\r\n", `GET http://b.example/ "/" "" 1 "b.example" 0 false Host=""`},
	{"asterisk", "OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n", `OPTIONS * "*" "" 1 "a.example" 0 false Host="a.example"`},
	{"CONNECT", "CONNECT b.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n", `CONNECT b.example:443 "" "" 1 "b.example:443" 0 false Host="a.example"`},
	{"CONNECT to an address", "CONNECT [::1]:65535 HTTP/1.1\r\nHost: a.example\r\n\r\n", `CONNECT [::1]:65535 "" "" 1 "[::1]:65535" 0 false Host="a.example"`},

	{"Host with a port", "GET / HTTP/1.1\r\nHost: a_b-c.example.:8080\r\n\r\n", `GET / "/" "" 1 "a_b-c.example.:8080" 0 false Host="a_b-c.example.:8080"`},
	{"Host that is an address", "GET / HTTP/1.1\r\nHost: [::ffff:127.0.0.1]:80\r\n\r\n", `GET / "/" "" 1 "[::ffff:127.0.0.1]:80" 0 false Host="[::ffff:127.0.0.1]:80"`},
	{"Host with all that a name may have", "GET / HTTP/1.1\r\nHost: a-._~!$&'()*+,;=9:\r\n\r\n", `GET / "/" "" 1 "a-._~!$&'()*+,;=9:" 0 false Host="a-._~!$&'()*+,;=9:"`},

	{"white space around values", get("A:b", "C: \t d \t ", "E:\t", "F: g \t h"), `GET / "/" "" 1 "a.example" 0 false Host="a.example" A="b" C="d" E="" F="g \t h"`},
	{"colons in a value", get("A: b:c: d"), `GET / "/" "" 1 "a.example" 0 false Host="a.example" A="b:c: d"`},
	{"beyond ASCII in a value", get("A: \xff\x80ä"), `GET / "/" "" 1 "a.example" 0 false Host="a.example" A="\xff\x80ä"`},
	{"names again and again", get("A: 1", "b: 2", "a: 3"), `GET / "/" "" 1 "a.example" 0 false Host="a.example" A="1" b="2" a="3"`},
	{"most fields", get(slices.Repeat([]string{"A: b"}, DefaultFields-1)...), `GET / "/" "" 1 "a.example" 0 false Host="a.example"` + strings.Repeat(` A="b"`, DefaultFields-1)},
	{"largest head", largestHead, fmt.Sprintf(`GET / "/" "" 1 "a.example" 0 false Host="a.example" A="%s"`, strings.Repeat("b", DefaultRequestHead-len(get("A: "))))},

	{"Content-Length", get("Content-Length: 5"), `GET / "/" "" 1 "a.example" 5 false Host="a.example" Content-Length="5"`},
	{"Content-Length with zeros", get("content-length: 00"), `GET / "/" "" 1 "a.example" 0 false Host="a.example" content-length="00"`},
	{"largest Content-Length", get("Content-Length: 9223372036854775807"), `GET / "/" "" 1 "a.example" 9223372036854775807 false Host="a.example" Content-Length="9223372036854775807"`},
	{"chunked", get("Transfer-Encoding: Chunked"), `GET / "/" "" 1 "a.example" 0 true Host="a.example" Transfer-Encoding="Chunked"`},
	{"Expect", get("Expect: 100-Continue", "Expect:"), `GET / "/" "" 1 "a.example" 0 false Host="a.example" Expect="100-Continue" Expect=""`},
}

var largestHead = get("A: " + strings.Repeat("b", DefaultRequestHead-len(get("A: "))))

var badRequests = []head{
	{"LF in place of CRLF", "GET / HTTP/1.1\nHost: a.example\n\n", "400 syntax: a line ends in LF without CR (RFC 9112 2.2)"},
	{"LF behind a field", get("A: b\nC: d"), "400 syntax: a line ends in LF without CR (RFC 9112 2.2)"},
	{"LF as the empty line", "GET / HTTP/1.1\r\nHost: a.example\r\n\n\r\n", "400 syntax: a line ends in LF without CR (RFC 9112 2.2)"},
	{"CR in place of CRLF", "GET / HTTP/1.1\rHost: a.example\r\r\n\r\n", "400 syntax: a CR stands without LF (RFC 9112 2.2)"},
	{"CR in a value", get("A: b\rC: d"), "400 syntax: a CR stands without LF (RFC 9112 2.2)"},
	{"CR in front of CRLF", get("A: b\r"), "400 syntax: a CR stands without LF (RFC 9112 2.2)"},
	{"CR in front of CRLF CRLF", "GET / HTTP/1.1\r\nHost: a.example\r\n\r\r\n\r\n", "400 syntax: a CR stands without LF (RFC 9112 2.2)"},
	{"NUL in the request line", "GET /\x00 HTTP/1.1\r\nHost: a.example\r\n\r\n", `400 syntax: a control octet stands in the head: "\x00" (RFC 9110 5.5)`},
	{"NUL in a value", get("A: b\x00c"), `400 syntax: a control octet stands in the head: "\x00" (RFC 9110 5.5)`},
	{"NUL in a name", get("A\x00: b"), `400 syntax: a control octet stands in the head: "\x00" (RFC 9110 5.5)`},
	{"DEL in a value", get("A: b\x7f"), `400 syntax: a control octet stands in the head: "\x7f" (RFC 9110 5.5)`},
	{"ESC in a value", get("A: \x1b[2J"), `400 syntax: a control octet stands in the head: "\x1b" (RFC 9110 5.5)`},
	{"tabs and NUL in eight octets", get("A: \t\t\t\x00\t\t"), `400 syntax: a control octet stands in the head: "\x00" (RFC 9110 5.5)`},

	{"empty line in front", "\r\n" + get(), "400 syntax: an empty line stands in front of the request line (RFC 9112 2.2)"},
	{"nothing but the empty line", "\r\n\r\n", "400 syntax: an empty line stands in front of the request line (RFC 9112 2.2)"},
	{"space in front", " " + get(), `400 syntax: the method must be a token: " GET / HTTP/1.1" (RFC 9112 3.1)`},
	{"tabs between the parts", "GET\t/\tHTTP/1.1\r\n\r\n", `400 syntax: the method must be a token: "GET\t/\tHTTP/1.1" (RFC 9112 3.1)`},
	{"method with a colon", "G:T / HTTP/1.1\r\n\r\n", `400 syntax: the method must be a token: "G:T / HTTP/1.1" (RFC 9112 3.1)`},
	{"two spaces", "GET  / HTTP/1.1\r\n\r\n", `400 syntax: the request line must be method, target and version, with single spaces between them: "GET  / HTTP/1.1" (RFC 9112 3)`},
	{"no target", "GET HTTP/1.1\r\n\r\n", `400 syntax: the request line must be method, target and version, with single spaces between them: "GET HTTP/1.1" (RFC 9112 3)`},
	{"CONNECT without a target", "CONNECT  HTTP/1.1\r\nHost: a.example\r\n\r\n", `400 syntax: the request line must be method, target and version, with single spaces between them: "CONNECT  HTTP/1.1" (RFC 9112 3)`},
	{"HTTP/0.9", "GET /\r\n\r\n", `400 syntax: the request line must be method, target and version, with single spaces between them: "GET /" (RFC 9112 3)`},
	{"one word", "SSH-2.0-OpenSSH_9.6\r\n", `400 syntax: the request line must be method, target and version, with single spaces between them: "SSH-2.0-OpenSSH_9.6" (RFC 9112 3)`},
	{"space in the target", to("/a b"), `400 syntax: the version is malformed: "b HTTP/1.1" (RFC 9112 2.3)`},
	{"space behind the version", "GET / HTTP/1.1 \r\n\r\n", `400 syntax: the version is malformed: "HTTP/1.1 " (RFC 9112 2.3)`},
	{"two spaces in front of the version", "GET /  HTTP/1.1\r\n\r\n", `400 syntax: the version is malformed: " HTTP/1.1" (RFC 9112 2.3)`},
	{"http/1.1", "GET / http/1.1\r\n\r\n", `400 syntax: the version is malformed: "http/1.1" (RFC 9112 2.3)`},
	{"HTTP/1.10", "GET / HTTP/1.10\r\n\r\n", `400 syntax: the version is malformed: "HTTP/1.10" (RFC 9112 2.3)`},
	{"HTTP/11", "GET / HTTP/11\r\n\r\n", `400 syntax: the version is malformed: "HTTP/11" (RFC 9112 2.3)`},
	{"HTTP/1,1", "GET / HTTP/1,1\r\n\r\n", `400 syntax: the version is malformed: "HTTP/1,1" (RFC 9112 2.3)`},
	{"HTTP/x.1", "GET / HTTP/x.1\r\n\r\n", `400 syntax: the version is malformed: "HTTP/x.1" (RFC 9112 2.3)`},
	{"HTTP/1.x", "GET / HTTP/1.x\r\n\r\n", `400 syntax: the version is malformed: "HTTP/1.x" (RFC 9112 2.3)`},
	{"HTTP/2.0", "GET / HTTP/2.0\r\nHost: a.example\r\n\r\n", `505 http_version: the version must be HTTP/1.1: "HTTP/2.0" (RFC 9110 15.6.6)`},
	{"HTTP/0.9 in the line", "GET / HTTP/0.9\r\n\r\n", `505 http_version: the version must be HTTP/1.1: "HTTP/0.9" (RFC 9110 15.6.6)`},
	{"preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", `505 http_version: the version must be HTTP/1.1: "HTTP/2.0" (RFC 9110 15.6.6)`},
	{"long method", strings.Repeat("M", maxMethod+1) + " / HTTP/1.1\r\nHost: a.example\r\n\r\n", `501 method: the method has more than 32 octets: "` + strings.Repeat("M", maxMethod+1) + `" (RFC 9112 3)`},
	{"endless method", strings.Repeat("M", 20_000), `501 method: the method has more than 32 octets: "` + strings.Repeat("M", maxMethod+1) + `" (RFC 9112 3)`},
	{"long target", to("/" + strings.Repeat("a", DefaultTarget)), "414 target: the target has more than 8192 octets (RFC 9112 3)"},
	{"endless target", to("/" + strings.Repeat("a", 100_000)), "414 target: the target has more than 8192 octets (RFC 9112 3)"},
	{"CR where the line has to end", "GET /" + strings.Repeat("a", DefaultTarget+maxMethod+6) + "\r\n\r\n", "414 target: the target has more than 8192 octets (RFC 9112 3)"},

	{"beyond ASCII in the target", to("/\xc3\xa4"), "400 syntax: the request line has an octet beyond ASCII (RFC 9112 3)"},
	{"frames", "\x88\x82\x01\x02\x03\x04\x02\xea\r\n\r\n", "400 syntax: the request line has an octet beyond ASCII (RFC 9112 3)"},
	{"TLS", "\x16\x03\x01\x00\x2e\x01\x00\x00\x2a\x03\x03\r\n\r\n", `400 syntax: a control octet stands in the head: "\x16" (RFC 9110 5.5)`},
	{"fragment", to("/a#b"), `400 target: the target has an octet that must be percent-encoded, or a fragment: "/a#b" (RFC 9112 3.2)`},
	{"fragment behind a query", to("/a?b#c"), `400 target: the target has an octet that must be percent-encoded, or a fragment: "/a?b#c" (RFC 9112 3.2)`},
	{"fragment behind a host", to("http://b.example#c"), `400 target: the target has an octet that must be percent-encoded, or a fragment: "http://b.example#c" (RFC 9112 3.2)`},
	{"percent alone", to("/a%"), `400 target: the path has a "%" without two hexadecimal digits: "/a%" (RFC 3986 2.1)`},
	{"percent and one digit", to("/a%4"), `400 target: the path has a "%" without two hexadecimal digits: "/a%4" (RFC 3986 2.1)`},
	{"percent and no digits", to("/a%zz"), `400 target: the path has a "%" without two hexadecimal digits: "/a%zz" (RFC 3986 2.1)`},
	{"percent and a sign", to("/a%+1"), `400 target: the path has a "%" without two hexadecimal digits: "/a%+1" (RFC 3986 2.1)`},
	{"target without a slash", to("a"), `400 target: the target must be a path or a URI of http or https: "a" (RFC 9112 3.2)`},
	{"host and port", to("b.example:80"), `400 target: the target must be a path or a URI of http or https: "b.example:80" (RFC 9112 3.2)`},
	{"URI of ws", to("ws://b.example/"), `400 target: the target must be a path or a URI of http or https: "ws://b.example/" (RFC 9112 3.2)`},
	{"URI without a host", to("http:///a"), `400 target: the host of the target is malformed: "http:///a" (RFC 9110 4.2)`},
	{"URI with a user", to("http://u:p@b.example/"), `400 target: the host of the target is malformed: "http://u:p@b.example/" (RFC 9110 4.2)`},
	{"URI with a host in percent-encoding", to("http://b%C3%A4.example/"), `400 target: the host of the target is malformed: "http://b%C3%A4.example/" (RFC 9110 4.2)`},
	{"asterisk with GET", to("*"), `400 target: the target must be a path or a URI of http or https: "*" (RFC 9112 3.2)`},
	{"CONNECT to a path", "CONNECT / HTTP/1.1\r\nHost: a.example\r\n\r\n", `400 target: the target of CONNECT must be host and port: "/" (RFC 9112 3.2.3)`},
	{"CONNECT without a port", "CONNECT b.example HTTP/1.1\r\nHost: a.example\r\n\r\n", `400 target: the target of CONNECT must be host and port: "b.example" (RFC 9112 3.2.3)`},
	{"CONNECT with an empty port", "CONNECT b.example: HTTP/1.1\r\nHost: a.example\r\n\r\n", `400 target: the target of CONNECT must be host and port: "b.example:" (RFC 9112 3.2.3)`},
	{"CONNECT to port 0", "CONNECT b.example:0 HTTP/1.1\r\nHost: a.example\r\n\r\n", `400 target: the target of CONNECT must be host and port: "b.example:0" (RFC 9112 3.2.3)`},
	{"CONNECT to a port out of range", "CONNECT b.example:65536 HTTP/1.1\r\nHost: a.example\r\n\r\n", `400 target: the target of CONNECT must be host and port: "b.example:65536" (RFC 9112 3.2.3)`},
	{"CONNECT to nothing", "CONNECT :80 HTTP/1.1\r\nHost: a.example\r\n\r\n", `400 target: the target of CONNECT must be host and port: ":80" (RFC 9112 3.2.3)`},

	{"folded line", get("A: b", " c"), "400 syntax: a line begins with white space: folded lines are not read (RFC 9112 5.2)"},
	{"folded line of a tab", get("A: b", "\tc: d"), "400 syntax: a line begins with white space: folded lines are not read (RFC 9112 5.2)"},
	{"folded line in front of the fields", "GET / HTTP/1.1\r\n A: b\r\nHost: a.example\r\n\r\n", "400 syntax: a line begins with white space: folded lines are not read (RFC 9112 5.2)"},
	{"line of a space", get("A: b", " "), "400 syntax: a line begins with white space: folded lines are not read (RFC 9112 5.2)"},
	{"space in front of the colon", get("A : b"), `400 syntax: white space stands between a name and its colon: "A : b" (RFC 9112 5.1)`},
	{"tab in front of the colon", get("A\t: b"), `400 syntax: white space stands between a name and its colon: "A\t: b" (RFC 9112 5.1)`},
	{"space in a name", get("A B: c"), `400 syntax: the name of a field must be a token: "A B: c" (RFC 9110 5.1)`},
	{"beyond ASCII in a name", get("\xc3\xa4: c"), `400 syntax: the name of a field must be a token: "ä: c" (RFC 9110 5.1)`},
	{"no colon", get("A"), `400 syntax: a field line has no colon: "A" (RFC 9112 5)`},
	{"no name", get(": a"), "400 syntax: a field has no name (RFC 9112 5)"},
	{"a name of much", get(strings.Repeat("A", 15_000)), `400 syntax: a field line has no colon: "` + strings.Repeat("A", 48) + `"... (RFC 9112 5)`},

	{"too many fields", get(slices.Repeat([]string{"A: b"}, DefaultFields)...), "431 header: the head has more than 100 fields"},
	{"far too many fields", get(slices.Repeat([]string{"A: b"}, 100_000)...), "431 header: the head has more than 100 fields"},
	{"head too large", "G" + largestHead, "431 header: the head has more than 16384 octets"},
	{"value without end", get("A: " + strings.Repeat("b", 1_200_000)), "431 header: the head has more than 16384 octets"},

	{"no Host", "GET / HTTP/1.1\r\n\r\n", "400 host: Host is missing (RFC 9112 3.2)"},
	{"no Host beside a URI", "GET http://b.example/ HTTP/1.1\r\n\r\n", "400 host: Host is missing (RFC 9112 3.2)"},
	{"two Hosts", get("Host: b.example"), "400 host: Host stands more than once (RFC 9112 3.2)"},
	{"the same Host twice", get("A: b", "host: a.example"), "400 host: Host stands more than once (RFC 9112 3.2)"},
	{"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a.example\r\nHost: a.example\r\n\r\n", "400 host: Host stands more than once (RFC 9112 3.2)"},
	{"Host with a path", "GET / HTTP/1.1\r\nHost: a b/c\r\n\r\n", `400 host: Host is malformed: "a b/c" (RFC 9112 3.2)`},
	{"Host with a user", "GET / HTTP/1.1\r\nHost: u@a.example\r\n\r\n", `400 host: Host is malformed: "u@a.example" (RFC 9112 3.2)`},
	{"Host with a port of letters", "GET / HTTP/1.1\r\nHost: a.example:http\r\n\r\n", `400 host: Host is malformed: "a.example:http" (RFC 9112 3.2)`},
	{"Host with a port alone", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", `400 host: Host is malformed: ":80" (RFC 9112 3.2)`},
	{"Host with two ports", "GET / HTTP/1.1\r\nHost: a.example:80:80\r\n\r\n", `400 host: Host is malformed: "a.example:80:80" (RFC 9112 3.2)`},
	{"Host that is half an address", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", `400 host: Host is malformed: "[::1" (RFC 9112 3.2)`},
	{"Host that is a bracket", "GET / HTTP/1.1\r\nHost: [\r\n\r\n", `400 host: Host is malformed: "[" (RFC 9112 3.2)`},
	{"Host that is an address without brackets", "GET / HTTP/1.1\r\nHost: ::1\r\n\r\n", `400 host: Host is malformed: "::1" (RFC 9112 3.2)`},
	{"Host that is a name in brackets", "GET / HTTP/1.1\r\nHost: [a.example]\r\n\r\n", `400 host: Host is malformed: "[a.example]" (RFC 9112 3.2)`},
	{"Host that is an IPv4 address in brackets", "GET / HTTP/1.1\r\nHost: [127.0.0.1]\r\n\r\n", `400 host: Host is malformed: "[127.0.0.1]" (RFC 9112 3.2)`},
	{"Host with a zone", "GET / HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n\r\n", `400 host: Host is malformed: "[fe80::1%25eth0]" (RFC 9112 3.2)`},
	{"Host in percent-encoding", "GET / HTTP/1.1\r\nHost: %61.example\r\n\r\n", `400 host: Host is malformed: "%61.example" (RFC 9112 3.2)`},

	{"Content-Length and Transfer-Encoding", get("Content-Length: 5", "Transfer-Encoding: chunked"), "400 body: Content-Length stands beside Transfer-Encoding (RFC 9112 6.1)"},
	{"Transfer-Encoding and Content-Length 0", get("transfer-encoding: chunked", "content-length: 0"), "400 body: Content-Length stands beside Transfer-Encoding (RFC 9112 6.1)"},
	{"two Content-Lengths", get("Content-Length: 5", "Content-Length: 6"), "400 body: Content-Length stands more than once (RFC 9112 6.3)"},
	{"the same Content-Length twice", get("Content-Length: 5", "A: b", "Content-Length: 5"), "400 body: Content-Length stands more than once (RFC 9112 6.3)"},
	{"two Content-Lengths in one", get("Content-Length: 5, 5"), `400 body: Content-Length must be a number of octets: "5, 5" (RFC 9110 8.6)`},
	{"negative Content-Length", get("Content-Length: -1"), `400 body: Content-Length must be a number of octets: "-1" (RFC 9110 8.6)`},
	{"Content-Length with a sign", get("Content-Length: +5"), `400 body: Content-Length must be a number of octets: "+5" (RFC 9110 8.6)`},
	{"Content-Length in hexadecimal", get("Content-Length: 0x5"), `400 body: Content-Length must be a number of octets: "0x5" (RFC 9110 8.6)`},
	{"Content-Length with an underscore", get("Content-Length: 1_0"), `400 body: Content-Length must be a number of octets: "1_0" (RFC 9110 8.6)`},
	{"empty Content-Length", get("Content-Length:"), `400 body: Content-Length must be a number of octets: "" (RFC 9110 8.6)`},
	{"Content-Length beyond 63 bits", get("Content-Length: 9223372036854775808"), `400 body: Content-Length must be a number of octets: "9223372036854775808" (RFC 9110 8.6)`},
	{"unknown coding", get("Transfer-Encoding: xchunked"), `501 body: no other transfer coding than chunked is known: "xchunked" (RFC 9112 6.1)`},
	{"chunked is not the last", get("Transfer-Encoding: chunked, identity"), `501 body: no other transfer coding than chunked is known: "chunked, identity" (RFC 9112 6.1)`},
	{"chunked twice", get("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), `501 body: no other transfer coding than chunked is known: "chunked, chunked" (RFC 9112 6.1)`},
	{"no coding", get("Transfer-Encoding:"), `501 body: no other transfer coding than chunked is known: "" (RFC 9112 6.1)`},
	{"chunked in HTTP/1.0", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "400 body: Transfer-Encoding stands in a request of HTTP/1.0 (RFC 9112 6.1)"},
	{"Expect", get("Expect: 200-ok"), `417 expect: nothing but 100-continue can be expected: "200-ok" (RFC 9110 10.1.1)`},
	{"Expect twice", get("Expect: 100-continue", "Expect: a"), `417 expect: nothing but 100-continue can be expected: "a" (RFC 9110 10.1.1)`},
}

// show is a request as a line of text.
func show(r *Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %q %q %d %q %d %t", r.Method, r.Target, r.Path, r.Query, r.Minor, r.Host, r.ContentLength, r.Chunked)
	return b.String() + showFields(&r.Fields)
}

func showFields(f *Fields) string {
	var b strings.Builder
	for name, value := range f.All() {
		fmt.Fprintf(&b, " %s=%q", name, value)
	}
	return b.String()
}

// showError is a refusal as a line of text.
func showError(err error) string {
	var e *Error
	if !errors.As(err, &e) {
		return fmt.Sprintf("%T: %v", err, err)
	}
	return fmt.Sprintf("%d %s: %v", e.Status, e.Fault, e)
}

func TestRequests(t *testing.T) {
	var r Request // all heads in turn: nothing may be left over
	for _, h := range slices.Concat(goodRequests, badRequests) {
		t.Run(h.name, func(t *testing.T) {
			var at Progress
			n, err := r.Parse([]byte(h.octets), &at, nil)
			switch {
			case err != nil:
				if got := showError(err); got != h.want || n != 0 {
					t.Errorf("got %d and  %s\nwant 0 and %s", n, got, h.want)
				}
			case show(&r) != h.want || n != len(h.octets):
				t.Errorf("got %d and  %s\nwant %d and %s", n, show(&r), len(h.octets), h.want)
			case at != Progress{}:
				t.Errorf("left %+v behind", at)
			}
		})
	}
}

// What stands behind a head is not looked at.
func TestRequestEnds(t *testing.T) {
	for _, behind := range []string{"\x81\x80\x00\x00\x00\x00", "\r\n\r\n", "\x00", "GET / HTTP/1.1\r\n\r\n", strings.Repeat("\xff", 70_000)} {
		for _, h := range goodRequests {
			var r Request
			n, err := r.Parse([]byte(h.octets+behind), new(Progress), nil)
			if err != nil || n != len(h.octets) || show(&r) != h.want {
				t.Errorf("%s, with %.20q behind it: %d, %v, %s", h.name, behind, n, err, show(&r))
			}
		}
	}
}

// Strings outlive the buffer that the head lay in, and the next head.
func TestRequestIsACopy(t *testing.T) {
	var r Request
	var at Progress
	p := []byte(get("A: b", "C: d"))
	if n, err := r.Parse(p, &at, nil); n == 0 || err != nil {
		t.Fatal(n, err)
	}
	kept := slices.Clone(r.values)
	clear(p)
	if n, err := r.Parse([]byte(get("E: f")), &at, nil); n == 0 || err != nil {
		t.Fatal(n, err)
	}
	if want := []string{"a.example", "b", "d"}; !slices.Equal(kept, want) {
		t.Errorf("got %q, want %q", kept, want)
	}
	if left := r.values[:3][2]; left != "" {
		t.Errorf("a field of the head before is still there: %q", left)
	}
}

func TestLimits(t *testing.T) {
	small := Limits{Head: len(get("A: b")), Fields: 2, Target: 1}
	narrow := Limits{Head: 60, Target: 1}
	for _, c := range []struct {
		limits Limits
		head
	}{
		{small, head{"as much as may be", get("A: b"), `GET / "/" "" 1 "a.example" 0 false Host="a.example" A="b"`}},
		{small, head{"another octet", get("A: bc"), "431 header: the head has more than 41 octets"}},
		{small, head{"another field", "GET / HTTP/1.0\r\nA:\r\nB:\r\nC:\r\n\r\n", "431 header: the head has more than 2 fields"}},
		{small, head{"a longer target", to("/a"), "414 target: the target has more than 1 octets (RFC 9112 3)"}},
		{small, head{"a longer line", strings.Repeat("a", 50), "431 header: the head has more than 41 octets"}},
		{narrow, head{"a longer method", strings.Repeat("a", 50), `501 method: the method has more than 32 octets: "` + strings.Repeat("a", 33) + `" (RFC 9112 3)`}},
		{narrow, head{"a much longer target", "GET " + strings.Repeat("a", 50), "414 target: the target has more than 1 octets (RFC 9112 3)"}},
	} {
		var r Request
		eachWay(t, c.head, func(p []byte, at *Progress) (int, error) { return r.Parse(p, at, &c.limits) }, func() string { return show(&r) })
	}
	var r Request
	if _, err := r.Parse([]byte("GET / HTTP/1.1\r\n"), new(Progress), &Limits{Head: 10}); err == nil || showError(err) != "431 header: the head has more than 10 octets" {
		t.Errorf("a limit within the request line: %v", err)
	}
	for _, l := range []*Limits{nil, {}, {Head: -1, Fields: -1, Target: -1}} {
		if got := l.withDefaults(DefaultRequestHead); got != (Limits{DefaultRequestHead, DefaultFields, DefaultTarget}) {
			t.Errorf("%+v: %+v", l, got)
		}
	}
}
