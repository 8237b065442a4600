package httpd

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Hosts says for which Host a server answers. A page of a foreign name that
// resolves to this machine (DNS rebinding) is of the same origin as that name:
// only the name itself tells it from the server's own pages.
type Hosts struct {
	// Loopback: the server listens on loopback alone, so nothing but loopback
	// names lead here, unless something stands in front.
	Loopback bool
	// Names are allowed besides. If there are none and Loopback is not set
	// every Host is allowed.
	Names []string
}

// IsLoopback reports whether an address to listen on is reached from this
// machine alone.
func IsLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// Wrap returns a handler that passes to next what names an allowed Host, and
// answers the rest with 421.
func (h *Hosts) Wrap(next http.Handler) http.Handler {
	if !h.Loopback && len(h.Names) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.allows(r.Host) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Connection", "close")
		http.Error(w, h.explain(hostname(r.Host)), http.StatusMisdirectedRequest)
	})
}

func (h *Hosts) allows(host string) bool {
	name := hostname(host)
	for _, allowed := range h.Names {
		if strings.EqualFold(name, allowed) {
			return true
		}
	}
	if ip, err := netip.ParseAddr(name); err == nil {
		// Nobody can make a page's address lead elsewhere.
		return ip.Unmap().IsLoopback() || !h.Loopback
	}
	// RFC 6761 section 6.3: these names stay on the machine.
	name = strings.ToLower(name)
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// hostname strips the port, the brackets of IPv6 and the dot of the root.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.TrimSuffix(host, ".")
}

func (h *Hosts) explain(name string) string {
	why := "It answers only to the names that it was told with --allow-host and --public-url."
	if h.Loopback {
		why = "It listens on this machine alone, and so answers only to names such as localhost:\n" +
			"any other may be a page that wants to reach it through DNS rebinding."
	}
	return fmt.Sprintf(`421 Misdirected Request: this server does not answer to the host %q.

%s

If the name is right, start it with
    duplex serve --allow-host NAME
or, behind a proxy that browsers reach at another URL, with
    duplex serve --public-url URL`, name, why)
}
