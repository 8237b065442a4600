package websocket

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/duplexws/duplex/protocol"
)

// DialOptions are a client's settings. Nil is the default of everything.
type DialOptions struct {
	Options

	// Subprotocols lists what the client offers, in order of preference.
	Subprotocols []string
	// Header holds further fields of the request: Authorization, Cookie,
	// Origin and the like. Host stands for the host of the URL.
	Header http.Header
	// Jar has the cookies for the URL, and is given those of every response.
	// Nil: none.
	Jar http.CookieJar

	// TLSConfig is for wss: roots, client certificates, and so on. The server
	// is verified by it, and the protocol below is HTTP/1.1 whatever NextProtos
	// says. Nil: the system's roots, and the host of the URL.
	TLSConfig *tls.Config
	// TLSClient does the TLS handshake of wss over nc, with a library of one's
	// own, for the host name; it must verify the server. It owns nc until it
	// returns an error. TLSConfig is not used then. Nil: crypto/tls.
	TLSClient func(ctx context.Context, nc net.Conn, name string) (net.Conn, error)

	// Proxy returns the URL of the proxy for a request, or nil for none. It
	// may be http or https, which are asked to CONNECT, or socks5 or socks5h,
	// which are the same here: the proxy resolves the host. User name and
	// password stand in the URL. The request has the scheme http for ws and
	// https for wss, as http.ProxyFromEnvironment and http.ProxyURL expect.
	// Nil: http.ProxyFromEnvironment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY), where
	// a malformed URL is an error, or none if NetDial or UnixSocket is set. See
	// [NoProxy].
	Proxy func(*http.Request) (*url.URL, error)
	// ProxyHeader holds further fields of the CONNECT request.
	ProxyHeader http.Header
	// ProxyTLSConfig is for https proxies, as TLSConfig is for wss.
	ProxyTLSConfig *tls.Config

	// NetDial makes the transport to the server, or to the proxy. Nil:
	// net.Dialer's DialContext, which tries the addresses of a name side by
	// side (Happy Eyeballs).
	NetDial func(ctx context.Context, network, address string) (net.Conn, error)
	// UnixSocket is the path of a Unix socket to connect to instead of the
	// host of the URL, which is still what the server is asked for.
	UnixSocket string

	// MaxRedirects is how many redirects to follow. To another origin go
	// none of Header but Origin and User-Agent, no user name of the URL and no
	// client certificate. None is followed from wss to ws, nor to another origin
	// if Subprotocols are offered, among which may be a token, or if UnixSocket
	// is set. Default 0: the first redirect is a [RefusedError].
	MaxRedirects int
	// OnResponse is called with every response to an opening handshake, to a
	// refusal and a redirect too, before it is judged. Its Body is empty.
	OnResponse func(*http.Response)
	// HandshakeTimeout bounds all that Dial does. Default 15 s.
	HandshakeTimeout time.Duration
}

// DefaultDialTimeout is the default of DialOptions.HandshakeTimeout.
const DefaultDialTimeout = 15 * time.Second

// NoProxy is a DialOptions.Proxy that uses none, whatever the environment says.
func NoProxy(*http.Request) (*url.URL, error) { return nil, nil }

// Dial connects to a ws or wss URL and does the client's half of the opening
// handshake. A user name in the URL is sent as Basic authentication, unless
// Header has an Authorization. Hooks of an httptrace.ClientTrace in ctx are
// called.
//
// Cancelling ctx behind Dial does nothing to the connection. Errors: the cause
// of ctx; a [*RefusedError] with what the server or a proxy answered; a
// [*HandshakeError] when the server broke the protocol; [ErrMalformedRequest];
// those of the transport, such as of package tls. Whatever the error, no
// connection is left.
func Dial(ctx context.Context, url string, o *DialOptions) (*Conn, error) {
	if o == nil {
		o = new(DialOptions)
	}
	a, err := newAttempt(url, o)
	if err != nil {
		return nil, err
	}
	timeout := o.HandshakeTimeout
	if timeout == 0 {
		timeout = DefaultDialTimeout
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errDialTimeout)
	defer cancel()
	for redirects := 0; ; redirects++ {
		c, err := a.dial(ctx)
		if err == nil {
			c.start()
			return c, nil
		}
		refused, ok := errors.AsType[*RefusedError](err)
		if !ok || !refused.isRedirect() || o.MaxRedirects <= 0 {
			return nil, err
		}
		if redirects == o.MaxRedirects {
			return nil, fmt.Errorf("websocket: not redirected more than %d times (option MaxRedirects): %w", redirects, err)
		}
		if err := a.redirect(refused); err != nil {
			return nil, err
		}
	}
}

// errDialTimeout ends a Dial. It is a timeout for errors.Is and net.Error.
var errDialTimeout = fmt.Errorf("websocket: opening handshake not done in time (option HandshakeTimeout): %w", context.DeadlineExceeded)

// attempt is one opening handshake, with what redirects change.
type attempt struct {
	o      *DialOptions
	set    *settings
	base   *url.URL // with the scheme http or https, and no user name
	url    protocol.URL
	host   string      // for the Host field
	header http.Header // further fields
	tls    *tls.Config // nil is the default
}

func newAttempt(text string, o *DialOptions) (*attempt, error) {
	a := &attempt{o: o, set: newSettings(protocol.Client, &o.Options), header: o.Header.Clone(), tls: o.TLSConfig}
	if a.header == nil {
		a.header = make(http.Header)
	}
	if err := a.setURL(text); err != nil {
		return nil, err
	}
	if host := a.header.Get("Host"); host != "" {
		a.host = host
		a.header.Del("Host")
	}
	if a.url.User != nil && a.header.Get("Authorization") == "" {
		a.header.Set("Authorization", basicAuth(a.url.User))
	}
	h := a.request()
	if _, err := h.AppendHTTP1(nil); err != nil { // before anyone is connected to
		return nil, requestError{err}
	}
	return a, nil
}

func (a *attempt) setURL(text string) (err error) {
	if a.url, err = protocol.ParseURL(text); err != nil {
		return requestError{err}
	}
	if a.base, err = url.Parse(text); err != nil {
		return requestError{errors.New("websocket: malformed URL")} // which ParseURL has said
	}
	a.base.Scheme, a.base.User = "http", nil
	if a.url.Secure {
		a.base.Scheme = "https"
	}
	a.host = a.url.Host
	return nil
}

// dial makes one attempt. What takes long and cannot be cancelled by itself
// ends when ctx moves the deadline of the transport.
func (a *attempt) dial(ctx context.Context) (*Conn, error) {
	trace := traceOf(ctx)
	trace.getConn(a.url.Address)
	nc, err := a.connect(ctx)
	if err != nil {
		return nil, a.failed(ctx, "cannot connect to", err)
	}
	stop := context.AfterFunc(ctx, func() { nc.SetDeadline(longAgo) })
	c, err := a.handshake(nc, trace)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		if c != nil {
			c.dropInput()
		}
		nc.Close()
		return nil, a.failed(ctx, "opening handshake with", err)
	}
	return c, nil
}

// failed says where err happened, and that it was ctx that ended if it did.
// What a peer said counts even then.
func (a *attempt) failed(ctx context.Context, where string, err error) error {
	var refused *RefusedError
	var broken *HandshakeError
	switch {
	case errors.As(err, &refused), errors.As(err, &broken):
		return err
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	}
	return fmt.Errorf("websocket: %s %s: %w", where, a.url.Address, err)
}
