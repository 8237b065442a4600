package conformance

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// Options say what is judged, and how patiently. Nil is the default of all.
type Options struct {
	// Cases selects, see [Cases]. Nil is every case.
	Cases []string

	// Profile says what a server does with messages. The default is Echo. It
	// is not for clients: these always echo.
	Profile Profile

	// Login is said to a server behind each opening handshake, before what the
	// case sends. It is not for clients.
	Login []LoginStep

	// Thin makes the cases of groups 9, 12, 13, 17.10 and 18 smaller: large
	// messages are a sixteenth as long, and fewer are sent.
	Thin bool

	// Parallel is how many connections are made to a server at once. The
	// default is 8.
	Parallel int

	// Timeout is how long the suite waits for what must happen, from the last
	// octet that moved. The default is 5 s.
	Timeout time.Duration

	// CaseTimeout bounds a case as a whole. The default is 2 min.
	CaseTimeout time.Duration

	// Pause is how long the suite waits where the peer must do something, or
	// nothing, before the suite goes on. The default is 1 s.
	Pause time.Duration

	// Header has further fields of the opening handshake with a server, such
	// as Origin or Authorization.
	Header http.Header

	// TLSConfig is for wss servers.
	TLSConfig *tls.Config

	// Dial makes the transports to a server. The default is that of
	// [net.Dialer].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// Progress is called with each result, one call at a time. Nil is no call.
	Progress func(*Result)

	roll *roll // nil but in a run
}

const (
	defaultParallel    = 8
	defaultTimeout     = 5 * time.Second
	defaultCaseTimeout = 2 * time.Minute
	defaultPause       = time.Second
)

func or[T int | time.Duration](value, otherwise T) T {
	if value > 0 {
		return value
	}
	return otherwise
}

func (o *Options) parallel() int              { return or(o.Parallel, defaultParallel) }
func (o *Options) timeout() time.Duration     { return or(o.Timeout, defaultTimeout) }
func (o *Options) caseTimeout() time.Duration { return or(o.CaseTimeout, defaultCaseTimeout) }
func (o *Options) pause() time.Duration       { return or(o.Pause, defaultPause) }

func (o *Options) cases() ([]Case, error) {
	cases, err := selectFrom(catalogue(o.Thin), o.Cases)
	if err != nil {
		return nil, err
	}
	return o.Profile.without(cases)
}

func (o *Options) dial(ctx context.Context, address string) (net.Conn, error) {
	dial := o.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	nc, err := dial(ctx, "tcp", address)
	if err != nil {
		return nil, o.roll.missed(err)
	}
	o.roll.reached(ctx)
	return nc, nil
}
