package e2e

import (
	"bufio"
	"crypto/tls"
	order "encoding/binary"
	"io"
	"net/http"
	"testing"
)

// The parts of HTTP/2 that a WebSocket needs (RFC 9113, section 6), and what
// RFC 8441 adds.
const (
	h2Data, h2Headers, h2Settings = 0x0, 0x1, 0x4

	h2EndHeaders       = 0x4
	h2ConnectProtocol  = 0x8  // the setting: extended CONNECT is understood
	h2Status200Indexed = 0x88 // in a field section, section 6.1 of RFC 7541
)

// An h2Conn is a client's end of an HTTP/2 connection with one stream.
type h2Conn struct {
	t  *testing.T
	nc *tls.Conn
	br *bufio.Reader
}

func dialHTTP2(t *testing.T, s *site) *h2Conn {
	t.Helper()
	config := s.cert.client.Clone()
	config.ServerName, config.NextProtos = "localhost", []string{"h2"}
	nc, err := tls.Dial("tcp", s.proxy.addr, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	deadline, _ := within(t).Deadline()
	nc.SetDeadline(deadline)
	c := &h2Conn{t, nc, bufio.NewReader(nc)}
	if _, err := io.WriteString(nc, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	c.write(h2Settings, 0, 0, nil)
	return c
}

func (c *h2Conn) write(typ, flags byte, stream uint32, payload []byte) {
	c.t.Helper()
	frame := []byte{0, byte(len(payload) >> 8), byte(len(payload)), typ, flags}
	frame = append(order.BigEndian.AppendUint32(frame, stream), payload...)
	if _, err := c.nc.Write(frame); err != nil {
		c.t.Fatal(err)
	}
}

// read returns the payload of the next frame of a type that has one.
func (c *h2Conn) read(typ byte) []byte {
	c.t.Helper()
	for {
		var head [9]byte
		if _, err := io.ReadFull(c.br, head[:]); err != nil {
			c.t.Fatalf("no frame of type %d: %v", typ, err)
		}
		payload := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
		if _, err := io.ReadFull(c.br, payload); err != nil {
			c.t.Fatal(err)
		}
		if head[3] == typ && len(payload) > 0 {
			return payload
		}
	}
}

// offersWebSocket reports whether the other end's settings do.
func (c *h2Conn) offersWebSocket() bool {
	c.t.Helper()
	for p := c.read(h2Settings); len(p) >= 6; p = p[6:] {
		if order.BigEndian.Uint16(p) == h2ConnectProtocol {
			return order.BigEndian.Uint32(p[2:]) == 1
		}
	}
	return false
}

// fields encodes names and values as literals without indexing (RFC 7541,
// section 6.2.2).
func fields(pairs ...string) (block []byte) {
	for i, s := range pairs {
		if i%2 == 0 {
			block = append(block, 0)
		}
		block = append(append(block, byte(len(s))), s...)
	}
	return block
}

// offersNoHTTP2: pages come over HTTP/2, and browsers open another connection
// for WebSocket.
func offersNoHTTP2(t *testing.T, s *site) {
	pageOverHTTP2(t, s)
	if dialHTTP2(t, s).offersWebSocket() {
		t.Error("it offers WebSocket over HTTP/2 now: docs/proxies.md says that it does not")
	}
}

// echoesOverHTTP2: the proxy translates extended CONNECT to the handshake of
// HTTP/1.1.
func echoesOverHTTP2(t *testing.T, s *site) {
	pageOverHTTP2(t, s)
	c := dialHTTP2(t, s)
	if !c.offersWebSocket() {
		t.Fatal("it does not offer WebSocket over HTTP/2")
	}
	c.write(h2Headers, h2EndHeaders, 1, fields(":method", "CONNECT", ":protocol", "websocket", ":scheme", "https",
		":path", "/echo", ":authority", s.host, "sec-websocket-version", "13", "origin", s.origin))
	if head := c.read(h2Headers); head[0] != h2Status200Indexed {
		t.Fatalf("the response begins with %#x, want status 200", head[0])
	}
	c.write(h2Data, 0, 1, []byte("\x81\x82\x00\x00\x00\x00hi")) // a text message, masked by zeros
	if got := c.read(h2Data); string(got) != "\x81\x02hi" {
		t.Errorf("frame %q came back", got)
	}
}

func pageOverHTTP2(t *testing.T, s *site) {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: s.cert.client.Clone(), ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Get(s.origin + "/console")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK || response.ProtoMajor != 2 {
		t.Errorf("the console: status %s over %s", response.Status, response.Proto)
	}
}
