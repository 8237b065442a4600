package e2e

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
	"github.com/duplexws/duplex/websocket"
)

// loopbackName is a name of 127.0.0.1 for the resolver of the C library, and no
// address for Go.
const loopbackName = "127.1"

// startTinyproxy starts an HTTP proxy with further settings, that connects to
// the ports of some servers.
func startTinyproxy(t *testing.T, settings string, servers ...string) *proxy {
	t.Helper()
	bin := testenv.Tool(t, "the client connects through it by CONNECT", "tinyproxy")
	for _, server := range servers {
		settings += "\nConnectPort " + portOf(t, server)
	}
	return startProxy(t, func(addr string) *program {
		config := fmt.Sprintf("Listen 127.0.0.1\nPort %s\n%s\n", portOf(t, addr), settings)
		return startProgram(t, bin, "-d", "-c", writeFile(t, filepath.Join(t.TempDir(), "tinyproxy.conf"), config))
	})
}

// startMicrosocks starts a SOCKS5 proxy.
func startMicrosocks(t *testing.T, args ...string) *proxy {
	t.Helper()
	bin := testenv.Tool(t, "the client connects through it by SOCKS5", "microsocks")
	return startProxy(t, func(addr string) *program {
		return startProgram(t, bin, append([]string{"-i", "127.0.0.1", "-p", portOf(t, addr)}, args...)...)
	})
}

// startTLSProxy puts TLS in front of a proxy.
func startTLSProxy(t *testing.T, behind *proxy, cert *certificate) *proxy {
	t.Helper()
	bin := testenv.Tool(t, "it ends TLS in front of an HTTP proxy", "haproxy", "/usr/sbin/haproxy")
	dir := t.TempDir()
	return startProxy(t, func(addr string) *program {
		return startProgram(t, bin, "-db", "-f", writeFile(t, filepath.Join(dir, "haproxy.cfg"), fmt.Sprintf(`
global
	maxconn 100
defaults
	mode tcp
	timeout connect 5s
	timeout client 60s
	timeout server 60s
listen proxy
	bind %s ssl crt %s
	server tinyproxy %s
`, addr, chainAndKey(t, dir, cert), behind.addr)))
	})
}

// via are the options of a client that uses a proxy.
func via(proxy string) *websocket.DialOptions {
	u, err := url.Parse(proxy)
	if err != nil {
		panic(err)
	}
	return &websocket.DialOptions{Options: websocket.Options{MaxMessage: 8 << 20}, Proxy: http.ProxyURL(u)}
}

// dialLoopback takes every name for one of loopback.
func dialLoopback(ctx context.Context, network, address string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
}

// TestForwardProxies connects over ws and wss through real proxies that want a
// password.
func TestForwardProxies(t *testing.T) {
	t.Parallel()
	cert := newCertificate(t)
	plain, secure := startEcho(t, nil, websocket.Options{MaxMessage: 8 << 20}), startEcho(t, cert, websocket.Options{MaxMessage: 8 << 20})
	byName, nobody := "ws://"+loopbackName+":"+portOf(t, plain), nobodyAt(t)
	for _, c := range []struct {
		scheme        string
		start         func(t *testing.T) *proxy
		wrongPassword int
		noPassword    int
		nobody        int
	}{
		{"http", func(t *testing.T) *proxy { return startTinyproxy(t, "BasicAuth alice secret", plain, secure, nobody) }, 401, 407, 500},
		{"https", func(t *testing.T) *proxy {
			return startTLSProxy(t, startTinyproxy(t, "BasicAuth alice secret", plain, secure, nobody), cert)
		}, 401, 407, 500},
		{"socks5", func(t *testing.T) *proxy { return startMicrosocks(t, "-u", "alice", "-P", "secret") }, 407, 407, 502},
	} {
		t.Run(c.scheme, func(t *testing.T) {
			t.Parallel()
			p := c.start(t)
			dial := func(user string) *websocket.DialOptions {
				o := via(c.scheme + "://" + user + p.addr)
				o.TLSConfig, o.ProxyTLSConfig = cert.client, cert.client
				return o
			}
			for _, url := range []string{"ws://" + plain, byName, "wss://" + secure} {
				conn := connect(t, url, dial("alice:secret@"))
				wantEcho(t, conn, 5)
				wantEcho(t, conn, 1<<20)
				if err := conn.Close(within(t), websocket.StatusNormalClosure, ""); err != nil {
					t.Errorf("%s: %v", url, err)
				}
			}
			wantRefused(t, "ws://"+plain, dial("alice:wrong@"), c.wrongPassword, p.addr)
			wantRefused(t, "wss://"+secure, dial(""), c.noPassword, p.addr)
			wantRefused(t, "ws://"+nobody, dial("alice:secret@"), c.nobody, p.addr)

			trust := "SSL_CERT_FILE=" + cert.certFile // for https alone
			runChild(t, byName, "HTTP_PROXY="+c.scheme+"://alice:secret@"+p.addr, trust).want(t, "")
			runChild(t, byName, "HTTP_PROXY="+c.scheme+"://alice:wrong@"+p.addr, trust).
				want(t, fmt.Sprintf("the proxy %s answered with status %d", p.addr, c.wrongPassword))
		})
	}
}

// TestForwardProxyForbids asks for a port to which the proxy does not connect.
func TestForwardProxyForbids(t *testing.T) {
	t.Parallel()
	server := startEcho(t, nil, websocket.Options{})
	p := startTinyproxy(t, "", nobodyAt(t))
	refused := wantRefused(t, "ws://"+server, via("http://"+p.addr), http.StatusForbidden, p.addr)
	if !strings.Contains(string(refused.Body), "Access violation") {
		t.Errorf("body %q", refused.Body)
	}
}

// TestProxiesVerify shows that nothing is sent to who has not proved its name:
// neither the proxy behind TLS, nor the server behind the proxy.
func TestProxiesVerify(t *testing.T) {
	t.Parallel()
	cert, others := newCertificate(t), newCertificate(t)
	server := startEcho(t, cert, websocket.Options{})
	tiny := startTinyproxy(t, "", server)
	secure := startTLSProxy(t, tiny, cert)
	for _, c := range []struct {
		name       string
		proxy      string
		host       string
		forProxy   *certificate
		forServer  *certificate
		wrongName  bool
		atTheProxy bool
	}{
		{"proxy unknown", "https://" + secure.addr, "127.0.0.1", others, cert, false, true},
		{"proxy of another name", "https://proxy.test:" + portOf(t, secure.addr), "127.0.0.1", cert, cert, true, true},
		{"server unknown", "https://" + secure.addr, "127.0.0.1", cert, others, false, false},
		{"server of another name", "https://" + secure.addr, loopbackName, cert, cert, true, false},
		{"server unknown, plain proxy", "http://" + tiny.addr, "127.0.0.1", cert, others, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := via(c.proxy)
			o.TLSConfig, o.ProxyTLSConfig = c.forServer.client, c.forProxy.client
			o.NetDial = dialLoopback
			conn, err := websocket.Dial(within(t), "wss://"+c.host+":"+portOf(t, server), o)
			if err == nil {
				conn.CloseNow()
				t.Fatal("connected")
			}
			_, wrongName := errors.AsType[x509.HostnameError](err)
			_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
			if wrongName != c.wrongName || unknown == c.wrongName {
				t.Errorf("error %v", err)
			}
			if strings.Contains(err.Error(), "proxy ") != c.atTheProxy {
				t.Errorf("error %v: at the proxy?", err)
			}
		})
	}
}

// behindTwo is what lies between many clients and servers: a proxy of the
// client's network, and one that ends TLS for the server.
func behindTwo(t *testing.T, s *site) {
	tiny := startTinyproxy(t, "BasicAuth alice secret", s.host)
	o := s.options(s.origin)
	o.Proxy = via("http://alice:secret@" + tiny.addr).Proxy
	c := connect(t, s.ws, o)
	wantEcho(t, c, 5)
	wantEcho(t, c, 1<<20)
	if err := c.Close(within(t), 4000, "both ways"); err != nil {
		t.Error(err)
	}
	wantLine(t, s.server.log, `"status":4000,.*both ways`)

	o.TLSConfig = nil
	c, err := websocket.Dial(within(t), s.ws, o)
	if err == nil {
		c.CloseNow()
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); !ok {
		t.Errorf("error %v, want that nobody vouches for the server", err)
	}
}
