package eventloop

import (
	"net"
	"strings"
	"sync"

	"github.com/duplexws/duplex/internal/http1"
	"github.com/duplexws/duplex/internal/poll"
)

// requests is the listener of those connections whose first request asks for no
// WebSocket.
type requests struct {
	server *Server

	mu     sync.Mutex
	come   *sync.Cond
	queue  []net.Conn
	wanted bool // somebody accepts
	closed bool
}

// mostQueued is how many connections wait to be accepted; those beyond are
// closed.
const mostQueued = 1024

// Requests returns a listener of the connections whose first request asks for no
// WebSocket, for an http.Server:
//
//	go http.Serve(server.Requests(), mux)
//
// They leave the loops for good, with that request yet to be read. Requests that
// break HTTP are refused before that. Without Requests, all that is no handshake
// is refused.
//
// The listener is closed with the server. Closing it alone makes such requests
// be refused again.
func (s *Server) Requests() net.Listener {
	r := &s.requests
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wanted = true
	return r
}

// Accept waits for a connection. Its error is net.ErrClosed.
func (r *requests) Accept() (net.Conn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.queue) == 0 {
		if r.closed || !r.wanted {
			return nil, net.ErrClosed
		}
		r.come.Wait()
	}
	nc := r.queue[0]
	r.queue = r.queue[1:]
	return nc, nil
}

// Close ends Accept, and the connections that nobody accepted.
func (r *requests) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wanted = false
	for _, nc := range r.queue {
		nc.Close()
	}
	r.queue = nil
	r.come.Broadcast()
	return nil
}

// Addr is the address of the server.
func (r *requests) Addr() net.Addr { return r.server.addr }

// end is Close for good.
func (r *requests) end() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.Close()
}

func (r *requests) areWanted() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.wanted
}

// put leaves a connection to Accept.
func (r *requests) put(nc net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.wanted || len(r.queue) == mostQueued {
		nc.Close()
		return
	}
	r.queue = append(r.queue, nc)
	r.come.Signal()
}

// handOver makes the connection leave the loop, if its request, which begins
// with octets, is for others. It reports whether it did.
func (l *Loop) handOver(s *slot, octets []byte) bool {
	if asksForWebSocket(&l.request) || !l.server.requests.areWanted() {
		return false
	}
	octets = append([]byte(nil), octets...)
	nc, err := l.poller.Detach(s.handle)
	s.handle = detached
	l.stats.HandedOver++
	l.abort(s, err)
	if err == nil {
		l.server.outside.Add(1)
		l.server.requests.put(&requestConn{Conn: nc, octets: octets, server: l.server})
	}
	return true
}

// detached is the handle of a slot that has none any more.
const detached poll.Handle = -1

// asksForWebSocket reports whether a request is meant as a handshake, right or
// wrong.
func asksForWebSocket(r *http1.Request) bool {
	for _, v := range r.Values("Upgrade") {
		for token := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.TrimSpace(token), "websocket") {
				return true
			}
		}
	}
	return false
}

// requestConn is a connection whose request has been read, and is read again.
type requestConn struct {
	net.Conn
	octets []byte
	server *Server
	left   sync.Once
}

// Read reads what the loop has read, and then the transport.
func (r *requestConn) Read(p []byte) (int, error) {
	if len(r.octets) > 0 {
		n := copy(p, r.octets)
		r.octets = r.octets[n:]
		return n, nil
	}
	return r.Conn.Read(p)
}

// Close closes the transport.
func (r *requestConn) Close() error {
	r.leave()
	return r.Conn.Close()
}

// leave notes that nobody outside the loops serves the connection any more.
func (r *requestConn) leave() { r.left.Do(func() { r.server.outside.Add(-1) }) }

// CloseWrite ends our half of the transport.
func (r *requestConn) CloseWrite() error {
	if half, ok := r.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return r.Conn.Close()
}
