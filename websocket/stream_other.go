//go:build !unix

package websocket

import (
	"crypto/tls"
	"net"
)

// newRawStream has no raw descriptors here: plainStream serves.
func newRawStream(net.Conn) stream { return nil }

// tlsStream is TLS without raw descriptors.
type tlsStream struct{ plainStream }

func newTLSStream(tc *tls.Conn) stream { return &tlsStream{plainStream{nc: tc}} }

// Interruptible: crypto/tls cannot resume an interrupted write.
func (s *tlsStream) Interruptible() bool { return false }
func (s *tlsStream) WakeWrite()          {}
