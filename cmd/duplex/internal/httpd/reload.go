package httpd

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// checkEvery is how often the files of a certificate are looked at, at most.
const checkEvery = time.Second

// FromFiles returns the configuration with a certificate from two PEM files,
// which are read anew when they have changed. If that fails the old certificate
// stays, and log tells.
func FromFiles(certFile, keyFile string, log *slog.Logger) (*tls.Config, error) {
	r := &reloader{certFile: certFile, keyFile: keyFile, log: log, checked: time.Now()}
	r.stamp = r.stat()
	if err := r.load(); err != nil {
		return nil, err
	}
	return tlsConfig(r.get), nil
}

// reloader holds the certificate of two files. Whoever needs the certificate
// looks whether they have changed, so that nothing has to run beside.
type reloader struct {
	certFile, keyFile string
	log               *slog.Logger
	current           atomic.Pointer[tls.Certificate]

	mu      sync.Mutex // guards what follows, held while the files are read
	checked time.Time
	stamp   [2]fileStamp
}

// fileStamp changes when a file does.
type fileStamp struct {
	modified time.Time
	size     int64
}

func (r *reloader) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if r.mu.TryLock() {
		r.check()
		r.mu.Unlock()
	}
	return r.current.Load(), nil
}

func (r *reloader) check() {
	now := time.Now()
	if now.Sub(r.checked) < checkEvery {
		return
	}
	r.checked = now
	stamp := r.stat()
	if stamp == r.stamp {
		return
	}
	r.stamp = stamp
	if err := r.load(); err != nil {
		r.log.Error("certificate has changed but is not usable, the old one stays", "err", err)
		return
	}
	r.log.Info("certificate reloaded", "file", r.certFile, "sha256", Fingerprint(r.current.Load().Certificate[0]))
}

func (r *reloader) stat() (stamp [2]fileStamp) {
	for i, name := range []string{r.certFile, r.keyFile} {
		if info, err := os.Stat(name); err == nil {
			stamp[i] = fileStamp{info.ModTime(), info.Size()}
		}
	}
	return stamp
}

func (r *reloader) load() error {
	c, err := tls.LoadX509KeyPair(r.certFile, r.keyFile)
	if err != nil {
		return fmt.Errorf("certificate %s with key %s: %w", r.certFile, r.keyFile, err)
	}
	r.current.Store(&c)
	return nil
}
