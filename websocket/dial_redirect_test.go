package websocket

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// moves redirects to where a function says.
func moves(status int, to func() string) func(net.Conn, *http.Request) {
	return func(nc net.Conn, _ *http.Request) {
		fmt.Fprintf(nc, "HTTP/1.1 %d Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", status, to())
	}
}

func to(url string) func() string { return func() string { return url } }

// secrets are what only the origin that they were given for may see.
func secrets() http.Header {
	return http.Header{"Authorization": {"Bearer secret"}, "Cookie": {"session=secret"}, "X-Api-Key": {"secret"},
		"Origin": {"https://app.example"}, "User-Agent": {"test"}}
}

func wantSecrets(t *testing.T, r *http.Request, want bool) {
	t.Helper()
	for _, name := range []string{"Authorization", "Cookie", "X-Api-Key"} {
		if got := r.Header.Get(name) != ""; got != want {
			t.Errorf("%s %s: it has a field %s: %v, want %v", r.Host, r.URL, name, got, want)
		}
	}
	if r.Header.Get("Origin") != "https://app.example" || r.Header.Get("User-Agent") != "test" {
		t.Errorf("%s %s: header %v", r.Host, r.URL, r.Header)
	}
}

// TestDialRedirect follows within an origin, with all that the request had, and
// only as often as it is allowed (row 92 of the hostile inputs).
func TestDialRedirect(t *testing.T) {
	s := answering(t, nil, func(nc net.Conn, r *http.Request) {
		wantSecrets(t, r, true)
		switch r.URL.String() {
		case "/a/b?c":
			moves(http.StatusMovedPermanently, to("../second#fragment"))(nc, r)
		case "/second":
			moves(http.StatusFound, to("http://"+r.Host+"/third?d=e"))(nc, r)
		case "/third?d=e":
			moves(http.StatusPermanentRedirect, to("ws://mallory:pw@"+r.Host+"/end"))(nc, r)
		case "/end":
			switches("Sec-WebSocket-Protocol: a")(nc, r)
		default:
			t.Errorf("asked for %s", r.URL)
		}
	})
	o := &DialOptions{Header: secrets(), Subprotocols: []string{"a"}, MaxRedirects: 3}
	c, err := Dial(t.Context(), s.url+"/a/b?c", o)
	if err != nil {
		t.Fatal(err)
	}
	c.CloseNow()
	if c.Subprotocol() != "a" {
		t.Error("the sub-protocol was lost")
	}
	for allowed := range 3 {
		o.MaxRedirects = allowed
		before := len(s.asked())
		conn, err := Dial(t.Context(), s.url+"/a/b?c", o)
		var refused *RefusedError
		if conn != nil || !errors.As(err, &refused) || refused.Status/100 != 3 {
			t.Errorf("%d allowed: %v", allowed, err)
		}
		if n := len(s.asked()) - before; n != allowed+1 {
			t.Errorf("%d allowed: %d requests", allowed, n)
		}
	}
}

// TestDialRedirectElsewhere: another origin gets nothing that is secret, nor
// does the first origin when it is returned to (CVE-2024-45336).
func TestDialRedirectElsewhere(t *testing.T) {
	var first *answerer
	second := answering(t, nil, func(nc net.Conn, r *http.Request) {
		wantSecrets(t, r, false)
		if r.URL.Path == "/back" {
			moves(307, to(first.url+"/end"))(nc, r)
			return
		}
		moves(307, to("/back"))(nc, r)
	})
	first = answering(t, nil, func(nc net.Conn, r *http.Request) {
		if r.URL.Path == "/end" {
			wantSecrets(t, r, false)
			switches()(nc, r)
			return
		}
		wantSecrets(t, r, true)
		moves(307, to(second.url))(nc, r)
	})
	c, err := Dial(t.Context(), first.url, &DialOptions{Header: secrets(), MaxRedirects: 10})
	if err != nil {
		t.Fatal(err)
	}
	c.CloseNow()
	if len(first.asked()) != 2 || len(second.asked()) != 2 {
		t.Errorf("%d and %d requests", len(first.asked()), len(second.asked()))
	}

	user := strings.Replace(first.url, "://", "://ada:lovelace@", 1)
	if c, err = Dial(t.Context(), user, &DialOptions{MaxRedirects: 10, Header: http.Header{"Cookie": {"a=b"}, "X-Api-Key": {"c"}, "Origin": {"https://app.example"}, "User-Agent": {"test"}}}); err != nil {
		t.Fatal(err)
	}
	c.CloseNow()
}

// TestDialRedirectNot: what is not followed, whatever MaxRedirects says.
func TestDialRedirectNot(t *testing.T) {
	server, client := certified(t)
	other := answering(t, nil, switches())
	elsewhere := to(other.url)
	for name, c := range map[string]struct {
		config *tls.Config
		to     func() string
		o      DialOptions
		says   string
	}{
		"from wss to ws":          {server, elsewhere, DialOptions{TLSConfig: client}, "from wss to ws"},
		"with sub-protocols":      {nil, elsewhere, DialOptions{Subprotocols: []string{"token"}}, "sub-protocol"},
		"to another scheme":       {nil, to("ftp://example.com/"), DialOptions{}, "scheme"},
		"to nothing":              {nil, to("ws://"), DialOptions{}, "host"},
		"to what is no URL":       {nil, to("ws://%zz"), DialOptions{}, "malformed"},
		"to a file":               {nil, to("file:///etc/passwd"), DialOptions{}, "scheme"},
		"nowhere":                 {nil, to(""), DialOptions{}, "302"},
		"status 304":              {nil, nil, DialOptions{}, "304"},
		"with a TLS of one's own": {nil, elsewhere, DialOptions{TLSClient: func(context.Context, net.Conn, string) (net.Conn, error) { return nil, io.EOF }}, "TLSClient"},
		"a loop, but for a count": {nil, to("/"), DialOptions{}, "more than 10 times"},
	} {
		t.Run(name, func(t *testing.T) {
			answer := moves(302, c.to)
			if c.to == nil {
				answer = moves(304, elsewhere)
			}
			s := answering(t, c.config, answer)
			c.o.MaxRedirects = 10
			conn, err := Dial(t.Context(), s.url, &c.o)
			var refused *RefusedError
			if conn != nil || !errors.As(err, &refused) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
			if errors.Is(err, ErrMalformedRequest) || !strings.HasPrefix(err.Error(), "websocket: ") {
				t.Errorf("it is the server that is to blame: %v", err)
			}
		})
	}
	if n := len(other.asked()); n != 0 {
		t.Errorf("the other server was asked %d times", n)
	}
}

// TestDialRedirectUnix stays with the socket.
func TestDialRedirectUnix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	hosts := make(chan string, 4)
	s := &http.Server{ErrorLog: quiet, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hosts <- r.Host
		switch r.URL.Path {
		case "/near":
			http.Redirect(w, r, "/echo", http.StatusFound)
		case "/far":
			http.Redirect(w, r, "http://elsewhere.example/", http.StatusFound)
		default:
			Handler(echo).ServeHTTP(w, r)
		}
	})}
	go s.Serve(l)
	defer s.Close()
	o := &DialOptions{UnixSocket: path, MaxRedirects: 1}
	c, err := Dial(t.Context(), "ws://name.example/near", o)
	wantEcho(t, c, err)
	if <-hosts != "name.example" {
		t.Error("the socket was asked for another host")
	}
	if _, err := Dial(t.Context(), "ws://name.example/far", o); err == nil || !strings.Contains(err.Error(), "UnixSocket") {
		t.Errorf("away from the socket: %v", err)
	}
}

// TestDialRedirectCertificate: another origin is not shown the client's
// certificate.
func TestDialRedirectCertificate(t *testing.T) {
	server, client := certified(t)
	server.ClientAuth = tls.RequestClientCert
	client.Certificates = server.Certificates
	client.ServerName = "server.example" // of the first
	shown := func(nc net.Conn) int { return len(nc.(*tls.Conn).ConnectionState().PeerCertificates) }
	second := answering(t, server, func(nc net.Conn, r *http.Request) {
		if shown(nc) != 0 {
			t.Error("the second origin was shown the certificate")
		}
		if name := nc.(*tls.Conn).ConnectionState().ServerName; name != "" { // it has an address
			t.Errorf("the second origin was asked for as %s", name)
		}
		switches()(nc, r)
	})
	first := answering(t, server, func(nc net.Conn, r *http.Request) {
		if shown(nc) != 1 {
			t.Error("the first origin was not shown the certificate")
		}
		io.WriteString(nc, "HTTP/1.1 308 Moved\r\nLocation: "+second.url+"\r\nContent-Length: 0\r\n\r\n")
	})
	own := client.Clone()
	own.Certificates = nil
	own.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &server.Certificates[0], nil }
	for _, config := range []*tls.Config{client, own} {
		c, err := Dial(t.Context(), first.url, &DialOptions{TLSConfig: config, MaxRedirects: 1})
		if err != nil {
			t.Fatal(err)
		}
		c.CloseNow()
	}
	if len(client.Certificates) != 1 || client.ServerName == "" {
		t.Error("the caller's configuration has changed")
	}
}

// TestDialRedirectSession: nor does a session of TLS carry the certificate there,
// which one host with two ports could resume.
func TestDialRedirectSession(t *testing.T) {
	server, client := certified(t)
	server.ClientAuth = tls.RequestClientCert
	server.SetSessionTicketKeys([][32]byte{{1}})
	client.Certificates = server.Certificates
	client.ClientSessionCache = tls.NewLRUClientSessionCache(8)
	second := answering(t, server, func(nc net.Conn, r *http.Request) {
		if state := nc.(*tls.Conn).ConnectionState(); state.DidResume || len(state.PeerCertificates) != 0 {
			t.Error("the second origin resumed the session of the first")
		}
		switches()(nc, r)
	})
	first := answering(t, server, moves(308, to(second.url)))
	c, err := Dial(t.Context(), first.url, &DialOptions{TLSConfig: client, MaxRedirects: 1})
	if err != nil {
		t.Fatal(err)
	}
	c.CloseNow()
}

// TestDialRedirectBody: the body of a redirect that is followed is not waited
// for.
func TestDialRedirectBody(t *testing.T) {
	s := answering(t, nil, func(nc net.Conn, r *http.Request) {
		if r.URL.Path == "/" {
			io.WriteString(nc, "HTTP/1.1 302 Found\r\nLocation: /there\r\n\r\n")
			io.Copy(io.Discard, nc)
			return
		}
		switches()(nc, r)
	})
	c, err := Dial(t.Context(), s.url, &DialOptions{MaxRedirects: 1, HandshakeTimeout: -1})
	if err != nil {
		t.Fatal(err)
	}
	c.CloseNow()
}

// TestDialRedirectHost: the Host of the application's is for its origin.
func TestDialRedirectHost(t *testing.T) {
	second := answering(t, nil, switches())
	s := answering(t, nil, func(nc net.Conn, r *http.Request) {
		if r.Host != "virtual.example" {
			t.Errorf("asked for %s", r.Host)
		}
		if r.URL.Path == "/" {
			moves(302, to("/there"))(nc, r)
			return
		}
		moves(302, to(second.url))(nc, r)
	})
	c, err := Dial(t.Context(), s.url, &DialOptions{MaxRedirects: 2, Header: http.Header{"Host": {"virtual.example"}}})
	if err != nil {
		t.Fatal(err)
	}
	c.CloseNow()
	if got := second.asked()[0].Host; got != second.address {
		t.Errorf("the second origin is asked for %s", got)
	}
}

// TestDialRedirectSecrets: an error shows where to, and not what with.
func TestDialRedirectSecrets(t *testing.T) {
	s := answering(t, nil, moves(302, to("https://ada:hunter2@sso.example/login?token=hunter2#hunter2")))
	_, err := Dial(t.Context(), s.url, nil)
	if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "https://sso.example/login") {
		t.Errorf("it says %v", err)
	}
}
