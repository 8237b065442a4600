package conformance

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// A request is an opening handshake as the suite sends it, with what stands
// right behind it.
type request struct {
	head
	method, target, version string

	body   string  // octets behind the head
	early  []frame // behind that, before the server has answered
	held   int     // how many of their octets wait for the answer
	second *request

	piece int  // octets that a write has, 0 for all
	pause bool // in the middle of the head
	split bool // the last octet of the head goes out with what is behind it
}

func newRequest(target *url.URL, further http.Header, key string) *request {
	r := &request{method: http.MethodGet, target: target.RequestURI(), version: "HTTP/1.1", head: head{eol: "\r\n"}}
	r.add("Host: "+target.Host, "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: "+key, "Sec-WebSocket-Version: 13")
	var b strings.Builder
	further.Write(&b)
	r.add(strings.FieldsFunc(b.String(), func(r rune) bool { return r == '\r' || r == '\n' })...)
	return r
}

// query adds to the query of the target.
func (r *request) query(q string) {
	mark := "?"
	if strings.Contains(r.target, "?") {
		mark = "&"
	}
	r.target += mark + q
}

// offered are the names of subprotocols that stand in the request and can be
// chosen.
func (r *request) offered() (names []string) {
	for _, line := range r.fields {
		if _, list, _ := strings.Cut(line, ":"); named(line, "Sec-WebSocket-Protocol") {
			for name := range strings.SplitSeq(list, ",") {
				if name = strings.Trim(name, " \t"); isToken(name) {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// more reports whether something stands behind the head.
func (r *request) more() bool { return r.body != "" || len(r.early) > 0 || r.second != nil }

// text is the request from its line up to the empty line.
func (r *request) text() string {
	return r.octets(strings.TrimSpace(fmt.Sprintf("%s %s %s", r.method, r.target, r.version)))
}
