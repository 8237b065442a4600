//go:build !unix

package websocket

import (
	"crypto/tls"
	"net"
)

// newRawStream has no raw descriptors here: plainStream serves.
func newRawStream(net.Conn) stream { return nil }

// tlsStream is TLS without raw descriptors.
type tlsStream struct {
	tlsWriter
	plain *plainStream
}

func newTLSStream(tc *tls.Conn) stream {
	return &tlsStream{newTLSWriter(tc, func() bool { return false }), newPlainStream(tc)}
}

func (s *tlsStream) Read(m memory) (int, error) { return s.plain.Read(m) }
func (s *tlsStream) WakeRead()                  { s.plain.WakeRead() }
func (s *tlsStream) Backlog() int               { return 0 }
