package protocol

import (
	"fmt"
	"strings"
)

// AppendRefusal appends the whole HTTP/1.1 response that refuses a handshake:
// the fields of e, Connection: close, and [HandshakeError.Body] as plain text.
// The connection has to be closed behind it: whatever the client sent after
// its request is neither frames nor another request. It fails, and returns
// dst as it was, if e has a status below 300, or a field that is malformed or
// changes where the body ends.
func AppendRefusal(dst []byte, e *HandshakeError) ([]byte, error) {
	if e.Status < 300 || e.Status > 599 || e.Status == 304 {
		return dst, fmt.Errorf("websocket: a handshake cannot be refused with status %d", e.Status)
	}
	body := e.Body()
	w := newHeadWriter(dst, "HTTP/1.1 ", string(appendStatus(nil, e.Status)))
	if !hasField(e.Header, "Connection", "close") {
		w.field("Connection", "close")
	}
	for _, f := range e.Header {
		if strings.EqualFold(f.Name, "Content-Length") || strings.EqualFold(f.Name, "Transfer-Encoding") {
			w.fail(fmt.Errorf("header field %s would change where the body ends", f.Name))
		}
		w.field(f.Name, f.Value)
	}
	if !hasField(e.Header, "Content-Type", "") {
		w.field("Content-Type", plainText)
	}
	w.number("Content-Length", len(body))
	head, err := w.end()
	if err != nil {
		return dst, fmt.Errorf("websocket: refusal: %w", err)
	}
	return append(head, body...), nil
}

const plainText = "text/plain; charset=utf-8"

// complete gives a refusal of ours the fields that belong to its status. Over
// HTTP/2 and HTTP/3 there are none about the connection (RFC 9113 8.2.2, RFC
// 9114 4.2).
func (e *HandshakeError) complete(http1 bool) {
	var fields []HeaderField
	if http1 {
		// A field of its own, in front of the next: net/http looks for "close"
		// nowhere else.
		fields = append(fields, HeaderField{"Connection", "close"})
	}
	if e.Status == 426 {
		// https://www.rfc-editor.org/rfc/rfc9110#section-15.5.22
		fields = append(fields, HeaderField{"Connection", "Upgrade"}, HeaderField{"Upgrade", "websocket"})
	}
	fields = append(fields, e.Header...)
	e.Header = append(fields, HeaderField{"Content-Type", plainText}, HeaderField{"X-Content-Type-Options", "nosniff"})
}

// hasField reports whether there is a field of that name, with that value
// unless value is empty.
func hasField(fields []HeaderField, name, value string) bool {
	for _, f := range fields {
		if strings.EqualFold(f.Name, name) && (value == "" || strings.EqualFold(f.Value, value)) {
			return true
		}
	}
	return false
}

// appendStatus appends a status code and, for the usual refusals, its reason
// phrase; a phrase may be empty (RFC 9112 4).
func appendStatus(dst []byte, status int) []byte {
	return fmt.Appendf(dst, "%d %s", status, statusText[status])
}

var statusText = map[int]string{
	301: "Moved Permanently", 302: "Found", 307: "Temporary Redirect", 308: "Permanent Redirect",
	400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
	408: "Request Timeout", 414: "URI Too Long", 417: "Expectation Failed", 421: "Misdirected Request",
	426: "Upgrade Required", 429: "Too Many Requests", 431: "Request Header Fields Too Large",
	500: "Internal Server Error", 501: "Not Implemented", 503: "Service Unavailable",
	505: "HTTP Version Not Supported",
}
