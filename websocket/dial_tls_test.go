package websocket

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"net/http"
	"testing"
	"time"
)

// issue makes a certificate for 127.0.0.1 and a name, which a change may spoil.
func issue(t testing.TB, change func(*x509.Certificate)) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		DNSNames:     []string{"server.example"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
	}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// certified returns configurations of a server and of a client that trusts it.
func certified(t testing.TB) (server, client *tls.Config) {
	t.Helper()
	cert, roots := issue(t, nil)
	return &tls.Config{Certificates: []tls.Certificate{cert}}, &tls.Config{RootCAs: roots}
}

// TestDialVerifies: nothing is sent to a server that cannot show who it is (row
// 98 of the hostile inputs).
func TestDialVerifies(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*x509.Certificate)
		trust  bool
		is     func(error) bool
	}{
		"unknown": {nil, false, func(err error) bool {
			var e x509.UnknownAuthorityError
			return errors.As(err, &e)
		}},
		"expired": {func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }, true, func(err error) bool {
			var e x509.CertificateInvalidError
			return errors.As(err, &e) && e.Reason == x509.Expired
		}},
		"another name": {func(c *x509.Certificate) { c.IPAddresses = nil }, true, func(err error) bool {
			var e x509.HostnameError
			return errors.As(err, &e)
		}},
		"another address": {func(c *x509.Certificate) { c.IPAddresses[0] = net.IPv4(127, 0, 0, 2) }, true, func(err error) bool {
			var e x509.HostnameError
			return errors.As(err, &e)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			cert, roots := issue(t, c.change)
			s := answering(t, &tls.Config{Certificates: []tls.Certificate{cert}}, switches())
			o := new(DialOptions)
			if c.trust {
				o.TLSConfig = &tls.Config{RootCAs: roots}
			}
			conn, err := Dial(t.Context(), s.url, o)
			if conn != nil || !c.is(err) {
				t.Errorf("got %v", err)
			}
			if len(s.asked()) > 0 {
				t.Error("the request was sent all the same")
			}
		})
	}
}

// TestDialClientCertificate: mTLS, both ways.
func TestDialClientCertificate(t *testing.T) {
	server, client := certified(t)
	mine, known := issue(t, nil)
	server.ClientAuth, server.ClientCAs = tls.RequireAnyClientCert, known
	s := answering(t, server, switches())
	if conn, err := Dial(t.Context(), s.url, &DialOptions{TLSConfig: client}); conn != nil || err == nil {
		t.Errorf("without a certificate: %v", err)
	}
	client.Certificates = []tls.Certificate{mine}
	client.NextProtos = []string{"h2"} // of a configuration that is used elsewhere too
	c, err := Dial(t.Context(), s.url, &DialOptions{TLSConfig: client})
	if err != nil {
		t.Fatal(err)
	}
	c.CloseNow()
	if len(client.NextProtos) != 1 || client.ServerName != "" {
		t.Error("the caller's configuration has changed")
	}
}

// TestDialALPN: a server that could speak HTTP/2 is asked for HTTP/1.1.
func TestDialALPN(t *testing.T) {
	server, client := certified(t)
	server.NextProtos = []string{"h2", "http/1.1"}
	s := answering(t, server, func(nc net.Conn, r *http.Request) {
		if p := nc.(*tls.Conn).ConnectionState().NegotiatedProtocol; p != "http/1.1" {
			t.Errorf("negotiated %q", p)
		}
		switches()(nc, r)
	})
	c, err := Dial(t.Context(), s.url, &DialOptions{TLSConfig: client})
	if err != nil {
		t.Fatal(err)
	}
	c.CloseNow()
}

// TestDialTLSClient: a TLS library of one's own.
func TestDialTLSClient(t *testing.T) {
	server, client := certified(t)
	url := echoing(t, server)
	var names []string
	o := &DialOptions{TLSClient: func(ctx context.Context, nc net.Conn, name string) (net.Conn, error) {
		names = append(names, name)
		config := client.Clone()
		config.ServerName = name
		tc := tls.Client(nc, config)
		// Hidden, as the connection of another library is.
		return struct{ net.Conn }{tc}, tc.HandshakeContext(ctx)
	}}
	c, err := Dial(t.Context(), url, o)
	wantEcho(t, c, err)
	if len(names) != 1 || names[0] != "127.0.0.1" {
		t.Errorf("called for %q", names)
	}
	var closed closeCount
	failed := errors.New("no")
	o = &DialOptions{
		NetDial:   func(context.Context, string, string) (net.Conn, error) { return &closed, nil },
		TLSClient: func(context.Context, net.Conn, string) (net.Conn, error) { return nil, failed },
	}
	if _, err := Dial(t.Context(), "wss://server.example", o); !errors.Is(err, failed) || closed.n != 1 {
		t.Errorf("got %v; closed %d times", err, closed.n)
	}
}

// closeCount counts calls of Close.
type closeCount struct {
	net.Conn
	n int
}

func (c *closeCount) Close() error { c.n++; return nil }
