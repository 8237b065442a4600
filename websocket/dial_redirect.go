package websocket

import (
	"errors"
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
	case a.o.TLSClient != nil:
		return fmt.Errorf("websocket: not redirected to another origin, since option TLSClient may show a certificate: %w", refused)
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
		return errors.New("websocket: redirected to a malformed Location")
	}
	to = a.base.ResolveReference(to)
	to.Fragment, to.RawFragment = "", ""
	host := a.host
	before := a.url
	if err := a.setURL(to.String()); err != nil {
		return fmt.Errorf("websocket: redirected to %.200q: %w", withoutSecrets(location), err)
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
	if agent := a.header["User-Agent"]; len(agent) > 0 {
		kept["User-Agent"] = agent
	}
	a.header = kept
	if a.tls != nil {
		a.tls = a.tls.Clone()
		a.tls.ServerName, a.tls.Certificates, a.tls.GetClientCertificate = "", nil, nil
		a.tls.ClientSessionCache = nil // a session knows the certificate
	}
}
