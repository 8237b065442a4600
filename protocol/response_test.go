package protocol

import (
	"strings"
	"testing"
)

func TestResponse(t *testing.T) {
	r := Response{
		Status: 101, Accept: sampleAccept, Subprotocol: "chat",
		Extensions: []Extension{ext("a", "b=1")},
		Header:     []HeaderField{{"Set-Cookie", "a=b"}, {"X", "\u00e4\t"}},
	}
	got, err := r.AppendHTTP1([]byte("before"))
	const want = "before" +
		"HTTP/1.1 101 Switching Protocols\r\n" +
		"Upgrade: websocket\r\n" +
		"Connection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + sampleAccept + "\r\n" +
		"Sec-WebSocket-Protocol: chat\r\n" +
		"Sec-WebSocket-Extensions: a; b=1\r\n" +
		"Set-Cookie: a=b\r\n" +
		"X: \u00e4\t\r\n" +
		"\r\n"
	if err != nil || string(got) != want {
		t.Errorf("got %q, %v", got, err)
	}
}

// What an application sets cannot end a line or stand in for a field of the
// handshake: nothing is written at all.
func TestResponseInjection(t *testing.T) {
	for name, change := range map[string]func(*Response){
		"accept":           func(r *Response) { r.Accept = "a\r\nX: y" },
		"status":           func(r *Response) { r.Status = 200 },
		"subprotocol":      func(r *Response) { r.Subprotocol = "a\r\nX: y" },
		"two subprotocols": func(r *Response) { r.Subprotocol = "a, b" },
		"extension":        func(r *Response) { r.Extensions = []Extension{ext("a\r\nX: y")} },
		"parameter":        func(r *Response) { r.Extensions = []Extension{ext("a", "b=c\r\nX: y")} },
		"name":             func(r *Response) { r.Header = []HeaderField{{"A\r\nX", "y"}} },
		"empty name":       func(r *Response) { r.Header = []HeaderField{{"", "y"}} },
		"value":            func(r *Response) { r.Header = []HeaderField{{"A", "b\r\nX: y"}} },
		"end of head":      func(r *Response) { r.Header = []HeaderField{{"A", "\r\n\r\n\x81\x00"}} },
		"LF":               func(r *Response) { r.Header = []HeaderField{{"A", "b\nX: y"}} },
		"CR":               func(r *Response) { r.Header = []HeaderField{{"A", "b\rX: y"}} },
		"accept again":     func(r *Response) { r.Header = []HeaderField{{"sec-websocket-accept", "x"}} },
		"connection":       func(r *Response) { r.Header = []HeaderField{{"connection", "close"}} },
		"length":           func(r *Response) { r.Header = []HeaderField{{"Content-Length", "5"}} },
		"encoding":         func(r *Response) { r.Header = []HeaderField{{"Transfer-Encoding", "chunked"}} },
	} {
		r := Response{Status: 101, Accept: sampleAccept}
		change(&r)
		got, err := r.AppendHTTP1([]byte("before"))
		if e, ok := err.(*HandshakeError); !ok || e.Status != 500 || e.Fault != FaultServer || string(got) != "before" {
			t.Errorf("%s: got %q, %v", name, got, err)
			continue
		}
		checkRefusal(t, name, err.(*HandshakeError))
		if strings.Count(err.Error(), "websocket: ") != 1 {
			t.Errorf("%s: %v", name, err)
		}
		if name == "accept" || name == "status" { // not part of the other form
			continue
		}
		r.Status = 200
		fields, err := r.Fields()
		if e, ok := err.(*HandshakeError); !ok || e.Status != 500 || fields != nil || hasField(e.Header, "Connection", "") {
			t.Errorf("%s: extended CONNECT: got %v, %v", name, fields, err)
		}
	}
}
