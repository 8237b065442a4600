package conformance

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// A request is an opening handshake as the suite sends it, with what stands
// right behind it. It is right until a case changes something.
type request struct {
	method, target, version string

	fields []string // whole lines, without their ends
	eol    string   // ends each line
	before string   // octets before the request line

	body   string  // octets behind the head
	early  []frame // behind that, before the server has answered
	held   int     // how many of their octets wait for the answer
	second *request

	piece int  // octets that a write has, 0 for all
	pause bool // in the middle of the head
	split bool // the last octet of the head goes out with what is behind it
}

func newRequest(target *url.URL, further http.Header, key string) *request {
	r := &request{method: http.MethodGet, target: target.RequestURI(), version: "HTTP/1.1", eol: "\r\n"}
	r.add("Host: "+target.Host, "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: "+key, "Sec-WebSocket-Version: 13")
	var b strings.Builder
	further.Write(&b)
	r.fields = append(r.fields, strings.FieldsFunc(b.String(), func(r rune) bool { return r == '\r' || r == '\n' })...)
	return r
}

func (r *request) add(lines ...string) { r.fields = append(r.fields, lines...) }

// set puts lines where the field of a name stands, or none.
func (r *request) set(name string, lines ...string) {
	at := slices.IndexFunc(r.fields, func(line string) bool { return named(line, name) })
	r.fields = slices.DeleteFunc(r.fields, func(line string) bool { return named(line, name) })
	if at < 0 {
		at = len(r.fields)
	}
	r.fields = slices.Insert(r.fields, at, lines...)
}

func named(line, name string) bool {
	before, _, _ := strings.Cut(line, ":")
	return strings.EqualFold(strings.TrimRight(before, " \t"), name)
}

// value is that of the first field of a name.
func (r *request) value(name string) string {
	for _, line := range r.fields {
		if _, value, _ := strings.Cut(line, ":"); named(line, name) {
			return strings.Trim(value, " \t")
		}
	}
	return ""
}

// rename changes how the names of all fields are written.
func (r *request) rename(as func(string) string) {
	for i, line := range r.fields {
		name, value, _ := strings.Cut(line, ":")
		r.fields[i] = as(name) + ":" + value
	}
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

// head is the request from its line up to the empty line.
func (r *request) head() string {
	line := strings.TrimSpace(fmt.Sprintf("%s %s %s", r.method, r.target, r.version))
	return r.before + strings.Join(append([]string{line}, r.fields...), r.eol) + r.eol + r.eol
}

// isToken reports whether s is a token:
// https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}
