package websocket

import (
	"context"
	"crypto/tls"
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
	if a.o.TLSClient == nil {
		return tlsClient(ctx, nc, a.tls, a.url.Name)
	}
	tc, err := a.o.TLSClient(ctx, nc, a.url.Name)
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("TLS: %w", err)
	}
	return tc, nil
}

func (a *attempt) connectPlain(ctx context.Context) (net.Conn, error) {
	if a.o.UnixSocket != "" {
		return a.netDial(ctx, "unix", a.o.UnixSocket)
	}
	via, err := a.proxy()
	if err != nil {
		return nil, fmt.Errorf("choosing the proxy: %w", err)
	}
	if via != nil {
		return a.connectVia(ctx, via)
	}
	return a.netDial(ctx, "tcp", a.url.Address)
}

func (a *attempt) netDial(ctx context.Context, network, address string) (net.Conn, error) {
	if a.o.NetDial != nil {
		return a.o.NetDial(ctx, network, address)
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

// proxy returns the URL of the proxy to use, nil for none.
func (a *attempt) proxy() (*url.URL, error) {
	choose := a.o.Proxy
	if choose == nil {
		if a.o.NetDial != nil {
			return nil, nil
		}
		choose = proxyFromEnvironment
	}
	return choose(&http.Request{Method: "GET", URL: a.base, Host: a.host, Header: make(http.Header)})
}

// connectVia has a proxy connect.
func (a *attempt) connectVia(ctx context.Context, via *url.URL) (net.Conn, error) {
	p, err := newProxy(via)
	if err != nil {
		return nil, err
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
	stop := context.AfterFunc(ctx, func() { nc.SetDeadline(longAgo) })
	if p.scheme == "http" || p.scheme == "https" {
		err = p.connectHTTP(nc, target(a.url), a.o.ProxyHeader)
	} else {
		err = p.connectSOCKS(nc, target(a.url))
	}
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		nc.Close()
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
		config.ServerName, _, _ = strings.Cut(name, "%") // the zone of an IPv6 address stands in no certificate
	}
	config.NextProtos = []string{"http/1.1"} // what is spoken, whatever else the configuration is used for
	trace := traceOf(ctx)
	trace.tlsStart()
	tc := tls.Client(nc, config)
	err := tc.HandshakeContext(ctx)
	trace.tlsDone(tc.ConnectionState(), err)
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("TLS: %w", err)
	}
	return tc, nil
}
