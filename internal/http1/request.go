package http1

import (
	"fmt"
	"strings"
)

// Request is the head of a request. It is made to be used again: once its
// fields have room for those of a usual request, Parse allocates the copy that
// its strings are cut from, and nothing else. It is not safe for concurrent use.
type Request struct {
	Method string
	Target string // as it was sent
	Path   string // of Target, with percent-encoding undone; "*" for "*", "" for CONNECT
	Query  string // of Target, as it was sent, without "?"
	Minor  int    // of HTTP/1.Minor
	Host   string // of Target if that has one, else the field; "" if neither has

	ContentLength int64 // 0 if the request does not say
	Chunked       bool  // the body is in chunks

	Fields
}

// HasBody reports whether octets of a body stand behind the head. A handshake
// must not have one: they would be taken for frames, or frames for them.
func (r *Request) HasBody() bool { return r.Chunked || r.ContentLength > 0 }

// Parse reads the head of a request at the start of p. It returns how many
// octets the head takes; 0 if it is not complete yet: then p has to be given
// again, with what has come since behind it, and the same at. The error is an
// [*Error], to refuse the request with. Only if n is not 0 is there anything in
// r, and it is valid until the next Parse; its strings stay valid, and do not
// refer to p. Limits may be nil.
func (r *Request) Parse(p []byte, at *Progress, limits *Limits) (n int, err error) {
	l := limits.withDefaults(DefaultRequestHead)
	n, e := r.parse(p, at, &l)
	if e != nil {
		return 0, e
	}
	return n, nil
}

func (r *Request) parse(p []byte, at *Progress, limits *Limits) (int, *Error) {
	r.Fields.reset()
	*r = Request{Fields: r.Fields}
	l := begin(p, at, limits.Head)
	if at.line == 0 {
		line, ok, e := l.next(limits.requestLine(), asciiOnly)
		switch {
		case e != nil:
			return 0, e
		case !ok && len(l.p) >= limits.requestLine():
			return 0, endless(l.p, limits.Target)
		case !ok:
			return 0, l.tooLong()
		}
		if e := r.readLine(line, limits.Target); e != nil {
			return 0, e
		}
	}
	if e := r.Fields.read(&l, limits.Fields); e != nil || !l.whole() {
		return 0, e
	}
	n := int(at.line)
	*at = Progress{}
	return n, r.judge()
}

// endless is the refusal of a request line that does not end where it has to.
func endless(p []byte, mostTarget int) *Error {
	method, _, ok := strings.Cut(string(p[:min(len(p), maxMethod+1)]), " ")
	if !ok {
		return longMethod(method)
	}
	return longTarget(mostTarget)
}

// https://www.rfc-editor.org/rfc/rfc9112#section-3
func longMethod(method string) *Error {
	return refusal(501, FaultMethod, "RFC 9112 3", fmt.Sprintf("the method has more than %d octets: %s", maxMethod, excerpt(method)))
}

func longTarget(most int) *Error {
	return refusal(414, FaultTarget, "RFC 9112 3", fmt.Sprintf("the target has more than %d octets", most))
}

// readLine reads the request line
// (https://www.rfc-editor.org/rfc/rfc9112#section-3).
func (r *Request) readLine(line string, mostTarget int) *Error {
	method, rest, spaced := strings.Cut(line, " ")
	target, version, twice := strings.Cut(rest, " ")
	major, minor, ok := readVersion(version)
	switch {
	case line == "":
		return syntax("RFC 9112 2.2", "an empty line stands in front of the request line")
	case len(method) > maxMethod:
		return longMethod(method)
	case method == "" || prefix(method, token) < len(method):
		return syntax("RFC 9112 3.1", "the method must be a token: "+excerpt(line))
	case !spaced || !twice || target == "":
		return syntax("RFC 9112 3", "the request line must be method, target and version, with single spaces between them: "+excerpt(line))
	case len(target) > mostTarget:
		return longTarget(mostTarget)
	case !ok:
		return syntax("RFC 9112 2.3", "the version is malformed: "+excerpt(version))
	case major != 1:
		return refusal(505, FaultHTTPVersion, "RFC 9110 15.6.6", "the version must be HTTP/1.1: "+excerpt(version))
	}
	r.Method, r.Target, r.Minor = method, target, minor
	return r.readTarget()
}

// readVersion reads the version of HTTP, in its only form
// (https://www.rfc-editor.org/rfc/rfc9112#section-2.3).
func readVersion(s string) (major, minor int, ok bool) {
	if len(s) != len("HTTP/1.1") || s[:5] != "HTTP/" || s[6] != '.' || !isDigit(s[5]) || !isDigit(s[7]) {
		return 0, 0, false
	}
	return int(s[5] - '0'), int(s[7] - '0'), true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// judge looks at the fields that say where the request goes and where it ends.
func (r *Request) judge() *Error {
	if e := r.judgeHost(); e != nil {
		return e
	}
	if e := r.judgeBody(); e != nil {
		return e
	}
	for _, expected := range r.Values("Expect") {
		// https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1
		if expected != "" && !strings.EqualFold(expected, "100-continue") {
			return refusal(417, FaultExpect, "RFC 9110 10.1.1", "nothing but 100-continue can be expected: "+excerpt(expected))
		}
	}
	return nil
}

// judgeHost demands one Host, and prefers that of the target
// (https://www.rfc-editor.org/rfc/rfc9112#section-3.2).
func (r *Request) judgeHost() *Error {
	hosts := r.Values("Host")
	switch {
	case len(hosts) > 1:
		return refusal(400, FaultHost, "RFC 9112 3.2", "Host stands more than once")
	case len(hosts) == 0 && r.Minor > 0:
		return refusal(400, FaultHost, "RFC 9112 3.2", "Host is missing")
	case len(hosts) == 0:
		return nil
	case hosts[0] != "" && !isHost(hosts[0]):
		return refusal(400, FaultHost, "RFC 9112 3.2", "Host is malformed: "+excerpt(hosts[0]))
	case r.Host == "":
		r.Host = hosts[0]
	}
	return nil
}
