package eventloop

import (
	"context"
	"iter"
	"net"
	"net/http"
	"time"

	"github.com/duplexws/duplex/protocol"
)

// Adopt does the server's half of the opening handshake for a request that
// net/http has read, behind middleware say or on a connection that was used
// before, and moves the connection to the loop that has the fewest. It calls e's
// OnUpgrade and Authorize where it is called; everything else is called by the
// loop. A nil e is the server's own endpoint.
//
// If it refuses, it answers with the status that says so, has the HTTP
// connection closed, and returns a [*HandshakeError]; nothing more may be
// written to w then. Other errors, behind which the connection is closed:
// ErrClosed if the server has ended, and [errors.ErrUnsupported] if the
// connection is of a kind that loops cannot serve, such as TLS.
func (s *Server) Adopt(w http.ResponseWriter, r *http.Request, e *Endpoint) error {
	if e == nil {
		e = s.set.Endpoint
	}
	u := Upgrade{Method: r.Method, Target: r.RequestURI, Path: r.URL.Path, Query: r.URL.RawQuery, Host: r.Host, fields: header(r.Header)}
	if err := e.decide(r.Context(), r, &u); err != nil {
		return e.refuse(w, r, err)
	}
	nc, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return e.refuse(w, r, err)
	}
	nc.SetDeadline(time.Time{})
	frames := make([]byte, rw.Reader.Buffered())
	rw.Read(frames)
	if of, ok := nc.(*requestConn); ok { // it comes home
		nc, frames = of.Conn, append(frames, of.octets...)
		of.leave()
	}
	return s.takeOver(nc, e, &u, frames)
}

// decide is what a loop does in examine and authorize.
func (e *Endpoint) decide(ctx context.Context, r *http.Request, u *Upgrade) error {
	request := protocol.RequestFromHeader(r.Header)
	request.Method, request.Host, request.Target, request.Secure = r.Method, r.Host, r.RequestURI, r.TLS != nil
	request.ProtoMajor, request.ProtoMinor = r.ProtoMajor, r.ProtoMinor
	request.TransferEncoding = r.TransferEncoding
	if err := e.check(&request, u); err != nil || e.handler.Authorize == nil {
		return err
	}
	return e.handler.Authorize(ctx, u)
}

// refuse answers through net/http.
func (e *Endpoint) refuse(w http.ResponseWriter, r *http.Request, err error) error {
	refused := e.refused(err)
	for _, f := range refused.Header {
		w.Header().Add(f.Name, f.Value)
	}
	if len(refused.Header) == 0 {
		w.Header().Set("Connection", "close")
	}
	w.WriteHeader(refused.Status)
	if r.Method != http.MethodHead {
		w.Write([]byte(refused.Body()))
	}
	return refused
}

// takeOver gives a connection to a loop.
func (s *Server) takeOver(nc net.Conn, e *Endpoint, u *Upgrade, frames []byte) error {
	l, _ := s.fewest()
	taken := make(chan error, 1)
	if !l.inbox.must(task{run: func() { taken <- l.takeOver(nc, e, u, frames) }}) {
		nc.Close()
		return ErrClosed
	}
	select {
	case err := <-taken:
		return err
	case <-s.ended: // perhaps before the loop came to it
		nc.Close()
		return ErrClosed
	}
}

// header has the form of the fields that a loop reads.
type header http.Header

func (h header) Values(name string) []string { return http.Header(h).Values(name) }

func (h header) All() iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for name, values := range h {
			for _, v := range values {
				if !yield(name, v) {
					return
				}
			}
		}
	}
}
