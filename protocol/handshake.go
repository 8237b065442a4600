package protocol

import (
	"crypto/fips140"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
)

// HeaderField is one field of an HTTP header.
type HeaderField struct {
	Name, Value string
}

// HandshakeError is what we found wrong with an opening handshake: as a server
// with the request, which is then refused, or as a client with the response,
// upon which the connection is failed. A server application can make one of
// its own (status 401, say) and have it written by [AppendRefusal].
type HandshakeError struct {
	// Status is the HTTP status to refuse with; in a client, the status that
	// the response had.
	Status int
	// Fault is a fixed label of low cardinality, fit for metrics.
	Fault HandshakeFault
	// Section is the rule that was broken, such as "RFC 6455 4.2.1".
	Section string
	// Reason says what is wrong and what to do about it. What it quotes of the
	// peer's octets is short and escaped.
	Reason string
	// Header holds the fields that the refusal carries, in the order to be
	// sent; complete but for Content-Length if [ServerHandshake.Check] made it.
	Header []HeaderField
}

func (e *HandshakeError) Error() string {
	if e.Section == "" {
		return "websocket: opening handshake: " + e.Reason
	}
	return "websocket: opening handshake: " + e.Reason + " (" + e.Section + ")"
}

// Body returns the text that a refusal carries. It keeps faults of the server
// to itself.
func (e *HandshakeError) Body() string {
	switch {
	case e.Fault == FaultServer:
		return "the server failed to answer the opening handshake\n"
	case e.Section == "":
		return e.Reason + "\n"
	}
	return e.Reason + " (" + e.Section + ")\n"
}

// HandshakeFault names the part of the opening handshake that is at fault.
type HandshakeFault string

// The faults of an opening handshake.
const (
	FaultHTTPVersion HandshakeFault = "http_version"
	FaultMethod      HandshakeFault = "method"
	FaultHost        HandshakeFault = "host"
	FaultTarget      HandshakeFault = "target"
	FaultBody        HandshakeFault = "body"
	FaultUpgrade     HandshakeFault = "upgrade"
	FaultConnection  HandshakeFault = "connection"
	FaultKey         HandshakeFault = "key"
	FaultVersion     HandshakeFault = "version"
	FaultOrigin      HandshakeFault = "origin"
	FaultSubprotocol HandshakeFault = "subprotocol"
	FaultExtension   HandshakeFault = "extension"
	FaultAccept      HandshakeFault = "accept" // of a response
	FaultServer      HandshakeFault = "server" // the server's own policy or callback
)

func refusal(status int, fault HandshakeFault, section, reason string) *HandshakeError {
	return &HandshakeError{Status: status, Fault: fault, Section: section, Reason: reason}
}

// keyLength is the length of 16 octets in base64, and acceptLength of 20.
const (
	keyLength    = 24
	acceptLength = 28
)

// NewKey returns a value for Sec-WebSocket-Key: 16 random octets in base64
// (https://www.rfc-editor.org/rfc/rfc6455#section-4.1, item 7). Every
// connection needs its own.
func NewKey() string {
	var nonce [16]byte
	rand.Read(nonce[:]) // never fails
	return base64.StdEncoding.EncodeToString(nonce[:])
}

// isKey reports whether s is the base64 of exactly 16 octets. The bits behind
// the last octet need not be zero: the example of RFC 6455 4.1 has some.
func isKey(s string) bool {
	if len(s) != keyLength {
		return false
	}
	var octets [keyLength]byte
	n, err := base64.StdEncoding.Decode(octets[:], []byte(s))
	return err == nil && n == 16 // fewer if line ends stood among them
}

// AcceptKey returns the Sec-WebSocket-Accept that answers a Sec-WebSocket-Key
// (https://www.rfc-editor.org/rfc/rfc6455#section-1.3).
func AcceptKey(key string) string {
	const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
	var room [keyLength + len(guid)]byte
	text := append(append(room[:0], key...), guid...)
	var sum [sha1.Size]byte
	// SHA-1 shows that the server read the key; nothing's safety rests on it.
	fips140.WithoutEnforcement(func() { sum = sha1.Sum(text) })
	var accept [acceptLength]byte
	base64.StdEncoding.Encode(accept[:], sum[:])
	return string(accept[:])
}

// excerpt returns the start of some of the peer's octets, escaped.
func excerpt(s string) string {
	const most = 64
	if len(s) > most {
		return fmt.Sprintf("%q...", s[:most])
	}
	return fmt.Sprintf("%q", s)
}
