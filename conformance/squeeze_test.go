package conformance

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

// A squeeze is the permessage-deflate of an echoer.
type squeeze struct {
	sendWindow, getWindow int
	sendKeeps, getKeep    bool

	w    *flate.Writer
	b    bytes.Buffer
	seen []byte // what the other side may refer to
	lost bool   // because of a flaw
}

// terms are the parameters of an offer or an answer: windows are 0 if they are
// not there, and -1 if they have no value.
type terms struct {
	serverResets, clientResets bool
	serverBits, clientBits     int
}

func newSqueeze(t terms, server bool) *squeeze {
	window := func(bits int) int {
		if bits <= 0 {
			return 1 << 15
		}
		return 1 << bits
	}
	s := &squeeze{sendWindow: window(t.clientBits), getWindow: window(t.serverBits), sendKeeps: !t.clientResets, getKeep: !t.serverResets}
	if server {
		s = &squeeze{sendWindow: s.getWindow, getWindow: s.sendWindow, sendKeeps: s.getKeep, getKeep: s.sendKeeps}
	}
	return s
}

// readTerms reads an item of Sec-WebSocket-Extensions.
func (e *echoer) readTerms(item string, offer bool) (t terms, ok bool) {
	parts := strings.Split(item, ";")
	if strings.Trim(parts[0], " \t") != "permessage-deflate" {
		return t, false
	}
	seen := map[string]bool{}
	for _, part := range parts[1:] {
		name, value, valued := strings.Cut(strings.Trim(part, " \t"), "=")
		if seen[name] && !e.has("takes parameters twice") {
			return t, false
		}
		seen[name] = true
		if strings.HasPrefix(value, `"`) && e.has("knows no quoted values") {
			return t, false
		}
		if !e.readTerm(&t, name, strings.Trim(value, `"`), valued, offer) {
			return t, false
		}
	}
	return t, true
}

func (e *echoer) readTerm(t *terms, name, value string, valued, offer bool) bool {
	switch name {
	case "server_no_context_takeover":
		t.serverResets = true
		return !valued || e.has("takes values of flags")
	case "client_no_context_takeover":
		t.clientResets = true
		return !valued || e.has("takes values of flags")
	case "server_max_window_bits":
		return e.readWindow(&t.serverBits, value, valued, false)
	case "client_max_window_bits":
		return e.readWindow(&t.clientBits, value, valued, offer)
	}
	return e.has("takes unknown parameters")
}

func (e *echoer) readWindow(bits *int, value string, valued, bare bool) bool {
	if *bits = -1; !valued {
		return bare || e.has("takes windows without a value")
	}
	n, err := strconv.Atoi(value)
	switch {
	case value == "" && e.has("takes empty values"):
		return true
	case err != nil || strings.HasPrefix(value, "+"):
		return false
	case (n < 8 || n > 15) && e.has("takes any window"):
		return true
	case strings.HasPrefix(value, "0") && !e.has("takes 08 for 8"):
		return false
	}
	*bits = n
	return n >= 8 && n <= 15
}

var errOffer = errors.New("the offer is not legal")

// answerOffer accepts the first offer that is legal, and returns the field of
// the response.
func (e *echoer) answerOffer(fields []string) (string, error) {
	items := strings.Split(strings.Join(fields, ","), ",")
	if e.has("declines compression") {
		return "", nil
	}
	if e.has("looks at the first offer alone") {
		items = items[:1]
	}
	var offer terms
	i := slices.IndexFunc(items, func(item string) (ok bool) {
		offer, ok = e.readTerms(item, true)
		return ok
	})
	if i < 0 {
		if items[0] != "" && e.has("refuses offers that it cannot take") {
			return "", errOffer
		}
		return "", nil
	}
	answer := "permessage-deflate"
	if offer.serverResets {
		answer += "; server_no_context_takeover"
		offer.serverResets = !e.has("keeps its window")
	}
	if offer.serverBits > 0 {
		answer += "; server_max_window_bits=" + strconv.Itoa(offer.serverBits)
	}
	if offer.clientBits > 0 {
		answer += "; client_max_window_bits=" + strconv.Itoa(offer.clientBits)
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
	case "answers a window that was not offered":
		answer += "; client_max_window_bits=10"
	case "answers two extensions":
		answer += ", permessage-deflate"
	}
	e.squeeze = newSqueeze(offer, true)
	return "Sec-WebSocket-Extensions: " + answer + "\r\n", nil
}

// offer is what the client asks for.
func (e *echoer) offer() string {
	switch e.flaw {
	case "declines compression", "takes an extension unasked":
		return ""
	case "has no client_max_window_bits", "takes a window that it did not offer":
		return "Sec-WebSocket-Extensions: permessage-deflate\r\n"
	case "asks for a small window", "takes a wider window than it asked for":
		return "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\r\n"
	}
	return "Sec-WebSocket-Extensions: x-unknown, permessage-deflate; client_max_window_bits\r\n"
}

// takeAnswer is the client's side of answerOffer.
func (e *echoer) takeAnswer(r *http.Response) error {
	field, wrong := strings.Join(r.Header.Values("Sec-WebSocket-Extensions"), ","), errors.New("the answer is not legal")
	if field == "" {
		return nil
	}
	if e.has("takes the first of two answers") {
		field, _, _ = strings.Cut(field, ",")
	}
	t, ok := e.readTerms(field, false)
	asked := e.offer()
	switch {
	case asked == "" && e.has("takes an extension unasked"), e.has("takes any extension"):
		return nil
	case !ok, asked == "":
		return wrong
	case t.clientBits != 0 && !strings.Contains(asked, "client_max_window_bits") && !e.has("takes a window that it did not offer"):
		return wrong
	case strings.Contains(asked, "server_max_window_bits=10") && t.serverBits > 10 && !e.has("takes a wider window than it asked for"):
		return wrong
	}
	if e.has("keeps its window") {
		t.clientResets = false
	}
	e.squeeze = newSqueeze(t, false)
	return nil
}

// lent is the window that echoers with a flaw hand on to each other.
var lent struct {
	sync.Mutex
	seen []byte
}

// unpack decompresses the message under way.
func (e *echoer) unpack() error {
	s := e.squeeze
	if e.has("hands its window on") {
		lent.Lock()
		defer lent.Unlock()
		s.seen = slices.Concat(lent.seen, s.seen)
		defer func() { lent.seen = s.seen }()
	}
	message, err := e.inflate(s.seen)
	if err != nil {
		return err
	}
	if e.op == 1 && !utf8.Valid(message) && !e.has("never checks UTF-8 of what was compressed") {
		return fault(1007)
	}
	e.message = message
	if s.lost {
		s.seen, s.lost = nil, false
		return nil
	}
	if s.getKeep && !e.has("forgets the window of the other side") || e.has("never forgets the window of the other side") {
		s.remember(message)
	}
	return nil
}

func (s *squeeze) remember(message []byte) {
	s.seen = append(s.seen, message...)
	s.seen = bytes.Clone(s.seen[max(0, len(s.seen)-1<<15):])
}

// inflate decompresses block after block. The library stops behind a final one:
// what follows it begins a stream of its own, with the window that there is.
func (e *echoer) inflate(seen []byte) (message []byte, err error) {
	limit := 4 << 20
	if e.has("has no limit once decompressed") {
		limit = 1 << 30
	}
	if e.squeeze.getWindow < 1<<15 && !e.has("ignores the agreed window") && farthest(e.message) > e.squeeze.getWindow {
		return nil, fault(1007)
	}
	rest := bytes.NewReader(append(e.message, "\x00\x00\xff\xff\x01\x00\x00\xff\xff"...))
	if len(e.message) == 0 {
		return nil, nil
	}
	for rest.Len() > 0 {
		window := slices.Concat(seen, message[max(0, len(message)-1<<15):])
		if e.has("loses its window at a final block") && rest.Size() > int64(rest.Len()) {
			window, e.squeeze.lost = nil, true
		}
		part, err := io.ReadAll(io.LimitReader(flate.NewReaderDict(rest, window), int64(limit-len(message)+1)))
		message = append(message, part...)
		switch {
		case len(message) > limit && e.has("fails bombs with 1002"):
			return nil, fault(1002)
		case len(message) > limit:
			return nil, fault(1009)
		case err != nil && e.has("accepts what is cut short") && errors.Is(err, io.ErrUnexpectedEOF):
			return message, nil
		case err != nil && e.has("takes what cannot be decompressed for nothing"):
			return nil, nil
		case err != nil:
			return nil, fault(1007)
		case e.has("stops at a final block"):
			return message, nil
		}
	}
	return message, nil
}

// farthest is the largest distance of copies in the stored blocks and those
// with fixed codes at the beginning of a message.
func farthest(message []byte) (most int) {
	z := &bitstream{octets: message}
	for !z.over() {
		final, kind := z.take(1), z.take(2)
		switch kind {
		case 0:
			z.align()
			n := z.take(16)
			z.at += 16 + 8*n
		case 1:
			most = max(most, z.fixed())
		default:
			return most
		}
		if final == 1 {
			z.align()
		}
	}
	return most
}

// A bitstream gives the bits of a compressed message.
type bitstream struct {
	octets []byte
	at     int
}

func (z *bitstream) over() bool { return z.at >= len(z.octets)*8 }
func (z *bitstream) align()     { z.at = (z.at + 7) / 8 * 8 }

func (z *bitstream) take(n int) (v int) {
	for i := range n {
		if !z.over() {
			v |= int(z.octets[z.at/8]>>(z.at%8)&1) << i
		}
		z.at++
	}
	return v
}

func (z *bitstream) code(n int) (v int) {
	for range n {
		v = v<<1 | z.take(1)
	}
	return v
}

// fixed reads a block with fixed codes.
func (z *bitstream) fixed() (most int) {
	for !z.over() {
		v := z.code(7) // counted from 256, if it is no literal
		switch {
		case v >= 0x18 && v < 0x60:
			z.take(1)
			continue
		case v >= 0x64:
			z.take(2)
			continue
		case v >= 0x60:
			v = 24 + (v-0x60)<<1 | z.take(1)
		}
		if v == 0 {
			break
		}
		if v > 8 && v < 29 {
			z.take((v - 5) / 4)
		}
		d := z.code(5)
		extra, base := max(0, d/2-1), d+1
		if d > 3 {
			base = 1 + (2+d%2)<<extra
		}
		most = max(most, base+z.take(extra))
	}
	return most
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

func TestFarthest(t *testing.T) {
	for _, distance := range []int{1, 4, 5, 6, 7, 256, 257, 8193, 32768} {
		for length := range 256 {
			b := new(blocks).stored(false, "\xff").fixed(false, symbol{"a\xf0", 3 + length, 1}, symbol{"\x8f\x90", 3, distance})
			if got := farthest([]byte(b.message())); got != distance {
				t.Errorf("length %d, distance %d: %d", 3+length, distance, got)
			}
		}
	}
}
