package main

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttpadaptor"

	"github.com/duplexws/duplex/examples/internal/try"
	"github.com/duplexws/duplex/websocket"
)

// There is no TestMain that looks for goroutines left over: fasthttp leaves some
// running for good.

// serve serves until the test ends, and returns its URL.
func serve(t *testing.T, s *fasthttp.Server) string {
	t.Helper()
	return "ws://" + serveOn(t, s, func(ln net.Listener) net.Listener { return ln })
}

// serveOn is serve on a listener of one's own, and returns its address.
func serveOn(t *testing.T, s *fasthttp.Server, wrap func(net.Listener) net.Listener) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(wrap(ln)) }()
	t.Cleanup(func() {
		if err := s.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return ln.Addr().String()
}

func TestAdapted(t *testing.T) {
	url := serve(t, &fasthttp.Server{Handler: pages})
	c := try.Dial(t, url+"/echo", nil)
	try.Answer(t, c, "hello", "hello")
	try.Answer(t, c, strings.Repeat("a long message ", 10_000), strings.Repeat("a long message ", 10_000))
	if err := c.Close(try.Context(t), websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
}

func TestAdaptedRefuses(t *testing.T) {
	url := serve(t, &fasthttp.Server{Handler: pages})
	try.Refused(t, url+"/echo", try.Foreign, http.StatusForbidden)
	try.Refused(t, url+"/", nil, http.StatusOK)
}

// The deadlines of fasthttp's server are not those of the connection.
func TestAdaptedOutlivesTimeouts(t *testing.T) {
	url := serve(t, &fasthttp.Server{Handler: pages, ReadTimeout: 50 * time.Millisecond, WriteTimeout: 50 * time.Millisecond})
	c := try.Dial(t, url+"/echo", nil)
	time.Sleep(100 * time.Millisecond) // the server's deadlines
	try.Answer(t, c, "still here", "still here")
}

func TestAdaptedPanic(t *testing.T) {
	broken := options.Handler(func(context.Context, *websocket.Conn) error { panic("broken") })
	url := serve(t, &fasthttp.Server{Handler: fasthttpadaptor.NewFastHTTPHandler(broken)})
	try.Closed(t, try.Dial(t, url, nil), websocket.StatusInternalError)
}

// Over TLS the same origin is one of https.
func TestAdaptedTLS(t *testing.T) {
	certified := httptest.NewTLSServer(nil)
	defer certified.Close()
	address := serveOn(t, &fasthttp.Server{Handler: pages}, func(ln net.Listener) net.Listener {
		return tls.NewListener(ln, &tls.Config{Certificates: certified.TLS.Certificates})
	})
	roots := certified.Client().Transport.(*http.Transport).TLSClientConfig
	from := func(origin string) *websocket.DialOptions {
		return &websocket.DialOptions{TLSConfig: roots, Header: http.Header{"Origin": {origin}}}
	}
	try.Answer(t, try.Dial(t, "wss://"+address+"/echo", from("https://"+address)), "hello", "hello")
	try.Refused(t, "wss://"+address+"/echo", from("http://"+address), http.StatusForbidden)
}

func TestOwnPort(t *testing.T) {
	url := try.Server(t, echo)
	try.Answer(t, try.Dial(t, url, nil), "hello", "hello")
	try.Refused(t, url, try.Foreign, http.StatusForbidden)
}
