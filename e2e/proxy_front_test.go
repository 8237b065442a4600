package e2e

import (
	"path/filepath"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
	"github.com/duplexws/duplex/websocket"
)

// A front is a kind of reverse proxy, in front of one server.
type front struct {
	name string
	// start starts it at addr, in front of the server at behind, with the
	// configuration of docs/proxies.md and edits. Without a certificate it
	// speaks plain HTTP.
	start func(t *testing.T, addr, behind string, cert *certificate, edits ...edit) *program
	// idle is how its configuration says how long it lets a connection be idle.
	idle string
	// http2 shows what it does for WebSocket over HTTP/2.
	http2 func(t *testing.T, s *site)
}

var (
	nginx   = front{"nginx", startNginx, "proxy_read_timeout 60s", offersNoHTTP2}
	haproxy = front{"HAProxy", startHAProxy, "timeout tunnel 60s", echoesOverHTTP2}
	fronts  = []front{nginx, haproxy}
)

func startNginx(t *testing.T, addr, behind string, cert *certificate, edits ...edit) *program {
	t.Helper()
	bin := testenv.Tool(t, "it stands in front of the server", "nginx", "/usr/sbin/nginx")
	site := edited(t, documented(t, "nginx"), append([]edit{
		{"127.0.0.1:8080", behind},
		{"server_name ws.example.com", "server_name localhost"},
	}, edits...)...)
	if cert != nil {
		site = edited(t, site, edit{"listen 443 ", "listen " + addr + " "},
			edit{"/etc/nginx/ws.example.com.crt", cert.certFile}, edit{"/etc/nginx/ws.example.com.key", cert.keyFile})
	} else {
		site = edited(t, site, edit{"listen 443 ssl http2;", "listen " + addr + ";"},
			edit{"    ssl_certificate     /etc/nginx/ws.example.com.crt;\n", ""}, edit{"    ssl_certificate_key /etc/nginx/ws.example.com.key;\n", ""})
	}
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "site.conf"), site)
	config := writeFile(t, filepath.Join(dir, "nginx.conf"), `
daemon off;
master_process off;
pid nginx.pid;
events {}
http {
	access_log off;
	client_body_temp_path body;
	proxy_temp_path proxy;
	fastcgi_temp_path fastcgi;
	uwsgi_temp_path uwsgi;
	scgi_temp_path scgi;
	include site.conf;
}
`)
	return startProgram(t, bin, "-p", dir, "-c", config, "-e", "stderr")
}

func startHAProxy(t *testing.T, addr, behind string, cert *certificate, edits ...edit) *program {
	t.Helper()
	bin := testenv.Tool(t, "it stands in front of the server", "haproxy", "/usr/sbin/haproxy")
	config := edited(t, documented(t, "haproxy"), append([]edit{
		{"maxconn 20000", "maxconn 100"},
		{"127.0.0.1:8080", behind},
		{"hdr Host ws.example.com", "hdr Host localhost"},
	}, edits...)...)
	dir := t.TempDir()
	if cert != nil {
		config = edited(t, config, edit{"bind :443 ", "bind " + addr + " "}, edit{"/etc/haproxy/ws.example.com.pem", chainAndKey(t, dir, cert)})
	} else {
		config = edited(t, config, edit{"bind :443 ssl crt /etc/haproxy/ws.example.com.pem alpn h2,http/1.1", "bind " + addr})
	}
	return startProgram(t, bin, "-db", "-f", writeFile(t, filepath.Join(dir, "haproxy.cfg"), config))
}

// chainAndKey writes both into one file, as HAProxy wants them.
func chainAndKey(t *testing.T, dir string, cert *certificate) string {
	t.Helper()
	return writeFile(t, filepath.Join(dir, "both.pem"), readFile(t, cert.certFile)+readFile(t, cert.keyFile))
}

// A site is a server of the binary behind a front.
type site struct {
	server *process
	proxy  *proxy
	host   string // as clients see it
	ws     string // URL of /echo for clients
	origin string // of its own pages
	cert   *certificate
}

// newSite starts both; the server is told its public URL if public is set.
func newSite(t *testing.T, bin string, f front, cert *certificate, public bool, edits ...edit) *site {
	t.Helper()
	s := &site{cert: cert}
	s.proxy = startProxy(t, func(addr string) *program {
		s.host = "localhost:" + portOf(t, addr)
		s.ws, s.origin = "ws://"+s.host+"/echo", "http://"+s.host
		if cert != nil {
			s.ws, s.origin = "wss://"+s.host+"/echo", "https://"+s.host
		}
		args := []string{"serve", "--addr", "127.0.0.1:0"}
		if public {
			args = append(args, "--public-url", s.origin)
		}
		s.server = start(t, bin, args...)
		return f.start(t, addr, s.server.hostPort(), cert, edits...)
	})
	return s
}

// options are those of a client at the page origin; "" is no page.
func (s *site) options(origin string) *websocket.DialOptions {
	o := &websocket.DialOptions{Header: make(map[string][]string)}
	o.MaxMessage = 8 << 20
	if origin != "" {
		o.Header.Set("Origin", origin)
	}
	if s.cert != nil {
		o.TLSConfig = s.cert.client
	}
	return o
}
