package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/testenv"
	"github.com/duplexws/duplex/protocol"
	"github.com/duplexws/duplex/websocket"
)

// The sub-protocols that the test programs of libwebsockets speak, and nothing
// else: they cannot play the scenarios of TestInterop.
const (
	lwsNumbers = "dumb-increment-protocol" // the server counts
	lwsMirror  = "lws-mirror-protocol"     // the server sends messages on to all
)

func TestLibwebsocketsServer(t *testing.T) {
	bin := testenv.Tool(t, "the test server of libwebsockets is a peer", "libwebsockets-test-server")
	cert := newCertificate(t)
	for scheme, args := range map[string][]string{
		"ws":  nil,
		"wss": {"--ssl", "--ssl-cert=" + cert.certFile, "--ssl-key=" + cert.keyFile},
	} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			addr, _ := listen(t, func(addr string) *program {
				return startProgram(t, bin, append([]string{"-d", "7", "--interface=lo", "--port=" + portOf(t, addr)}, args...)...)
			})
			dial := func(t *testing.T, subprotocol string) *duplexPlayer {
				t.Helper()
				c, err := websocket.Dial(t.Context(), scheme+"://"+addr+"/", &websocket.DialOptions{
					Subprotocols: []string{subprotocol}, TLSConfig: cert.client,
				})
				if err != nil {
					t.Fatal(err)
				}
				p := newDuplexPlayer(c, 0)
				t.Cleanup(func() { c.CloseNow(); p.end() })
				return p
			}
			t.Run("numbers", func(t *testing.T) { lwsCounts(t, dial(t, lwsNumbers)) })
			t.Run("mirror", func(t *testing.T) { lwsMirrors(t, dial(t, lwsMirror)) })
		})
	}
}

// lwsCounts reads numbers, has them begin again, pings, and has the server
// close.
func lwsCounts(t *testing.T, p *duplexPlayer) {
	for i := range 3 {
		if m, data, err := p.receive(); err != nil || m.Type != "text" || string(data) != fmt.Sprint(i) {
			t.Fatalf("it counts %s %q, %v, want %d", m.Type, data, err, i)
		}
	}
	if err := p.send(text("reset\n").outgoing(), nil); err != nil {
		t.Fatal(err)
	}
	for again := false; !again; {
		_, data, err := p.receive()
		if err != nil {
			t.Fatal(err)
		}
		again = string(data) == "0"
	}
	if _, err := p.ping(nil); err != nil {
		t.Error(err)
	}
	if err := p.send(text("closeme\n").outgoing(), nil); err != nil {
		t.Fatal(err)
	}
	var err error
	for err == nil {
		_, _, err = p.receive()
	}
	want(t, "we", []sight{atEnd(err)}, []sight{closed(1001, "seeya")})
}

// lwsMirrors sends messages, whose octets come back, and closes. Large messages
// come back as many: the mirror keeps no bounds. They are text, since binary
// messages come back as text too.
func lwsMirrors(t *testing.T, p *duplexPlayer) {
	for _, m := range []step{
		text("Grüße, 世界 👋"),
		text("Duplex! ").times(1 << 17),
		text("fragment").times(6_000).fragments(3),
		text("between ").times(40_000).fragments(2).pinging(),
	} {
		sent := make(chan error, 1)
		go func() {
			_, err := do(p, m)
			sent <- err
		}()
		var back []byte
		for len(back) < len(m.payload()) {
			_, data, err := p.receive()
			if err != nil {
				t.Fatal(err)
			}
			back = append(back, data...)
		}
		if err := <-sent; err != nil {
			t.Error(err)
		}
		if !bytes.Equal(back, m.payload()) {
			t.Errorf("%d octets come back otherwise", len(back))
		}
	}
	want(t, "we", []sight{p.close(4001, "enough")}, []sight{answered(4001)})
}

func TestLibwebsocketsClient(t *testing.T) {
	bin := testenv.Tool(t, "the test client of libwebsockets is a peer", "libwebsockets-test-client")
	cert := newCertificate(t)
	t.Run("ws", func(t *testing.T) {
		t.Parallel()
		s := newLWSHandler()
		server := httptest.NewServer(s.handler)
		defer server.Close()
		s.check(t, startProgram(t, bin, "-d", "15", "--once", strings.Replace(server.URL, "http", "ws", 1)+"/"))
	})
	t.Run("wss", func(t *testing.T) {
		t.Parallel()
		s := newLWSHandler()
		server := httptest.NewUnstartedServer(s.handler)
		server.TLS = cert.server.Clone()
		server.StartTLS()
		defer server.Close()
		s.check(t, startProgram(t, bin, "-d", "15", "--once", "--strict-ssl", "--ssl-ca="+cert.certFile, strings.Replace(server.URL, "http", "ws", 1)+"/"))
	})
	// Its own echo test sends random octets as text, which has to end in 1007.
	t.Run("echo", func(t *testing.T) {
		t.Parallel()
		s := newLWSHandler()
		server := httptest.NewServer(s.handler)
		defer server.Close()
		startProgram(t, bin, "-d", "15", "--echo", strings.Replace(server.URL, "http", "ws", 1)+"/")
		if err := soon(t, "the mirror", s.mirrored); websocket.CloseStatus(err) != websocket.StatusInvalidPayload {
			t.Errorf("the connection ended with %v, want 1007", err)
		}
	})
}

// An lwsHandler is a server of both sub-protocols.
type lwsHandler struct {
	handler            http.Handler
	numbered, mirrored chan error // how the connections ended
}

const (
	lwsCount   = 10  // numbers that are sent
	lwsCircles = 100 // messages that are mirrored
)

func newLWSHandler() *lwsHandler {
	s := &lwsHandler{numbered: make(chan error, 1), mirrored: make(chan error, 1)}
	o := &websocket.AcceptOptions{
		Subprotocols: []string{lwsNumbers, lwsMirror},
		// What the client sends as the origin, over TLS too.
		Origin: protocol.OriginPolicy{Patterns: []string{"http://127.0.0.1"}},
	}
	s.handler = o.Handler(func(ctx context.Context, c *websocket.Conn) error {
		if c.Subprotocol() == lwsNumbers {
			s.numbered <- lwsNumber(ctx, c)
		} else {
			s.mirrored <- lwsMirrorBack(ctx, c)
		}
		return nil
	})
	return s
}

// soon returns what comes from a channel within patience.
func soon[T any](t *testing.T, what string, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(patience):
		t.Fatalf("%s does not end", what)
	}
	return v
}

// check waits until both connections and the client have ended as they should.
func (s *lwsHandler) check(t *testing.T, client *program) {
	t.Helper()
	if err := soon(t, "the mirror", s.mirrored); err != nil {
		t.Error("mirror:", err)
	}
	if err := soon(t, "the connection of the numbers", s.numbered); !errors.Is(err, websocket.ErrAbnormal) { // it exits
		t.Error("numbers:", err)
	}
	soon(t, "the client", client.ended)
	if client.err != nil {
		t.Error(client.err)
	}
	var got, want []string
	for i := range lwsCount {
		want = append(want, fmt.Sprint(i))
	}
	for _, m := range regexp.MustCompile(`rx \d+ '(\d+)'`).FindAllStringSubmatch(client.log.String(), -1) {
		got = append(got, m[1])
	}
	if !slices.Equal(got, want) {
		t.Errorf("the client received the numbers %q", got)
	}
}

// lwsNumber counts, pings, and waits for the end.
func lwsNumber(ctx context.Context, c *websocket.Conn) error {
	for i := range lwsCount {
		if err := c.Write(ctx, websocket.Text, fmt.Append(nil, i)); err != nil {
			return err
		}
	}
	if _, err := c.Ping(ctx); err != nil {
		return err
	}
	_, _, err := c.Read(ctx)
	return err
}

var lwsCircle = regexp.MustCompile(`^c #[0-9A-F]{6} \d+ \d+ \d+;$`)

// lwsMirrorBack mirrors the circles that the client draws, pings amid them, and
// closes.
func lwsMirrorBack(ctx context.Context, c *websocket.Conn) error {
	for i := range lwsCircles {
		typ, p, err := c.Read(ctx)
		if err != nil {
			return err
		}
		if typ != websocket.Text || !lwsCircle.Match(p) {
			return fmt.Errorf("%v message %.60q", typ, p)
		}
		if err := c.Write(ctx, typ, p); err != nil {
			return err
		}
		if i%25 == 0 {
			if _, err := c.Ping(ctx); err != nil {
				return err
			}
		}
	}
	if err := c.Close(ctx, 4001, "enough"); err != nil {
		return err
	}
	var answer *websocket.CloseError
	if !errors.As(c.Err(), &answer) || answer.Code != 4001 {
		return fmt.Errorf("answered with %v", c.Err())
	}
	return nil
}
