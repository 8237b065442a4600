package protocol

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Request is what a client's opening handshake says, whatever carried it. The
// slices hold the values of all fields of one name, in order of arrival, nil
// if there were none.
type Request struct {
	Method                 string
	ProtoMajor, ProtoMinor int    // the HTTP version
	Extended               string // pseudo-header :protocol of extended CONNECT, "" if there was none
	Secure                 bool   // the client came over TLS
	Host                   string // Host, or :authority
	Target                 string // the request target or :path as it came; "" is not judged

	Upgrade, Connection             []string
	Key, Version                    []string // Sec-WebSocket-...
	Subprotocols, Extensions        []string // Sec-WebSocket-Protocol, Sec-WebSocket-Extensions
	Origin                          []string
	ContentLength, TransferEncoding []string
}

// RequestFromHeader fills in what stands in a header whose keys have the
// canonical form of package net/http. The caller sets Method, Target, ProtoMajor,
// ProtoMinor, Secure and Host, and TransferEncoding where the header does not
// keep it.
func RequestFromHeader(header map[string][]string) Request {
	r := Request{
		Upgrade:          header["Upgrade"],
		Connection:       header["Connection"],
		Key:              header["Sec-Websocket-Key"],
		Version:          header["Sec-Websocket-Version"],
		Subprotocols:     header["Sec-Websocket-Protocol"],
		Extensions:       header["Sec-Websocket-Extensions"],
		Origin:           header["Origin"],
		ContentLength:    header["Content-Length"],
		TransferEncoding: header["Transfer-Encoding"],
	}
	if protocol := header[":protocol"]; len(protocol) > 0 {
		r.Extended = protocol[0]
	}
	return r
}

// ServerHandshake is a server's policy for opening handshakes. The zero value
// speaks no subprotocol and no extension, and allows pages of the same origin.
// It is safe for concurrent use as long as it is not changed.
type ServerHandshake struct {
	// Subprotocols lists what the server speaks, in its order of preference,
	// which decides. If the client offers none of them, the connection has no
	// subprotocol.
	Subprotocols []string

	// SelectSubprotocol, if not nil, decides instead of Subprotocols. It is
	// called if the client offered any and returns one of them, or "" for none.
	SelectSubprotocol func(offered []string) string

	// Origin decides which web pages may connect.
	Origin OriginPolicy

	// Extensions, if not nil, is called if the client offered any. It gets the
	// first [MaxExtensionOffers], in the client's order of preference, and
	// returns those it accepts, with the parameters of the response.
	Extensions func(offers []Extension) (accepted []Extension)

	// Header holds further fields of the response. They cannot be those of the
	// handshake itself.
	Header []HeaderField
}

// Validate returns an error that names the first setting with which no
// handshake could succeed as it is meant to.
func (h *ServerHandshake) Validate() error {
	if err := h.Origin.Validate(); err != nil {
		return err
	}
	if err := cmp.Or(checkSubprotocols(h.Subprotocols), CheckHeader(h.Header)); err != nil {
		return fmt.Errorf("websocket: %w", err)
	}
	return nil
}

// Check judges a request (https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1,
// https://www.rfc-editor.org/rfc/rfc8441#section-5). The error is a
// [*HandshakeError], ready to be sent as the refusal.
//
// Where the RFCs leave a choice: HTTP/1.2 is treated as HTTP/1.1. Connection
// with "close" is refused, since the client says that it will send nothing
// more. Empty elements of lists are skipped. A malformed list is refused even
// if nothing of it would have been used.
func (h *ServerHandshake) Check(r *Request) (Response, error) {
	response, e := h.check(r)
	if e != nil {
		// Over HTTP/2 and HTTP/3 other requests go on beside this one.
		e.complete(r.ProtoMajor < 2 || r.Method == "PRI")
		return Response{}, e
	}
	return response, nil
}

func (h *ServerHandshake) check(r *Request) (response Response, e *HandshakeError) {
	if r.Extended != "" {
		response.Status = 200
		e = checkConnect(r)
	} else {
		response.Status = 101
		e = checkUpgrade(r)
	}
	if e == nil {
		e = h.Origin.judge(r.Origin, r.Host, r.Secure)
	}
	if e == nil {
		response.Subprotocol, e = h.chooseSubprotocol(r.Subprotocols)
	}
	if e == nil {
		response.Extensions, e = h.chooseExtensions(r.Extensions)
	}
	if e == nil && r.Extended == "" {
		response.Accept = AcceptKey(trimBlanks(r.Key[0]))
	}
	response.Header = slices.Clip(h.Header) // so that the application's additions never meet
	return response, e
}

// checkUpgrade judges a handshake by Upgrade, in the order of RFC 6455 4.2.1.
func checkUpgrade(r *Request) *HandshakeError {
	const section = "RFC 6455 4.2.1"
	switch {
	case r.ProtoMajor > 1 || r.Method == "PRI":
		return refusal(505, FaultHTTPVersion, section, "over HTTP/1.1 a WebSocket opens with GET and Upgrade, over HTTP/2 and HTTP/3 with extended CONNECT")
	case r.ProtoMajor < 1 || r.ProtoMinor < 1:
		return refusal(400, FaultHTTPVersion, section, "the request must be HTTP/1.1 or higher")
	case r.Method != "GET":
		e := refusal(405, FaultMethod, section, "the method must be GET")
		e.Header = []HeaderField{{"Allow", "GET"}}
		return e
	case !isHost(r.Host):
		return refusal(400, FaultHost, section, "the Host field is missing or malformed: "+excerpt(r.Host))
	case strings.Contains(r.Target, "#"):
		return fragmentRefusal(r)
	case hasBody(r):
		return refusal(400, FaultBody, "RFC 6455 4.1", "the request must not have a body; leave out Content-Length and Transfer-Encoding")
	}
	if e := checkUpgradeFields(r.Upgrade, r.Connection); e != nil {
		return e
	}
	if key, one := single(r.Key); !one || !isKey(key) {
		return refusal(400, FaultKey, section, "Sec-WebSocket-Key must stand once and be 16 random octets in base64, with padding")
	}
	return checkVersion(r, 426)
}

// checkConnect judges an extended CONNECT
// (https://www.rfc-editor.org/rfc/rfc8441#section-5, and for HTTP/3
// https://www.rfc-editor.org/rfc/rfc9220#section-3). A Sec-WebSocket-Key is not
// looked at.
func checkConnect(r *Request) *HandshakeError {
	const section = "RFC 8441 4"
	switch {
	case r.Method != "CONNECT" || r.ProtoMajor < 2:
		return refusal(400, FaultMethod, section, ":protocol may only stand in CONNECT over HTTP/2 or HTTP/3")
	case !isToken(r.Extended) || !strings.EqualFold(r.Extended, "websocket"):
		return refusal(501, FaultUpgrade, "RFC 9220 3", "this server speaks websocket, not "+excerpt(r.Extended))
	case len(r.Upgrade) > 0 || len(r.Connection) > 0 || len(r.TransferEncoding) > 0:
		return refusal(400, FaultConnection, "RFC 9113 8.2.2", "Upgrade, Connection and Transfer-Encoding have no place in HTTP/2 and HTTP/3")
	case !isHost(r.Host):
		return refusal(400, FaultHost, section, ":authority is missing or malformed: "+excerpt(r.Host))
	case strings.Contains(r.Target, "#"):
		return fragmentRefusal(r)
	}
	// 426 would have to name a protocol in Upgrade, which cannot stand here.
	return checkVersion(r, 400)
}

// fragmentRefusal: a WebSocket URI has no fragment, and a request no place for
// one.
func fragmentRefusal(r *Request) *HandshakeError {
	return refusal(400, FaultTarget, "RFC 6455 3", "the request target must not have a fragment: "+excerpt(r.Target))
}

// checkUpgradeFields judges Upgrade (item 3 of RFC 6455 4.2.1) and Connection
// (item 4).
func checkUpgradeFields(upgrade, connection []string) *HandshakeError {
	const section = "RFC 6455 4.2.1"
	protocols := readUpgrade(upgrade)
	options := readConnection(connection)
	switch {
	case protocols.malformed:
		return refusal(400, FaultUpgrade, section, "the Upgrade field is malformed")
	case !protocols.websocket:
		return refusal(426, FaultUpgrade, section, "this is a WebSocket endpoint: connect with a WebSocket client (Upgrade: websocket)")
	case options.malformed:
		return refusal(400, FaultConnection, section, "the Connection field is malformed")
	case !options.upgrade:
		return refusal(400, FaultConnection, section, "Connection: Upgrade is missing; a proxy in between that does not pass on WebSocket may have removed it")
	case options.close:
		return refusal(400, FaultConnection, "RFC 9112 9.6", "Connection has close beside Upgrade")
	}
	return nil
}

// checkVersion demands version 13, once, and tells which one is spoken
// (https://www.rfc-editor.org/rfc/rfc6455#section-4.4).
func checkVersion(r *Request, status int) *HandshakeError {
	if version, one := single(r.Version); one && version == "13" {
		return nil
	}
	e := refusal(status, FaultVersion, "RFC 6455 4.4", "Sec-WebSocket-Version must stand once and be 13")
	e.Header = []HeaderField{{"Sec-WebSocket-Version", "13"}}
	return e
}

// chooseExtensions returns what the policy accepts of the client's offers.
func (h *ServerHandshake) chooseExtensions(values []string) ([]Extension, *HandshakeError) {
	most := 0
	if h.Extensions != nil {
		most = MaxExtensionOffers
	}
	offers, _, _, wrong := parseOffers(values, most)
	if wrong != "" {
		return nil, refusal(400, FaultExtension, "RFC 6455 9.1", wrong)
	}
	if len(offers) == 0 {
		return nil, nil
	}
	accepted := h.Extensions(offers)
	if wrong := checkAccepted(accepted, offers); wrong != "" {
		return nil, refusal(500, FaultServer, "RFC 6455 9.1", wrong)
	}
	return accepted, nil
}

// isHost reports whether s can be the host that a client asked for; a
// WebSocket URI always has one (RFC 6455 3).
func isHost(s string) bool {
	_, ok := parseHost(s)
	return ok
}

// hasBody reports whether octets of a body follow the head. They would be
// taken for frames, or frames for them.
func hasBody(r *Request) bool {
	if len(r.TransferEncoding) > 0 || len(r.ContentLength) > 1 {
		return true
	}
	return len(r.ContentLength) == 1 && trimBlanks(r.ContentLength[0]) != "0"
}

// upgradeProtocols is what an Upgrade field says
// (https://www.rfc-editor.org/rfc/rfc9110#section-7.8).
type upgradeProtocols struct {
	count                int
	websocket, malformed bool
}

func readUpgrade(values []string) (p upgradeProtocols) {
	list := newHeaderList(values)
	for list.next() {
		name, version := list.token(), ""
		if !list.malformed && list.take('/') {
			version = list.token()
		}
		p.count++
		p.websocket = p.websocket || version == "" && strings.EqualFold(name, "websocket")
	}
	p.malformed = list.malformed
	return p
}

// connectionOptions is what a Connection field says
// (https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1).
type connectionOptions struct {
	upgrade, close, malformed bool
}

func readConnection(values []string) (o connectionOptions) {
	list := newHeaderList(values)
	for list.next() {
		option := list.token()
		o.upgrade = o.upgrade || strings.EqualFold(option, "upgrade")
		o.close = o.close || strings.EqualFold(option, "close")
	}
	o.malformed = list.malformed
	return o
}
