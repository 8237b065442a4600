package websocket

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/duplexws/duplex/protocol"
)

// TestDialTLS with a configuration of its own, and not without.
func TestDialTLS(t *testing.T) {
	conns := make(chan *Conn, 1)
	s := httptest.NewUnstartedServer(accepting(nil, conns, nil))
	s.Config.ErrorLog = quiet
	s.StartTLS()
	defer s.Close()
	url := "wss" + strings.TrimPrefix(s.URL, "https")
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	config := &tls.Config{RootCAs: roots}
	client, err := Dial(t.Context(), url, &DialOptions{TLSConfig: config})
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseNow()
	if config.ServerName != "" {
		t.Error("the caller's configuration has changed")
	}
	server := <-conns
	if err := server.Write(t.Context(), Text, []byte("secret")); err != nil {
		t.Fatal(err)
	}
	wantMessage(t, "secret", Text)(client.Read(t.Context()))
	server.CloseNow()

	var unknown x509.UnknownAuthorityError
	if _, err := Dial(t.Context(), url, nil); !errors.As(err, &unknown) {
		t.Errorf("without its root: %v", err)
	}
}

// dialPipe dials a scripted server over a pipe, which gets the request.
func dialPipe(t *testing.T, o *DialOptions, serve func(nc net.Conn, r *http.Request)) (*Conn, error) {
	t.Helper()
	if o == nil {
		o = new(DialOptions)
	}
	o.NetDial = func(_ context.Context, network, address string) (net.Conn, error) {
		if network != "tcp" || address != "example.com:80" {
			t.Errorf("dialled %s %s", network, address)
		}
		ours, theirs := net.Pipe()
		t.Cleanup(func() { theirs.Close() })
		go func() {
			r, err := http.ReadRequest(bufio.NewReader(theirs))
			if err != nil {
				t.Error(err)
				return
			}
			serve(theirs, r)
		}()
		return ours, nil
	}
	if o.TLSClient != nil {
		return Dial(t.Context(), "wss://example.com:80/path?q=1", o)
	}
	return Dial(t.Context(), "ws://example.com/path?q=1", o)
}

func switching(r *http.Request) string {
	return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		protocol.AcceptKey(r.Header.Get("Sec-WebSocket-Key")) + "\r\n\r\n"
}

// TestDialRequest is what it should be, and frames behind the response are not
// lost.
func TestDialRequest(t *testing.T) {
	c, err := dialPipe(t, &DialOptions{Header: http.Header{"Authorization": {"Bearer x"}}, Subprotocols: []string{"a", "b"}}, func(nc net.Conn, r *http.Request) {
		for name, want := range map[string]string{
			"Upgrade": "websocket", "Sec-Websocket-Version": "13", "Authorization": "Bearer x", "Sec-Websocket-Protocol": "a, b",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if r.Method != "GET" || r.Host != "example.com" || r.URL.String() != "/path?q=1" {
			t.Errorf("%s %s at %s", r.Method, r.URL, r.Host)
		}
		io.WriteString(nc, switching(r)+string(text("glued").octets(false)))
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	wantMessage(t, "glued", Text)(c.Read(t.Context()))
}

// TestDialTimeout bounds the handshake; a context may end it sooner.
func TestDialTimeout(t *testing.T) {
	silent := func(net.Conn, *http.Request) {}
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if _, err := dialPipe(t, &DialOptions{Options: Options{Clock: NewClock()}}, silent); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		if d := time.Since(start); d != DefaultDialTimeout {
			t.Errorf("took %v", d)
		}
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err := Dial(ctx, "ws://example.com/", &DialOptions{NetDial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		t.Cleanup(func() { theirs.Close() })
		go func() {
			http.ReadRequest(bufio.NewReader(theirs))
			cancel(errCause)
		}()
		return ours, nil
	}})
	if !errors.Is(err, errCause) {
		t.Errorf("%v", err)
	}
}

// TestDialContext: behind Dial its context means nothing to the connection.
func TestDialContext(t *testing.T) {
	conns := make(chan *Conn, 1)
	s := newSite(t, accepting(nil, conns, nil))
	ctx, cancel := context.WithCancel(t.Context())
	client, err := Dial(ctx, s.url(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseNow()
	cancel()
	server := <-conns
	defer server.CloseNow()
	if err := client.Write(t.Context(), Text, []byte("alive")); err != nil {
		t.Fatal(err)
	}
	wantMessage(t, "alive", Text)(server.Read(t.Context()))
	if _, err := Dial(ctx, s.url(), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
}

func TestDialURL(t *testing.T) {
	for _, url := range []string{"", "ftp://example.com", "ws://", "ws://example.com/#fragment", "ws://user:pw@example.com:port/"} {
		if _, err := Dial(t.Context(), url, nil); !errors.Is(err, ErrMalformedRequest) {
			t.Errorf("%q: %v", url, err)
		}
	}
	unreachable := errors.New("unreachable")
	_, err := Dial(t.Context(), "ws://example.com", &DialOptions{NetDial: func(context.Context, string, string) (net.Conn, error) { return nil, unreachable }})
	if !errors.Is(err, unreachable) || !strings.Contains(err.Error(), "example.com:80") {
		t.Errorf("%v", err)
	}
}
