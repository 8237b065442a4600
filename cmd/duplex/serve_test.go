package main

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/duplexws/duplex/websocket"
)

// get sends a request, to the host of the URL unless another is given, and
// returns the answer.
func (p *process) get(method, path, host string) (*http.Response, string) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(ctx(p.t), method, p.url+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Host = host
	transport := &http.Transport{DisableKeepAlives: true}
	res, err := transport.RoundTrip(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res, string(body)
}

func TestServe(t *testing.T) {
	p := start(t, "serve", "--addr", "127.0.0.1:0")
	if want := "(console: " + p.url + "/console)\n"; !strings.HasSuffix(p.announced, want) {
		t.Errorf("it printed %q, which does not end with %q", p.announced, want)
	}
	for _, c := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/", 200, "/console"},
		{"GET", "/console", 200, "Sub-protocols"},
		{"HEAD", "/console", 200, ""},
		{"GET", "/healthz", 200, "ok\n"},
		{"GET", "/nothing", 404, "404 Not Found"},
		{"GET", "/console/more", 404, "404 Not Found"},
		{"POST", "/console", 405, ""},
		{"GET", "/echo", 426, "Upgrade"},
		{"POST", "/echo", 405, ""},
		{"OPTIONS", "/echo", 405, ""},
	} {
		res, body := p.get(c.method, c.path, "")
		if res.StatusCode != c.status || !strings.Contains(body, c.body) {
			t.Errorf("%s %s: %s\n%.300s", c.method, c.path, res.Status, body)
		}
	}
	c := p.mustDial("/echo")
	wantEcho(t, c, websocket.Text, []byte("over serve"))
	wantEcho(t, c, websocket.Binary, bytes.Repeat([]byte("x"), 2<<20)) // more than the library's default
}

// DNS rebinding: a page of a foreign name that resolves to loopback is of the
// same origin as that name.
func TestServeHost(t *testing.T) {
	p := start(t, "serve", "--addr", "127.0.0.1:0", "--allow-host", "dev.example", "--public-url", "https://public.example")
	for host, status := range map[string]int{
		"":                      200,
		"localhost":             200,
		"LOCALHOST.:1":          200,
		"app.localhost":         200,
		"127.1.2.3:80":          200,
		"[::1]:80":              200,
		"dev.example:1":         200,
		"Public.Example":        200,
		"evil.example":          421,
		"dev.example.evil":      421,
		"localhost.evil":        421,
		"evillocalhost":         421,
		"192.0.2.1":             421,
		"127.0.0.1.evil":        421,
		"0.0.0.0":               421,
		"public.example.evil:1": 421,
	} {
		for _, path := range []string{"/console", "/healthz", "/echo", "/nothing"} {
			res, body := p.get("GET", path, host)
			refused := res.StatusCode == http.StatusMisdirectedRequest
			if refused != (status == 421) {
				t.Errorf("host %q, %s: %s", host, path, res.Status)
			}
			if refused && (!strings.Contains(body, "--allow-host") || !strings.Contains(body, "--public-url")) {
				t.Errorf("host %q: the text does not say what to do: %s", host, body)
			}
		}
	}
}

func TestServeOrigin(t *testing.T) {
	plain := start(t, "serve", "--addr", "127.0.0.1:0")
	public := start(t, "serve", "--addr", "127.0.0.1:0", "--public-url", "https://public.example:8443/")
	if !strings.Contains(public.announced, "(console: https://public.example:8443/console)") {
		t.Errorf("it printed %q", public.announced)
	}
	for _, c := range []struct {
		p       *process
		origin  string
		allowed bool
	}{
		{plain, "", true},
		{plain, plain.url, true},
		{plain, strings.Replace(plain.url, "http", "https", 1), false},
		{plain, "http://127.0.0.1", false},
		{plain, "https://evil.example", false},
		{plain, "null", false},
		{public, "", true},
		{public, "https://public.example:8443", true},
		{public, "http://public.example:8443", false},
		{public, "https://public.example", false},
		{public, public.url, false},
	} {
		want := 403
		if c.allowed {
			want = 101
		}
		if got := c.p.handshake("/echo", c.origin); got != want {
			t.Errorf("origin %q: %d, want %d", c.origin, got, want)
		}
	}
	plain.waitLog("evil.example")
}

// On an address that is not loopback every name is answered to, unless some
// are listed.
func TestServeHostBeyondLoopback(t *testing.T) {
	open := start(t, "serve", "--addr", "0.0.0.0:0")
	if !strings.Contains(open.url, "//localhost:") {
		t.Errorf("it printed %q, want an address that can be opened", open.announced)
	}
	listed := start(t, "serve", "--addr", "0.0.0.0:0", "--allow-host", "box.example")
	for _, c := range []struct {
		p      *process
		host   string
		status int
	}{
		{open, "any.example", 200},
		{listed, "any.example", 421},
		{listed, "box.example", 200},
		{listed, "localhost", 200},
		{listed, "192.0.2.1", 200}, // no name that could lead elsewhere
	} {
		c.p.url = strings.Replace(c.p.url, "localhost", "127.0.0.1", 1)
		if res, _ := c.p.get("GET", "/healthz", c.host); res.StatusCode != c.status {
			t.Errorf("host %s: %s, want %d", c.host, res.Status, c.status)
		}
	}
}

func TestServeLogs(t *testing.T) {
	for format, want := range map[string]string{
		"json": `"msg":"connection opened"`,
		"text": `msg="connection opened"`,
		"auto": `"msg":"connection opened"`, // standard error is no terminal here
	} {
		p := start(t, "serve", "--addr", "127.0.0.1:0", "--log-format", format)
		c := p.mustDial("/echo")
		wantEcho(t, c, websocket.Text, []byte("x"))
		p.waitLog(want)
	}
	p := start(t, "serve", "--addr", "127.0.0.1:0", "--log-level", "warn")
	wantEcho(t, p.mustDial("/echo"), websocket.Text, []byte("x"))
	p.cmd.Process.Kill()
	<-p.rest
	p.cmd.Wait()
	if log := p.log.String(); log != "" {
		t.Errorf("at level warn it logs\n%s", log)
	}
}
