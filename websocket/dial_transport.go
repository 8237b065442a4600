package websocket

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/duplexws/duplex/protocol"
)

// connect makes the transport of an attempt: directly, over a Unix socket or
// through a proxy, and TLS over it for wss.
func (a *attempt) connect(ctx context.Context) (net.Conn, error) {
	nc, err := a.connectPlain(ctx)
	if err != nil || !a.url.Secure {
		return nc, err
	}
	name, _, _ := strings.Cut(a.url.Name, "%") // the zone of an IPv6 address stands in no certificate
	if a.o.TLSClient != nil {
		return a.ownTLS(ctx, nc, name)
	}
	return tlsClient(ctx, nc, a.tls, name)
}

// ownTLS has the application do TLS over nc.
func (a *attempt) ownTLS(ctx context.Context, nc net.Conn, name string) (net.Conn, error) {
	done := false
	defer func() {
		if !done {
			hangUp(nc)
		}
	}()
	stop := interrupt(ctx, nc)
	tc, err := a.o.TLSClient(ctx, nc, name)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err == nil && tc == nil {
		err = errors.New("option TLSClient returned nothing")
	}
	if err != nil {
		return nil, fmt.Errorf("TLS: %w", err)
	}
	done = true
	return tc, nil
}

// interrupt makes whatever waits for nc return when ctx ends. stop reports
// whether it has not.
func interrupt(ctx context.Context, nc net.Conn) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		if nc.SetDeadline(longAgo) != nil {
			hangUp(nc) // it has no deadlines
		}
	})
}

// hangUp closes the transport at once, without the alert of TLS, for which a
// peer that does not read would have to be waited for.
func hangUp(nc net.Conn) {
	for {
		tc, ok := nc.(*tls.Conn)
		if !ok {
			nc.Close()
			return
		}
		nc = tc.NetConn()
	}
}

func (a *attempt) connectPlain(ctx context.Context) (net.Conn, error) {
	if a.o.UnixSocket != "" {
		return a.netDial(ctx, "unix", a.o.UnixSocket)
	}
	via, err := a.proxy(ctx)
	if err != nil {
		return nil, fmt.Errorf("choosing the proxy: %w", err)
	}
	if via != nil {
		return a.connectVia(ctx, via)
	}
	return a.netDial(ctx, "tcp", a.url.Address)
}

func (a *attempt) netDial(ctx context.Context, network, address string) (net.Conn, error) {
	if a.o.NetDial == nil {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	nc, err := a.o.NetDial(ctx, network, address)
	if err == nil && nc == nil {
		err = errors.New("option NetDial returned nothing")
	}
	return nc, err
}

// proxy returns the URL of the proxy to use, nil for none.
func (a *attempt) proxy(ctx context.Context) (*url.URL, error) {
	choose := a.o.Proxy
	if choose == nil {
		if a.o.NetDial != nil {
			return nil, nil
		}
		choose = proxyFromEnvironment
	}
	to := *a.base // which is not the application's to change
	return choose((&http.Request{Method: "GET", URL: &to, Host: a.host, Header: make(http.Header)}).WithContext(ctx))
}

// connectVia has a proxy connect.
func (a *attempt) connectVia(ctx context.Context, via *url.URL) (net.Conn, error) {
	p, err := newProxy(via)
	if err != nil {
		return nil, requestError{err}
	}
	nc, err := a.netDial(ctx, "tcp", p.address)
	if err != nil {
		return nil, p.failed(ctx, err)
	}
	if p.scheme == "https" {
		if nc, err = tlsClient(ctx, nc, a.o.ProxyTLSConfig, p.name); err != nil {
			return nil, p.failed(ctx, err)
		}
	}
	stop := interrupt(ctx, nc)
	if p.scheme == "http" || p.scheme == "https" {
		err = p.connectHTTP(nc, target(a.url), a.o.ProxyHeader)
	} else {
		err = p.connectSOCKS(nc, target(a.url))
	}
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		hangUp(nc)
		return nil, p.failed(ctx, err)
	}
	return nc, nil
}

// target is what a proxy is asked for. It knows nothing of the zones of this
// host.
func target(u protocol.URL) string {
	name, _, _ := strings.Cut(u.Name, "%")
	return net.JoinHostPort(name, u.Address[strings.LastIndexByte(u.Address, ':')+1:])
}

// tlsClient does a TLS handshake over nc, which it closes if that fails.
func tlsClient(ctx context.Context, nc net.Conn, config *tls.Config, name string) (net.Conn, error) {
	config = config.Clone()
	if config == nil {
		config = new(tls.Config)
	}
	if config.ServerName == "" {
		config.ServerName = name
	}
	config.NextProtos = []string{"http/1.1"} // what is spoken, whatever else the configuration is used for
	trace := traceOf(ctx)
	trace.tlsStart()
	tc := tls.Client(nc, config)
	err := tc.HandshakeContext(ctx)
	trace.tlsDone(tc.ConnectionState(), err)
	if err != nil {
		hangUp(nc)
		return nil, fmt.Errorf("TLS: %w", err)
	}
	return tc, nil
}
