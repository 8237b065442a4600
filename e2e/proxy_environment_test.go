package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/duplexws/duplex/websocket"
)

// The variables that tell a child process what to dial, and whether to note
// where the transport leads instead of making it.
const (
	childURL  = "DUPLEX_E2E_DIAL"
	childNote = "DUPLEX_E2E_NOTE"
)

// An outcome is what a child process tells of its Dial.
type outcome struct {
	Echo   string   // of a message through the connection
	Err    string   // of Dial
	Dialed []string // addresses to which a transport was wanted, if noted
}

// TestProxyEnvironment dials in processes whose environment names proxies, the
// only way to have it read: a process reads it once.
func TestProxyEnvironment(t *testing.T) {
	if url := os.Getenv(childURL); url != "" {
		json.NewEncoder(os.Stdout).Encode(dialAsChild(t, url))
		return
	}
	t.Parallel()
	server := startEcho(t, nil, websocket.Options{})
	port := portOf(t, server)
	recorder := startRecorder(t, server)
	nobody := nobodyAt(t)

	for _, c := range []struct {
		name  string
		url   string
		env   []string
		want  string   // in the error; "" is a connection
		asked []string // of the recorder
	}{
		{"ws", "ws://duplex.test:" + port + "/a", []string{"HTTP_PROXY=http://u:p@" + recorder.addr, "HTTPS_PROXY=http://" + nobody},
			"", []string{"duplex.test:" + port + " Basic dTpw"}},
		{"default port", "ws://duplex.test", []string{"HTTP_PROXY=http://" + recorder.addr}, "", []string{"duplex.test:80 "}},
		{"lower case, no scheme", "ws://duplex.test", []string{"http_proxy=" + recorder.addr}, "", []string{"duplex.test:80 "}},
		{"wss", "wss://duplex.test", []string{"HTTPS_PROXY=http://" + recorder.addr, "HTTP_PROXY=http://" + nobody},
			"TLS", []string{"duplex.test:443 "}}, // the echo behind the recorder has none
		{"other names in NO_PROXY", "ws://duplex.test", []string{"HTTP_PROXY=http://" + recorder.addr, "NO_PROXY=example.com,uplex.test,duplex.test:81,192.0.2.0/24"},
			"", []string{"duplex.test:80 "}},
		{"loopback", "ws://" + server, []string{"HTTP_PROXY=http://" + recorder.addr}, "", nil},
		{"scheme unknown", "ws://duplex.test", []string{"HTTP_PROXY=ftp://" + recorder.addr}, "is not http, https or socks5", nil},
		{"a CGI program's Proxy field", "ws://duplex.test", []string{"HTTP_PROXY=http://" + recorder.addr, "REQUEST_METHOD=GET"}, "choosing the proxy", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := runChild(t, c.url, c.env...)
			got.want(t, c.want)
			if asked := recorder.take(); !slices.Equal(asked, c.asked) {
				t.Errorf("the proxy was asked for %q, want %q", asked, c.asked)
			}
		})
	}
}

// want wants an error that says something, or a connection if that is "".
func (o outcome) want(t *testing.T, err string) {
	t.Helper()
	if err == "" && (o.Err != "" || o.Echo != "through") || !strings.Contains(o.Err, err) {
		t.Errorf("echo %q, error %q, want %q", o.Echo, o.Err, err)
	}
}

// TestProxyExceptions: only what NO_PROXY lists is dialled without the proxy.
func TestProxyExceptions(t *testing.T) {
	t.Parallel()
	const proxy = "proxy.test:3128"
	for _, c := range []struct {
		url, exceptions string
		want            string // address to which the transport leads
	}{
		{"ws://duplex.test", "", proxy},
		{"ws://duplex.test", "duplex.test", "duplex.test:80"},
		{"ws://a.duplex.test", "duplex.test", "a.duplex.test:80"},
		{"ws://duplex.test:81", "duplex.test:81", "duplex.test:81"},
		{"ws://duplex.test", "*", "duplex.test:80"},
		{"ws://[2001:db8::1]", "2001:db8::/32", "[2001:db8::1]:80"},
		// A zone is no name: what stands in it must not match (CVE-2025-22870).
		{"ws://[fe80::1%25.duplex.test]", "duplex.test", proxy},
		{"ws://[fe80::1%25.duplex.test]", ".duplex.test,*.duplex.test", proxy},
		{"ws://[2001:db8::1%25.duplex.test]:81", "duplex.test", proxy},
		{"ws://[fe80::1%25a.duplex.test]", "duplex.test:80", proxy},
	} {
		t.Run(c.url+" "+c.exceptions, func(t *testing.T) {
			got := runChild(t, c.url, "HTTP_PROXY=http://"+proxy, "NO_PROXY="+c.exceptions, childNote+"=1")
			if !slices.Equal(got.Dialed, []string{c.want}) || got.Err == "" {
				t.Errorf("dialled %q, want %q; error %q", got.Dialed, c.want, got.Err)
			}
		})
	}
}

// dialAsChild connects with the options that a program has which sets none.
func dialAsChild(t *testing.T, url string) (told outcome) {
	var o *websocket.DialOptions
	if os.Getenv(childNote) != "" {
		o = &websocket.DialOptions{
			Proxy: http.ProxyFromEnvironment, // which a NetDial turns off
			NetDial: func(_ context.Context, _, address string) (net.Conn, error) {
				told.Dialed = append(told.Dialed, address)
				return nil, errors.New("only noted")
			},
		}
	}
	c, err := websocket.Dial(within(t), url, o)
	if err != nil {
		told.Err = err.Error()
		return told
	}
	defer c.CloseNow()
	if err := c.Write(within(t), websocket.Text, []byte("through")); err != nil {
		told.Err = err.Error()
		return told
	}
	_, p, err := c.Read(within(t))
	told.Echo = string(p)
	if err != nil {
		told.Err = err.Error()
	}
	return told
}

// runChild runs the calling test in a process with further variables, which
// dials a URL.
func runChild(t *testing.T, url string, env ...string) (told outcome) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(within(t), self, "-test.run=^TestProxyEnvironment$")
	cmd.Env = append(append(withoutProxies(os.Environ()), childURL+"="+url, "GORACE=atexit_sleep_ms=0"), env...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := json.NewDecoder(strings.NewReader(string(out))).Decode(&told); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return told
}

// A recorder is an HTTP proxy that notes what it is asked for, and connects to
// one server whatever that is.
type recorder struct {
	addr  string
	mu    sync.Mutex
	asked []string // host:port, and Proxy-Authorization
}

func startRecorder(t *testing.T, server string) *recorder {
	t.Helper()
	r := new(recorder)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.mu.Lock()
		r.asked = append(r.asked, q.Host+" "+q.Header.Get("Proxy-Authorization"))
		r.mu.Unlock()
		if q.Method != http.MethodConnect {
			http.Error(w, "only CONNECT", http.StatusMethodNotAllowed)
			return
		}
		tunnel(w, server)
	}))
	t.Cleanup(proxy.Close)
	r.addr = proxy.Listener.Addr().String()
	return r
}

// tunnel joins the client of w to a server until one of them ends.
func tunnel(w http.ResponseWriter, server string) {
	to, err := net.Dial("tcp", server)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer to.Close()
	w.WriteHeader(http.StatusOK)
	from, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer from.Close()
	go func() {
		defer from.Close()
		io.Copy(from, to)
	}()
	io.Copy(to, rw.Reader)
}

func (r *recorder) take() (asked []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	asked, r.asked = r.asked, nil
	return asked
}
