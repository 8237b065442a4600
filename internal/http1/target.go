package http1

import (
	"net/netip"
	"strconv"
	"strings"
)

// readTarget reads the target in whichever of its forms belongs to the method
// (https://www.rfc-editor.org/rfc/rfc9112#section-3.2).
func (r *Request) readTarget() *Error {
	switch {
	case r.Method == "CONNECT":
		return r.readAuthority()
	case r.Target[0] == '/':
		return r.readPath(r.Target)
	case r.Target == "*" && r.Method == "OPTIONS":
		r.Path = "*"
		return nil
	}
	return r.readURI()
}

// readURI reads the absolute form, whose host is the one that counts
// (https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2).
func (r *Request) readURI() *Error {
	scheme, rest, ok := strings.Cut(r.Target, "://")
	if !ok || !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return badTarget("RFC 9112 3.2", "the target must be a path or a URI of http or https: ", r.Target)
	}
	path := len(rest)
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		path = i
	}
	if r.Host = rest[:path]; !isHost(r.Host) {
		return badTarget("RFC 9110 4.2", "the host of the target is malformed: ", r.Target)
	}
	return r.readPath(rest[path:])
}

// readAuthority reads what CONNECT asks for, which must have a port
// (https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6).
func (r *Request) readAuthority() *Error {
	port := r.Target[strings.LastIndexByte(r.Target, ':')+1:]
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || !isHost(r.Target) {
		return badTarget("RFC 9112 3.2.3", "the target of CONNECT must be host and port: ", r.Target)
	}
	r.Host = r.Target
	return nil
}

// readPath reads path and query.
func (r *Request) readPath(s string) *Error {
	path, query, _ := strings.Cut(s, "?")
	if prefix(s, target) < len(s) {
		return badTarget("RFC 9112 3.2", "the target has an octet that must be percent-encoded, or a fragment: ", r.Target)
	}
	path, ok := unescape(path)
	if !ok {
		return badTarget("RFC 3986 2.1", `the path has a "%" without two hexadecimal digits: `, r.Target)
	}
	if path == "" {
		path = "/" // https://www.rfc-editor.org/rfc/rfc9110#section-4.2.3
	}
	r.Path, r.Query = path, query
	return nil
}

func badTarget(section, reason, target string) *Error {
	return refusal(400, FaultTarget, section, reason+excerpt(target))
}

// unescape undoes percent-encoding
// (https://www.rfc-editor.org/rfc/rfc3986#section-2.1).
func unescape(s string) (string, bool) {
	if strings.IndexByte(s, '%') < 0 {
		return s, true
	}
	octets := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' {
			if i+2 >= len(s) {
				return "", false
			}
			n, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
			if err != nil {
				return "", false
			}
			c = byte(n)
			i += 2
		}
		octets = append(octets, c)
	}
	return string(octets), true
}

// isHost reports whether s is a host, and perhaps a port
// (https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2). Percent-encoding is
// not undone there, and no host that can be reached needs it.
func isHost(s string) bool {
	name := s
	if i := strings.LastIndexByte(s, ':'); i >= 0 && isDigits(s[i+1:]) {
		name = s[:i]
	}
	if strings.HasPrefix(name, "[") {
		addr, err := netip.ParseAddr(strings.TrimSuffix(name[1:], "]"))
		return err == nil && addr.Is6() && addr.Zone() == "" && name[len(name)-1] == ']'
	}
	return name != "" && prefix(name, hostName) == len(name)
}

func isDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}
