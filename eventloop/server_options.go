package eventloop

import (
	"crypto/tls"
	"runtime/metrics"
	"time"

	"github.com/duplexws/duplex/internal/http1"
)

// ServerOptions are the settings of a [Server].
type ServerOptions struct {
	// Options are those of the server's own endpoint.
	Options

	// Route, if not nil, chooses the endpoint of a request, before it is judged
	// as a handshake; Header and Data of u are not looked at. Nil refuses it
	// with 404. It is called by the loops, several at a time.
	Route func(u *Upgrade) *Endpoint
	// TLS, if not nil, makes it a server of TLS. A certificate that changes is for
	// its GetCertificate to return.
	TLS *tls.Config
	// HandshakeTimeout is how long the request may take to arrive, and how long
	// the handshake of TLS before that. Default 5 s.
	HandshakeTimeout time.Duration
	// MaxHeader is the largest head of a request in octets. Default 16 KiB.
	MaxHeader int
	// Loops is how many loops there are. Default GOMAXPROCS.
	Loops int
	// MaxConns is how many connections there may be; those beyond are refused
	// with 503. Negative: unlimited. Default 1,000,000.
	MaxConns int
	// ReusePort lets other servers listen on the same port, where the system
	// can. By default a second one fails.
	ReusePort bool
}

// The defaults of [ServerOptions].
const (
	DefaultHandshakeTimeout = 5 * time.Second
	DefaultMaxHeader        = http1.DefaultRequestHead
	DefaultMaxConns         = 1_000_000
)

// settings are ServerOptions with the defaults filled in, shared by all loops.
type settings struct {
	*Endpoint        // the server's own
	route            func(u *Upgrade) *Endpoint
	head             http1.Limits
	handshakeTimeout int64
	loops            int
	maxConns         int
	reusePort        bool
	tls              *tls.Config
}

// newSettings fills in the defaults. The error says which option can never work.
func newSettings(h *Handler, o *ServerOptions) (*settings, error) {
	if o == nil {
		o = new(ServerOptions)
	}
	own, err := NewEndpoint(h, &o.Options)
	return &settings{
		Endpoint:         own,
		route:            o.Route,
		head:             http1.Limits{Head: o.MaxHeader},
		handshakeTimeout: int64(or(max(o.HandshakeTimeout, 0), DefaultHandshakeTimeout)),
		loops:            or(max(o.Loops, 0), processors()),
		maxConns:         or(o.MaxConns, DefaultMaxConns),
		reusePort:        o.ReusePort,
		tls:              o.TLS,
	}, err
}

// processors is GOMAXPROCS, which is the program's to set: it is only read.
func processors() int {
	sample := []metrics.Sample{{Name: "/sched/gomaxprocs:threads"}}
	metrics.Read(sample)
	return int(sample[0].Value.Uint64())
}
