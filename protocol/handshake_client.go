package protocol

import (
	"fmt"
	"slices"
	"strings"
)

// ClientHandshake is a client's opening handshake for one connection. Host,
// Target and, for HTTP/1.1, Key are needed; the rest may be empty.
type ClientHandshake struct {
	Host         string      // [URL.Host]
	Target       string      // [URL.Target]
	Key          string      // from [NewKey]
	Origin       string      // "null", or scheme://host:port; browsers alone must send it
	Subprotocols []string    // what is offered, in order of preference
	Extensions   []Extension // what is offered, in order of preference

	// Header holds further fields of the request. They cannot be those of the
	// handshake itself.
	Header []HeaderField
}

// AppendHTTP1 appends the head of the HTTP/1.1 request, from the request line
// to the empty line (https://www.rfc-editor.org/rfc/rfc6455#section-4.1). If
// anything in h is malformed it returns dst as it was and an error that says
// what.
func (h *ClientHandshake) AppendHTTP1(dst []byte) ([]byte, error) {
	err := h.checkAddress()
	if err == nil && !isKey(h.Key) {
		err = fmt.Errorf("key %q is not the base64 of 16 octets: use NewKey", h.Key)
	}
	if err != nil {
		return dst, requestError(err)
	}
	w := newHeadWriter(dst, "GET ", h.Target, " HTTP/1.1")
	w.field("Host", h.Host)
	w.field("Upgrade", "websocket")
	w.field("Connection", "Upgrade")
	w.field("Sec-WebSocket-Key", h.Key)
	w.field("Sec-WebSocket-Version", "13")
	if h.Origin != "" {
		w.field("Origin", h.Origin)
	}
	w.subprotocols(h.Subprotocols)
	w.extensions(h.Extensions)
	w.extra(h.Header)
	out, err := w.end()
	if err != nil {
		return dst, requestError(err)
	}
	return out, nil
}

// ExtendedConnect returns the request as a field section of HTTP/2 or HTTP/3:
// pseudo-header fields first, names in lower case
// (https://www.rfc-editor.org/rfc/rfc8441#section-5). secure says whether the URI
// has the scheme wss. The server must have announced
// SETTINGS_ENABLE_CONNECT_PROTOCOL. It fails as [ClientHandshake.AppendHTTP1]
// does; the key is not used.
func (h *ClientHandshake) ExtendedConnect(secure bool) ([]HeaderField, error) {
	if err := h.checkAddress(); err != nil {
		return nil, requestError(err)
	}
	scheme := "http"
	if secure {
		scheme = "https"
	}
	fields := []HeaderField{
		{":method", "CONNECT"}, {":protocol", "websocket"}, {":scheme", scheme},
		{":path", h.Target}, {":authority", h.Host}, {"sec-websocket-version", "13"},
	}
	if h.Origin != "" {
		fields = append(fields, HeaderField{"origin", h.Origin})
	}
	fields, err := appendNegotiated(fields, h.Subprotocols, h.Extensions, h.Header)
	if err != nil {
		return nil, requestError(err)
	}
	return fields, nil
}

func requestError(err error) error {
	return fmt.Errorf("websocket: opening handshake: %w", err)
}

// checkAddress checks what is not a field of its own kind elsewhere.
func (h *ClientHandshake) checkAddress() error {
	if !isHost(h.Host) {
		return fmt.Errorf("host %q is malformed (write names beyond ASCII in punycode)", h.Host)
	}
	if !isTarget(h.Target) {
		return fmt.Errorf(`target %q is malformed: it must begin with "/", have %% and what is no printable ASCII percent-encoded, and no fragment`, h.Target)
	}
	if _, ok := parseOrigin(h.Origin); !ok && h.Origin != "" && h.Origin != "null" {
		return fmt.Errorf("origin %q is malformed (write https://example.com)", h.Origin)
	}
	return nil
}

// isTarget checks /resource name/: path and query, no fragment
// (https://www.rfc-editor.org/rfc/rfc6455#section-3).
func isTarget(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || c == '#' || c == '%' && !isEscape(s[i:]) {
			return false
		}
	}
	return strings.HasPrefix(s, "/")
}

// isEscape reports whether s begins with a percent-encoded octet
// (https://www.rfc-editor.org/rfc/rfc3986#section-2.1).
func isEscape(s string) bool {
	return len(s) > 2 && isHex(s[1]) && isHex(s[2])
}

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

// HandshakeResponse is what a server's answer to an opening handshake says,
// whatever carried it. The slices are as those of [Request].
type HandshakeResponse struct {
	ProtoMajor, ProtoMinor int // the HTTP version
	Status                 int
	Extended               bool // it answers an extended CONNECT

	Upgrade, Connection     []string
	Accept                  []string // Sec-WebSocket-Accept
	Subprotocol, Extensions []string // Sec-WebSocket-Protocol, Sec-WebSocket-Extensions
}

// ResponseFromHeader fills in what stands in a header whose keys have the
// canonical form of package net/http. The caller sets the rest.
func ResponseFromHeader(header map[string][]string) HandshakeResponse {
	return HandshakeResponse{
		Upgrade:     header["Upgrade"],
		Connection:  header["Connection"],
		Accept:      header["Sec-Websocket-Accept"],
		Subprotocol: header["Sec-Websocket-Protocol"],
		Extensions:  header["Sec-Websocket-Extensions"],
	}
}

// HandshakeResult is what client and server agreed on.
type HandshakeResult struct {
	Subprotocol string      // "" for none
	Extensions  []Extension // in the order in which they apply; their parameters are yet to be judged
}

// RefusedError is what a server said: it answered the opening handshake with
// another status than that of success.
type RefusedError struct {
	Status int
}

func (e *RefusedError) Error() string {
	if e.Status/100 == 3 {
		return fmt.Sprintf("websocket: opening handshake: the server answered with status %d (redirects are not followed)", e.Status)
	}
	return fmt.Sprintf("websocket: opening handshake: the server answered with status %d", e.Status)
}

// Check judges the server's response; a client must fail the connection on an
// error (https://www.rfc-editor.org/rfc/rfc6455#section-4.1). The error is a
// [*RefusedError] if the server refused, and a [*HandshakeError] if it broke the
// protocol.
func (h *ClientHandshake) Check(r *HandshakeResponse) (HandshakeResult, error) {
	switched := r.Status == 101
	if r.Extended {
		switched = r.Status/100 == 2 // RFC 9110 9.3.6
	}
	if !switched {
		return HandshakeResult{}, &RefusedError{Status: r.Status}
	}
	result, e := h.check(r)
	if e != nil {
		e.Status = r.Status
		return HandshakeResult{}, e
	}
	return result, nil
}

func (h *ClientHandshake) check(r *HandshakeResponse) (result HandshakeResult, e *HandshakeError) {
	if !r.Extended {
		e = h.checkSwitch(r)
	}
	if e == nil {
		result.Subprotocol, e = h.agreeSubprotocol(r.Subprotocol)
	}
	if e == nil {
		result.Extensions, e = h.agreeExtensions(r.Extensions)
	}
	return result, e
}

// checkSwitch judges what only a response to Upgrade has, in the order of the
// items in RFC 6455 4.1. Connection with "close" is no fault: what follows is
// not HTTP.
func (h *ClientHandshake) checkSwitch(r *HandshakeResponse) *HandshakeError {
	const section = "RFC 6455 4.1"
	protocols, options := readUpgrade(r.Upgrade), readConnection(r.Connection)
	accept, one := single(r.Accept)
	switch {
	case r.ProtoMajor != 1 || r.ProtoMinor < 1:
		// Upgrade means nothing in HTTP/1.0 (RFC 9110 7.8).
		return refusal(0, FaultHTTPVersion, section, "the response must be HTTP/1.1")
	case protocols.malformed || !protocols.websocket || protocols.count > 1:
		return refusal(0, FaultUpgrade, section, "the response must have Upgrade: websocket")
	case options.malformed || !options.upgrade:
		return refusal(0, FaultConnection, section, "the response must have Connection: Upgrade")
	case !one:
		return refusal(0, FaultAccept, section, "Sec-WebSocket-Accept must stand once in the response")
	case accept != AcceptKey(h.Key):
		return refusal(0, FaultAccept, section, "Sec-WebSocket-Accept "+excerpt(accept)+" does not answer the key that was sent; the server is no WebSocket server, or the response is from a cache")
	}
	return nil
}

// agreeSubprotocol demands none, or one that was offered (RFC 6455 4.1, item 6).
func (h *ClientHandshake) agreeSubprotocol(values []string) (string, *HandshakeError) {
	if len(values) == 0 {
		return "", nil
	}
	name, one := single(values)
	if !one {
		return "", refusal(0, FaultSubprotocol, "RFC 6455 4.1", "the server chose more than one subprotocol")
	}
	if !slices.Contains(h.Subprotocols, name) {
		return "", refusal(0, FaultSubprotocol, "RFC 6455 4.1", "the server chose subprotocol "+excerpt(name)+", which the client did not offer")
	}
	return name, nil
}

// agreeExtensions demands none, or such as were offered (RFC 6455 4.1, item 5).
func (h *ClientHandshake) agreeExtensions(values []string) ([]Extension, *HandshakeError) {
	accepted, total, wrong := parseExtensions(values, len(h.Extensions))
	if wrong == "" && total > len(accepted) {
		wrong = "the server accepted more extensions than the client offered"
	}
	if wrong == "" {
		wrong = checkAccepted(accepted, h.Extensions)
	}
	if wrong != "" {
		return nil, refusal(0, FaultExtension, "RFC 6455 4.1", wrong)
	}
	return accepted, nil
}
