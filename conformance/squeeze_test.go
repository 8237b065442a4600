package conformance

import (
	"bytes"
	"compress/flate"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// A squeeze is the permessage-deflate of an echoer.
type squeeze struct {
	sendWindow         int
	sendKeeps, getKeep bool

	w    *flate.Writer
	b    bytes.Buffer
	seen []byte // what the other side may refer to
}

// answerOffer accepts the first offer, and returns the field of the response.
func (e *echoer) answerOffer(r *http.Request) string {
	offers := r.Header.Values("Sec-WebSocket-Extensions")
	if len(offers) == 0 || e.has("declines compression") {
		return ""
	}
	answer := "permessage-deflate"
	e.squeeze = &squeeze{sendWindow: 1 << 15, sendKeeps: true, getKeep: true}
	if strings.Contains(offers[0], "server_no_context_takeover") {
		answer += "; server_no_context_takeover"
		e.squeeze.sendKeeps = e.has("keeps its window")
	}
	if strings.Contains(offers[0], "server_max_window_bits=9") {
		answer += "; server_max_window_bits=9"
		e.squeeze.sendWindow = 1 << 9
	}
	switch e.flaw {
	case "answers a wider window":
		answer = strings.Replace(answer, "bits=9", "bits=10", 1)
	case "does not grant a reset":
		answer = strings.Replace(answer, "; server_no_context_takeover", "", 1)
	case "answers a parameter twice":
		answer += "; client_no_context_takeover; client_no_context_takeover"
	case "answers an unknown parameter":
		answer += "; level=9"
	case "answers a window of 16":
		answer += "; client_max_window_bits=16"
	case "answers a window without a value":
		answer += "; client_max_window_bits"
	case "answers two extensions":
		answer += ", permessage-deflate"
	}
	return "Sec-WebSocket-Extensions: " + answer + "\r\n"
}

// takeAnswer is the client's side of answerOffer.
func (e *echoer) takeAnswer(r *http.Response) {
	answer := r.Header.Get("Sec-WebSocket-Extensions")
	if answer == "" {
		return
	}
	e.squeeze = &squeeze{sendWindow: 1 << 15, sendKeeps: true, getKeep: true}
	if strings.Contains(answer, "client_no_context_takeover") {
		e.squeeze.sendKeeps = e.has("keeps its window")
	}
	if strings.Contains(answer, "client_max_window_bits=9") {
		e.squeeze.sendWindow = 1 << 9
	}
}

// unpack decompresses the message under way.
func (e *echoer) unpack() error {
	s := e.squeeze
	r := flate.NewReaderDict(strings.NewReader(string(e.message)+"\x00\x00\xff\xff\x01\x00\x00\xff\xff"), s.seen)
	message, err := io.ReadAll(r)
	if err != nil || e.op == 1 && !utf8.Valid(message) {
		return fault(1007)
	}
	e.message = message
	if s.getKeep && !e.has("forgets the window of the other side") {
		s.seen = append(s.seen, message...)
		s.seen = bytes.Clone(s.seen[max(0, len(s.seen)-1<<15):])
	}
	return nil
}

// pack compresses a message.
func (e *echoer) pack(payload []byte) []byte {
	s := e.squeeze
	window := s.sendWindow
	if e.has("uses a wider window") {
		window = 1 << 15
	}
	if e.has("does not compress what it marks") {
		return payload
	}
	if s.w == nil {
		s.w, _ = flate.NewWriter(&s.b, 6)
	}
	s.b.Reset()
	if len(payload) == 0 {
		return []byte{0}
	}
	size := len(payload)
	if window < 1<<15 {
		size = window
	}
	for piece := range slices.Chunk(payload, size) {
		if !s.sendKeeps || window < 1<<15 {
			s.w.Reset(&s.b)
		}
		s.w.Write(piece)
		s.w.Flush()
	}
	packed := bytes.Clone(bytes.TrimSuffix(s.b.Bytes(), []byte("\x00\x00\xff\xff")))
	if e.has("damages a compressed message") {
		packed[0] |= 6
	}
	return packed
}

// offer is what the client asks for.
func (e *echoer) offer() string {
	switch e.flaw {
	case "declines compression":
		return ""
	case "has no client_max_window_bits":
		return "Sec-WebSocket-Extensions: permessage-deflate\r\n"
	}
	return "Sec-WebSocket-Extensions: x-unknown, permessage-deflate; client_max_window_bits\r\n"
}
