package websocket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"

	"github.com/duplexws/duplex/internal/socks5"
	"github.com/duplexws/duplex/protocol"
)

// A proxy is taken from its URL.
type proxy struct {
	scheme  string // http, https, socks5
	address string // host:port
	name    string // the host, for TLS
	user    *url.Userinfo
	basic   string // user as a Proxy-Authorization
}

var proxyPorts = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

func newProxy(u *url.URL) (proxy, error) {
	port, ok := proxyPorts[u.Scheme]
	if !ok {
		return proxy{}, fmt.Errorf("the proxy's scheme %q is not http, https or socks5", u.Scheme)
	}
	if u.Port() != "" {
		port = u.Port()
	}
	if u.Hostname() == "" {
		return proxy{}, errors.New("the proxy's URL has no host")
	}
	p := proxy{scheme: u.Scheme, address: net.JoinHostPort(u.Hostname(), port), name: u.Hostname(), user: u.User}
	if u.User == nil {
		return p, nil
	}
	var err error
	p.basic, err = protocol.BasicAuth(u.User)
	return p, err
}

// failed says that it was the proxy.
func (p *proxy) failed(ctx context.Context, err error) error {
	var refused *RefusedError
	if errors.As(err, &refused) {
		return err
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return fmt.Errorf("proxy %s: %w", p.address, err)
}

// connectHTTP asks an HTTP proxy to connect to a host.
func (p *proxy) connectHTTP(nc net.Conn, address string, header http.Header) error {
	header = canonical(header)
	if p.basic != "" && len(header["Proxy-Authorization"]) == 0 {
		header.Set("Proxy-Authorization", p.basic)
	}
	if len(header["User-Agent"]) == 0 {
		header.Set("User-Agent", "") // or net/http would send its own
	}
	request := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: header}
	if err := request.Write(nc); err != nil {
		return fmt.Errorf("cannot send CONNECT: %w", err)
	}
	r := newResponseReader(nc)
	response, err := r.read(request, nil)
	switch {
	case err != nil:
		return fmt.Errorf("cannot read the response to CONNECT: %w", err)
	case response.StatusCode/100 != 2:
		return &RefusedError{Status: response.StatusCode, Header: response.Header, Body: r.body(response), Proxy: p.address}
	case r.br.Buffered() > 0:
		return errors.New("it sent octets behind its response to CONNECT, before it was sent any")
	}
	return nil
}

// connectSOCKS asks a SOCKS5 proxy, which resolves the name of the host.
func (p *proxy) connectSOCKS(nc net.Conn, address string) error {
	name, text, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return err
	}
	var user *socks5.User
	if p.user != nil {
		password, _ := p.user.Password()
		user = &socks5.User{Name: p.user.Username(), Password: password}
	}
	err = socks5.Connect(nc, name, uint16(port), user)
	if errors.Is(err, socks5.ErrTooLong) {
		return requestError{err}
	}
	if status := socksStatus(err); status != 0 {
		return &RefusedError{Status: status, Body: []byte(err.Error()), Proxy: p.address}
	}
	return err
}

// socksStatus is what an HTTP proxy would have answered; 0 for what is no
// answer.
func socksStatus(err error) int {
	if errors.Is(err, socks5.ErrAuth) {
		return http.StatusProxyAuthRequired
	}
	refused, ok := errors.AsType[*socks5.RefusedError](err)
	if !ok {
		return 0
	}
	switch refused.Code {
	case socks5.NotAllowed:
		return http.StatusForbidden
	case socks5.Expired:
		return http.StatusGatewayTimeout
	case socks5.NoCommand, socks5.NoAddressType:
		return http.StatusNotImplemented
	}
	return http.StatusBadGateway
}
