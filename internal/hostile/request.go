package hostile

import (
	"slices"
	"strings"
)

// A Request is the head of an HTTP request, faulty where a row wants it. In
// lines, {scheme} stands for http or https, whichever the transport is.
type Request struct {
	line  string
	lines []string // behind the request line
	eol   string
}

// runField is the field that says which run of which row a request belongs to.
const runField = "Run"

// path is where handshakes are answered; elsewhere is 404.
const path = "/ws"

// Path is where the application of every row is found.
const Path = path

// handshake is a request as it should be.
func handshake() Request {
	return Request{line: "GET " + path + " HTTP/1.1", eol: "\r\n", lines: []string{
		"Host: server.example",
		runField + ": {run}",
		"Upgrade: websocket",
		"Connection: Upgrade",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
		"Sec-WebSocket-Version: 13",
	}}
}

// requestLine returns r with another request line.
func (r Request) requestLine(s string) Request { r.line = s; return r }

// with returns r with more lines.
func (r Request) with(lines ...string) Request {
	r.lines = append(slices.Clip(r.lines), lines...)
	return r
}

// without returns r without the fields of a name.
func (r Request) without(name string) Request {
	r.lines = slices.DeleteFunc(slices.Clone(r.lines), func(l string) bool {
		return strings.HasPrefix(strings.ToLower(l), strings.ToLower(name)+":")
	})
	return r
}

// set returns r with lines in place of the fields of a name.
func (r Request) set(name string, lines ...string) Request { return r.without(name).with(lines...) }

// octets returns what goes over the wire.
func (r Request) octets(run, scheme string) []byte {
	var b strings.Builder
	b.WriteString(r.line)
	b.WriteString(r.eol)
	for _, l := range r.lines {
		b.WriteString(l)
		b.WriteString(r.eol)
	}
	b.WriteString(r.eol)
	return []byte(strings.NewReplacer("{run}", run, "{scheme}", scheme).Replace(b.String()))
}
