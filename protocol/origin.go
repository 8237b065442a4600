package protocol

import (
	"fmt"
	"strings"
)

// OriginPolicy decides which web pages may connect
// (https://www.rfc-editor.org/rfc/rfc6455#section-10.2). Browsers let any page
// open a WebSocket to any server, with the user's cookies; the Origin field is
// what tells the server whose page it is.
//
// The zero value allows the same origin: scheme (https if the request came over
// TLS), host and port of the request. Hosts are compared without regard to
// case and otherwise as they stand, as browsers do: "example.com." with a
// trailing dot is another host than "example.com", and names beyond ASCII have
// their punycode form. A default port may be written or left out. Requests
// without Origin are allowed, since browsers always send one and other clients
// do not.
//
// An OriginPolicy is safe for concurrent use as long as it is not changed.
type OriginPolicy struct {
	// Patterns lists what is allowed beyond the same origin:
	//
	//	https://example.com      this origin
	//	https://example.com:8443 this origin
	//	https://example.com:*    any port
	//	https://*.example.com    subdomains of any depth, not example.com itself
	//	example.com              the scheme is that of the same origin
	//	null                     sandboxed frames, local files: anybody can send it
	//	file://                  local files, in the browsers that say so
	//	*                        any page of anybody, "null" too: dangerous where
	//	                         cookies or the network's edge grant any right
	Patterns []string

	// PublicOrigins says how browsers see this server, such as
	// "https://example.com", where a proxy ends TLS or changes Host. It takes
	// the place of the origin that the request itself shows, so that a foreign
	// name that resolves to this server (DNS rebinding) is no same origin.
	PublicOrigins []string

	// RequireOrigin refuses requests without Origin.
	RequireOrigin bool
}

// Allow judges the Origin fields of a request, given its Host and whether it
// came over TLS. The error is a [*HandshakeError] with status 403. A pattern that
// [OriginPolicy.Validate] rejects allows nothing.
func (p *OriginPolicy) Allow(origins []string, host string, secure bool) error {
	if e := p.judge(origins, host, secure); e != nil {
		return e
	}
	return nil
}

func (p *OriginPolicy) judge(origins []string, host string, secure bool) *HandshakeError {
	if len(origins) == 0 {
		if p.RequireOrigin {
			return badOrigin("the Origin field is missing, and this server requires it")
		}
		return nil
	}
	value, one := single(origins)
	if !one {
		return badOrigin("the Origin field stands more than once")
	}
	if value == "null" {
		if p.listsNull() {
			return nil
		}
		return badOrigin(`origin "null" (a sandboxed or local page) is not allowed; the server can allow it by the pattern "null"`)
	}
	o, ok := parseOrigin(value)
	if !ok {
		return badOrigin("Origin is no origin (scheme://host:port): " + excerpt(value))
	}
	if p.allows(o, host, secure) {
		return nil
	}
	return badOrigin(p.explain(o, value, host))
}

func badOrigin(reason string) *HandshakeError {
	return refusal(403, FaultOrigin, "RFC 6455 10.2", reason)
}

func (p *OriginPolicy) listsNull() bool {
	for _, s := range p.Patterns {
		if s == "null" || s == "*" {
			return true
		}
	}
	return false
}

func (p *OriginPolicy) allows(o webOrigin, host string, secure bool) bool {
	if len(p.PublicOrigins) == 0 {
		return p.allowsAs(requestOrigin(host, secure), o)
	}
	for _, s := range p.PublicOrigins {
		if self, ok := parseOrigin(s); ok && p.allowsAs(self, o) {
			return true
		}
	}
	return false
}

// allowsAs judges an origin for a server whose own origin is self.
func (p *OriginPolicy) allowsAs(self, o webOrigin) bool {
	if o.equal(self) {
		return true
	}
	for _, s := range p.Patterns {
		if pattern, err := parseOriginPattern(s); err == "" && pattern.match(o, self.scheme) {
			return true
		}
	}
	return false
}

// explain says why an origin is refused, and what to do about the usual cause.
func (p *OriginPolicy) explain(o webOrigin, value, host string) string {
	if len(p.PublicOrigins) == 0 && o.equal(requestOrigin(host, true)) {
		return "origin " + excerpt(value) + " differs from this server's in the scheme alone; behind a proxy that ends TLS, the server has to name it in PublicOrigins"
	}
	return "pages of origin " + excerpt(value) + " may not connect to this server; it can allow them by a pattern"
}

// Validate returns an error that names the first pattern or public origin that
// is malformed and says how to write it.
func (p *OriginPolicy) Validate() error {
	for _, s := range p.Patterns {
		if _, err := parseOriginPattern(s); err != "" {
			return fmt.Errorf("websocket: origin pattern %q: %s", s, err)
		}
	}
	for _, s := range p.PublicOrigins {
		o, err := parseOriginPattern(s)
		if err != "" {
			return fmt.Errorf("websocket: public origin %q: %s", s, err)
		}
		if o.any || o.null || o.subdomains || o.anyPort || o.scheme == "" {
			return fmt.Errorf("websocket: public origin %q: write it whole, as in https://example.com", s)
		}
	}
	return nil
}

// originPattern is an element of OriginPolicy.Patterns.
type originPattern struct {
	webOrigin       // scheme "": that of the server's own origin
	any, null  bool // "*", "null"
	subdomains bool // "*." stood before the host
	anyPort    bool // ":*" stood behind the host
	portGiven  bool
}

// parseOriginPattern returns what is wrong with s, "" if nothing is.
func parseOriginPattern(s string) (p originPattern, wrong string) {
	switch s {
	case "*":
		return originPattern{any: true}, ""
	case "null":
		return originPattern{null: true}, ""
	}
	scheme, rest, hasScheme := strings.Cut(s, "://")
	if !hasScheme {
		scheme, rest = "", s
	}
	switch {
	case hasScheme && !isScheme(scheme):
		return p, "the scheme is malformed (write https://example.com)"
	case strings.EqualFold(scheme, "ws"), strings.EqualFold(scheme, "wss"):
		return p, "an origin is that of a page: its scheme is http or https"
	case strings.ContainsAny(rest, `/?#\`):
		return p, "an origin ends behind host and port: leave out the path"
	case strings.Contains(rest, "@"):
		return p, "an origin has no user name"
	}
	p.scheme = scheme
	rest, p.subdomains = strings.CutPrefix(rest, "*.")
	rest, p.anyPort = strings.CutSuffix(rest, ":*")
	if strings.Contains(rest, "*") {
		return p, `"*" stands for whole labels in front (*.example.com) or for the port (:*)`
	}
	if scheme == "file" && rest == "" && !p.subdomains && !p.anyPort {
		return p, ""
	}
	a, ok := parseAuthority(rest)
	if !ok {
		return p, "the host or port is malformed (write names beyond ASCII in punycode, xn--...)"
	}
	if p.subdomains && a.isAddress() {
		return p, "an address has no subdomains"
	}
	if p.anyPort && a.port != 0 {
		return p, "there are two ports"
	}
	p.authority, p.portGiven = a, a.port != 0
	return p, ""
}

// match reports whether the pattern allows o; own is the scheme of the
// server's own origin.
func (p *originPattern) match(o webOrigin, own string) bool {
	if p.any {
		return true
	}
	if p.null {
		return false // judged before, from the bare value
	}
	want := p.webOrigin
	if want.scheme == "" {
		want.scheme = own
	}
	if !strings.EqualFold(o.scheme, want.scheme) {
		return false
	}
	if !p.portGiven {
		want.port = defaultPort(want.scheme)
	}
	if !p.anyPort && o.port != want.port {
		return false
	}
	if p.subdomains {
		return isSubdomain(o.host, want.host)
	}
	return o.sameHost(want.authority)
}

// isSubdomain reports whether host is one or more labels in front of parent.
// Neither is empty, and labels are not: parseAuthority saw to it.
func isSubdomain(host, parent string) bool {
	n := len(host) - len(parent)
	return n > 0 && host[n-1] == '.' && strings.EqualFold(host[n:], parent)
}
