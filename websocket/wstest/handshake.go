package wstest

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// WantRequest waits for an HTTP request and returns it, with its body read. It is
// for a peer that plays the server and looks at the opening handshake before it
// answers with [Peer.Upgrade] or [Peer.Respond].
func (p *Peer) WantRequest() *http.Request {
	p.t.Helper()
	p.nc.SetReadDeadline(time.Now().Add(p.Timeout))
	r, err := http.ReadRequest(p.br)
	if err == nil {
		r.Body, err = inMemory(r.Body)
	}
	if err != nil {
		p.fail("%s, want a request", ended(err, p.Timeout))
	}
	p.note(fmt.Sprintf("got  %s %s", r.Method, r.RequestURI))
	p.request = r
	return r
}

// Upgrade answers the opening handshake with 101, for which it waits unless
// [Peer.WantRequest] has. A request that is no opening handshake fails the test.
// Fields of header stand in place of those of the right answer, so that a test
// can give a wrong one; a field without a value takes that of the answer out. A
// sub-protocol is agreed on only if header says so.
// https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2
func (p *Peer) Upgrade(header http.Header) {
	p.t.Helper()
	if p.request == nil {
		p.WantRequest()
	}
	key := p.request.Header.Get("Sec-WebSocket-Key")
	if why := noHandshake(p.request); why != "" {
		p.fail("the request is no opening handshake: %s", why)
	}
	fields := http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Accept": {acceptKey(key)}}
	p.Respond(http.StatusSwitchingProtocols, replace(fields, header), "")
}

// Respond answers a request with any status, header and body. A Content-Length
// is added to a status that may have a body, unless header has one.
func (p *Peer) Respond(status int, header http.Header, body string) {
	p.t.Helper()
	fields := header.Clone()
	if fields == nil {
		fields = http.Header{}
	}
	if _, ok := fields["Content-Length"]; !ok && status >= 200 && status != http.StatusNoContent {
		fields.Set("Content-Length", strconv.Itoa(len(body)))
	}
	line := fmt.Sprintf("HTTP/1.1 %d %s", status, http.StatusText(status))
	p.note("sent " + line)
	p.request = nil
	p.write([]byte(head(line, fields) + body))
}

// Open sends the opening handshake for a ws URL and wants 101 as the answer, which
// it returns. Fields of header stand in place of those of the right request, or
// are added; a field without a value takes that of the request out.
// https://www.rfc-editor.org/rfc/rfc6455#section-4.1
func (p *Peer) Open(url string, header http.Header) *http.Response {
	p.t.Helper()
	r := p.request101(url, header)
	key := p.request.Header.Get("Sec-WebSocket-Key")
	if r.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(r.Body)
		p.fail("the server refused: %s: %q", r.Status, body)
	}
	if got := r.Header.Get("Sec-WebSocket-Accept"); got != acceptKey(key) {
		p.fail("the server answered with Sec-WebSocket-Accept %q, want %q", got, acceptKey(key))
	}
	return r
}

// WantRefused sends the opening handshake as [Peer.Open] does, and wants it
// refused with status. It returns the answer.
func (p *Peer) WantRefused(url string, header http.Header, status int) *http.Response {
	p.t.Helper()
	r := p.request101(url, header)
	if r.StatusCode != status {
		p.fail("the server answered %s, want %d", r.Status, status)
	}
	return r
}

// request101 sends the opening handshake and returns the answer.
func (p *Peer) request101(rawURL string, header http.Header) *http.Response {
	p.t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" {
		p.fail("%q is no URL of a server", rawURL)
	}
	fields := replace(http.Header{
		"Host": {u.Host}, "Upgrade": {"websocket"}, "Connection": {"Upgrade"},
		"Sec-Websocket-Key": {sampleKey}, "Sec-Websocket-Version": {"13"},
	}, header)
	line := fmt.Sprintf("GET %s HTTP/1.1", u.RequestURI())
	p.request = &http.Request{Method: "GET", Header: fields}
	p.note("sent " + line)
	p.write([]byte(head(line, fields)))
	return p.WantResponse()
}

// WantResponse waits for an HTTP response and returns it, with its body read. It
// is for a request that the test has sent with [Peer.SendRaw].
func (p *Peer) WantResponse() *http.Response {
	p.t.Helper()
	p.nc.SetReadDeadline(time.Now().Add(p.Timeout))
	r, err := http.ReadResponse(p.br, p.request)
	if err == nil && r.StatusCode != http.StatusSwitchingProtocols {
		r.Body, err = inMemory(r.Body)
	}
	if err != nil {
		p.fail("%s, want a response", ended(err, p.Timeout))
	}
	p.note("got  " + r.Status)
	return r
}

// sampleKey is that of the examples of the RFC: a test wants the same octets in
// every run. https://www.rfc-editor.org/rfc/rfc6455#section-1.3
const sampleKey = "dGhlIHNhbXBsZSBub25jZQ=="

// acceptKey returns the Sec-WebSocket-Accept that belongs to a key.
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// noHandshake says why r is none.
func noHandshake(r *http.Request) string {
	key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-WebSocket-Key"))
	switch {
	case r.Method != "GET":
		return "its method is " + r.Method
	case !hasToken(r.Header, "Upgrade", "websocket"):
		return fmt.Sprintf("its Upgrade is %q", r.Header["Upgrade"])
	case !hasToken(r.Header, "Connection", "upgrade"):
		return fmt.Sprintf("its Connection is %q", r.Header["Connection"])
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		return fmt.Sprintf("its Sec-WebSocket-Version is %q", r.Header["Sec-Websocket-Version"])
	case err != nil || len(key) != 16:
		return fmt.Sprintf("its Sec-WebSocket-Key is %q", r.Header["Sec-Websocket-Key"])
	}
	return ""
}

func hasToken(h http.Header, name, token string) bool {
	for _, line := range h.Values(name) {
		for t := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(t), token) {
				return true
			}
		}
	}
	return false
}

// replace returns fields with those of header in their place.
func replace(fields, header http.Header) http.Header {
	for name, values := range header {
		name = textproto.CanonicalMIMEHeaderKey(name)
		if delete(fields, name); len(values) > 0 {
			fields[name] = values
		}
	}
	return fields
}

// head returns the head of a request or response, in an order that is always the
// same.
func head(line string, fields http.Header) string {
	var b strings.Builder
	b.WriteString(line + "\r\n")
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		for _, v := range fields[name] {
			fmt.Fprintf(&b, "%s: %s\r\n", name, v)
		}
	}
	return b.String() + "\r\n"
}

// inMemory reads a body, so that what follows it can be read.
func inMemory(body io.ReadCloser) (io.ReadCloser, error) {
	defer body.Close()
	p, err := io.ReadAll(body)
	return io.NopCloser(bytes.NewReader(p)), err
}
