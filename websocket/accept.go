package websocket

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/duplexws/duplex/protocol"
)

// AcceptOptions are a server's settings. Nil is the default of everything. They
// must not be changed, nor copied, once they are in use.
type AcceptOptions struct {
	Options

	// Subprotocols lists what the server speaks, in its order of preference.
	Subprotocols []string
	// SelectSubprotocol, if not nil, decides instead of Subprotocols: it
	// returns one of those that the client offered, or "" for none.
	SelectSubprotocol func(r *http.Request, offered []string) string
	// Origin decides which web pages may connect; the zero value allows the
	// same origin, and requests without Origin.
	Origin protocol.OriginPolicy
	// Header holds further fields of the response. Those that stand in the
	// ResponseWriter's header go with them.
	Header http.Header
	// BaseContext returns the context whose values the context of a [Handler]
	// has. Nil: that of the request. It keeps alive what net/http and
	// middleware have put there, about 0.6 KB a connection with net/http
	// alone on 64-bit systems; a server that needs none of it returns
	// context.Background.
	BaseContext func(r *http.Request) context.Context
	// HandshakeTimeout is how long the response may take to be written.
	// Default 5 s. How long the request may take is up to the http.Server: see
	// [ConfigureServer].
	HandshakeTimeout time.Duration

	resolved atomic.Pointer[acceptSettings]
}

// DefaultHandshakeTimeout is the default of AcceptOptions.HandshakeTimeout and
// of what [ConfigureServer] sets.
const DefaultHandshakeTimeout = 5 * time.Second

// acceptSettings are AcceptOptions with the defaults filled in.
type acceptSettings struct {
	*settings
	handshake protocol.ServerHandshake
	choose    func(r *http.Request, offered []string) string
	base      func(r *http.Request) context.Context
	timeout   time.Duration
	err       error
}

var defaultAccept = new(AcceptOptions)

// resolve fills in the defaults, once.
func (o *AcceptOptions) resolve() *acceptSettings {
	if o == nil {
		o = defaultAccept
	}
	if s := o.resolved.Load(); s != nil {
		return s
	}
	s := &acceptSettings{
		settings: newSettings(protocol.Server, &o.Options),
		choose:   o.SelectSubprotocol,
		base:     requestValues,
		timeout:  o.HandshakeTimeout,
		handshake: protocol.ServerHandshake{
			Subprotocols: o.Subprotocols,
			Origin:       o.Origin,
			Header:       headerFields(o.Header),
		},
	}
	if o.BaseContext != nil {
		s.base = func(r *http.Request) context.Context { return valuesOf(o.BaseContext(r)) }
	}
	if s.timeout == 0 {
		s.timeout = DefaultHandshakeTimeout
	}
	s.err = s.handshake.Validate()
	if s.err == nil && o.Deflate != nil {
		s.err = o.Deflate.Validate()
	}
	if !o.resolved.CompareAndSwap(nil, s) {
		return o.resolved.Load()
	}
	return s
}

// requestValues has the values of the request's context, which ends too soon.
func requestValues(r *http.Request) context.Context { return valuesOf(r.Context()) }

// valuesOf is ctx without its end.
func valuesOf(ctx context.Context) context.Context {
	if ctx.Done() == nil {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

func headerFields(h http.Header) (fields []protocol.HeaderField) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, v := range h[name] {
			fields = append(fields, protocol.HeaderField{Name: name, Value: v})
		}
	}
	return fields
}

// appendSet appends what middleware and the handler have set, a cookie say, but
// for what is malformed, or about a body or the connection.
func appendSet(fields []protocol.HeaderField, set http.Header) []protocol.HeaderField {
	if len(set) == 0 {
		return fields
	}
	fields = slices.Clip(fields) // they are shared
	for _, f := range headerFields(set) {
		if protocol.CheckHeader([]protocol.HeaderField{f}) == nil && !strings.HasPrefix(http.CanonicalHeaderKey(f.Name), "Content-") {
			fields = append(fields, f)
		}
	}
	return fields
}

// IsUpgrade reports whether a request asks for a WebSocket, for a path that
// answers others as well. Whether it asks rightly is for [Accept] to say.
func IsUpgrade(r *http.Request) bool {
	return r.Method == http.MethodGet && hasToken(r.Header["Connection"], "upgrade") && hasToken(r.Header["Upgrade"], "websocket")
}

// hasToken reports whether a token stands in a list of them.
func hasToken(values []string, token string) bool {
	for _, v := range values {
		for t := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.TrimSpace(t), token) {
				return true
			}
		}
	}
	return false
}

// Accept does the server's half of the opening handshake. If the request is no
// handshake, or not one that o allows, it answers with the status that says so,
// has the HTTP connection closed, and returns a [*HandshakeError]; nothing more
// may be written to w then. An application that refuses on its own, for want of
// credentials say, sets "Connection: close" too: what follows the request are
// frames, which net/http would take for the next one.
//
// The Conn takes the transport over from net/http; the deadlines that the
// server had set are gone. A Conn whose handler has returned lives on. Behind
// Accept the handler keeps the stack that net/http has grown; a server with
// many idle connections uses [Handler], which gives that back.
func Accept(w http.ResponseWriter, r *http.Request, o *AcceptOptions) (*Conn, error) {
	c, err := accept(w, r, o.resolve())
	if err == nil {
		c.start()
	}
	return c, err
}

// accept is Accept, but for the start of the clock.
func accept(w http.ResponseWriter, r *http.Request, s *acceptSettings) (*Conn, error) {
	if s.err != nil {
		return nil, s.refuse(w, r, s.err)
	}
	response, agreed, err := s.check(r)
	if err != nil {
		return nil, s.refuse(w, r, err)
	}
	response.Header = appendSet(response.Header, w.Header())
	head, err := response.AppendHTTP1(make([]byte, 0, 512))
	if err != nil {
		return nil, s.refuse(w, r, err)
	}
	nc, buffered, err := hijack(w)
	if err != nil {
		return nil, s.refuse(w, r, err)
	}
	nc.SetDeadline(time.Now().Add(s.timeout))
	if _, err := nc.Write(head); err != nil {
		nc.Close()
		return nil, fmt.Errorf("websocket: the response of the opening handshake could not be written: %w", err)
	}
	nc.SetDeadline(time.Time{})
	c := newConn(s.settings, nc, response.Subprotocol)
	if agreed != nil {
		c.useDeflate(*agreed)
	}
	c.received(buffered)
	return c, nil
}

// check judges the request, header block included. agreed is nil without
// permessage-deflate.
func (s *acceptSettings) check(r *http.Request) (response protocol.Response, agreed *protocol.DeflateAgreement, err error) {
	lines := 0
	for _, values := range r.Header {
		lines += len(values)
	}
	if lines > maxHeaderLines {
		return protocol.Response{}, nil, &HandshakeError{
			Status: http.StatusRequestHeaderFieldsTooLarge, Fault: "header",
			Reason: fmt.Sprintf("the request has more than %d header lines", maxHeaderLines)}
	}
	q := protocol.RequestFromHeader(r.Header)
	q.Method, q.ProtoMajor, q.ProtoMinor = r.Method, r.ProtoMajor, r.ProtoMinor
	q.Host, q.Target, q.Secure, q.TransferEncoding = r.Host, r.RequestURI, r.TLS != nil, r.TransferEncoding
	h := &s.handshake
	if s.choose != nil || s.deflate != nil && len(q.Extensions) > 0 {
		own := s.handshake
		if s.choose != nil {
			own.SelectSubprotocol = func(offered []string) string { return s.choose(r, offered) }
		}
		own.Extensions = func(offers []protocol.Extension) []protocol.Extension {
			answer, both, ok := s.deflate.Accept(offers)
			if !ok {
				return nil
			}
			agreed = &both
			return []protocol.Extension{answer}
		}
		h = &own
	}
	response, err = h.Check(&q)
	return response, agreed, err
}

// maxHeaderLines is the most header lines of a handshake. Browsers send about
// fifteen.
const maxHeaderLines = 100

// refuse answers a handshake that is refused, so that the HTTP connection ends:
// what follows it was meant to be frames.
func (s *acceptSettings) refuse(w http.ResponseWriter, r *http.Request, err error) error {
	var e *HandshakeError
	if !errors.As(err, &e) {
		e = &HandshakeError{Status: http.StatusInternalServerError, Fault: protocol.FaultServer, Reason: err.Error()}
	}
	h := w.Header()
	if r.ProtoMajor < 2 || r.Method == "PRI" { // over HTTP/2 other requests go on beside this one
		h.Set("Connection", "close")
	}
	for _, f := range e.Header {
		if f.Name == "Connection" && f.Value == "close" {
			continue
		}
		h.Add(f.Name, f.Value)
	}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(e.Status)
	w.Write([]byte(e.Body()))
	if f := s.hooks.Refused; f != nil {
		f(string(e.Fault), e)
	}
	return err
}

// hijack takes the transport from net/http, through whatever middleware has
// wrapped the ResponseWriter.
func hijack(w http.ResponseWriter) (net.Conn, *bufio.Reader, error) {
	nc, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		if errors.Is(err, http.ErrNotSupported) {
			return nil, nil, fmt.Errorf("websocket: cannot take over the connection: %T has neither Hijack nor an Unwrap() http.ResponseWriter that leads to one", innermost(w))
		}
		return nil, nil, fmt.Errorf("websocket: cannot take over the connection: %w", err)
	}
	return nc, rw.Reader, nil
}

// innermost follows Unwrap as far as it leads.
func innermost(w http.ResponseWriter) http.ResponseWriter {
	for {
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok || u.Unwrap() == nil {
			return w
		}
		w = u.Unwrap()
	}
}

// received takes over what was read along with the handshake.
func (c *Conn) received(r *bufio.Reader) {
	n := r.Buffered()
	if n == 0 {
		return
	}
	p, _ := r.Peek(n)
	c.counts.bytesIn.add(uint64(n))
	c.rd = readings.Get().(*reading)
	c.rd.now = c.set.clock.Now()
	if n <= bufferSize {
		c.rd.buf = conns.Get()
		c.rd.input = c.rd.buf.B[:copy(c.rd.buf.B, p)]
		return
	}
	c.rd.input = append([]byte(nil), p...)
}

// ConfigureServer sets what net/http leaves open and a server on a public
// address should not: how long a request's header may take (5 s), how large it
// may be (16 KiB), and how long an unused connection is kept (2 min). It
// changes only fields that are zero.
func ConfigureServer(s *http.Server) {
	if s.ReadHeaderTimeout == 0 && s.ReadTimeout == 0 {
		s.ReadHeaderTimeout = DefaultHandshakeTimeout
	}
	if s.MaxHeaderBytes == 0 {
		s.MaxHeaderBytes = 16 << 10
	}
	if s.IdleTimeout == 0 {
		s.IdleTimeout = 2 * time.Minute
	}
}
