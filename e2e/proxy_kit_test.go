package e2e

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/websocket"
)

// A proxy is a running proxy program.
type proxy struct {
	addr string // host:port where it accepts connections
	*program
}

// startProxy starts a proxy program and waits until it accepts connections.
func startProxy(t *testing.T, start func(addr string) *program) *proxy {
	t.Helper()
	addr, p := listen(t, start)
	return &proxy{addr, p}
}

// hostPort is where a server of the binary listens.
func (p *process) hostPort() string {
	_, addr, _ := strings.Cut(p.url, "://")
	return addr
}

// documented returns the one configuration in docs/proxies.md that is fenced as
// of a language.
func documented(t *testing.T, language string) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "docs", "proxies.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllSubmatch(page, -1)
	if len(found) != 1 {
		t.Fatalf("docs/proxies.md has %d blocks of %s, want 1", len(found), language)
	}
	return string(found[0][1])
}

// An edit replaces what stands in a configuration once.
type edit struct{ old, new string }

// edited returns the configuration with the edits, each of which must apply.
func edited(t *testing.T, config string, edits ...edit) string {
	t.Helper()
	for _, e := range edits {
		if n := strings.Count(config, e.old); n != 1 {
			t.Fatalf("%q stands %d times in the configuration, want 1:\n%s", e.old, n, config)
		}
		config = strings.Replace(config, e.old, e.new, 1)
	}
	return config
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// within returns a context that ends a call which hangs.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// connect dials, and drops the connection with the test.
func connect(t *testing.T, url string, o *websocket.DialOptions) *websocket.Conn {
	t.Helper()
	c, err := websocket.Dial(within(t), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.CloseNow() })
	return c
}

// wantRefused dials and wants a refusal with a status, by a proxy or, if that
// is "", by the server.
func wantRefused(t *testing.T, url string, o *websocket.DialOptions, status int, by string) *websocket.RefusedError {
	t.Helper()
	c, err := websocket.Dial(within(t), url, o)
	if err == nil {
		c.CloseNow()
		t.Fatalf("connected, want status %d", status)
	}
	refused, ok := errors.AsType[*websocket.RefusedError](err)
	if !ok || refused.Status != status || refused.Proxy != by {
		t.Fatalf("error %v, want status %d from proxy %q", err, status, by)
	}
	return refused
}

// wantEcho sends a message of n octets and wants it back.
func wantEcho(t *testing.T, c *websocket.Conn, n int) {
	t.Helper()
	sent := strings.Repeat("0123456789abcdef", n/16+1)[:n]
	if err := c.Write(within(t), websocket.Text, []byte(sent)); err != nil {
		t.Fatal(err)
	}
	typ, got, err := c.Read(within(t))
	if err != nil {
		t.Fatal(err)
	}
	if typ != websocket.Text || string(got) != sent {
		t.Errorf("%v of %d octets came back for text of %d, equal: %v", typ, len(got), n, string(got) == sent)
	}
}

// wantLine waits for a line in the log of a program.
func wantLine(t *testing.T, log *lockedBuffer, pattern string) {
	t.Helper()
	re := regexp.MustCompile(pattern)
	for deadline := time.Now().Add(patience); !re.MatchString(log.String()); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("nothing like %s was logged", pattern)
		}
	}
}

// startEcho serves an echo and a health check in this process, over TLS if cert is not nil, and
// returns its host:port.
func startEcho(t *testing.T, cert *certificate, o websocket.Options) string {
	t.Helper()
	accept := &websocket.AcceptOptions{Options: o}
	mux := http.NewServeMux()
	mux.Handle("/", accept.Handler(func(ctx context.Context, c *websocket.Conn) error {
		return c.ReadEach(ctx, func(typ websocket.MessageType, p []byte) error { return c.Write(ctx, typ, p) })
	}))
	mux.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	server := httptest.NewUnstartedServer(mux)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that do not trust it are wanted here
	if cert != nil {
		server.TLS = cert.server
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}
