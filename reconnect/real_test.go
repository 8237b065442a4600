package reconnect

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/websocket"
)

// TestClassifyReality asks about errors as they come from a real TLS handshake.
func TestClassifyReality(t *testing.T) {
	handler := websocket.Handler(func(ctx context.Context, c *websocket.Conn) error { return listens(ctx, 1, c) })
	for _, c := range []struct {
		name   string
		server func(c *tls.Config)
		client func(c *tls.Config)
		want   string
	}{
		{"unknown authority", nil, func(c *tls.Config) { c.RootCAs = x509.NewCertPool() }, "fail"},
		{"another host", nil, func(c *tls.Config) { c.ServerName = "elsewhere.invalid" }, "fail"},
		{"expired", nil, func(c *tls.Config) { c.Time = func() time.Time { return time.Now().AddDate(100, 0, 0) } }, "fail"},
		{"wants a certificate", func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }, nil, "fail"},
		{"wants a certificate, TLS 1.2", func(c *tls.Config) {
			c.ClientAuth, c.MaxVersion = tls.RequireAnyClientCert, tls.VersionTLS12
		}, nil, "fail"},
		{"no common version", func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }, "fail"},
		{"server has no certificate just now", func(c *tls.Config) {
			c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, errors.New("not yet") }
		}, nil, "retry"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := httptest.NewUnstartedServer(handler)
			s.Config.ErrorLog = log.New(io.Discard, "", 0)
			s.TLS = new(tls.Config)
			if c.server != nil {
				c.server(s.TLS)
			}
			s.StartTLS()
			defer s.Close()
			config := &tls.Config{RootCAs: x509.NewCertPool()}
			config.RootCAs.AddCert(s.Certificate())
			if c.client != nil {
				c.client(config)
			}
			wantDial(t, strings.Replace(s.URL, "http", "ws", 1), config, c.want)
		})
	}
}

func TestClassifyRealityWithoutTLS(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer s.Close()
	wantDial(t, strings.Replace(s.URL, "http", "ws", 1), nil, "retry after 7s to 10.5s")
	wantDial(t, strings.Replace(s.URL, "http", "wss", 1), nil, "fail")
	s.Close()
	wantDial(t, strings.Replace(s.URL, "http", "ws", 1), nil, "retry")
}

// wantDial says what Classify makes of a Dial.
func wantDial(t *testing.T, url string, config *tls.Config, want string) {
	t.Helper()
	c, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{TLSConfig: config, Proxy: websocket.NoProxy})
	if err == nil {
		c.CloseNow()
		t.Fatal("connected")
	}
	if got := Classify(err).text(); got != want {
		t.Errorf("%s: %v: %s, want %s", url, err, got, want)
	}
}
