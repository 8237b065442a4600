package protocol

import (
	"strings"
	"testing"
)

func TestAppendRefusal(t *testing.T) {
	var h ServerHandshake
	_, err := h.Check(browser(func(r *Request) { r.Upgrade = nil }))
	got, err := AppendRefusal([]byte("before"), err.(*HandshakeError))
	const body = "this is a WebSocket endpoint: connect with a WebSocket client (Upgrade: websocket) (RFC 6455 4.2.1)\n"
	const want = "before" +
		"HTTP/1.1 426 Upgrade Required\r\n" +
		"Connection: close\r\n" +
		"Connection: Upgrade\r\n" +
		"Upgrade: websocket\r\n" +
		"Content-Type: text/plain; charset=utf-8\r\n" +
		"X-Content-Type-Options: nosniff\r\n" +
		"Content-Length: 100\r\n" +
		"\r\n" + body
	if err != nil || string(got) != want {
		t.Errorf("got %q, %v", got, err)
	}
}

// An application refuses for reasons of its own.
func TestAppendRefusalOfApplication(t *testing.T) {
	got, err := AppendRefusal(nil, &HandshakeError{Status: 401, Reason: "log in first", Header: []HeaderField{{"WWW-Authenticate", "Bearer"}}})
	const want = "HTTP/1.1 401 Unauthorized\r\n" +
		"Connection: close\r\n" +
		"WWW-Authenticate: Bearer\r\n" +
		"Content-Type: text/plain; charset=utf-8\r\n" +
		"Content-Length: 13\r\n" +
		"\r\n" +
		"log in first\n"
	if err != nil || string(got) != want {
		t.Errorf("got %q, %v", got, err)
	}
	got, err = AppendRefusal(nil, &HandshakeError{Status: 599, Header: []HeaderField{{"connection", "Close"}, {"content-type", "text/html"}}})
	const own = "HTTP/1.1 599 \r\nconnection: Close\r\ncontent-type: text/html\r\nContent-Length: 1\r\n\r\n\n"
	if err != nil || string(got) != own {
		t.Errorf("got %q, %v", got, err)
	}
	readResponse(t, own)
}

func TestAppendRefusalInvalid(t *testing.T) {
	for _, e := range []*HandshakeError{
		{}, {Status: 101}, {Status: 200}, {Status: 204}, {Status: 299}, {Status: 304}, {Status: 600}, {Status: -1},
		{Status: 401, Header: []HeaderField{{"A", "b\r\nX: y"}}},
		{Status: 401, Header: []HeaderField{{"A\r\n", "b"}}},
		{Status: 401, Header: []HeaderField{{"content-length", "0"}}},
		{Status: 401, Header: []HeaderField{{"Transfer-Encoding", "chunked"}}},
	} {
		got, err := AppendRefusal([]byte("before"), e)
		if err == nil || string(got) != "before" || !strings.HasPrefix(err.Error(), "websocket: ") {
			t.Errorf("%+v: got %q, %v", e, got, err)
		}
	}
}

// The server's own faults are told to the application and not to the client.
func TestRefusalKeepsServerFaults(t *testing.T) {
	h := ServerHandshake{SelectSubprotocol: func([]string) string { return "secret" }}
	_, err := h.Check(browser(nil))
	e := err.(*HandshakeError)
	if !strings.Contains(e.Error(), "secret") || strings.Contains(e.Body(), "secret") || e.Body() == "" {
		t.Errorf("got %q, %q", e, e.Body())
	}
}
