package e2e

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/duplexws/duplex/websocket"
)

// TestReverseProxies runs the real server behind the configurations of
// docs/proxies.md.
func TestReverseProxies(t *testing.T) {
	t.Parallel()
	bin := build(t)
	for _, f := range fronts {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			t.Run("plain", func(t *testing.T) { behindFront(t, newSite(t, bin, f, nil, false)) })
			t.Run("TLS", func(t *testing.T) { behindFront(t, newSite(t, bin, f, newCertificate(t), true)) })
			t.Run("TLS, no public URL", func(t *testing.T) { schemeUnknown(t, newSite(t, bin, f, newCertificate(t), false)) })
			t.Run("HTTP/2", func(t *testing.T) { f.http2(t, newSite(t, bin, f, newCertificate(t), true)) })
			t.Run("behind tinyproxy", func(t *testing.T) { behindTwo(t, newSite(t, bin, f, newCertificate(t), true)) })
			t.Run("idle", func(t *testing.T) { idleBehindFront(t, bin, f) })
		})
	}
	t.Run("lines of nginx", func(t *testing.T) { linesOfNginx(t, bin) })
	t.Run("lines of HAProxy", func(t *testing.T) { linesOfHAProxy(t, bin) })
}

func behindFront(t *testing.T, s *site) {
	c := connect(t, s.ws, s.options(s.origin))
	for _, n := range []int{0, 5, 1 << 20, 3 << 20} { // nginx takes no body of more than 1 MiB
		wantEcho(t, c, n)
	}
	if _, err := c.Ping(within(t)); err != nil {
		t.Error(err)
	}
	originsBehindFront(t, s)
	closingBehindFront(t, s, c)
}

// originsBehindFront shows that the server knows its own pages by what the
// proxy tells it, and nobody else can tell it.
func originsBehindFront(t *testing.T, s *site) {
	t.Helper()
	otherScheme := strings.Replace(s.origin, "http:", "https:", 1)
	if s.cert != nil {
		otherScheme = strings.Replace(s.origin, "https:", "http:", 1)
	}
	for _, origin := range []string{"https://evil.example", "http://localhost", otherScheme, "http://" + s.server.hostPort()} {
		o := s.options(origin)
		o.Header.Set("X-Forwarded-Proto", "https")
		o.Header.Set("X-Forwarded-Host", "evil.example")
		o.Header.Set("X-Forwarded-For", "192.0.2.1")
		wantRefused(t, s.ws, o, http.StatusForbidden, "")
	}
	if strings.Contains(s.server.log.String(), "192.0.2.1") {
		t.Error("the log has an address that a client made up")
	}
}

// closingBehindFront shows that status codes and reasons pass both ways. It
// stops the server.
func closingBehindFront(t *testing.T, s *site, c *websocket.Conn) {
	t.Helper()
	other := connect(t, s.ws, s.options(s.origin))
	if err := other.Close(within(t), 4321, "that was all"); err != nil {
		t.Error(err)
	}
	wantLine(t, s.server.log, `"status":4321,.*that was all`)

	s.server.terminate()
	_, _, err := c.Read(within(t))
	closed, ok := errors.AsType[*websocket.CloseError](err)
	if !ok || closed.Code != websocket.StatusGoingAway || closed.Reason != "server is shutting down" {
		t.Errorf("the server's end came as %v", err)
	}
	s.server.wantExit(0)
}

// schemeUnknown shows what befalls a server that is not told that it is reached
// over TLS.
func schemeUnknown(t *testing.T, s *site) {
	refused := wantRefused(t, s.ws, s.options(s.origin), http.StatusForbidden, "")
	if !strings.Contains(string(refused.Body), "differs from this server's in the scheme alone") {
		t.Errorf("it says %q", refused.Body)
	}
}

// linesOfNginx holds what docs/proxies.md says of what goes wrong without a
// line.
func linesOfNginx(t *testing.T, bin string) {
	for _, line := range []struct {
		edit   edit
		status int
		says   string
	}{
		{edit{"proxy_http_version 1.1;", ""}, http.StatusBadRequest, "must be HTTP/1.1"},
		{edit{"proxy_set_header Upgrade $http_upgrade;", ""}, http.StatusUpgradeRequired, "Upgrade"},
		{edit{"proxy_set_header Connection $connection_upgrade;", ""}, http.StatusBadRequest, "Connection: Upgrade is missing"},
		{edit{"proxy_set_header Host $http_host;", ""}, http.StatusForbidden, "may not connect"},
		{edit{"proxy_set_header Host $http_host;", "proxy_set_header Host $host;"}, http.StatusForbidden, "may not connect"},
	} {
		t.Run(line.edit.old+line.edit.new, func(t *testing.T) {
			s := newSite(t, bin, nginx, nil, false, line.edit)
			refused := wantRefused(t, s.ws, s.options(s.origin), line.status, "")
			if !strings.Contains(string(refused.Body), line.says) {
				t.Errorf("it says %q, want %q", refused.Body, line.says)
			}
		})
	}
}

// linesOfHAProxy is the same for those of which time tells, which is short here.
func linesOfHAProxy(t *testing.T, bin string) {
	t.Run("timeout tunnel", func(t *testing.T) {
		s := newSite(t, bin, haproxy, nil, false, edit{"timeout tunnel 60s", ""}, edit{"timeout client 30s", "timeout client 1s"})
		if err := isCut(within(t), connect(t, s.ws, s.options(""))); err != nil {
			t.Error(err)
		}
	})
	t.Run("http-check", func(t *testing.T) {
		s := newSite(t, bin, haproxy, nil, false, edit{" hdr Host localhost", ""}, edit{" check\n", " check inter 100ms\n"})
		wantLine(t, s.proxy.log, `duplex1 is DOWN.*missing required Host`)
	})
}
