package websocket

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// tunnel is what a CONNECT proxy does, for who knows the password.
func tunnel(t testing.TB, target, authorization string) func(net.Conn, *http.Request) {
	return func(nc net.Conn, r *http.Request) {
		switch {
		case r.Method != http.MethodConnect:
			io.WriteString(nc, "HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n")
		case r.Header.Get("Proxy-Authorization") != authorization:
			io.WriteString(nc, "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 5\r\n\r\nwho?\n")
		default:
			if r.Header.Get("Authorization") != "" {
				t.Error("the proxy sees the server's credentials")
			}
			splice(t, nc, target, "HTTP/1.1 200 Connection established\r\n\r\n")
		}
	}
}

// splice joins nc to a target once it has said that it does.
func splice(t testing.TB, nc net.Conn, target, says string) {
	up, err := net.Dial("tcp", target)
	if err != nil {
		t.Error(err)
		return
	}
	defer up.Close()
	io.WriteString(nc, says)
	// Hidden, or package net would keep pipes to splice by.
	go func() {
		io.Copy(struct{ io.Writer }{up}, struct{ io.Reader }{nc})
		up.Close()
	}()
	io.Copy(struct{ io.Writer }{nc}, struct{ io.Reader }{up})
}

func basic(user string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(user)) }

func host(t testing.TB, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// via is the option that uses one proxy.
func via(t testing.TB, raw string) func(*http.Request) (*url.URL, error) {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return http.ProxyURL(u)
}

// TestDialProxy: ws and wss, through proxies of each kind, which resolve the
// name: none here could.
func TestDialProxy(t *testing.T) {
	server, client := certified(t)
	client.ServerName = "" // the name of the URL is what is verified
	for _, target := range []string{echoing(t, nil), echoing(t, server)} {
		scheme, _, _ := strings.Cut(target, ":")
		named := scheme + "://ada:lovelace@server.example:4321/"
		plain := answering(t, nil, tunnel(t, host(t, target), ""))
		known := answering(t, nil, tunnel(t, host(t, target), basic("bob:p:w")))
		secure := answering(t, server, tunnel(t, host(t, target), basic("bob:p:w")))
		socks := socksServer(t, host(t, target), "")
		socksKnown := socksServer(t, host(t, target), "bob:p:w")
		for name, proxy := range map[string]string{
			"http":            "http://" + plain.address,
			"http, password":  "http://bob:p%3Aw@" + known.address,
			"https, password": "https://bob:p%3Aw@" + secure.address,
			"socks5":          "socks5://" + socks,
			"socks5h":         "socks5h://" + socks,
			"socks, password": "socks5h://bob:p%3Aw@" + socksKnown,
		} {
			t.Run(scheme+" via "+name, func(t *testing.T) {
				c, err := Dial(t.Context(), named, &DialOptions{TLSConfig: client, Proxy: via(t, proxy), ProxyTLSConfig: client})
				wantEcho(t, c, err)
			})
		}
		for _, p := range []*answerer{plain, known, secure} {
			for _, r := range p.asked() {
				if r.Host != "server.example:4321" || r.RequestURI != "server.example:4321" {
					t.Errorf("the proxy was asked for %q, %q", r.Host, r.RequestURI)
				}
			}
		}
	}
}

// TestDialProxyRefuses: what a proxy says comes back as its word.
func TestDialProxyRefuses(t *testing.T) {
	server, client := certified(t)
	target := host(t, echoing(t, nil))
	known := answering(t, nil, tunnel(t, target, basic("bob:pw")))
	bad := answering(t, nil, says("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 7\r\n\r\nno host"))
	moved := answering(t, nil, says("HTTP/1.1 302 Login\r\nLocation: http://portal.example/\r\nContent-Length: 0\r\n\r\n"))
	socks := socksServer(t, target, "bob:pw")
	refusing := socksServer(t, "", "")
	for proxy, status := range map[string]int{
		"http://" + known.address:        407,
		"http://bob:no@" + known.address: 407,
		"http://" + bad.address:          502,
		"http://" + moved.address:        302,
		"socks5://" + socks:              407,
		"socks5://bob:no@" + socks:       407,
		"socks5://" + refusing:           403,
	} {
		conn, err := Dial(t.Context(), "ws://server.example/", &DialOptions{Proxy: via(t, proxy), MaxRedirects: 3})
		var refused *RefusedError
		if conn != nil || !errors.As(err, &refused) || refused.Status != status || refused.Proxy != host(t, proxy) {
			t.Errorf("%s: %v", proxy, err)
			continue
		}
		if !strings.Contains(err.Error(), refused.Proxy) || strings.Contains(err.Error(), "bob") {
			t.Errorf("%s: it says %v", proxy, err)
		}
	}
	for name, c := range map[string]struct{ proxy, says string }{
		"closed":        {"http://127.0.0.1:1", "proxy 127.0.0.1:1"},
		"unknown":       {"ftp://127.0.0.1", "scheme"},
		"no host":       {"http://", "no host"},
		"no CONNECT":    {"http://" + answering(t, nil, says("SSH-2.0\r\n")).address, "CONNECT"},
		"no SOCKS":      {"socks5://" + blurting(t, "HTTP/1.1 400 Bad\r\n"), "SOCKS"},
		"untrusted":     {"https://" + answering(t, server, says("")).address, "certificate"},
		"glued":         {"http://" + answering(t, nil, says("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n\r\n")).address, "behind its response"},
		"endless":       {"http://" + answering(t, nil, endless("HTTP/1.1 200 OK\r\n", "X: y\r\n")).address, "longer than 65536"},
		"endless hints": {"http://" + answering(t, nil, endless("", "HTTP/1.1 103 Hints\r\n\r\n")).address, "longer than 65536"},
	} {
		conn, err := Dial(t.Context(), "ws://server.example/", &DialOptions{TLSConfig: client, Proxy: via(t, c.proxy)})
		if conn != nil || err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	failed := errors.New("no rule")
	if _, err := Dial(t.Context(), "ws://server.example/", &DialOptions{Proxy: func(*http.Request) (*url.URL, error) { return nil, failed }}); !errors.Is(err, failed) {
		t.Errorf("a Proxy that fails: %v", err)
	}
}

// TestDialProxyTime: a proxy that does not answer is not waited for.
func TestDialProxyTime(t *testing.T) {
	for _, scheme := range []string{"http", "socks5", "https"} {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := net.Pipe()
			go io.Copy(io.Discard, theirs)
			start := time.Now()
			_, err := Dial(t.Context(), "ws://server.example/", &DialOptions{Proxy: via(t, scheme+"://proxy.example"), Options: Options{Clock: NewClock()},
				NetDial: func(context.Context, string, string) (net.Conn, error) { return ours, nil }})
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != DefaultDialTimeout || !strings.Contains(err.Error(), "proxy proxy.example") {
				t.Errorf("%s: %v after %v", scheme, err, time.Since(start))
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { // a choice that takes its time
		start := time.Now()
		_, err := Dial(t.Context(), "ws://server.example/", &DialOptions{Proxy: func(r *http.Request) (*url.URL, error) {
			r.URL.Host = "elsewhere.example" // its own copy
			<-r.Context().Done()
			return nil, r.Context().Err()
		}})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != DefaultDialTimeout || !strings.Contains(err.Error(), "server.example:80") {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

// TestDialProxyMalformed: what no retry mends is said to be that.
func TestDialProxyMalformed(t *testing.T) {
	long := strings.Repeat("x", 256)
	socks := blurting(t, "")
	for name, o := range map[string]DialOptions{
		"scheme":            {Proxy: via(t, "ftp://proxy.example")},
		"no host":           {Proxy: via(t, "http://")},
		"user":              {Proxy: via(t, "http://a%3Ab:pw@proxy.example")},
		"long password":     {Proxy: via(t, "socks5://a:"+long+"@"+socks)},
		"header value":      {ProxyHeader: http.Header{"X": {"a\r\nY: z"}}},
		"header name":       {ProxyHeader: http.Header{"X\r\nZ": {"a"}}},
		"header Host":       {ProxyHeader: http.Header{"host": {"evil.example"}}},
		"header Connection": {ProxyHeader: http.Header{"Connection": {"close"}}},
	} {
		if _, err := Dial(t.Context(), "ws://server.example/", &o); !errors.Is(err, ErrMalformedRequest) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDialProxyHeader goes to the proxy alone.
func TestDialProxyHeader(t *testing.T) {
	p := answering(t, nil, tunnel(t, host(t, echoing(t, nil)), "Bearer x"))
	for _, name := range []string{"Proxy-Authorization", "proxy-authorization"} {
		o := &DialOptions{Proxy: via(t, "http://ada:pw@"+p.address), ProxyHeader: http.Header{name: {"Bearer x"}}}
		c, err := Dial(t.Context(), "ws://server.example/", o)
		wantEcho(t, c, err)
		if len(o.ProxyHeader) != 1 {
			t.Error("the caller's header has changed")
		}
	}
	if got := p.asked()[1].Header; len(got) != 1 || len(got["Proxy-Authorization"]) != 1 {
		t.Errorf("the proxy is sent %v", got)
	}
}

// socksServer connects everyone who knows the password to target; without a
// target it refuses.
func socksServer(t testing.TB, target, user string) (address string) {
	return servingTCP(t, func(nc net.Conn) {
		name, password, known := strings.Cut(user, ":")
		greeting := make([]byte, 2)
		io.ReadFull(nc, greeting)
		methods := make([]byte, greeting[1])
		io.ReadFull(nc, methods)
		switch {
		case !known:
			nc.Write([]byte{5, 0})
		case len(methods) < 2:
			nc.Write([]byte{5, 0xff})
			return
		default:
			nc.Write([]byte{5, 2})
			login := make([]byte, 1+1+len(name)+1+len(password))
			io.ReadFull(nc, login[:2])
			login = login[:3+int(login[1])]
			io.ReadFull(nc, login[2:])
			secret := make([]byte, login[len(login)-1])
			io.ReadFull(nc, secret)
			if string(login[2:len(login)-1]) != name || string(secret) != password {
				nc.Write([]byte{1, 1})
				return
			}
			nc.Write([]byte{1, 0})
		}
		request := make([]byte, len("\x05\x01\x00\x03\x0eserver.example\x00\x50"))
		io.ReadFull(nc, request)
		if !strings.HasPrefix(string(request), "\x05\x01\x00\x03\x0eserver.example") {
			t.Errorf("it was asked %q", request)
		}
		if target == "" {
			nc.Write([]byte{5, 2, 0, 1, 0, 0, 0, 0, 0, 0})
			return
		}
		splice(t, nc, target, "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
	})
}
