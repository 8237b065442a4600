package websocket_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/duplexws/duplex/conformance"
	"github.com/duplexws/duplex/internal/testenv"
	"github.com/duplexws/duplex/websocket"
)

// A setting is one way in which the suite judges us.
type setting struct {
	name    string
	secure  bool
	deflate *websocket.DeflateOptions
	whole   bool // nothing is made smaller
}

func settings() []setting {
	takeover := &websocket.DeflateOptions{
		Send: websocket.DeflateTakeover, Receive: websocket.DeflateTakeover, Budget: websocket.NewDeflateBudget(16 << 20)}
	if !testenv.Full() {
		return []setting{{name: "thin", deflate: takeover}}
	}
	return []setting{
		{name: "whole", deflate: takeover, whole: true},
		{name: "history", deflate: &websocket.DeflateOptions{}},
		{name: "stateless", deflate: &websocket.DeflateOptions{Send: websocket.DeflateStateless, Receive: websocket.DeflateStateless}},
		{name: "uncompressed"},
		{name: "wss", deflate: takeover, secure: true},
	}
}

// options let the largest message of the suite through.
func (s *setting) options() websocket.Options {
	return websocket.Options{MaxMessage: 32 << 20, Deflate: s.deflate, Clock: websocket.NewClock()}
}

func (s *setting) suite() *conformance.Options {
	o := &conformance.Options{Thin: !s.whole, Timeout: 20 * time.Second, Pause: 200 * time.Millisecond}
	if testenv.Race { // make test runs all of it without
		o.Cases = []string{"-9.*", "-10.*", "-12.*", "-13.*", "-17.10.*", "-18.*"}
	}
	return o
}

// check wants every case passed, strictly, and none of compressed messages left
// out where they are compressed.
func (s *setting) check(t *testing.T, results []*conformance.Result, role conformance.Roles) {
	t.Helper()
	all, err := conformance.Cases(s.suite().Cases...)
	if err != nil {
		t.Fatal(err)
	}
	cases := 0
	for _, c := range all {
		if c.Judges&role != 0 {
			cases++
		}
	}
	for _, r := range results {
		leftOut := r.Verdict == conformance.Unimplemented && s.deflate != nil && r.Case.Group() == "Compressed messages"
		if !r.Passed(true) || leftOut {
			t.Error(r)
		}
	}
	t.Log(conformance.Summarize(results))
	if len(results) != cases || cases < 400 {
		t.Errorf("%d results of %d cases", len(results), cases)
	}
}

// start serves h, and returns how clients trust it.
func (s *setting) start(t *testing.T, h http.Handler) (url string, trust *tls.Config) {
	t.Helper()
	ts := httptest.NewUnstartedServer(h)
	ts.Config.ErrorLog = log.New(io.Discard, "", 0)
	ts.Config.ReadHeaderTimeout = 3 * time.Second // for requests that never end
	websocket.ConfigureServer(ts.Config)
	if s.secure {
		ts.StartTLS()
		pool := x509.NewCertPool()
		pool.AddCert(ts.Certificate())
		trust = &tls.Config{RootCAs: pool}
	} else {
		ts.Start()
	}
	t.Cleanup(ts.Close)
	return strings.Replace(ts.URL, "http", "ws", 1), trust
}

// TestConformanceOfServer has the suite judge an echo server.
func TestConformanceOfServer(t *testing.T) {
	for _, s := range settings() {
		t.Run(s.name, func(t *testing.T) {
			o := &websocket.AcceptOptions{Options: s.options()}
			suite := s.suite()
			var address string
			address, suite.TLSConfig = s.start(t, o.Handler(echoAll))
			results, err := conformance.RunServer(t.Context(), address, suite)
			if err != nil {
				t.Fatal(err)
			}
			s.check(t, results, conformance.Servers)
		})
	}
}

// TestConformanceOfClient has the suite judge an echo client.
func TestConformanceOfClient(t *testing.T) {
	for _, s := range settings() {
		t.Run(s.name, func(t *testing.T) {
			h, err := conformance.NewClientHandler(s.suite(), nil)
			if err != nil {
				t.Fatal(err)
			}
			driver := clientDriver{t: t, o: &websocket.DialOptions{Options: s.options(), Proxy: websocket.NoProxy}}
			driver.url, driver.o.TLSConfig = s.start(t, h)
			driver.run()
			s.check(t, h.Results(t.Name()), conformance.Clients)
		})
	}
}

// A clientDriver drives the client through the paths that suites of clients
// have.
type clientDriver struct {
	t   *testing.T
	url string
	o   *websocket.DialOptions
}

// run runs all cases.
func (d *clientDriver) run() {
	cases := 0
	d.visit("/getCaseCount", func(ctx context.Context, c *websocket.Conn) error {
		_, p, err := c.Read(ctx)
		if err == nil {
			cases, err = strconv.Atoi(string(p))
		}
		return err
	})
	turns := make(chan struct{}, 8)
	var wg sync.WaitGroup
	for n := range cases {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			d.visit(fmt.Sprintf("/runCase?case=%d&agent=%s", n+1, url.QueryEscape(d.t.Name())), echoAll)
		})
	}
	wg.Wait()
	d.visit("/updateReports?agent="+url.QueryEscape(d.t.Name()), echoAll)
}

// visit connects, and lets f have the connection. Whether it can, and how it
// ends, is for the suite to judge.
func (d *clientDriver) visit(path string, f func(context.Context, *websocket.Conn) error) {
	ctx, cancel := context.WithTimeout(d.t.Context(), 2*time.Minute)
	defer cancel()
	c, err := websocket.Dial(ctx, d.url+path, d.o)
	if err != nil {
		return
	}
	f(ctx, c)
	c.Close(ctx, websocket.StatusNormalClosure, "")
}
