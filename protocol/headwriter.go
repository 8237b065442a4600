package protocol

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// headWriter appends the head of an HTTP/1.1 message. The first error sticks,
// and then nothing counts as written: what an application puts in cannot end a
// line or the head.
type headWriter struct {
	b   []byte
	err error
}

func newHeadWriter(dst []byte, startLine ...string) headWriter {
	w := headWriter{b: dst}
	for _, part := range startLine {
		w.b = append(w.b, part...)
	}
	w.b = append(w.b, "\r\n"...)
	return w
}

func (w *headWriter) field(name, value string) {
	if err := checkField(name, value); err != nil {
		w.fail(err)
		return
	}
	w.b = append(append(w.b, name...), ": "...)
	w.b = append(append(w.b, value...), "\r\n"...)
}

func (w *headWriter) number(name string, n int) {
	w.b = append(append(w.b, name...), ": "...)
	w.b = append(strconv.AppendInt(w.b, int64(n), 10), "\r\n"...)
}

// subprotocols writes Sec-WebSocket-Protocol, if there are any.
func (w *headWriter) subprotocols(names []string) {
	if len(names) == 0 {
		return
	}
	w.fail(checkSubprotocols(names))
	w.b = append(w.b, "Sec-WebSocket-Protocol: "...)
	for i, name := range names {
		if i > 0 {
			w.b = append(w.b, ", "...)
		}
		w.b = append(w.b, name...)
	}
	w.b = append(w.b, "\r\n"...)
}

// extensions writes Sec-WebSocket-Extensions, if there are any.
func (w *headWriter) extensions(list []Extension) {
	if len(list) == 0 {
		return
	}
	out, err := appendExtensions(append(w.b, "Sec-WebSocket-Extensions: "...), list)
	if err != nil {
		w.fail(err)
		return
	}
	w.b = append(out, "\r\n"...)
}

// extra writes the application's fields.
func (w *headWriter) extra(fields []HeaderField) {
	w.fail(CheckHeader(fields))
	for _, f := range fields {
		w.field(f.Name, f.Value)
	}
}

func (w *headWriter) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// end ends the head.
func (w *headWriter) end() ([]byte, error) {
	if w.err != nil {
		return nil, w.err
	}
	return append(w.b, "\r\n"...), nil
}

// checkField checks the grammar of a field, which also keeps it from ending
// its line (https://www.rfc-editor.org/rfc/rfc9110#section-5.5).
func checkField(name, value string) error {
	if !isToken(name) {
		return fmt.Errorf("the name of a header field must be a token: %s", excerpt(name))
	}
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return fmt.Errorf("the value of header field %s has a control character: %s", name, excerpt(value))
		}
	}
	return nil
}

// CheckHeader refuses fields of an application that are malformed, or would say
// something else about the handshake or the connection than the handshake does.
func CheckHeader(fields []HeaderField) error {
	for _, f := range fields {
		if err := checkField(f.Name, f.Value); err != nil {
			return err
		}
		if isReserved(f.Name) {
			return fmt.Errorf("header field %s belongs to the handshake (there is an option for what may be chosen)", f.Name)
		}
	}
	return nil
}

func isReserved(name string) bool {
	const ours = "Sec-WebSocket-"
	if len(name) >= len(ours) && strings.EqualFold(name[:len(ours)], ours) {
		return true
	}
	for _, reserved := range reservedFields {
		if strings.EqualFold(name, reserved) {
			return true
		}
	}
	return false
}

var reservedFields = [...]string{
	"Upgrade", "Connection", "Keep-Alive", "Proxy-Connection",
	"Host", "Origin", "Expect",
	"Content-Length", "Transfer-Encoding", "TE", "Trailer",
}

// appendNegotiated appends to dst what request and response of extended
// CONNECT have in common, names in lower case (RFC 9113 8.2.1).
func appendNegotiated(dst []HeaderField, subprotocols []string, extensions []Extension, extra []HeaderField) ([]HeaderField, error) {
	value, err := appendExtensions(nil, extensions)
	if err := cmp.Or(err, checkSubprotocols(subprotocols), CheckHeader(extra)); err != nil {
		return dst, err
	}
	if len(subprotocols) > 0 {
		dst = append(dst, HeaderField{"sec-websocket-protocol", strings.Join(subprotocols, ", ")})
	}
	if len(extensions) > 0 {
		dst = append(dst, HeaderField{"sec-websocket-extensions", string(value)})
	}
	for _, f := range extra {
		dst = append(dst, HeaderField{strings.ToLower(f.Name), f.Value})
	}
	return dst, nil
}
