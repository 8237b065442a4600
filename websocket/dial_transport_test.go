package websocket

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// books counts the transports that a Dial opens and closes, and can end its
// context at any operation on one.
type books struct {
	open, ops atomic.Int64
	at        int64 // the operation to end it at, 0 for none
	cancel    func()
}

func (b *books) dial(ctx context.Context, network, address string) (net.Conn, error) {
	nc, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	b.open.Add(1)
	return &booked{Conn: nc, b: b}, nil
}

type booked struct {
	net.Conn
	b     *books
	close sync.Once
}

func (c *booked) tick() {
	if c.b.ops.Add(1) == c.b.at {
		c.b.cancel()
	}
}

func (c *booked) Read(p []byte) (int, error) {
	c.tick()
	n, err := c.Conn.Read(p)
	c.tick()
	return n, err
}

func (c *booked) Write(p []byte) (int, error) {
	c.tick()
	n, err := c.Conn.Write(p)
	c.tick()
	return n, err
}

func (c *booked) Close() error {
	c.close.Do(func() { c.b.open.Add(-1) })
	return c.Conn.Close()
}

// TestDialLeavesNothing open, however it fails.
func TestDialLeavesNothing(t *testing.T) {
	server, _ := certified(t)
	silent := func(says string) func(*http.Request) (*url.URL, error) {
		return via(t, "socks5://"+blurting(t, says))
	}
	for name, c := range map[string]struct {
		url string
		o   DialOptions
	}{
		"refused":               {answering(t, nil, says("HTTP/1.1 404 N\r\nContent-Length: 0\r\n\r\n")).url, DialOptions{}},
		"wrong Accept":          {answering(t, nil, says("HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n")).url, DialOptions{}},
		"ended":                 {answering(t, nil, says("")).url, DialOptions{}},
		"unknown certificate":   {answering(t, server, says("")).url, DialOptions{}},
		"proxy refuses":         {"ws://server.example", DialOptions{Proxy: via(t, "http://"+answering(t, nil, says("HTTP/1.1 407 N\r\nContent-Length: 0\r\n\r\n")).address)}},
		"proxy is none":         {"ws://server.example", DialOptions{Proxy: silent("HTTP/1.1 4")}},
		"proxy unknown":         {"ws://server.example", DialOptions{Proxy: via(t, "https://"+answering(t, server, says("")).address)}},
		"TLSClient fails":       {"wss" + strings.TrimPrefix(echoing(t, nil), "ws"), DialOptions{TLSClient: func(context.Context, net.Conn, string) (net.Conn, error) { return nil, io.EOF }}},
		"TLSClient has nothing": {"wss" + strings.TrimPrefix(echoing(t, nil), "ws"), DialOptions{TLSClient: func(context.Context, net.Conn, string) (net.Conn, error) { return nil, nil }}},
		"redirected too often":  {answering(t, nil, moves(302, to("/"))).url, DialOptions{MaxRedirects: 2}},
		"redirected to nowhere": {answering(t, nil, moves(302, to("ftp://x"))).url, DialOptions{MaxRedirects: 2}},
	} {
		var b books
		c.o.NetDial = b.dial
		if conn, err := Dial(t.Context(), c.url, &c.o); conn != nil || err == nil || b.open.Load() != 0 || b.ops.Load() == 0 && !strings.HasPrefix(name, "TLSClient") {
			t.Errorf("%s: %v; %d transports are left", name, err, b.open.Load())
		}
	}
	if conn, err := Dial(t.Context(), "ws://server.example", &DialOptions{NetDial: func(context.Context, string, string) (net.Conn, error) { return nil, nil }}); conn != nil || err == nil {
		t.Errorf("NetDial has nothing: %v", err)
	}
}

// TestDialPanic: code of the application's that panics leaves nothing open.
func TestDialPanic(t *testing.T) {
	s := answering(t, nil, switches())
	for name, o := range map[string]DialOptions{
		"OnResponse": {OnResponse: func(*http.Response) { panic("told") }},
		"TLSClient":  {TLSClient: func(context.Context, net.Conn, string) (net.Conn, error) { panic("told") }},
	} {
		var b books
		o.NetDial = b.dial
		url := s.url
		if o.TLSClient != nil {
			url = "wss" + strings.TrimPrefix(url, "ws")
		}
		func() {
			defer func() {
				if recover() != "told" {
					t.Errorf("%s: the panic was swallowed", name)
				}
			}()
			Dial(t.Context(), url, &o)
		}()
		if b.open.Load() != 0 {
			t.Errorf("%s: a transport is left", name)
		}
	}
}

// TestDialCancelled at each operation on the transport: either the cause comes
// back and nothing is left, or a connection to which the context means nothing.
func TestDialCancelled(t *testing.T) {
	server, client := certified(t)
	for _, target := range []string{echoing(t, nil), echoing(t, server)} {
		scheme, _, _ := strings.Cut(target, ":")
		for _, proxy := range []string{"",
			"http://" + answering(t, nil, tunnel(t, host(t, target), "")).address,
			"https://" + answering(t, server, tunnel(t, host(t, target), "")).address,
		} {
			for at := int64(1); ; at++ {
				ctx, cancel := context.WithCancelCause(t.Context())
				b := books{at: at, cancel: func() { cancel(errCause) }}
				o := &DialOptions{TLSConfig: client, ProxyTLSConfig: client, Proxy: NoProxy}
				o.NetDial = func(ctx context.Context, network, _ string) (net.Conn, error) {
					return b.dial(ctx, network, host(t, target))
				}
				if proxy != "" {
					o.Proxy = via(t, proxy)
					o.NetDial = b.dial
				}
				c, err := Dial(ctx, scheme+"://server.example:4321/", o)
				if err == nil {
					cancel(errCause) // too late
					wantEcho(t, c, err)
				} else if !errors.Is(err, errCause) {
					t.Fatalf("%s via %q at %d: %v", scheme, proxy, at, err)
				}
				if b.open.Load() != 0 {
					t.Fatalf("%s via %q at %d: a transport is left (%v)", scheme, proxy, at, err)
				}
				if err == nil {
					break // it was done before that many operations
				}
				cancel(nil)
			}
		}
	}
}

// TestDialNoDeadlines: a transport that has none, such as a channel of SSH, is
// closed when the time is over.
func TestDialNoDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		go io.Copy(io.Discard, theirs)
		start := time.Now()
		_, err := Dial(t.Context(), "ws://server.example", &DialOptions{HandshakeTimeout: time.Second, Options: Options{Clock: NewClock()},
			NetDial: func(context.Context, string, string) (net.Conn, error) { return noDeadlines{ours}, nil }})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

type noDeadlines struct{ net.Conn }

func (noDeadlines) SetDeadline(time.Time) error { return errors.New("not supported") }

// TestDialSilentTLS: a TLS library that knows no contexts is interrupted, and a
// server that reads nothing is not waited for to take an alert.
func TestDialSilentTLS(t *testing.T) {
	server, client := certified(t)
	for name, c := range map[string]struct {
		o      DialOptions
		serves func(nc net.Conn)
	}{
		"no contexts": {DialOptions{TLSClient: func(_ context.Context, nc net.Conn, name string) (net.Conn, error) {
			tc := tls.Client(nc, &tls.Config{ServerName: name})
			return tc, tc.Handshake()
		}}, func(nc net.Conn) { io.Copy(io.Discard, nc) }},
		"no reader": {DialOptions{TLSConfig: client}, func(nc net.Conn) {
			http.ReadRequest(bufio.NewReader(tls.Server(nc, server)))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				defer theirs.Close()
				go c.serves(theirs)
				if c.o.TLSConfig != nil {
					c.o.TLSConfig = c.o.TLSConfig.Clone()
					c.o.TLSConfig.InsecureSkipVerify = true // the bubble's clock is another
				}
				c.o.HandshakeTimeout, c.o.Clock = time.Second, NewClock()
				c.o.NetDial = func(context.Context, string, string) (net.Conn, error) { return ours, nil }
				start := time.Now()
				_, err := Dial(t.Context(), "wss://server.example", &c.o)
				if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
					t.Errorf("%v after %v", err, time.Since(start))
				}
			})
		})
	}
}

// TestDialDeadlineLeft: a deadline of NetDial's is not the connection's.
func TestDialDeadlineLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := dialPipe(t, &DialOptions{Options: Options{Clock: NewClock(), PingInterval: -1}, TLSClient: func(_ context.Context, nc net.Conn, _ string) (net.Conn, error) {
			return nc, nc.SetDeadline(time.Now().Add(time.Minute))
		}}, func(nc net.Conn, r *http.Request) {
			io.WriteString(nc, switching(r))
			time.Sleep(time.Hour)
			nc.Write(text("late").octets(false))
		})
		if err != nil {
			t.Fatal(err)
		}
		defer c.CloseNow()
		wantMessage(t, "late", Text)(c.Read(t.Context()))
	})
}

// TestDialUnbounded: a negative timeout leaves it to the context.
func TestDialUnbounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		ours, theirs := net.Pipe()
		go io.Copy(io.Discard, theirs)
		start := time.Now()
		_, err := Dial(ctx, "ws://server.example", &DialOptions{HandshakeTimeout: -1, Options: Options{Clock: NewClock()},
			NetDial: func(context.Context, string, string) (net.Conn, error) { return ours, nil }})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Hour {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

// TestDialZone: a zone stands in no certificate.
func TestDialZone(t *testing.T) {
	cert, roots := issue(t, func(c *x509.Certificate) { c.IPAddresses[0] = net.ParseIP("fe80::1") })
	s := answering(t, &tls.Config{Certificates: []tls.Certificate{cert}}, switches())
	toServer := func(_ context.Context, network, _ string) (net.Conn, error) { return net.Dial(network, s.address) }
	c, err := Dial(t.Context(), "wss://[fe80::1%25eth0]:443/", &DialOptions{TLSConfig: &tls.Config{RootCAs: roots}, NetDial: toServer})
	if err != nil {
		t.Fatal(err)
	}
	c.CloseNow()
	_, err = Dial(t.Context(), "wss://[fe80::1%25eth0]:443/", &DialOptions{NetDial: toServer,
		TLSClient: func(_ context.Context, _ net.Conn, name string) (net.Conn, error) {
			return nil, errors.New("for " + name)
		}})
	if err == nil || !strings.HasSuffix(err.Error(), "for fe80::1") {
		t.Errorf("TLSClient: %v", err)
	}
}
