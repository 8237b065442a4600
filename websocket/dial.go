package websocket

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/duplexws/duplex/protocol"
)

// DialOptions are a client's settings. Nil is the default of everything.
type DialOptions struct {
	Options

	// Subprotocols lists what the client offers, in order of preference.
	Subprotocols []string
	// Header holds further fields of the request, such as Origin or
	// Authorization.
	Header http.Header
	// TLSConfig is for wss. Nil: the system's roots, and the host of the URL.
	TLSConfig *tls.Config
	// NetDial makes the transport, for a Unix socket or a pipe. Nil:
	// net.Dialer's DialContext.
	NetDial func(ctx context.Context, network, address string) (net.Conn, error)
	// HandshakeTimeout bounds all that Dial does. Default 5 s.
	HandshakeTimeout time.Duration
}

// Dial connects to a ws or wss URL and does the client's half of the opening
// handshake. Redirects are not followed.
//
// Cancelling ctx behind Dial does nothing to the connection. Errors: the cause
// of ctx; a *protocol.RefusedError with the status that the server answered; a
// [*HandshakeError] when it broke the protocol; those of the transport.
func Dial(ctx context.Context, url string, o *DialOptions) (*Conn, error) {
	if o == nil {
		o = new(DialOptions)
	}
	u, err := protocol.ParseURL(url)
	if err != nil {
		return nil, err
	}
	timeout := o.HandshakeTimeout
	if timeout == 0 {
		timeout = DefaultHandshakeTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	nc, err := o.connect(ctx, u)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { nc.SetDeadline(longAgo) })
	c, err := o.handshake(nc, u)
	if !stop() && err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		if c != nil {
			c.dropInput()
		}
		nc.Close()
		return nil, err
	}
	c.start()
	return c, nil
}

// connect makes the transport.
func (o *DialOptions) connect(ctx context.Context, u protocol.URL) (net.Conn, error) {
	dial := o.NetDial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	nc, err := dial(ctx, "tcp", u.Address)
	if err != nil {
		return nil, fmt.Errorf("websocket: cannot connect to %s: %w", u.Address, err)
	}
	if !u.Secure {
		return nc, nil
	}
	config := o.TLSConfig.Clone()
	if config == nil {
		config = new(tls.Config)
	}
	if config.ServerName == "" {
		config.ServerName = u.Name
	}
	tc := tls.Client(nc, config)
	if err := tc.HandshakeContext(ctx); err != nil {
		nc.Close()
		return nil, fmt.Errorf("websocket: TLS with %s: %w", u.Address, err)
	}
	return tc, nil
}

// maxResponseHead bounds the head of the server's response.
const maxResponseHead = 64 << 10

func (o *DialOptions) handshake(nc net.Conn, u protocol.URL) (*Conn, error) {
	header := o.Header.Clone()
	header.Del("Origin")
	h := protocol.ClientHandshake{Host: u.Host, Target: u.Target, Key: protocol.NewKey(),
		Origin: o.Header.Get("Origin"), Subprotocols: o.Subprotocols, Header: headerFields(header)}
	head, err := h.AppendHTTP1(nil)
	if err != nil {
		return nil, err
	}
	if _, err := nc.Write(head); err != nil {
		return nil, fmt.Errorf("websocket: cannot send the opening handshake: %w", err)
	}
	limited := &io.LimitedReader{R: nc, N: maxResponseHead}
	br := bufio.NewReader(limited)
	res, err := http.ReadResponse(br, &http.Request{Method: "GET"})
	if err != nil {
		return nil, fmt.Errorf("websocket: cannot read the response to the opening handshake: %w", err)
	}
	r := protocol.ResponseFromHeader(res.Header)
	r.Status, r.ProtoMajor, r.ProtoMinor = res.StatusCode, res.ProtoMajor, res.ProtoMinor
	agreed, err := h.Check(&r)
	if err != nil {
		return nil, err
	}
	c := newConn(newSettings(protocol.Client, &o.Options), nc, agreed.Subprotocol)
	c.received(br)
	return c, nil
}
