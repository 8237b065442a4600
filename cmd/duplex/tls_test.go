package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/cmd/duplex/internal/httpd"
	"github.com/duplexws/duplex/websocket"
)

// presented returns the certificate that a server presents, in what it has
// agreed to.
func (p *process) presented() tls.ConnectionState {
	p.t.Helper()
	_, addr, _ := strings.Cut(p.url, "://")
	c, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}})
	if err != nil {
		p.t.Fatal(err)
	}
	defer c.Close()
	return c.ConnectionState()
}

// trusting are options that trust one certificate and no other.
func trusting(c *x509.Certificate) websocket.DialOptions {
	roots := x509.NewCertPool()
	roots.AddCert(c)
	return websocket.DialOptions{TLSConfig: &tls.Config{RootCAs: roots}}
}

func TestSelfSigned(t *testing.T) {
	p := start(t, "serve", "--addr", "127.0.0.1:0", "--tls-self-signed", "--allow-host", "box.example")
	state := p.presented()
	cert := state.PeerCertificates[0]
	for _, name := range []string{"localhost", "127.0.0.1", "::1", "box.example"} {
		if err := cert.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	if state.NegotiatedProtocol != "http/1.1" {
		t.Errorf("it speaks %q", state.NegotiatedProtocol)
	}
	c, err := p.dial("/echo", trusting(cert))
	if err != nil {
		t.Fatal(err)
	}
	wantEcho(t, c, websocket.Text, []byte("over TLS"))
	wantEcho(t, c, websocket.Binary, make([]byte, 1<<20))
	if err := c.Close(ctx(t), 1000, ""); err != nil {
		t.Error(err)
	}
	p.cmd.Process.Kill()
	if rest := <-p.rest; !strings.Contains(rest, "SHA-256 "+httpd.Fingerprint(cert.Raw)) {
		t.Errorf("it printed %q, without the fingerprint %s", rest, httpd.Fingerprint(cert.Raw))
	}
}

func TestCertificateReload(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	first := writeCertificate(t, certFile, keyFile)
	p := start(t, "echo", "--addr", "127.0.0.1:0", "--tls-cert", certFile, "--tls-key", keyFile)
	c, err := p.dial("/", trusting(first))
	if err != nil {
		t.Fatal(err)
	}

	// What cannot be used changes nothing.
	if err := os.WriteFile(certFile, []byte("not a certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(p.log.String(), "the old one stays") { // the process is killed when patience ends
		if got := p.presented().PeerCertificates[0]; !got.Equal(first) {
			t.Fatal("it presents another certificate")
		}
		time.Sleep(50 * time.Millisecond)
	}

	second := writeCertificate(t, certFile, keyFile)
	for !p.presented().PeerCertificates[0].Equal(second) {
		time.Sleep(50 * time.Millisecond)
	}
	wantEcho(t, c, websocket.Text, []byte("a connection outlives its certificate"))
}

// writeCertificate makes a certificate and writes its files.
func writeCertificate(t *testing.T, certFile, keyFile string) *x509.Certificate {
	t.Helper()
	config, _, err := httpd.SelfSigned(nil)
	if err != nil {
		t.Fatal(err)
	}
	made, err := config.GetCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(made.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: made.Certificate[0]},
		keyFile:  {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cert, err := x509.ParseCertificate(made.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return cert
}
