package httpd

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A pair are the files of a certificate.
type pair struct {
	t                 *testing.T
	certFile, keyFile string
	writes            int
}

func newPair(t *testing.T) *pair {
	dir := t.TempDir()
	return &pair{t: t, certFile: filepath.Join(dir, "cert.pem"), keyFile: filepath.Join(dir, "key.pem")}
}

// make makes a certificate without writing it.
func (p *pair) make() (cert, key []byte, made *tls.Certificate) {
	p.t.Helper()
	config, _, err := SelfSigned(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	made, _ = config.GetCertificate(nil)
	der, err := x509.MarshalPKCS8PrivateKey(made.PrivateKey)
	if err != nil {
		p.t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made.Certificate[0]}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), made
}

// write writes a file with a time of its own: the clock of the file system may
// be coarser than the test is fast.
func (p *pair) write(name string, b []byte) {
	p.t.Helper()
	if err := os.WriteFile(name, b, 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.writes++
	when := time.Unix(int64(p.writes), 0)
	if err := os.Chtimes(name, when, when); err != nil {
		p.t.Fatal(err)
	}
}

func TestReload(t *testing.T) {
	p := newPair(t)
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		cert1, key1, first := p.make()
		p.write(p.certFile, cert1)
		p.write(p.keyFile, key1)
		config, err := FromFiles(p.certFile, p.keyFile, slog.New(slog.NewTextHandler(&out, nil)))
		if err != nil {
			t.Fatal(err)
		}
		want := func(what string, c *tls.Certificate, logged string) {
			t.Helper()
			got, err := config.GetCertificate(nil)
			if err != nil || !bytes.Equal(got.Certificate[0], c.Certificate[0]) {
				t.Errorf("%s: another certificate (%v)", what, err)
			}
			if (logged == "") != (out.Len() == 0) || !strings.Contains(out.String(), logged) {
				t.Errorf("%s: logged %q, want %q", what, out.String(), logged)
			}
			out.Reset()
		}
		want("at first", first, "")

		cert2, key2, second := p.make()
		p.write(p.certFile, cert2)
		want("within a second", first, "")
		time.Sleep(checkEvery)
		want("a certificate without its key", first, "the old one stays")
		time.Sleep(checkEvery)
		want("later", first, "")
		p.write(p.keyFile, key2)
		time.Sleep(checkEvery)
		want("with its key", second, "certificate reloaded")

		if err := os.Remove(p.keyFile); err != nil {
			t.Fatal(err)
		}
		time.Sleep(checkEvery)
		want("a key that is gone", second, "the old one stays")
		p.write(p.keyFile, key2)
		time.Sleep(checkEvery)
		want("that is back", second, "certificate reloaded")
	})
}

func TestFromFilesFails(t *testing.T) {
	p := newPair(t)
	if _, err := FromFiles(p.certFile, p.keyFile, nil); err == nil || !strings.Contains(err.Error(), p.certFile) {
		t.Errorf("files that are not there: %v", err)
	}
}
