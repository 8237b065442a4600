package websocket

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/protocol"
)

// canned is a transport whose other side has already said all that it says.
type canned struct {
	strings.Reader
	read int
}

func newCanned(says string) *canned {
	c := new(canned)
	c.Reset(says)
	return c
}

func (c *canned) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += n
	return n, err
}

func (c *canned) Write(p []byte) (int, error)      { return len(p), nil }
func (c *canned) Close() error                     { return nil }
func (c *canned) LocalAddr() net.Addr              { return new(net.TCPAddr) }
func (c *canned) RemoteAddr() net.Addr             { return new(net.TCPAddr) }
func (c *canned) SetDeadline(time.Time) error      { return nil }
func (c *canned) SetReadDeadline(time.Time) error  { return nil }
func (c *canned) SetWriteDeadline(time.Time) error { return nil }

// wantBounded fails if more was read than a client may read of a response.
func (c *canned) wantBounded(t *testing.T) {
	t.Helper()
	if c.read > maxResponseHead+2*maxRefusalBody+4096 {
		t.Errorf("read %d octets of the response", c.read)
	}
}

var responseSeeds = []string{
	"", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
	"HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: a, b\r\n\r\n\x81\x01x",
	"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 204 No\r\n\r\n", "HTTP/1.0 400 Bad\r\n\r\nbody",
	"HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 401 Who\r\nWww-Authenticate: Basic\r\n\r\n",
	"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 308 Gone\r\nLocation: ws://elsewhere.example\r\n\r\n",
	"HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\nRetry-After: 7\r\n\r\n5\r\nlater\r\n0\r\n\r\n",
	"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", "SSH-2.0-x\r\n", "HTTP/1.1 101\r\n folded\r\n\r\n",
}

// FuzzDialResponse plays any server: no response is taken for an opening
// handshake that is none, an error says which of the two it is, and what is read
// is bounded.
func FuzzDialResponse(f *testing.F) {
	for _, s := range responseSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, says string) {
		nc := newCanned(says)
		c, err := Dial(context.Background(), "ws://example.com/", &DialOptions{
			Subprotocols: []string{"a"},
			NetDial:      func(context.Context, string, string) (net.Conn, error) { return nc, nil },
		})
		nc.wantBounded(t)
		if err == nil {
			c.CloseNow()
			t.Fatal("a response that was there before the key was taken for its answer")
		}
		var refused *RefusedError
		if errors.As(err, &refused) && (len(refused.Body) > maxRefusalBody || refused.Status == http.StatusSwitchingProtocols || len(err.Error()) > 1000) {
			t.Errorf("refused with %d, %d octets of body, %q", refused.Status, len(refused.Body), err)
		}
		if strings.ContainsAny(err.Error(), "\r\n\x00") {
			t.Errorf("it says %q", err)
		}
	})
}

// FuzzDialAccepts: a response that answers the key, with any further lines, is
// accepted only if what the protocol says about it is so.
func FuzzDialAccepts(f *testing.F) {
	for _, lines := range []string{"", "Sec-WebSocket-Protocol: a\r\n", "Sec-WebSocket-Protocol: b\r\n", "Sec-WebSocket-Extensions: x\r\n", "Content-Length: 5\r\n", "Connection: close\r\n", "Transfer-Encoding: chunked\r\n", "\r\n\x81\x01x"} {
		f.Add(lines)
	}
	f.Fuzz(func(t *testing.T, lines string) {
		var key string
		nc := newCanned("")
		asked := keyed{canned: nc, answer: func(k string) string {
			key = k
			return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
				protocol.AcceptKey(k) + "\r\n" + lines + "\r\n"
		}}
		c, err := Dial(context.Background(), "ws://example.com/", &DialOptions{
			Subprotocols: []string{"a"},
			NetDial:      func(context.Context, string, string) (net.Conn, error) { return asked, nil },
		})
		nc.wantBounded(t)
		if key == "" {
			t.Fatal("no request was sent")
		}
		if err != nil {
			return
		}
		defer c.CloseNow()
		head, _, _ := strings.Cut(strings.ReplaceAll("\n"+lines, "\r\n", "\n"), "\n\n")
		head = strings.ToLower(head)
		if c.Subprotocol() != "" && (c.Subprotocol() != "a" || !strings.Contains(head, "\nsec-websocket-protocol:")) {
			t.Errorf("agreed on %q", c.Subprotocol())
		}
		for _, wrong := range []string{"\nsec-websocket-extensions:x", "\nsec-websocket-accept:", "\nupgrade:h2c"} {
			if strings.Contains(strings.ReplaceAll(head, " ", ""), wrong) {
				t.Errorf("accepted %q", lines)
			}
		}
	})
}

// keyed answers once it has seen the key.
type keyed struct {
	*canned
	answer func(key string) string
}

func (k keyed) Write(p []byte) (int, error) {
	if _, rest, ok := strings.Cut(string(p), "Sec-WebSocket-Key: "); ok {
		key, _, _ := strings.Cut(rest, "\r\n")
		k.canned.Reset(k.answer(key))
	}
	return len(p), nil
}

var success = regexp.MustCompile(`HTTP/1\.\d +2\d\d`)

// FuzzConnect plays any HTTP proxy: what is read is bounded, and a tunnel is
// only what it said it is.
func FuzzConnect(f *testing.F) {
	for _, s := range append(responseSeeds, "HTTP/1.1 200 Connection established\r\n\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 407 Who\r\n\r\n") {
		f.Add(s)
	}
	p, err := newProxy(&url.URL{Scheme: "http", Host: "proxy.example", User: url.UserPassword("ada", "pw")})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, says string) {
		nc := newCanned(says)
		err := p.connectHTTP(nc, "example.com:443", http.Header{"X": {"y"}})
		nc.wantBounded(t)
		if err == nil && (!success.MatchString(says) || nc.Len() > 0) {
			t.Errorf("a tunnel by %q", says)
		}
		if err != nil && strings.ContainsAny(err.Error(), "\r\n\x00") {
			t.Errorf("it says %q", err)
		}
	})
}
