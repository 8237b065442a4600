package eventloop

import (
	"iter"
	"net"

	"github.com/duplexws/duplex/protocol"
)

// Upgrade is an opening handshake as the application decides about it. It is
// valid until the callback returns. A string that is kept keeps the whole head
// of the request in memory, unless it is cloned.
type Upgrade struct {
	// Method is that of the request; behind Route it is always GET.
	Method string
	// Target is what the client asked for, as it was sent, such as
	// "/chat?room=1". Path is its path with percent-encoding undone, and Query
	// what follows "?".
	Target, Path, Query string
	// Host is the host that the client asked for, with its port if it has one.
	Host string
	// Subprotocol is what was chosen, or "".
	Subprotocol string
	// Header holds further fields of the response. More may be appended.
	Header []protocol.HeaderField
	// Data is what [Conn.Data] will return.
	Data any

	fields   fields
	remote   net.Addr
	response protocol.Response
	deflate  *DeflateAgreement // nil for none
}

// fields are those of a request, whoever has read it.
type fields interface {
	Values(name string) []string
	All() iter.Seq2[string, string]
}

// Values returns the values of all fields of the request with that name, in
// order. Names are compared without regard to case. The slice is valid until the
// callback returns.
func (u *Upgrade) Values(name string) []string { return u.fields.Values(name) }

// Value returns the first of Values, or "".
func (u *Upgrade) Value(name string) string {
	if values := u.fields.Values(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

// Fields returns names and values of all fields of the request, in order.
func (u *Upgrade) Fields() iter.Seq2[string, string] { return u.fields.All() }

// RemoteAddr returns the peer's address, or nil behind [Server.Adopt], whose
// caller has it.
func (u *Upgrade) RemoteAddr() net.Addr { return u.remote }
