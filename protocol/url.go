package protocol

import (
	"encoding/base64"
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
		// Without what url.Error says, which repeats parts of s.
		return URL{}, errors.New("websocket: malformed URL: it cannot be parsed (host and port must be plain, and what is special in a path or password percent-encoded)")
	}
	if u.User != nil && u.User.String() == "" {
		u.User = nil
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
	case u.User != nil && !isUser(u.User):
		return "a user name has no colon, and neither it nor the password a control character"
	case !isHost(parsed.Host):
		return "the host or port is missing or malformed (write names beyond ASCII in punycode)"
	case !isTarget(parsed.Target):
		return "the path or query is malformed"
	}
	return ""
}

// BasicAuth returns the value of an Authorization or Proxy-Authorization field.
// It fails if the name has a colon, or either a control character
// (https://www.rfc-editor.org/rfc/rfc7617#section-2).
func BasicAuth(user *url.Userinfo) (string, error) {
	if !isUser(user) {
		return "", errors.New("websocket: a user name has no colon, and neither it nor the password a control character")
	}
	password, _ := user.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)), nil
}

func isUser(user *url.Userinfo) bool {
	password, _ := user.Password()
	control := func(r rune) bool { return r < ' ' || r == 0x7f }
	return !strings.Contains(user.Username(), ":") && !strings.ContainsFunc(user.Username()+password, control)
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
