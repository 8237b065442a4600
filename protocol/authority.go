package protocol

import (
	"net/netip"
	"strconv"
	"strings"
)

// webOrigin is a scheme, a host and a port
// (https://www.rfc-editor.org/rfc/rfc6454#section-4).
type webOrigin struct {
	scheme string
	authority
}

func (o webOrigin) equal(p webOrigin) bool {
	return strings.EqualFold(o.scheme, p.scheme) && o.sameHost(p.authority) && o.port == p.port
}

// requestOrigin is the origin that a request shows of its server. Without a
// valid host the result equals no origin of a page.
func requestOrigin(host string, secure bool) webOrigin {
	o := webOrigin{scheme: "http"}
	if secure {
		o.scheme = "https"
	}
	o.authority, _ = parseHost(host)
	if o.port == 0 {
		o.port = defaultPort(o.scheme)
	}
	return o
}

// parseOrigin reads one serialised origin
// (https://www.rfc-editor.org/rfc/rfc6454#section-7.1) other than "null".
func parseOrigin(s string) (webOrigin, bool) {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok || !isScheme(scheme) {
		return webOrigin{}, false
	}
	o := webOrigin{scheme: scheme}
	if scheme == "file" && rest == "" { // how some browsers serialise local files
		return o, true
	}
	if o.authority, ok = parseAuthority(rest); !ok {
		return webOrigin{}, false
	}
	if o.port == 0 {
		o.port = defaultPort(scheme)
	}
	return o, true
}

func defaultPort(scheme string) uint16 {
	switch {
	case strings.EqualFold(scheme, "http"):
		return 80
	case strings.EqualFold(scheme, "https"):
		return 443
	}
	return 0
}

// isScheme checks the grammar of https://www.rfc-editor.org/rfc/rfc3986#section-3.1.
func isScheme(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !isLetter(c) && (i == 0 || !isDigit(c) && c != '+' && c != '-' && c != '.') {
			return false
		}
	}
	return s != ""
}

// authority is a host and a port. Either host or addr is set.
type authority struct {
	host string     // a name, or an IPv4 address as it was written
	addr netip.Addr // an IPv6 literal
	port uint16     // 0: none was given
}

func (a authority) sameHost(b authority) bool {
	return a.addr == b.addr && strings.EqualFold(a.host, b.host)
}

// isAddress reports whether a is an IP address. A name cannot end in a number.
func (a authority) isAddress() bool {
	last := a.host[strings.LastIndexByte(a.host, '.')+1:]
	return a.addr.IsValid() || last != "" && strings.Trim(last, "0123456789") == ""
}

// maxHost is the length of the longest DNS name with a trailing dot.
const maxHost = 254

// parseHost reads a Host field. There the port may be empty (RFC 9110 7.2).
func parseHost(s string) (authority, bool) {
	return parseAuthority(strings.TrimSuffix(s, ":"))
}

// parseAuthority reads "host" or "host:port" without user name. Names are of
// letters, digits, hyphens and underscores, which covers DNS and every name
// that a browser connects to.
func parseAuthority(s string) (authority, bool) {
	host, port := cutPort(s)
	var a authority
	var ok bool
	if strings.HasPrefix(host, "[") {
		a.addr, ok = parseIPv6(host)
	} else {
		a.host, ok = host, isName(host)
	}
	if ok && port != "" {
		a.port, ok = parsePort(port)
	}
	if !ok {
		return authority{}, false
	}
	return a, true
}

// cutPort splits in front of the colon that begins the port.
func cutPort(s string) (host, port string) {
	end := strings.IndexByte(s, ':')
	if strings.HasPrefix(s, "[") {
		end = strings.IndexByte(s, ']') + 1
	}
	if end < 0 {
		return s, ""
	}
	return s[:end], s[end:]
}

// parsePort reads ":port" in its only canonical form.
func parsePort(s string) (uint16, bool) {
	if len(s) < 2 || s[0] != ':' || !isDigit(s[1]) || s[1] == '0' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[1:], 10, 16)
	return uint16(n), err == nil
}

// parseIPv6 reads "[address]" without a zone.
func parseIPv6(s string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(s[1 : len(s)-1])
	return addr, err == nil && addr.Is6() && addr.Zone() == ""
}

// isName reports whether s consists of labels with single dots between them
// and perhaps one behind.
func isName(s string) bool {
	label := 0
	for i := range len(s) {
		c := s[i]
		switch {
		case isLetter(c), isDigit(c), c == '-', c == '_':
			label++
		case c == '.' && label > 0:
			label = 0
		default:
			return false
		}
	}
	return s != "" && len(s) <= maxHost
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
