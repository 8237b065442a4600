//go:build linux && (amd64 || arm64)

package epollecho

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
)

// maxHead bounds the request.
const maxHead = 8 << 10

// handshake gathers the request, answers it, and returns what follows it: nil
// when the request is no good, empty when it is not whole yet.
func (l *Loop[S]) handshake(c *Conn[S], p []byte) (rest []byte) {
	if len(c.head) > 0 {
		p = append(c.head, p...)
	}
	end := bytes.Index(p, []byte("\r\n\r\n"))
	if end < 0 {
		c.head = bytes.Clone(p)
		if len(p) > maxHead {
			return nil
		}
		return []byte{}
	}
	key := field(p[:end], "Sec-WebSocket-Key")
	if key == nil {
		return nil
	}
	sum := sha1.Sum(append(bytes.Clone(key), "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"...))
	l.Cork = append(l.Cork, "HTTP/1.1 101 Switching Protocols\r\n"+
		"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	l.Cork = base64.StdEncoding.AppendEncode(l.Cork, sum[:])
	l.Cork = append(l.Cork, "\r\n\r\n"...)
	c.head, c.open = nil, true
	if !l.flush(c, false) {
		return nil
	}
	return p[end+4:]
}

// field returns the value of a header field, nil if there is none.
func field(head []byte, name string) []byte {
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		if n, v, ok := bytes.Cut(line, []byte(":")); ok && bytes.EqualFold(n, []byte(name)) {
			return bytes.TrimSpace(v)
		}
	}
	return nil
}
