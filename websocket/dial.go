package websocket

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
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
	// own, for the host name; it must verify the server. nc is interrupted when
	// ctx ends, and closed when TLSClient fails. TLSConfig is not used then. Nil:
	// crypto/tls.
	TLSClient func(ctx context.Context, nc net.Conn, name string) (net.Conn, error)

	// Proxy returns the URL of the proxy for a request, or nil for none. It
	// may be http or https, which are asked to CONNECT, or socks5 or socks5h,
	// which are the same here: the proxy resolves the host. User name and
	// password stand in the URL. The request has the context of Dial, and the
	// scheme http for ws and https for wss, as http.ProxyFromEnvironment and
	// http.ProxyURL expect.
	// Nil: http.ProxyFromEnvironment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY), where
	// a malformed URL is an error, or none if NetDial or UnixSocket is set. See
	// [NoProxy].
	Proxy func(*http.Request) (*url.URL, error)
	// ProxyHeader holds further fields of the CONNECT request, Proxy-Authorization
	// for one.
	ProxyHeader http.Header
	// ProxyTLSConfig is for https proxies, as TLSConfig is for wss.
	ProxyTLSConfig *tls.Config

	// NetDial makes the transport to the server, or to the proxy. ctx ends when
	// Dial returns, which must not end the transport. Nil: net.Dialer's
	// DialContext, which tries the addresses of a name side by side (Happy
	// Eyeballs).
	NetDial func(ctx context.Context, network, address string) (net.Conn, error)
	// UnixSocket is the path of a Unix socket to connect to instead of the
	// host of the URL, which is still what the server is asked for.
	UnixSocket string

	// MaxRedirects is how many redirects to follow. To another origin go
	// none of Header but Origin and User-Agent, no user name of the URL and no
	// client certificate. None is followed from wss to ws, nor to another origin
	// if Subprotocols are offered, among which may be a token, or if TLSClient or
	// UnixSocket is set. Default 0: the first redirect is a [RefusedError].
	MaxRedirects int
	// OnResponse is called with every response to an opening handshake, to a
	// refusal and a redirect too, before it is judged. Its Body is empty; its
	// Request has the URL that answered, and nothing else.
	OnResponse func(*http.Response)
	// HandshakeTimeout bounds all that Dial does, redirects and the body of a
	// refusal included. Negative: ctx alone does. Default 15 s.
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
// connection is left. A goroutine that is to read for long while nothing comes
// had better be another than the one that dialled, whose stack has grown.
func Dial(ctx context.Context, url string, o *DialOptions) (*Conn, error) {
	if o == nil {
		o = new(DialOptions)
	}
	a, err := newAttempt(url, o)
	if err != nil {
		return nil, err
	}
	ctx, cancel := o.bound(ctx)
	defer cancel()
	for redirects := 0; ; redirects++ {
		a.follows = redirects < o.MaxRedirects
		c, err := a.dial(ctx)
		if err == nil {
			c.start()
			return c, nil
		}
		refused, ok := errors.AsType[*RefusedError](err)
		if !ok || !refused.isRedirect() || o.MaxRedirects <= 0 {
			return nil, err
		}
		if !a.follows {
			return nil, fmt.Errorf("websocket: not redirected more than %d times (option MaxRedirects): %w", redirects, err)
		}
		if err := a.redirect(refused); err != nil {
			return nil, err
		}
	}
}

// bound bounds ctx by HandshakeTimeout.
func (o *DialOptions) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	switch {
	case o.HandshakeTimeout < 0:
		return context.WithCancel(ctx)
	case o.HandshakeTimeout == 0:
		return context.WithTimeoutCause(ctx, DefaultDialTimeout, errDialTimeout)
	}
	return context.WithTimeoutCause(ctx, o.HandshakeTimeout, errDialTimeout)
}

// errDialTimeout ends a Dial. It is a timeout for errors.Is and net.Error.
var errDialTimeout = fmt.Errorf("websocket: opening handshake not done in time (option HandshakeTimeout): %w", context.DeadlineExceeded)

// attempt is one opening handshake, with what redirects change.
type attempt struct {
	o       *DialOptions
	set     *settings
	base    *url.URL // with the scheme http or https, and no user name
	url     protocol.URL
	host    string      // for the Host field
	origin  string      // for the Origin field
	header  http.Header // further fields
	tls     *tls.Config // nil is the default
	follows bool        // a redirect is followed, so its body is not wanted
}

func newAttempt(text string, o *DialOptions) (*attempt, error) {
	a := &attempt{o: o, set: dialSettings(o), header: canonical(o.Header), tls: o.TLSConfig}
	if err := a.setURL(text); err != nil {
		return nil, requestError{err}
	}
	if err := a.takeFields(); err != nil {
		return nil, requestError{err}
	}
	if o.Deflate != nil {
		if err := o.Deflate.Validate(); err != nil {
			return nil, requestError{err}
		}
	}
	if err := protocol.CheckHeader(headerFields(o.ProxyHeader)); err != nil {
		return nil, requestError{fmt.Errorf("websocket: ProxyHeader: %w", err)}
	}
	return a, nil
}

// takeFields takes out of header what has a place of its own, and puts the user
// of the URL in.
func (a *attempt) takeFields() error {
	for name, to := range map[string]*string{"Host": &a.host, "Origin": &a.origin} {
		switch values := a.header[name]; len(values) {
		case 0:
		case 1:
			*to = values[0]
		default:
			return fmt.Errorf("websocket: option Header has %d fields %s", len(values), name)
		}
		delete(a.header, name)
	}
	if a.url.User == nil || len(a.header["Authorization"]) > 0 {
		return nil
	}
	value, err := protocol.BasicAuth(a.url.User)
	a.header.Set("Authorization", value)
	return err
}

func (a *attempt) setURL(text string) (err error) {
	if a.url, err = protocol.ParseURL(text); err != nil {
		return err
	}
	if a.base, err = url.Parse(text); err != nil {
		return errors.New("websocket: malformed URL") // which ParseURL has said
	}
	a.base.Scheme, a.base.User = "http", nil
	if a.url.Secure {
		a.base.Scheme = "https"
	}
	a.host = a.url.Host
	return nil
}

// dial makes one attempt.
func (a *attempt) dial(ctx context.Context) (c *Conn, err error) {
	h := a.request()
	head, err := h.AppendHTTP1(make([]byte, 0, 512)) // which may fail: before anyone is connected to
	if err != nil {
		return nil, requestError{err}
	}
	trace := traceOf(ctx)
	trace.getConn(a.url.Address)
	nc, err := a.connect(ctx)
	if err != nil {
		return nil, a.failed(ctx, "cannot connect to", err)
	}
	done := false
	defer func() {
		if !done { // in a panic of the application's code too
			hangUp(nc)
		}
	}()
	stop := interrupt(ctx, nc)
	c, err = a.handshake(nc, &h, head, trace)
	if !stop() && err == nil {
		c.dropInput()
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, a.failed(ctx, "opening handshake with", err)
	}
	nc.SetDeadline(time.Time{}) // of NetDial or TLSClient
	done = true
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
	case ctx.Err() != nil && !errors.Is(err, context.Cause(ctx)):
		err = context.Cause(ctx)
	}
	return fmt.Errorf("websocket: %s %s: %w", where, a.url.Address, err)
}

// defaultDial are the settings of all who dial without options.
var defaultDial = newSettings(protocol.Client, new(Options))

func dialSettings(o *DialOptions) *settings {
	if o.Options == (Options{}) {
		return defaultDial
	}
	return newSettings(protocol.Client, &o.Options)
}

// canonical is a copy with names as package net/http writes them.
func canonical(h http.Header) http.Header {
	c := make(http.Header, len(h)+2)
	for _, name := range slices.Sorted(maps.Keys(h)) {
		key := http.CanonicalHeaderKey(name)
		c[key] = append(c[key], h[name]...)
	}
	return c
}
