package conformance

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/duplexws/duplex/websocket"
)

func echoBack(ctx context.Context, c *websocket.Conn) error {
	for m, err := range c.Messages(ctx) {
		if err != nil {
			return err
		}
		if err := c.Write(ctx, m.Type, m.Data); err != nil {
			return err
		}
	}
	return nil
}

// Our own server opens as this suite wants it.
func TestLibraryServerOpens(t *testing.T) {
	for _, scheme := range []string{"ws", "wss"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			for _, r := range judgeLibrary(t, scheme, 0, "15.*", "-15.10.7", "-15.10.8", "-15.10.9") {
				if !r.Passed(true) {
					t.Error(r)
				}
			}
			for _, r := range judgeLibrary(t, scheme, 300*time.Millisecond, "15.10.7", "15.10.8", "15.10.9") {
				if r.Reason != "the server ended it" {
					t.Error(r)
				}
			}
		})
	}
}

// judgeLibrary plays cases with a server that waits so long for a request.
func judgeLibrary(t *testing.T, scheme string, patience time.Duration, cases ...string) []*Result {
	o := &websocket.AcceptOptions{Options: websocket.Options{MaxMessage: 32 << 20}}
	ts := httptest.NewUnstartedServer(o.Handler(echoBack))
	ts.Config.ReadHeaderTimeout = patience
	ts.Config.ErrorLog = log.New(io.Discard, "", 0)
	websocket.ConfigureServer(ts.Config)
	opts := &Options{Cases: cases, Timeout: 20 * time.Second, Pause: 20 * time.Millisecond}
	if scheme == "ws" {
		ts.Start()
	} else {
		ts.StartTLS()
		pool := x509.NewCertPool()
		pool.AddCert(ts.Certificate())
		opts.TLSConfig = &tls.Config{RootCAs: pool}
	}
	defer ts.Close()
	results, err := RunServer(t.Context(), strings.Replace(ts.URL, "http", "ws", 1), opts)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// Our own client opens as this suite wants it.
func TestLibraryClientOpens(t *testing.T) {
	t.Parallel()
	h, err := NewClientHandler(&Options{Cases: []string{"16.*"}, Timeout: 20 * time.Second, Pause: 20 * time.Millisecond}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ts := httptest.NewServer(h)
	patient := &websocket.DialOptions{HandshakeTimeout: 20 * time.Second}
	hasty := &websocket.DialOptions{HandshakeTimeout: 300 * time.Millisecond}
	var clients sync.WaitGroup
	limit := make(chan struct{}, 8)
	for i := range h.cases {
		limit <- struct{}{}
		clients.Go(func() {
			defer func() { <-limit }()
			o := patient
			if h.cases[i].ID == "16.8.6" { // the answer never ends
				o = hasty
			}
			c, err := websocket.Dial(t.Context(), fmt.Sprintf("ws%s/runCase?case=%d&agent=ours", strings.TrimPrefix(ts.URL, "http"), i+1), o)
			if err == nil {
				c.Close(t.Context(), websocket.CloseStatus(echoBack(t.Context(), c)), "")
			}
		})
	}
	clients.Wait()
	for len(h.Results("ours")) < len(h.cases) { // the handler ends a moment behind the connection
		time.Sleep(time.Millisecond)
	}
	ts.Close()
	for _, r := range h.Results("ours") {
		if !r.Passed(true) || r.Case.ID == "16.8.6" && r.Reason != "the client ended it" {
			t.Error(r)
		}
	}
}
