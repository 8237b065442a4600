package protocol

import "fmt"

// Response is a server's answer to a handshake that it accepts. The
// application may add to Header before it is sent; the strings it was given
// must not be changed.
type Response struct {
	Status      int         // 101, or 200 for extended CONNECT
	Accept      string      // Sec-WebSocket-Accept, "" for extended CONNECT
	Subprotocol string      // "" for none
	Extensions  []Extension // in the order in which they apply
	Header      []HeaderField
}

// AppendHTTP1 appends the head of the 101 response, from the status line to
// the empty line. If a field is malformed, or one of the application's is the
// handshake's own, it returns dst as it was and a [*HandshakeError] with status
// 500. It must not be called for extended CONNECT.
func (r *Response) AppendHTTP1(dst []byte) ([]byte, error) {
	w := newHeadWriter(dst, "HTTP/1.1 101 Switching Protocols")
	if r.Status != 101 {
		w.fail(fmt.Errorf("a response with status %d is not for HTTP/1.1", r.Status))
	}
	w.field("Upgrade", "websocket")
	w.field("Connection", "Upgrade")
	w.field("Sec-WebSocket-Accept", r.Accept)
	if r.Subprotocol != "" {
		w.subprotocols([]string{r.Subprotocol})
	}
	w.extensions(r.Extensions)
	w.extra(r.Header)
	out, err := w.end()
	if err != nil {
		return dst, serverFault(err, true)
	}
	return out, nil
}

// Fields returns the fields of a response to extended CONNECT, whose status
// is 200, with names in lower case
// (https://www.rfc-editor.org/rfc/rfc8441#section-5). It fails as
// [Response.AppendHTTP1] does.
func (r *Response) Fields() ([]HeaderField, error) {
	var subprotocols []string
	if r.Subprotocol != "" {
		subprotocols = []string{r.Subprotocol}
	}
	fields, err := appendNegotiated(nil, subprotocols, r.Extensions, r.Header)
	if err != nil {
		return nil, serverFault(err, false)
	}
	return fields, nil
}

// serverFault is the refusal to send where our own answer is malformed.
func serverFault(err error, http1 bool) *HandshakeError {
	e := &HandshakeError{Status: 500, Fault: FaultServer, Reason: err.Error()}
	e.complete(http1)
	return e
}
