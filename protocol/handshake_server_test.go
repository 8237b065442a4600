package protocol

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
)

// browser is the request of a browser; change what matters.
func browser(change func(*Request)) *Request {
	r := &Request{
		Method: "GET", ProtoMajor: 1, ProtoMinor: 1,
		Secure:       true,
		Host:         "example.com",
		Upgrade:      []string{"websocket"},
		Connection:   []string{"keep-alive, Upgrade"},
		Key:          []string{sampleKey},
		Version:      []string{"13"},
		Subprotocols: []string{"chat, superchat"},
		Extensions:   []string{"permessage-deflate; client_max_window_bits"},
		Origin:       []string{"https://example.com"},
	}
	if change != nil {
		change(r)
	}
	return r
}

// extended is the same over HTTP/2.
func extended(change func(*Request)) *Request {
	return browser(func(r *Request) {
		r.Method, r.ProtoMajor, r.ProtoMinor, r.Extended = "CONNECT", 2, 0, "websocket"
		r.Upgrade, r.Connection, r.Key = nil, nil, nil
		if change != nil {
			change(r)
		}
	})
}

var serverTests = []struct {
	name   string
	change func(*Request)
	status int // 101 if it is accepted
	fault  HandshakeFault
}{
	{"browser", func(r *Request) {}, 101, ""},
	{"no browser", func(r *Request) { r.Origin, r.Subprotocols, r.Extensions = nil, nil, nil }, 101, ""},

	{"POST", func(r *Request) { r.Method = "POST" }, 405, FaultMethod},
	{"HEAD", func(r *Request) { r.Method = "HEAD" }, 405, FaultMethod},
	{"PUT", func(r *Request) { r.Method = "PUT" }, 405, FaultMethod},
	{"CONNECT", func(r *Request) { r.Method = "CONNECT" }, 405, FaultMethod},
	{"get", func(r *Request) { r.Method = "get" }, 405, FaultMethod}, // methods are case-sensitive
	{"no method", func(r *Request) { r.Method = "" }, 405, FaultMethod},

	{"HTTP/1.0", func(r *Request) { r.ProtoMinor = 0 }, 400, FaultHTTPVersion},
	{"HTTP/0.9", func(r *Request) { r.ProtoMajor, r.ProtoMinor = 0, 9 }, 400, FaultHTTPVersion},
	{"HTTP/1.2", func(r *Request) { r.ProtoMinor = 2 }, 101, ""},
	{"HTTP/2.0", func(r *Request) { r.ProtoMajor, r.ProtoMinor = 2, 0 }, 505, FaultHTTPVersion},
	{"HTTP/3.0", func(r *Request) { r.ProtoMajor, r.ProtoMinor = 3, 0 }, 505, FaultHTTPVersion},
	{"PRI * HTTP/2.0", func(r *Request) { r.Method, r.ProtoMajor, r.ProtoMinor = "PRI", 2, 0 }, 505, FaultHTTPVersion},
	{"PRI * HTTP/1.1", func(r *Request) { r.Method = "PRI" }, 505, FaultHTTPVersion},

	{"no Host", func(r *Request) { r.Host = "" }, 400, FaultHost},
	{"Host: a b/c", func(r *Request) { r.Host = "a b/c" }, 400, FaultHost},
	{"Host: user@a", func(r *Request) { r.Host = "user@a" }, 400, FaultHost},
	{"Host: a:b", func(r *Request) { r.Host = "a:b" }, 400, FaultHost},
	{"Host: a, b", func(r *Request) { r.Host = "a, b" }, 400, FaultHost},
	{"long Host", func(r *Request) { r.Host = strings.Repeat("a", 1<<20) }, 400, FaultHost},
	{"Host with port", func(r *Request) { r.Host = "example.com:443" }, 101, ""},

	{"Content-Length: 5", func(r *Request) { r.ContentLength = []string{"5"} }, 400, FaultBody},
	{"Content-Length: 0", func(r *Request) { r.ContentLength = []string{"0"} }, 101, ""},
	{"Content-Length:  0 ", func(r *Request) { r.ContentLength = []string{" 0 "} }, 101, ""},
	{"Content-Length: 00", func(r *Request) { r.ContentLength = []string{"00"} }, 400, FaultBody},
	{"Content-Length: -0", func(r *Request) { r.ContentLength = []string{"-0"} }, 400, FaultBody},
	{"Content-Length: ", func(r *Request) { r.ContentLength = []string{""} }, 400, FaultBody},
	{"Content-Length: 0, 0", func(r *Request) { r.ContentLength = []string{"0, 0"} }, 400, FaultBody},
	{"two Content-Length: 0", func(r *Request) { r.ContentLength = []string{"0", "0"} }, 400, FaultBody},
	{"two Content-Length", func(r *Request) { r.ContentLength = []string{"0", "5"} }, 400, FaultBody},
	{"chunked", func(r *Request) { r.TransferEncoding = []string{"chunked"} }, 400, FaultBody},
	{"xchunked", func(r *Request) { r.TransferEncoding = []string{"xchunked"} }, 400, FaultBody},
	{"identity", func(r *Request) { r.TransferEncoding = []string{"identity"} }, 400, FaultBody},
	{"empty Transfer-Encoding", func(r *Request) { r.TransferEncoding = []string{""} }, 400, FaultBody},
	{"both", func(r *Request) { r.ContentLength, r.TransferEncoding = []string{"0"}, []string{"chunked"} }, 400, FaultBody},

	{"a target", func(r *Request) { r.Target = "/chat?room=%23a" }, 101, ""},
	{"a fragment", func(r *Request) { r.Target = "/chat#a" }, 400, FaultTarget},

	{"no Upgrade", func(r *Request) { r.Upgrade = nil }, 426, FaultUpgrade},
	{"plain GET", func(r *Request) { *r = Request{Method: "GET", ProtoMajor: 1, ProtoMinor: 1, Host: "example.com"} }, 426, FaultUpgrade},
	{"empty Upgrade", func(r *Request) { r.Upgrade = []string{""} }, 426, FaultUpgrade},
	{"Upgrade: h2c", func(r *Request) { r.Upgrade = []string{"h2c"} }, 426, FaultUpgrade},
	{"Upgrade: websocketx", func(r *Request) { r.Upgrade = []string{"websocketx"} }, 426, FaultUpgrade},
	{"Upgrade: websocket/13", func(r *Request) { r.Upgrade = []string{"websocket/13"} }, 426, FaultUpgrade},
	{"Upgrade with the Kelvin sign", func(r *Request) { r.Upgrade = []string{"websoc\u212aet"} }, 400, FaultUpgrade},
	{"Upgrade: WebSocket", func(r *Request) { r.Upgrade = []string{"WebSocket"} }, 101, ""},
	{"Upgrade: HTTP/2.0, websocket", func(r *Request) { r.Upgrade = []string{"HTTP/2.0, websocket"} }, 101, ""},
	{"two Upgrade", func(r *Request) { r.Upgrade = []string{"h2c", "WEBSOCKET"} }, 101, ""},
	{"Upgrade: web socket", func(r *Request) { r.Upgrade = []string{"web socket"} }, 400, FaultUpgrade},
	{"Upgrade: websocket/", func(r *Request) { r.Upgrade = []string{"websocket/"} }, 400, FaultUpgrade},
	{"Upgrade: websocket;q=1", func(r *Request) { r.Upgrade = []string{"websocket;q=1"} }, 400, FaultUpgrade},

	{"no Connection", func(r *Request) { r.Connection = nil }, 400, FaultConnection},
	{"Connection: keep-alive", func(r *Request) { r.Connection = []string{"keep-alive"} }, 400, FaultConnection},
	{"Connection: upgraded", func(r *Request) { r.Connection = []string{"upgraded"} }, 400, FaultConnection},
	{"Connection: Upgrade, close", func(r *Request) { r.Connection = []string{"Upgrade, close"} }, 400, FaultConnection},
	{"Connection: close and Upgrade", func(r *Request) { r.Connection = []string{"CLOSE", "Upgrade"} }, 400, FaultConnection},
	{"Connection: Upgrade;", func(r *Request) { r.Connection = []string{"Upgrade;"} }, 400, FaultConnection},
	{"Connection: UPGRADE", func(r *Request) { r.Connection = []string{"UPGRADE"} }, 101, ""},
	{"Connection: many", func(r *Request) { r.Connection = []string{"keep-alive , x,,\tuPgRaDe,HTTP2-Settings"} }, 101, ""},
	{"two Connection", func(r *Request) { r.Connection = []string{"keep-alive", "Upgrade"} }, 101, ""},
	{"long Connection", func(r *Request) { r.Connection = []string{strings.Repeat("a,", 100_000) + "Upgrade"} }, 101, ""},

	{"no key", func(r *Request) { r.Key = nil }, 400, FaultKey},
	{"two keys", func(r *Request) { r.Key = []string{sampleKey, sampleKey} }, 400, FaultKey},
	{"two keys in a list", func(r *Request) { r.Key = []string{sampleKey + ", " + sampleKey} }, 400, FaultKey},
	{"empty key", func(r *Request) { r.Key = []string{""} }, 400, FaultKey},
	{"no base64", func(r *Request) { r.Key = []string{"this is not base64 at al"} }, 400, FaultKey},
	{"15 octets", func(r *Request) { r.Key = []string{"AAAAAAAAAAAAAAAAAAAA"} }, 400, FaultKey},
	{"17 octets", func(r *Request) { r.Key = []string{"AAAAAAAAAAAAAAAAAAAAAAA="} }, 400, FaultKey},
	{"1 MB key", func(r *Request) { r.Key = []string{strings.Repeat("A", 1<<20)} }, 400, FaultKey},
	{"spaces around the key", func(r *Request) { r.Key = []string{" \t" + sampleKey + "  "} }, 101, ""},

	{"no version", func(r *Request) { r.Version = nil }, 426, FaultVersion},
	{"empty version", func(r *Request) { r.Version = []string{""} }, 426, FaultVersion},
	{"version 0", func(r *Request) { r.Version = []string{"0"} }, 426, FaultVersion},
	{"version 8", func(r *Request) { r.Version = []string{"8"} }, 426, FaultVersion},
	{"version 12", func(r *Request) { r.Version = []string{"12"} }, 426, FaultVersion},
	{"version 14", func(r *Request) { r.Version = []string{"14"} }, 426, FaultVersion},
	{"version 013", func(r *Request) { r.Version = []string{"013"} }, 426, FaultVersion},
	{"version 13, 8", func(r *Request) { r.Version = []string{"13, 8"} }, 426, FaultVersion},
	{"version 13 and 8", func(r *Request) { r.Version = []string{"13", "8"} }, 426, FaultVersion},
	{"version 13 twice", func(r *Request) { r.Version = []string{"13", "13"} }, 426, FaultVersion},
	{"spaces around the version", func(r *Request) { r.Version = []string{" 13\t"} }, 101, ""},

	{"foreign page", func(r *Request) { r.Origin = []string{"https://evil.example"} }, 403, FaultOrigin},
	{"two Origin", func(r *Request) { r.Origin = []string{"https://example.com", "https://example.com"} }, 403, FaultOrigin},
	{"null", func(r *Request) { r.Origin = []string{"null"} }, 403, FaultOrigin},

	{"empty subprotocol field", func(r *Request) { r.Subprotocols = []string{""} }, 400, FaultSubprotocol},
	{"subprotocol twice", func(r *Request) { r.Subprotocols = []string{"chat", "chat"} }, 400, FaultSubprotocol},
	{"10,000 subprotocols", func(r *Request) { r.Subprotocols = []string{numbered(10_000)} }, 400, FaultSubprotocol},
	{"subprotocol beyond ASCII", func(r *Request) { r.Subprotocols = []string{"ch\u00e4t"} }, 400, FaultSubprotocol},
	{"subprotocol with CRLF", func(r *Request) { r.Subprotocols = []string{"chat\r\nX: y"} }, 400, FaultSubprotocol},
	{"unknown subprotocols", func(r *Request) { r.Subprotocols = []string{"x, y"} }, 101, ""},

	{"unknown extensions", func(r *Request) { r.Extensions = []string{"x, y; z=1", `x; q="1"`} }, 101, ""},
	{"1,000 extensions", func(r *Request) { r.Extensions = []string{strings.Repeat("x; y=1, ", 1000)} }, 101, ""},
	{"unclosed quote", func(r *Request) { r.Extensions = []string{`x; y="1`} }, 400, FaultExtension},
	{"empty extension field", func(r *Request) { r.Extensions = []string{""} }, 400, FaultExtension},
}

func TestServerHandshake(t *testing.T) {
	h := ServerHandshake{Subprotocols: []string{"superchat", "chat"}}
	for _, test := range serverTests {
		r := browser(test.change)
		response, err := h.Check(r)
		if test.status == 101 {
			if err != nil || response.Accept != sampleAccept || response.Status != 101 {
				t.Errorf("%s: got %+v, %v", test.name, response, err)
				continue
			}
			checkAcceptance(t, test.name, &response)
			continue
		}
		e, ok := errors.AsType[*HandshakeError](err)
		if !ok || e.Status != test.status || e.Fault != test.fault || e.Section == "" || e.Reason == "" {
			t.Errorf("%s: got %+v, want status %d for %s", test.name, err, test.status, test.fault)
			continue
		}
		if !reflect.DeepEqual(response, Response{}) {
			t.Errorf("%s: a response beside an error: %+v", test.name, response)
		}
		checkRefusal(t, test.name, e)
	}
}

// checkAcceptance reads the 101 response with package net/http.
func checkAcceptance(t *testing.T, name string, response *Response) *http.Response {
	t.Helper()
	head, err := response.AppendHTTP1([]byte("before"))
	if err != nil || !strings.HasPrefix(string(head), "before") {
		t.Fatalf("%s: %v", name, err)
	}
	got, rest := readResponse(t, string(head[len("before"):]))
	if got.StatusCode != 101 || rest != "" || got.Header.Get("Upgrade") != "websocket" || got.Header.Get("Connection") != "Upgrade" ||
		!slices.Equal(got.Header["Sec-Websocket-Accept"], []string{response.Accept}) {
		t.Errorf("%s: got %q", name, head)
	}
	return got
}

// checkRefusal reads the refusal with package net/http.
func checkRefusal(t *testing.T, name string, e *HandshakeError) {
	t.Helper()
	octets, err := AppendRefusal(nil, e)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	got, body := readResponse(t, string(octets))
	if got.StatusCode != e.Status || body != e.Body() || !got.Close || !strings.HasPrefix(got.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("%s: got %q", name, octets)
	}
	want := http.Header{}
	switch {
	case e.Status == 405:
		want.Set("Allow", "GET")
	case e.Status == 426:
		want.Set("Upgrade", "websocket")
	}
	if e.Fault == FaultVersion {
		want.Set("Sec-Websocket-Version", "13")
	}
	for _, field := range []string{"Allow", "Upgrade", "Sec-Websocket-Version"} {
		if !slices.Equal(got.Header[field], want[field]) {
			t.Errorf("%s: %s is %q, want %q", name, field, got.Header[field], want[field])
		}
	}
	if upgrade := slices.Contains(e.Header, HeaderField{"Connection", "Upgrade"}); upgrade != (e.Status == 426) {
		t.Errorf("%s: got %q", name, octets)
	}
	if len(octets) > 2048 || strings.Count(string(octets), "\n") != strings.Count(string(octets), "\r\n")+1 {
		t.Errorf("%s: the peer's octets are in the refusal: %q", name, octets)
	}
}

// readResponse returns a response as package net/http reads it, and what
// follows its head.
func readResponse(t *testing.T, octets string) (*http.Response, string) {
	t.Helper()
	in := bufio.NewReader(strings.NewReader(octets))
	response, err := http.ReadResponse(in, &http.Request{Method: "GET"})
	if err != nil {
		t.Fatalf("%q: %v", octets, err)
	}
	source := io.Reader(response.Body)
	if response.StatusCode == 101 {
		source = in
	}
	rest, err := io.ReadAll(source)
	if err != nil {
		t.Fatalf("%q: %v", octets, err)
	}
	return response, string(rest)
}

// A server that is reached in two wrong ways at once names the first.
func TestServerHandshakeOrder(t *testing.T) {
	all := func(r *Request) {
		r.Host, r.Upgrade, r.Connection, r.Key, r.Version = "", nil, nil, nil, nil
		r.Origin, r.Subprotocols, r.Extensions = []string{"null"}, []string{""}, []string{""}
	}
	mend := []func(*Request, *Request){
		func(r, good *Request) { r.Host = good.Host },
		func(r, good *Request) { r.Upgrade = good.Upgrade },
		func(r, good *Request) { r.Connection = good.Connection },
		func(r, good *Request) { r.Key = good.Key },
		func(r, good *Request) { r.Version = good.Version },
		func(r, good *Request) { r.Origin = good.Origin },
		func(r, good *Request) { r.Subprotocols = good.Subprotocols },
		func(r, good *Request) { r.Extensions = good.Extensions },
	}
	want := []HandshakeFault{FaultHost, FaultUpgrade, FaultConnection, FaultKey, FaultVersion, FaultOrigin, FaultSubprotocol, FaultExtension}
	var h ServerHandshake
	r := browser(all)
	for i, fault := range want {
		_, err := h.Check(r)
		if e, ok := errors.AsType[*HandshakeError](err); !ok || e.Fault != fault {
			t.Errorf("got %v, want fault %s", err, fault)
		}
		mend[i](r, browser(nil))
	}
	if _, err := h.Check(r); err != nil {
		t.Error(err)
	}
}

// Over HTTP/2 a refusal says nothing about the connection; a preface of HTTP/2
// on an HTTP/1.1 connection ends it.
func TestRefusalOfHTTP2(t *testing.T) {
	var h ServerHandshake
	for method, closes := range map[string]bool{"GET": false, "PRI": true} {
		_, err := h.Check(browser(func(r *Request) { r.Method, r.ProtoMajor, r.ProtoMinor = method, 2, 0 }))
		if e, ok := errors.AsType[*HandshakeError](err); !ok || hasField(e.Header, "Connection", "close") != closes {
			t.Errorf("%s: got %+v", method, err)
		}
	}
}

func TestExtendedConnect(t *testing.T) {
	h := ServerHandshake{Subprotocols: []string{"chat"}, Header: []HeaderField{{"Server", "x"}}}
	for _, test := range []struct {
		name   string
		change func(*Request)
		status int
		fault  HandshakeFault
	}{
		{"HTTP/2", func(r *Request) {}, 200, ""},
		{"HTTP/3", func(r *Request) { r.ProtoMajor = 3 }, 200, ""},
		{"WebSocket", func(r *Request) { r.Extended = "WebSocket" }, 200, ""},
		{"a key is ignored", func(r *Request) { r.Key = []string{"x", "y"} }, 200, ""},
		{"the stream is no body", func(r *Request) { r.ContentLength = []string{"5"} }, 200, ""},
		{"unknown protocol", func(r *Request) { r.Extended = "connect-udp" }, 501, FaultUpgrade},
		{"protocol beyond ASCII", func(r *Request) { r.Extended = "websoc\u212aet" }, 501, FaultUpgrade},
		{"GET", func(r *Request) { r.Method = "GET" }, 400, FaultMethod},
		{"HTTP/1.1", func(r *Request) { r.ProtoMajor, r.ProtoMinor = 1, 1 }, 400, FaultMethod},
		{"CONNECT without :protocol", func(r *Request) { r.Extended = "" }, 505, FaultHTTPVersion},
		{"Upgrade", func(r *Request) { r.Upgrade = []string{"websocket"} }, 400, FaultConnection},
		{"Connection", func(r *Request) { r.Connection = []string{"Upgrade"} }, 400, FaultConnection},
		{"Transfer-Encoding", func(r *Request) { r.TransferEncoding = []string{"chunked"} }, 400, FaultConnection},
		{"no :authority", func(r *Request) { r.Host = "" }, 400, FaultHost},
		{"no version", func(r *Request) { r.Version = nil }, 400, FaultVersion},
		{"version 8", func(r *Request) { r.Version = []string{"8"} }, 400, FaultVersion},
		{"foreign page", func(r *Request) { r.Origin = []string{"https://evil.example"} }, 403, FaultOrigin},
		{"malformed subprotocol", func(r *Request) { r.Subprotocols = []string{"a b"} }, 400, FaultSubprotocol},
		{"malformed extension", func(r *Request) { r.Extensions = []string{";"} }, 400, FaultExtension},
	} {
		response, err := h.Check(extended(test.change))
		if test.status == 200 {
			fields, fieldsErr := response.Fields()
			want := []HeaderField{{"sec-websocket-protocol", "chat"}, {"server", "x"}}
			if err != nil || fieldsErr != nil || response.Status != 200 || response.Accept != "" || !slices.Equal(fields, want) {
				t.Errorf("%s: got %+v, %v, %v, %v", test.name, response, fields, err, fieldsErr)
			}
			continue
		}
		e, ok := errors.AsType[*HandshakeError](err)
		if !ok || e.Status != test.status || e.Fault != test.fault {
			t.Errorf("%s: got %+v, want status %d for %s", test.name, err, test.status, test.fault)
			continue
		}
		http1 := test.name == "HTTP/1.1"
		if hasField(e.Header, "Connection", "") != http1 || hasField(e.Header, "Upgrade", "") {
			t.Errorf("%s: fields %v", test.name, e.Header)
		}
		if test.fault == FaultVersion && !hasField(e.Header, "Sec-WebSocket-Version", "13") {
			t.Errorf("%s: fields %v", test.name, e.Header)
		}
	}
}

func TestServerExtensions(t *testing.T) {
	var offers []Extension
	answer := func(accepted ...Extension) ServerHandshake {
		return ServerHandshake{Extensions: func(o []Extension) []Extension {
			offers = o
			return accepted
		}}
	}
	for _, test := range []struct {
		name     string
		policy   ServerHandshake
		offered  []string
		offers   int
		want     string
		checks   bool // whether Check accepts
		writable bool // whether AppendHTTP1 does
	}{
		{"none offered", answer(ext("x")), nil, 0, "", true, true},
		{"declined", answer(), []string{"a; b=1, c"}, 2, "", true, true},
		{"accepted", answer(ext("c", "d=1", "e")), []string{"a; b=1, c"}, 2, "c; d=1; e", true, true},
		{"two", answer(ext("c"), ext("a")), []string{"a", "c"}, 2, "c, a", true, true},
		{"many offers", answer(), []string{strings.Repeat("a,", 1000)}, MaxExtensionOffers, "", true, true},
		{"not offered", answer(ext("x")), []string{"a"}, 1, "", false, false},
		{"twice", answer(ext("a"), ext("a")), []string{"a, a"}, 2, "", false, false},
		{"malformed", answer(ext("a", "b=\r\nX: y")), []string{"a"}, 1, "", true, false},
	} {
		offers = nil
		response, err := test.policy.Check(browser(func(r *Request) { r.Extensions = test.offered }))
		if (err == nil) != test.checks || len(offers) != test.offers {
			t.Errorf("%s: got %v, %d offers", test.name, err, len(offers))
		}
		if err != nil {
			if e := err.(*HandshakeError); e.Status != 500 || e.Fault != FaultServer || strings.Contains(e.Body(), "extension") {
				t.Errorf("%s: got %+v", test.name, e)
			}
			continue
		}
		head, err := response.AppendHTTP1(nil)
		if (err == nil) != test.writable {
			t.Errorf("%s: got %v", test.name, err)
		}
		if _, err := response.Fields(); (err == nil) != test.writable {
			t.Errorf("%s: fields: got %v", test.name, err)
		}
		if err == nil {
			got, _ := readResponse(t, string(head))
			if got.Header.Get("Sec-WebSocket-Extensions") != test.want {
				t.Errorf("%s: got %q", test.name, head)
			}
		}
	}
}

func TestServerHandshakeValidate(t *testing.T) {
	for _, h := range []ServerHandshake{
		{},
		{Subprotocols: []string{"a", "b"}, Origin: OriginPolicy{Patterns: []string{"*"}}, Header: []HeaderField{{"Set-Cookie", "a=b"}, {"Set-Cookie", "c=d"}}},
	} {
		if err := h.Validate(); err != nil {
			t.Error(err)
		}
	}
	for _, h := range []ServerHandshake{
		{Subprotocols: []string{""}},
		{Subprotocols: []string{"a b"}},
		{Subprotocols: []string{"a, b"}},
		{Subprotocols: []string{"a", "b", "a"}},
		{Origin: OriginPolicy{Patterns: []string{"https://"}}},
		{Header: []HeaderField{{"Connection", "close"}}},
		{Header: []HeaderField{{"X", "a\nb"}}},
	} {
		if err := h.Validate(); err == nil || !strings.HasPrefix(err.Error(), "websocket: ") {
			t.Errorf("%+v: got %v", h, err)
		}
	}
}

// Additions of one response never reach the next.
func TestResponseHeaderIsItsOwn(t *testing.T) {
	h := ServerHandshake{Header: append(make([]HeaderField, 0, 8), HeaderField{"A", "1"})}
	first, _ := h.Check(browser(nil))
	second, _ := h.Check(browser(nil))
	first.Header = append(first.Header, HeaderField{"Set-Cookie", "first"})
	second.Header = append(second.Header, HeaderField{"Set-Cookie", "second"})
	if first.Header[1].Value != "first" || len(h.Header) != 1 {
		t.Errorf("got %v", first.Header)
	}
}

func TestServerHandshakeAllocs(t *testing.T) {
	testenv.NoRace(t)
	h := ServerHandshake{Subprotocols: []string{"chat"}, Header: []HeaderField{{"Server", "x"}}}
	r := browser(nil)
	room := make([]byte, 0, 1024)
	n := testing.AllocsPerRun(100, func() {
		response, err := h.Check(r)
		if err == nil {
			_, err = response.AppendHTTP1(room)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	if n > 1 { // Accept
		t.Errorf("%v allocations", n)
	}
}

// Accepted or refused, the work is bounded by the octets: what is allocated
// does not grow with them.
func TestHostileHandshakeAllocs(t *testing.T) {
	testenv.NoRace(t)
	h := ServerHandshake{Subprotocols: []string{"x"}, Extensions: func([]Extension) []Extension { return nil }}
	fill := map[string]func(r *Request, s string){
		"Upgrade":      func(r *Request, s string) { r.Upgrade = []string{s} },
		"Connection":   func(r *Request, s string) { r.Connection = []string{s} },
		"Key":          func(r *Request, s string) { r.Key = []string{s} },
		"Version":      func(r *Request, s string) { r.Version = []string{s} },
		"Origin":       func(r *Request, s string) { r.Origin = []string{s} },
		"Host":         func(r *Request, s string) { r.Host = s },
		"Subprotocols": func(r *Request, s string) { r.Subprotocols = []string{s} },
		"Extensions":   func(r *Request, s string) { r.Extensions = []string{s} },
	}
	for name, set := range fill {
		for _, piece := range []string{"a", ",", "a,", "a;b,", "a;b=1,", " ", `"`, `a;b="\`, "\\", "/", "[", ".", ":", "\x00"} {
			r := browser(func(r *Request) { set(r, "a"+strings.Repeat(piece, 100_000)) })
			if n := testing.AllocsPerRun(1, func() { h.Check(r) }); n > 50 {
				t.Errorf("%s of many %q: %v allocations", name, piece, n)
			}
		}
	}
}

// checkServer demands of any request: no panic, and an answer that package
// net/http reads as what it is meant to be. An error that was seen before is
// not written again.
func checkServer(t *testing.T, r *Request, seen map[string]bool) {
	t.Helper()
	h := ServerHandshake{
		Subprotocols: []string{"superchat", "chat"},
		Extensions:   func(offers []Extension) []Extension { return offers[:1] },
	}
	response, err := h.Check(r)
	if err != nil {
		e, ok := errors.AsType[*HandshakeError](err)
		if !ok || e.Status < 400 || e.Status == 500 {
			t.Fatalf("%+v: got %v", r, err)
		}
		if key := fmt.Sprint(e, e.Header); !seen[key] {
			seen[key] = true
			checkRefusal(t, "refusal", e)
		}
		return
	}
	if r.Extended != "" {
		if _, err := response.Fields(); err != nil {
			t.Fatalf("%+v: %v", r, err)
		}
		return
	}
	checkAcceptance(t, "acceptance", &response)
	if response.Subprotocol != "" && !strings.Contains(fmt.Sprint(r.Subprotocols), response.Subprotocol) {
		t.Fatalf("%+v: subprotocol %q", r, response.Subprotocol)
	}
}

func TestServerHandshakePrefixesAndSplits(t *testing.T) {
	fields := []func(*Request) *[]string{
		func(r *Request) *[]string { return &r.Upgrade },
		func(r *Request) *[]string { return &r.Connection },
		func(r *Request) *[]string { return &r.Key },
		func(r *Request) *[]string { return &r.Version },
		func(r *Request) *[]string { return &r.Subprotocols },
		func(r *Request) *[]string { return &r.Extensions },
		func(r *Request) *[]string { return &r.Origin },
		func(r *Request) *[]string { return &r.ContentLength },
		func(r *Request) *[]string { return &r.TransferEncoding },
	}
	seen := make(map[string]bool)
	for _, test := range serverTests {
		for n, field := range fields {
			for i, value := range *field(browser(test.change)) {
				if key := fmt.Sprint(n, i, value); seen[key] {
					continue // tried with another test
				} else {
					seen[key] = true
				}
				eachCut(value, func(values []string) {
					r := browser(test.change)
					*field(r) = slices.Concat((*field(r))[:i], values, (*field(r))[i+1:])
					checkServer(t, r, seen)
				})
			}
		}
		if host := browser(test.change).Host; !seen[host] {
			seen[host] = true
			eachCut(host, func(values []string) {
				r := browser(test.change)
				r.Host = values[0]
				checkServer(t, r, seen)
			})
		}
	}
}

func FuzzServerHandshake(f *testing.F) {
	add := func(r *Request) {
		list := func(values []string) string { return strings.Join(values, "\n") }
		f.Add(r.Method, r.ProtoMajor, r.ProtoMinor, r.Extended, r.Host, list(r.Upgrade), list(r.Connection), list(r.Key), list(r.Version),
			list(r.Subprotocols), list(r.Extensions), list(r.Origin), list(r.ContentLength), list(r.TransferEncoding))
	}
	for _, test := range serverTests {
		add(browser(test.change))
	}
	add(extended(nil))
	f.Fuzz(func(t *testing.T, method string, major, minor int, protocol, host, upgrade, connection, key, version, subprotocols, extensions, origin, length, encoding string) {
		list := func(s string) []string {
			if s == "" {
				return nil
			}
			return strings.Split(s, "\n")
		}
		checkServer(t, &Request{
			Method: method, ProtoMajor: major, ProtoMinor: minor, Extended: protocol, Secure: true, Host: host,
			Upgrade: list(upgrade), Connection: list(connection), Key: list(key), Version: list(version),
			Subprotocols: list(subprotocols), Extensions: list(extensions), Origin: list(origin),
			ContentLength: list(length), TransferEncoding: list(encoding),
		}, make(map[string]bool))
	})
}
