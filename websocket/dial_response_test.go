package websocket

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/duplexws/duplex/protocol"
)

// TestDialBroken: a server that answers the opening handshake wrongly (rows 90
// and 94 of the hostile inputs).
func TestDialBroken(t *testing.T) {
	change := func(old, new string) func(net.Conn, *http.Request) {
		return func(nc net.Conn, r *http.Request) {
			right := switching(r)
			wrong := strings.Replace(right, old, new, 1)
			if wrong == right {
				t.Errorf("%q is not in the response", old)
			}
			io.WriteString(nc, wrong)
		}
	}
	rightKey := func(r *http.Request) string { return protocol.AcceptKey(r.Header.Get("Sec-WebSocket-Key")) }
	accepts := func(f func(right string) string) func(net.Conn, *http.Request) {
		return func(nc net.Conn, r *http.Request) {
			io.WriteString(nc, strings.Replace(switching(r), "Sec-WebSocket-Accept: "+rightKey(r)+"\r\n", f(rightKey(r)), 1))
		}
	}
	field := func(value string) string { return "Sec-WebSocket-Accept: " + value + "\r\n" }
	for name, answer := range map[string]func(net.Conn, *http.Request){
		"a wrong Accept":            accepts(func(string) string { return field("x") }),
		"an empty Accept":           accepts(func(string) string { return field("") }),
		"no Accept":                 accepts(func(string) string { return "" }),
		"Accept twice":              accepts(func(right string) string { return field(right) + field(right) }),
		"Accept twice in one field": accepts(func(right string) string { return field(right + ", " + right) }),
		"Accept in lower case":      accepts(func(right string) string { return field(strings.ToLower(right)) }),
		"Accept for another key":    accepts(func(string) string { return field(protocol.AcceptKey(protocol.NewKey())) }),
		"the key itself": func(nc net.Conn, r *http.Request) {
			io.WriteString(nc, strings.Replace(switching(r), rightKey(r), r.Header.Get("Sec-WebSocket-Key"), 1))
		},
		"no Upgrade":                 change("Upgrade: websocket\r\n", ""),
		"another Upgrade":            change("Upgrade: websocket", "Upgrade: h2c"),
		"no Connection":              change("Connection: Upgrade\r\n", ""),
		"Connection: close alone":    change("Connection: Upgrade", "Connection: close"),
		"HTTP/1.0":                   change("HTTP/1.1", "HTTP/1.0"),
		"a sub-protocol not offered": switches("Sec-WebSocket-Protocol: c"),
		"two sub-protocols":          switches("Sec-WebSocket-Protocol: a, b"),
		"two sub-protocol fields":    switches("Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: b"),
		"an empty sub-protocol":      switches("Sec-WebSocket-Protocol:"),
		"another case":               switches("Sec-WebSocket-Protocol: A"),
		"an extension not offered":   switches("Sec-WebSocket-Extensions: permessage-deflate"),
	} {
		t.Run(name, func(t *testing.T) {
			s := answering(t, nil, answer)
			conn, err := Dial(t.Context(), s.url, &DialOptions{Subprotocols: []string{"a", "b"}})
			var broken *HandshakeError
			if conn != nil || !errors.As(err, &broken) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestDialNoHTTP: what is no response to a request at all.
func TestDialNoHTTP(t *testing.T) {
	for _, answer := range []string{
		"", "\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: webs",
		"HTTP/1.1 xyz\r\n\r\n", "HTTP/1.1 101\r\nno colon\r\n\r\n", "\x00\x01\x02\x03", "\x15\x03\x01\x00\x02\x02\x28",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
	} {
		s := answering(t, nil, says(answer))
		conn, err := Dial(t.Context(), s.url, nil)
		if conn != nil || err == nil || !strings.Contains(err.Error(), s.address) {
			t.Errorf("%q: %v", answer, err)
		}
	}
}

// TestDialRefusals keeps status, header and the beginning of the body (row 91).
func TestDialRefusals(t *testing.T) {
	long := strings.Repeat("x", 100<<10)
	for _, c := range []struct {
		answer string
		status int
		body   string
	}{
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello"},
		{"HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
		{"HTTP/1.0 400 Bad\r\n\r\nuntil the end", 400, "until the end"},
		{"HTTP/1.1 401 Unauthorized\r\nWww-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n", 401, ""},
		{"HTTP/1.1 407 Proxy\r\nContent-Length: 0\r\n\r\n", 407, ""},
		{"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n", 302, ""},
		{"HTTP/1.1 503 Unavailable\r\nTransfer-Encoding: chunked\r\nRetry-After: 7\r\n\r\n5\r\nlater\r\n0\r\n\r\n", 503, "later"},
		{"HTTP/1.1 500 Long\r\nContent-Length: 102400\r\n\r\n" + long, 500, long[:maxRefusalBody]},
		{"HTTP/1.1 500 Cut\r\nContent-Length: 100\r\n\r\nhalf", 500, "half"},
		{"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", 404, "no"},
	} {
		s := answering(t, nil, says(c.answer))
		conn, err := Dial(t.Context(), s.url, nil)
		var refused *RefusedError
		if conn != nil || !errors.As(err, &refused) {
			t.Errorf("%.40q: %v", c.answer, err)
			continue
		}
		if refused.Status != c.status || string(refused.Body) != c.body || refused.Proxy != "" {
			t.Errorf("%.40q: got status %d, %d octets of body", c.answer, refused.Status, len(refused.Body))
		}
		if c.status == 503 && refused.Header.Get("Retry-After") != "7" {
			t.Errorf("the header is %v", refused.Header)
		}
		if text := refused.Error(); len(text) > 400 || strings.ContainsAny(text, "\r\n") {
			t.Errorf("it says %q", text)
		}
	}
}

// TestDialEndless: a response that never ends is given up at a cap (row 93).
func TestDialEndless(t *testing.T) {
	for name, c := range map[string]struct {
		head, more string
		refused    bool
	}{
		"header":        {"HTTP/1.1 101 Switching Protocols\r\n", "X-Endless: and so on\r\n", false},
		"header line":   {"HTTP/1.1 101 Switching Protocols\r\nX-Endless: ", "and so on ", false},
		"status line":   {"HTTP/1.1 101 ", "and so on ", false},
		"informational": {"", "HTTP/1.1 103 Early Hints\r\n\r\n", false},
		"continue":      {"", "HTTP/1.1 100 Continue\r\n\r\n", false},
		"body":          {"HTTP/1.1 403 Forbidden\r\n\r\n", "and so on ", true},
		"chunked body":  {"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", true},
		"chunk header":  {"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n1;", "and so on ", true},
		"trailer":       {"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X-Endless: and so on\r\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := answering(t, nil, endless(c.head, c.more))
			conn, err := Dial(t.Context(), s.url, nil)
			var refused *RefusedError
			if conn != nil || err == nil || errors.As(err, &refused) != c.refused {
				t.Fatalf("got %v", err)
			}
			if errors.Is(err, context.DeadlineExceeded) {
				t.Error("it was the time that ended it")
			}
			if !c.refused && !strings.Contains(err.Error(), "longer than 65536 octets") {
				t.Errorf("it says %v", err)
			}
		})
	}
}

// TestDialSlowBody: who has refused is believed, though the body never comes.
func TestDialSlowBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := dialPipe(t, &DialOptions{Options: Options{Clock: NewClock()}, HandshakeTimeout: time.Second}, func(nc net.Conn, _ *http.Request) {
			io.WriteString(nc, "HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nbegun")
		})
		var refused *RefusedError
		if !errors.As(err, &refused) || refused.Status != 403 || string(refused.Body) != "begun" {
			t.Errorf("got %v", err)
		}
	})
}

// TestDialOnResponse is told of every response.
func TestDialOnResponse(t *testing.T) {
	var statuses []int
	var paths string
	var bodies int64
	o := &DialOptions{OnResponse: func(r *http.Response) {
		statuses = append(statuses, r.StatusCode)
		paths += r.Request.URL.Path + " "
		if r.Request.URL.User != nil {
			t.Error("it is told the password")
		}
		r.Header.Set("Location", "/nowhere") // of its own copy
		r.Header.Del("Upgrade")
		r.Request.URL.Host = "elsewhere.example"
		n, _ := io.Copy(io.Discard, r.Body)
		bodies += n
	}, MaxRedirects: 1}
	s := answering(t, nil, func(nc net.Conn, r *http.Request) {
		switch r.URL.Path {
		case "/":
			says("HTTP/1.1 307 Elsewhere\r\nLocation: /there\r\nContent-Length: 3\r\n\r\nabc")(nc, r)
		case "/there":
			switches("X-Node: seven")(nc, r)
		default:
			says("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc")(nc, r)
		}
	})
	c, err := Dial(t.Context(), strings.Replace(s.url, "://", "://ada:pw@", 1), o)
	if err != nil {
		t.Fatal(err)
	}
	c.CloseNow()
	_, err = Dial(t.Context(), s.url+"/nowhere", o)
	var refused *RefusedError
	if !errors.As(err, &refused) || string(refused.Body) != "abc" {
		t.Errorf("got %v", err)
	}
	if paths != " /there /nowhere " {
		t.Errorf("told of %s", paths)
	}
	if len(statuses) != 3 || statuses[0] != 307 || statuses[1] != 101 || statuses[2] != 404 || bodies != 0 {
		t.Errorf("told of %v, with %d octets of body", statuses, bodies)
	}
}

// TestDialGlued: frames behind the response are read, however much of them
// comes with it, and judged (rows 95 and 96).
func TestDialGlued(t *testing.T) {
	for _, size := range []int{0, 1, 3000, 5000, 200_000} {
		s := answering(t, nil, func(nc net.Conn, r *http.Request) {
			io.WriteString(nc, switching(r)+string(text(filled(size)).octets(false))+string(text("second").octets(false)))
			io.Copy(io.Discard, nc)
		})
		c, err := Dial(t.Context(), s.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		wantMessage(t, filled(size), Text)(c.Read(t.Context()))
		wantMessage(t, "second", Text)(c.Read(t.Context()))
		c.CloseNow()
	}
	for name, bad := range map[string]struct {
		octets string
		code   StatusCode
	}{
		"a masked frame":       {string(text("x").octets(true)), StatusProtocolError},
		"2^63 octets":          {"\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00", StatusProtocolError},
		"2^62 octets":          {"\x82\x7f\x40\x00\x00\x00\x00\x00\x00\x00", StatusMessageTooBig},
		"a length not minimal": {"\x82\x7e\x00\x01x", StatusProtocolError},
	} {
		s := answering(t, nil, func(nc net.Conn, r *http.Request) {
			io.WriteString(nc, switching(r)+bad.octets)
			io.Copy(io.Discard, nc)
		})
		c, err := Dial(t.Context(), s.url, &DialOptions{Options: Options{CloseTimeout: 50 * time.Millisecond}})
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = c.Read(t.Context())
		var broken *ProtocolError
		if !errors.As(err, &broken) || broken.Code != bad.code {
			t.Errorf("%s: %v", name, err)
		}
		c.CloseNow()
	}
}
