package eventloop

import (
	"bufio"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/duplexws/duplex/internal/hostile"
	"github.com/duplexws/duplex/internal/poll"
)

// networks are those that servers of the outside world stand on.
func networks() map[string]poll.Network {
	return map[string]poll.Network{"system": poll.System, "portable": poll.NewPortable()}
}

// onEvery runs f for a server on each network, and for one of TLS.
func onEvery(t *testing.T, h *Handler, o *ServerOptions, f func(t *testing.T, s *Server)) {
	onPlain(t, h, o, f)
	t.Run("tls", func(t *testing.T) {
		secure := *o
		secure.TLS, _ = testTLS(t)
		s, err := Listen("tcp", "127.0.0.1:0", h, &secure)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		f(t, s)
	})
}

// testTLS returns the configurations of TLS for all servers of the tests and
// their clients.
func testTLS(t *testing.T) (server, client *tls.Config) {
	tlsOnce.Do(func() { tlsServer, tlsClient = hostile.TLSConfigs(t) })
	return tlsServer, tlsClient
}

var (
	tlsOnce              sync.Once
	tlsServer, tlsClient *tls.Config
)

// dialServer connects to a server, over TLS if that is what it speaks.
func dialServer(t *testing.T, s *Server) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if s.set.tls != nil {
		_, client := testTLS(t)
		return tls.Client(nc, client)
	}
	return nc
}

// onPlain runs f for a server on each network.
func onPlain(t *testing.T, h *Handler, o *ServerOptions, f func(t *testing.T, s *Server)) {
	for name, network := range networks() {
		t.Run(name, func(t *testing.T) {
			s, err := listen(network, "tcp", "127.0.0.1:0", h, o)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			f(t, s)
		})
	}
}

// echo sends every message back.
func echo(c Conn, m MessageType, p []byte) { c.Write(m, p) }

// request opens a connection.
const request = "GET / HTTP/1.1\r\nHost: server.example\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

// shakeHands opens a connection that is written to octet by octet.
func shakeHands(t *testing.T, s *Server) (net.Conn, *bufio.Reader) {
	t.Helper()
	nc := dialServer(t, s)
	nc.Write([]byte(request))
	r := bufio.NewReader(nc)
	resp, err := http.ReadResponse(r, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols || resp.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		nc.Close()
		t.Fatal(resp, err)
	}
	return nc, r
}
