package protocol

import (
	"bufio"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
)

// client is a handshake with everything in it; change what matters.
func client(change func(*ClientHandshake)) *ClientHandshake {
	h := &ClientHandshake{
		Host: "example.com", Target: "/chat?room=1", Key: sampleKey,
		Origin:       "https://example.com",
		Subprotocols: []string{"chat", "superchat"},
		Extensions:   []Extension{ext("permessage-deflate", "client_max_window_bits"), ext("x", "y=1")},
		Header:       []HeaderField{{"Cookie", "a=b"}, {"Authorization", "Bearer x"}},
	}
	if change != nil {
		change(h)
	}
	return h
}

func TestClientRequest(t *testing.T) {
	head, err := client(nil).AppendHTTP1([]byte("before"))
	const want = "before" +
		"GET /chat?room=1 HTTP/1.1\r\n" +
		"Host: example.com\r\n" +
		"Upgrade: websocket\r\n" +
		"Connection: Upgrade\r\n" +
		"Sec-WebSocket-Key: " + sampleKey + "\r\n" +
		"Sec-WebSocket-Version: 13\r\n" +
		"Origin: https://example.com\r\n" +
		"Sec-WebSocket-Protocol: chat, superchat\r\n" +
		"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x; y=1\r\n" +
		"Cookie: a=b\r\n" +
		"Authorization: Bearer x\r\n" +
		"\r\n"
	if err != nil || string(head) != want {
		t.Errorf("got %q, %v", head, err)
	}

	bare := ClientHandshake{Host: "[::1]:8080", Target: "/", Key: sampleKey}
	head, err = bare.AppendHTTP1(nil)
	if err != nil || strings.Count(string(head), "\r\n") != 7 || !strings.HasPrefix(string(head), "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n") {
		t.Errorf("got %q, %v", head, err)
	}
}

func TestClientExtendedConnect(t *testing.T) {
	got, err := client(func(h *ClientHandshake) { h.Key = "" }).ExtendedConnect(true)
	want := []HeaderField{
		{":method", "CONNECT"}, {":protocol", "websocket"}, {":scheme", "https"}, {":path", "/chat?room=1"}, {":authority", "example.com"},
		{"sec-websocket-version", "13"},
		{"origin", "https://example.com"},
		{"sec-websocket-protocol", "chat, superchat"},
		{"sec-websocket-extensions", "permessage-deflate; client_max_window_bits, x; y=1"},
		{"cookie", "a=b"}, {"authorization", "Bearer x"},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
	bare := ClientHandshake{Host: "localhost", Target: "/"}
	got, err = bare.ExtendedConnect(false)
	if err != nil || len(got) != 6 || got[2] != (HeaderField{":scheme", "http"}) {
		t.Errorf("got %q, %v", got, err)
	}
}

// Nothing that an application sets can end a line, stand in for a field of the
// handshake, or be sent half.
var badClients = map[string]func(*ClientHandshake){
	"no host":                    func(h *ClientHandshake) { h.Host = "" },
	"host with CRLF":             func(h *ClientHandshake) { h.Host = "a\r\nX: y" },
	"host with path":             func(h *ClientHandshake) { h.Host = "a/b" },
	"host with user":             func(h *ClientHandshake) { h.Host = "u@a" },
	"host beyond ASCII":          func(h *ClientHandshake) { h.Host = "m\u00fcnchen.example" },
	"no target":                  func(h *ClientHandshake) { h.Target = "" },
	"target with space":          func(h *ClientHandshake) { h.Target = "/ HTTP/1.1" },
	"target with CRLF":           func(h *ClientHandshake) { h.Target = "/\r\nX: y" },
	"target with LF":             func(h *ClientHandshake) { h.Target = "/\n" },
	"target with NUL":            func(h *ClientHandshake) { h.Target = "/\x00" },
	"target with fragment":       func(h *ClientHandshake) { h.Target = "/#a" },
	"target beyond ASCII":        func(h *ClientHandshake) { h.Target = "/\u00e4" },
	"target with a bare %":       func(h *ClientHandshake) { h.Target = "/%" },
	"target with half an escape": func(h *ClientHandshake) { h.Target = "/?%2" },
	"target with no escape":      func(h *ClientHandshake) { h.Target = "/%2g" },
	"target without slash":       func(h *ClientHandshake) { h.Target = "chat" },
	"absolute target":            func(h *ClientHandshake) { h.Target = "http://evil.example/" },
	"target *":                   func(h *ClientHandshake) { h.Target = "*" },
	"origin with path":           func(h *ClientHandshake) { h.Origin = "https://a/b" },
	"origin with CRLF":           func(h *ClientHandshake) { h.Origin = "https://a\r\nX: y" },
	"origin without scheme":      func(h *ClientHandshake) { h.Origin = "a" },
	"subprotocol with CRLF":      func(h *ClientHandshake) { h.Subprotocols = []string{"a\r\nX: y"} },
	"subprotocol with comma":     func(h *ClientHandshake) { h.Subprotocols = []string{"a,b"} },
	"subprotocol, empty":         func(h *ClientHandshake) { h.Subprotocols = []string{""} },
	"subprotocol twice":          func(h *ClientHandshake) { h.Subprotocols = []string{"a", "b", "a"} },
	"extension with CRLF":        func(h *ClientHandshake) { h.Extensions = []Extension{ext("a\r\nX: y")} },
	"parameter with CRLF":        func(h *ClientHandshake) { h.Extensions = []Extension{ext("a", "b\r\nX: y")} },
	"parameter value with CRLF":  func(h *ClientHandshake) { h.Extensions = []Extension{ext("a", "b=c\r\nX: y")} },
	"header name with CRLF":      func(h *ClientHandshake) { h.Header = []HeaderField{{"A\r\nX", "y"}} },
	"header name with colon":     func(h *ClientHandshake) { h.Header = []HeaderField{{"A:", "y"}} },
	"header name, empty":         func(h *ClientHandshake) { h.Header = []HeaderField{{"", "y"}} },
	"pseudo-header":              func(h *ClientHandshake) { h.Header = []HeaderField{{":path", "/"}} },
	"header value with CRLF":     func(h *ClientHandshake) { h.Header = []HeaderField{{"A", "b\r\nX: y"}} },
	"header value with LF":       func(h *ClientHandshake) { h.Header = []HeaderField{{"A", "b\n"}} },
	"header value with CR":       func(h *ClientHandshake) { h.Header = []HeaderField{{"A", "b\rc"}} },
	"header value with NUL":      func(h *ClientHandshake) { h.Header = []HeaderField{{"A", "\x00"}} },
	"header value with DEL":      func(h *ClientHandshake) { h.Header = []HeaderField{{"A", "\x7f"}} },
}

func TestClientRequestInjection(t *testing.T) {
	for _, name := range []string{
		"Host", "Upgrade", "Connection", "CONNECTION", "Sec-WebSocket-Key", "Sec-Websocket-Version", "sec-websocket-protocol",
		"Sec-WebSocket-Extensions", "Sec-WebSocket-Anything", "Origin", "Content-Length", "Transfer-Encoding", "transfer-encoding",
		"TE", "Trailer", "Keep-Alive", "Proxy-Connection", "Expect",
	} {
		badClients["field "+name] = func(h *ClientHandshake) { h.Header = []HeaderField{{name, "x"}} }
	}
	for name, change := range badClients {
		h := client(change)
		got, err := h.AppendHTTP1([]byte("before"))
		if err == nil || string(got) != "before" || !strings.HasPrefix(err.Error(), "websocket: ") || strings.ContainsAny(err.Error(), "\r\n\x00") {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
		if fields, err := h.ExtendedConnect(true); err == nil || fields != nil {
			t.Errorf("%s: extended CONNECT: got %q, %v", name, fields, err)
		}
	}
	for _, key := range []string{"", "x", sampleKey + "\r\nX: y", " " + sampleKey} {
		got, err := client(func(h *ClientHandshake) { h.Key = key }).AppendHTTP1(nil)
		if err == nil || got != nil {
			t.Errorf("key %q: got %q, %v", key, got, err)
		}
	}
}

// reply is a server's good answer; change what matters.
func reply(change func(*HandshakeResponse)) *HandshakeResponse {
	r := &HandshakeResponse{
		ProtoMajor: 1, ProtoMinor: 1, Status: 101,
		Upgrade:     []string{"websocket"},
		Connection:  []string{"Upgrade"},
		Accept:      []string{sampleAccept},
		Subprotocol: []string{"chat"},
		Extensions:  []string{"permessage-deflate; server_no_context_takeover"},
	}
	if change != nil {
		change(r)
	}
	return r
}

var clientTests = []struct {
	name   string
	change func(*HandshakeResponse)
	fault  HandshakeFault // "" if it is accepted, "refused" for a RefusedError
}{
	{"all", func(r *HandshakeResponse) {}, ""},
	{"nothing chosen", func(r *HandshakeResponse) { r.Subprotocol, r.Extensions = nil, nil }, ""},
	{"HTTP/1.0", func(r *HandshakeResponse) { r.ProtoMinor = 0 }, FaultHTTPVersion},
	{"HTTP/2.0", func(r *HandshakeResponse) { r.ProtoMajor, r.ProtoMinor = 2, 0 }, FaultHTTPVersion},
	{"HTTP/1.2", func(r *HandshakeResponse) { r.ProtoMinor = 2 }, ""},

	{"200", func(r *HandshakeResponse) { r.Status = 200 }, "refused"},
	{"204", func(r *HandshakeResponse) { r.Status = 204 }, "refused"},
	{"100", func(r *HandshakeResponse) { r.Status = 100 }, "refused"},
	{"103", func(r *HandshakeResponse) { r.Status = 103 }, "refused"},
	{"302", func(r *HandshakeResponse) { r.Status = 302 }, "refused"},
	{"401", func(r *HandshakeResponse) { r.Status = 401 }, "refused"},
	{"407", func(r *HandshakeResponse) { r.Status = 407 }, "refused"},
	{"500", func(r *HandshakeResponse) { r.Status = 500 }, "refused"},
	{"0", func(r *HandshakeResponse) { r.Status = 0 }, "refused"},

	{"no Upgrade", func(r *HandshakeResponse) { r.Upgrade = nil }, FaultUpgrade},
	{"Upgrade: WebSocket", func(r *HandshakeResponse) { r.Upgrade = []string{"WebSocket"} }, ""},
	{"Upgrade: h2c", func(r *HandshakeResponse) { r.Upgrade = []string{"h2c"} }, FaultUpgrade},
	{"Upgrade: websocket, h2c", func(r *HandshakeResponse) { r.Upgrade = []string{"websocket, h2c"} }, FaultUpgrade},
	{"Upgrade twice", func(r *HandshakeResponse) { r.Upgrade = []string{"websocket", "websocket"} }, FaultUpgrade},
	{"Upgrade: websocket/13", func(r *HandshakeResponse) { r.Upgrade = []string{"websocket/13"} }, FaultUpgrade},
	{"Upgrade: websocket;", func(r *HandshakeResponse) { r.Upgrade = []string{"websocket;"} }, FaultUpgrade},

	{"no Connection", func(r *HandshakeResponse) { r.Connection = nil }, FaultConnection},
	{"Connection: keep-alive", func(r *HandshakeResponse) { r.Connection = []string{"keep-alive"} }, FaultConnection},
	{"Connection: Upgrade;", func(r *HandshakeResponse) { r.Connection = []string{"Upgrade;"} }, FaultConnection},
	{"Connection: keep-alive, upgrade", func(r *HandshakeResponse) { r.Connection = []string{"keep-alive, upgrade"} }, ""},
	{"Connection: Upgrade, close", func(r *HandshakeResponse) { r.Connection = []string{"Upgrade, close"} }, ""},

	{"no accept", func(r *HandshakeResponse) { r.Accept = nil }, FaultAccept},
	{"two accepts", func(r *HandshakeResponse) { r.Accept = []string{sampleAccept, sampleAccept} }, FaultAccept},
	{"two accepts in a list", func(r *HandshakeResponse) { r.Accept = []string{sampleAccept + ", " + sampleAccept} }, FaultAccept},
	{"empty accept", func(r *HandshakeResponse) { r.Accept = []string{""} }, FaultAccept},
	{"accept in lower case", func(r *HandshakeResponse) { r.Accept = []string{strings.ToLower(sampleAccept)} }, FaultAccept},
	{"accept of another key", func(r *HandshakeResponse) { r.Accept = []string{AcceptKey(NewKey())} }, FaultAccept},
	{"the key itself", func(r *HandshakeResponse) { r.Accept = []string{sampleKey} }, FaultAccept},
	{"accept without padding", func(r *HandshakeResponse) { r.Accept = []string{strings.TrimRight(sampleAccept, "=")} }, FaultAccept},
	{"accept with spaces around", func(r *HandshakeResponse) { r.Accept = []string{" " + sampleAccept + "\t"} }, ""},

	{"other subprotocol", func(r *HandshakeResponse) { r.Subprotocol = []string{"other"} }, FaultSubprotocol},
	{"subprotocol in other case", func(r *HandshakeResponse) { r.Subprotocol = []string{"Chat"} }, FaultSubprotocol},
	{"empty subprotocol", func(r *HandshakeResponse) { r.Subprotocol = []string{""} }, FaultSubprotocol},
	{"all subprotocols", func(r *HandshakeResponse) { r.Subprotocol = []string{"chat, superchat"} }, FaultSubprotocol},
	{"two subprotocols", func(r *HandshakeResponse) { r.Subprotocol = []string{"chat", "superchat"} }, FaultSubprotocol},
	{"one subprotocol twice", func(r *HandshakeResponse) { r.Subprotocol = []string{"chat", "chat"} }, FaultSubprotocol},
	{"second subprotocol", func(r *HandshakeResponse) { r.Subprotocol = []string{" superchat"} }, ""},

	{"other extension", func(r *HandshakeResponse) { r.Extensions = []string{"other"} }, FaultExtension},
	{"other extension behind", func(r *HandshakeResponse) { r.Extensions = []string{"x, other"} }, FaultExtension},
	{"extension twice", func(r *HandshakeResponse) { r.Extensions = []string{"x", "x"} }, FaultExtension},
	{"more than offered", func(r *HandshakeResponse) { r.Extensions = []string{"x, permessage-deflate, y"} }, FaultExtension},
	{"1,000 extensions", func(r *HandshakeResponse) { r.Extensions = []string{strings.Repeat("x,", 1000)} }, FaultExtension},
	{"empty extension field", func(r *HandshakeResponse) { r.Extensions = []string{""} }, FaultExtension},
	{"malformed extension", func(r *HandshakeResponse) { r.Extensions = []string{"x; y=;"} }, FaultExtension},
	{"both extensions", func(r *HandshakeResponse) { r.Extensions = []string{"x", "permessage-deflate"} }, ""},
}

func TestClientHandshake(t *testing.T) {
	for _, test := range clientTests {
		r := reply(test.change)
		result, err := client(nil).Check(r)
		if got := clientFault(t, err); got != test.fault {
			t.Errorf("%s: got %v, want fault %q", test.name, err, test.fault)
		}
		if err != nil && !reflect.DeepEqual(result, HandshakeResult{}) {
			t.Errorf("%s: a result beside an error: %+v", test.name, result)
		}
		if e, ok := errors.AsType[*HandshakeError](err); ok && (e.Status != r.Status || e.Section == "") {
			t.Errorf("%s: got %+v", test.name, e)
		}
		if e, ok := errors.AsType[*RefusedError](err); ok && (e.Status != r.Status || !strings.Contains(err.Error(), fmt.Sprint(r.Status))) {
			t.Errorf("%s: got %+v", test.name, e)
		}
	}
	result, _ := client(nil).Check(reply(nil))
	want := HandshakeResult{Subprotocol: "chat", Extensions: []Extension{ext("permessage-deflate", "server_no_context_takeover")}}
	if !reflect.DeepEqual(result, want) {
		t.Errorf("got %+v", result)
	}
}

func clientFault(t *testing.T, err error) HandshakeFault {
	t.Helper()
	if err == nil {
		return ""
	}
	if _, ok := errors.AsType[*RefusedError](err); ok {
		return "refused"
	}
	e, ok := errors.AsType[*HandshakeError](err)
	if !ok {
		t.Fatalf("got %#v", err)
	}
	return e.Fault
}

// A client that offered nothing takes nothing.
func TestClientOfferedNothing(t *testing.T) {
	h := ClientHandshake{Key: sampleKey}
	for _, change := range []func(*HandshakeResponse){
		func(r *HandshakeResponse) { r.Subprotocol = nil },
		func(r *HandshakeResponse) { r.Extensions = nil },
	} {
		if _, err := h.Check(reply(change)); err == nil {
			t.Error("something that was not offered passes")
		}
	}
}

func TestClientExtendedResponse(t *testing.T) {
	for status, ok := range map[int]bool{200: true, 201: true, 101: false, 199: false, 300: false, 403: false, 501: false} {
		_, err := client(nil).Check(&HandshakeResponse{ProtoMajor: 2, Status: status, Extended: true, Subprotocol: []string{"chat"}})
		if (err == nil) != ok || !ok && clientFault(t, err) != "refused" {
			t.Errorf("status %d: got %v", status, err)
		}
	}
	_, err := client(nil).Check(&HandshakeResponse{ProtoMajor: 2, Status: 200, Extended: true, Subprotocol: []string{"x"}})
	if clientFault(t, err) != FaultSubprotocol {
		t.Errorf("got %v", err)
	}
}

// meet lets a client's request and a server's answer pass through the parsers
// of package net/http.
func meet(t *testing.T, h *ClientHandshake, server *ServerHandshake) (Response, HandshakeResult, error) {
	t.Helper()
	head, err := h.AppendHTTP1(nil)
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(strings.NewReader(string(head) + "behind"))
	got, err := http.ReadRequest(in)
	if err != nil {
		t.Fatalf("%q: %v", head, err)
	}
	if rest, _ := in.Peek(7); string(rest) != "behind" {
		t.Fatalf("%q: %q follows", head, rest)
	}
	r := RequestFromHeader(got.Header)
	r.Method, r.ProtoMajor, r.ProtoMinor, r.Host, r.Secure = got.Method, got.ProtoMajor, got.ProtoMinor, got.Host, true
	r.TransferEncoding = got.TransferEncoding
	response, err := server.Check(&r)
	if err != nil {
		t.Fatalf("%q: %v", head, err)
	}
	answer := checkAcceptance(t, "answer", &response)
	a := ResponseFromHeader(answer.Header)
	a.ProtoMajor, a.ProtoMinor, a.Status = answer.ProtoMajor, answer.ProtoMinor, answer.StatusCode
	result, err := h.Check(&a)
	return response, result, err
}

func TestClientMeetsServer(t *testing.T) {
	server := ServerHandshake{
		Subprotocols: []string{"superchat"},
		Extensions: func([]Extension) []Extension {
			return []Extension{ext("permessage-deflate", "client_max_window_bits=10")}
		},
		Header: []HeaderField{{"Server", "x"}, {"Set-Cookie", "a=b"}},
	}
	response, result, err := meet(t, client(nil), &server)
	if err != nil || result.Subprotocol != "superchat" || !reflect.DeepEqual(result.Extensions, response.Extensions) || len(result.Extensions) != 1 {
		t.Errorf("got %+v, %v", result, err)
	}
	_, result, err = meet(t, &ClientHandshake{Host: "localhost:1", Target: "//%20?", Key: NewKey()}, &server)
	if err != nil || !reflect.DeepEqual(result, HandshakeResult{}) {
		t.Errorf("got %+v, %v", result, err)
	}
}

// Over HTTP/2 fields pass through as a header of package net/http, pseudo-header
// field included.
func TestClientMeetsServerExtended(t *testing.T) {
	h := client(nil)
	fields, err := h.ExtendedConnect(true)
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{}
	for _, f := range fields {
		if f.Name == ":protocol" {
			header[f.Name] = []string{f.Value}
		} else {
			header.Add(f.Name, f.Value)
		}
	}
	r := RequestFromHeader(header)
	r.Method, r.ProtoMajor, r.Host, r.Secure = "CONNECT", 2, h.Host, true
	response, err := (&ServerHandshake{Subprotocols: []string{"chat"}}).Check(&r)
	if err != nil {
		t.Fatal(err)
	}
	fields, err = response.Fields()
	if err != nil {
		t.Fatal(err)
	}
	header = http.Header{}
	for _, f := range fields {
		header.Add(f.Name, f.Value)
	}
	a := ResponseFromHeader(header)
	a.ProtoMajor, a.Status, a.Extended = 2, response.Status, true
	if result, err := h.Check(&a); err != nil || result.Subprotocol != "chat" {
		t.Errorf("got %+v, %v", result, err)
	}
}

func TestRequestFromHeader(t *testing.T) {
	header := http.Header{}
	for _, name := range []string{
		"Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol",
		"Sec-WebSocket-Extensions", "Origin", "Content-Length", "Transfer-Encoding",
	} {
		header.Add(name, name+" 1")
		header.Add(name, name+" 2")
	}
	r := RequestFromHeader(header)
	for name, got := range map[string][]string{
		"Upgrade": r.Upgrade, "Connection": r.Connection, "Sec-WebSocket-Key": r.Key, "Sec-WebSocket-Version": r.Version,
		"Sec-WebSocket-Protocol": r.Subprotocols, "Sec-WebSocket-Extensions": r.Extensions, "Origin": r.Origin,
		"Content-Length": r.ContentLength, "Transfer-Encoding": r.TransferEncoding,
	} {
		if !slices.Equal(got, []string{name + " 1", name + " 2"}) {
			t.Errorf("%s: got %q", name, got)
		}
	}
	if r.Extended != "" || RequestFromHeader(http.Header{":protocol": {"websocket"}}).Extended != "websocket" {
		t.Error("the pseudo-header field :protocol is not read")
	}
	if !reflect.DeepEqual(RequestFromHeader(nil), Request{}) {
		t.Error("a header of nil is not empty")
	}
}

func TestClientHandshakeAllocs(t *testing.T) {
	testenv.NoRace(t)
	h, r := client(nil), reply(func(r *HandshakeResponse) { r.Extensions = nil })
	room := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() { h.AppendHTTP1(room) }); n != 0 {
		t.Errorf("%v allocations to write the request", n)
	}
	if n := testing.AllocsPerRun(100, func() { h.Check(r) }); n > 1 { // AcceptKey
		t.Errorf("%v allocations to check the response", n)
	}
}

// checkClient demands of any response: no panic, a documented error, and no
// more than was offered.
func checkClient(t *testing.T, r *HandshakeResponse) {
	t.Helper()
	h := client(nil)
	result, err := h.Check(r)
	if err != nil {
		clientFault(t, err)
		if text := err.Error(); len(text) > 1024 || strings.ContainsAny(text, "\r\n\x00\x1b") {
			t.Fatalf("%+v: %q", r, text)
		}
		return
	}
	if !r.Extended && (r.Status != 101 || len(r.Accept) != 1 || trimBlanks(r.Accept[0]) != sampleAccept) {
		t.Fatalf("%+v passes", r)
	}
	if result.Subprotocol != "" && !slices.Contains(h.Subprotocols, result.Subprotocol) {
		t.Fatalf("%+v: subprotocol %q", r, result.Subprotocol)
	}
	if len(result.Extensions) > len(h.Extensions) || checkAccepted(result.Extensions, h.Extensions) != "" {
		t.Fatalf("%+v: extensions %v", r, result.Extensions)
	}
}

func TestClientHandshakePrefixesAndSplits(t *testing.T) {
	fields := []func(*HandshakeResponse) *[]string{
		func(r *HandshakeResponse) *[]string { return &r.Upgrade },
		func(r *HandshakeResponse) *[]string { return &r.Connection },
		func(r *HandshakeResponse) *[]string { return &r.Accept },
		func(r *HandshakeResponse) *[]string { return &r.Subprotocol },
		func(r *HandshakeResponse) *[]string { return &r.Extensions },
	}
	for _, test := range clientTests {
		for _, field := range fields {
			for i, value := range *field(reply(test.change)) {
				eachCut(value, func(values []string) {
					r := reply(test.change)
					*field(r) = slices.Concat((*field(r))[:i], values, (*field(r))[i+1:])
					checkClient(t, r)
				})
			}
		}
	}
}

func FuzzClientHandshake(f *testing.F) {
	join := func(values []string) string { return strings.Join(values, "\n") }
	for _, test := range clientTests {
		r := reply(test.change)
		f.Add(r.ProtoMajor, r.ProtoMinor, r.Status, r.Extended, join(r.Upgrade), join(r.Connection), join(r.Accept), join(r.Subprotocol), join(r.Extensions))
	}
	f.Add(2, 0, 200, true, "", "", "", "chat", "x")
	f.Fuzz(func(t *testing.T, major, minor, status int, extended bool, upgrade, connection, accept, subprotocol, extensions string) {
		list := func(s string) []string {
			if s == "" {
				return nil
			}
			return strings.Split(s, "\n")
		}
		checkClient(t, &HandshakeResponse{
			ProtoMajor: major, ProtoMinor: minor, Status: status, Extended: extended,
			Upgrade: list(upgrade), Connection: list(connection), Accept: list(accept),
			Subprotocol: list(subprotocol), Extensions: list(extensions),
		})
	})
}

// FuzzClientRequest demands that what a client writes is one request, which
// package net/http and our server read as what was meant.
func FuzzClientRequest(f *testing.F) {
	add := func(h *ClientHandshake) {
		value, _ := AppendExtensions(nil, h.Extensions)
		name, content := "", ""
		if len(h.Header) > 0 {
			name, content = h.Header[0].Name, h.Header[0].Value
		}
		f.Add(h.Host, h.Target, h.Origin, strings.Join(h.Subprotocols, "\n"), string(value), name, content)
	}
	add(client(nil))
	for _, change := range badClients {
		add(client(change))
	}
	f.Fuzz(func(t *testing.T, host, target, origin, subprotocols, extensions, name, value string) {
		h := &ClientHandshake{Host: host, Target: target, Key: sampleKey, Origin: origin, Header: []HeaderField{{name, value}}}
		if subprotocols != "" {
			h.Subprotocols = strings.Split(subprotocols, "\n")
		}
		if len(h.Subprotocols) > MaxSubprotocols {
			return
		}
		h.Extensions, _ = ParseExtensions([]string{extensions}, MaxExtensionOffers)
		if _, err := h.AppendHTTP1(nil); err != nil {
			return
		}
		server := ServerHandshake{
			Origin:     OriginPolicy{Patterns: []string{"*"}},
			Extensions: func(offers []Extension) []Extension { return offers[:1] },
		}
		if len(h.Subprotocols) > 0 {
			server.Subprotocols = h.Subprotocols[:1]
		}
		_, result, err := meet(t, h, &server)
		if err != nil || len(h.Subprotocols) > 0 && result.Subprotocol != h.Subprotocols[0] || len(h.Extensions) > 0 && !reflect.DeepEqual(result.Extensions, h.Extensions[:1]) {
			t.Fatalf("%+v: got %+v, %v", h, result, err)
		}
	})
}
