package eventloop

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/rawpeer"
)

// Plain requests over TLS go to net/http, and come back to be upgraded.
func TestRequestsOverTLS(t *testing.T) {
	server, client := testTLS(t)
	s, err := Listen("tcp", "127.0.0.1:0", &Handler{OnMessage: echo}, &ServerOptions{TLS: server})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("/plain", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, strings.Repeat("plain", 10_000)) })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.Adopt(w, r, nil) })
	go http.Serve(s.Requests(), mux)

	nc, err := tls.Dial("tcp", s.Addr().String(), client)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	r := bufio.NewReader(nc)
	io.WriteString(nc, "GET /plain HTTP/1.1\r\nHost: a\r\n\r\n")
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(resp.Body); err != nil || len(body) != 50_000 {
		t.Fatal(len(body), err)
	}
	io.WriteString(nc, request)
	if resp, err = http.ReadResponse(r, nil); err != nil || resp.StatusCode != 101 {
		t.Fatal(resp, err)
	}
	nc.Write(rawpeer.Octets(rawpeer.Text("back in the loop")))
	if e, err := (&rawpeer.Reader{R: r}).Next(); err != nil || e != text("back in the loop") {
		t.Fatal(e, err)
	}
}

// Who does not shake hands is given up, and so is everybody when the server ends.
func TestTLSHandshakeTimeout(t *testing.T) {
	server, _ := testTLS(t)
	s, err := Listen("tcp", "127.0.0.1:0", nil, &ServerOptions{TLS: server, HandshakeTimeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	silent, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	if _, err := silent.Read(make([]byte, 1)); err != io.EOF {
		t.Error(err)
	}
	s.Close()

	if s, err = Listen("tcp", "127.0.0.1:0", nil, &ServerOptions{TLS: server, HandshakeTimeout: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if silent, err = net.Dial("tcp", s.Addr().String()); err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for s.outside.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
