package protocol

import (
	"errors"
	"net/url"
	"strings"
)

// URL is a WebSocket URI, taken apart
// (https://www.rfc-editor.org/rfc/rfc6455#section-3).
type URL struct {
	Secure  bool   // wss
	Address string // host:port to connect to; the zone of an IPv6 address is kept
	Name    string // the host of Address, for TLS
	Host    string // for the Host field: no zone, no default port
	Target  string // path and query; "/" if there is no path

	// User is the user name and password, nil if there are none. RFC 6455 has
	// no place for them; a client sends them as Basic authentication
	// (https://www.rfc-editor.org/rfc/rfc7617).
	User *url.Userinfo
}

// SameOrigin reports whether u and v have the same scheme, host and port.
func (u URL) SameOrigin(v URL) bool {
	return u.Secure == v.Secure && strings.EqualFold(u.Address, v.Address)
}

// ParseURL reads a URI with the scheme ws or wss, or with http or https, which
// mean the same here, as in browsers. A fragment is an error. No
// error repeats what stands in s, which may have a password.
func ParseURL(s string) (URL, error) {
	if strings.Contains(s, "#") {
		return URL{}, errors.New("websocket: malformed URL: a WebSocket URI has no fragment")
	}
	u, err := url.Parse(s)
	if err != nil {
		// Without the text of url.Error, which repeats a password in s.
		if outer := (*url.Error)(nil); errors.As(err, &outer) {
			err = outer.Err
		}
		return URL{}, errors.New("websocket: malformed URL: " + err.Error())
	}
	parsed := URL{Secure: u.Scheme == "wss" || u.Scheme == "https", Name: u.Hostname(), Target: u.RequestURI(), User: u.User}
	parsed.Address, parsed.Host = addressAndHost(u, parsed.Secure)
	if wrong := checkURL(u, &parsed); wrong != "" {
		return URL{}, errors.New("websocket: malformed URL: " + wrong)
	}
	return parsed, nil
}

func checkURL(u *url.URL, parsed *URL) (wrong string) {
	switch {
	case u.Scheme != "ws" && u.Scheme != "http" && !parsed.Secure:
		return "the scheme must be ws or wss"
	case strings.Contains(u.User.Username(), ":"):
		return "a user name cannot have a colon" // RFC 7617 2
	case !isHost(parsed.Host):
		return "the host or port is missing or malformed (write names beyond ASCII in punycode)"
	case !isTarget(parsed.Target):
		return "the path or query is malformed"
	}
	return ""
}

func addressAndHost(u *url.URL, secure bool) (address, host string) {
	usual := "80"
	if secure {
		usual = "443"
	}
	port := u.Port()
	if port == "" {
		port = usual
	}
	name, bare := u.Hostname(), u.Hostname()
	if strings.Contains(name, ":") { // an IPv6 address
		bare, _, _ = strings.Cut(name, "%")
		name, bare = "["+name+"]", "["+bare+"]"
	}
	address = name + ":" + port
	if port == usual {
		return address, bare
	}
	return address, bare + ":" + port
}
