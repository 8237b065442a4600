package websocket

import (
	"fmt"
	"net/http"
	"net/url"
)

// redirect makes the attempt go where a server sent it. An error says why not,
// and wraps refused.
func (a *attempt) redirect(refused *RefusedError) error {
	before := a.url
	if err := a.setLocation(refused.Header.Get("Location")); err != nil {
		return fmt.Errorf("%w: %w", err, refused)
	}
	if a.url.SameOrigin(before) {
		return nil
	}
	switch {
	case before.Secure && !a.url.Secure:
		return fmt.Errorf("websocket: not redirected from wss to ws: %w", refused)
	case a.o.UnixSocket != "":
		return fmt.Errorf("websocket: not redirected away from option UnixSocket: %w", refused)
	case len(a.o.Subprotocols) > 0:
		return fmt.Errorf("websocket: not redirected to another origin, since a sub-protocol may be a token: %w", refused)
	}
	a.forget()
	return nil
}

// setLocation resolves a Location, whose fragment and user name mean nothing
// here.
func (a *attempt) setLocation(location string) error {
	to, err := url.Parse(location)
	if err != nil {
		return fmt.Errorf("websocket: redirected to a malformed Location %.200q", location)
	}
	to = a.base.ResolveReference(to)
	to.User, to.Fragment, to.RawFragment = nil, "", ""
	host := a.host
	before := a.url
	if err := a.setURL(to.String()); err != nil {
		return fmt.Errorf("redirected: %w", err)
	}
	if a.url.SameOrigin(before) {
		a.host = host // the application's, if it has set one
	}
	return nil
}

// forget drops what another origin must not see, for good: being redirected
// back brings none of it back.
func (a *attempt) forget() {
	kept := make(http.Header)
	for _, name := range []string{"Origin", "User-Agent"} {
		if values := a.header.Values(name); len(values) > 0 {
			kept[name] = values
		}
	}
	a.header = kept
	if a.tls != nil {
		a.tls = a.tls.Clone()
		a.tls.ServerName, a.tls.Certificates, a.tls.GetClientCertificate = "", nil, nil
	}
}
