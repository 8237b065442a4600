package echotest

import (
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// Strict checks what only a server that keeps all of RFC 6455 passes.
func Strict(t *testing.T, s *Server) {
	t.Run("fragments", func(t *testing.T) { fragments(t, s.addr) })
	t.Run("large fragments", func(t *testing.T) { largeFragments(t, s.addr) })
	t.Run("pings", func(t *testing.T) { pings(t, s.addr) })
	for _, tt := range closing {
		t.Run(tt.name, func(t *testing.T) {
			c := dial(t, s.addr)
			c.Write([]byte(tt.wire))
			c.wantClose(tt.code)
		})
	}
}

// fragments sends a message in three pieces, a character cut between them,
// with a ping among them and another message behind.
func fragments(t *testing.T, addr string) {
	text := "Gr\u00fc\u00dfe"
	wire := masked(0x01, text[:3]) + masked(0x89, "now?") + masked(0x00, "") + masked(0x80, text[3:]) + masked(0x82, "next")
	for _, step := range []int{len(wire), 1, 5} {
		c := dial(t, addr)
		for p := wire; len(p) > 0; p = p[min(step, len(p)):] {
			c.Write([]byte(p[:min(step, len(p))]))
		}
		c.want(ws.NewPingFrame([]byte("now?")))
		c.want(ws.NewTextFrame([]byte(text)))
		c.want(ws.NewBinaryFrame([]byte("next")))
	}
}

// largeFragments sends several large fragmented messages at once, before it
// reads, so that the server holds them all.
func largeFragments(t *testing.T, addr string) {
	c := dial(t, addr)
	var wire strings.Builder
	var frames []ws.Frame
	for i := range 40 {
		f := frame(ws.OpBinary, 60_000+i)
		p := string(f.Payload)
		wire.WriteString(masked(0x02, p[:20_000]) + masked(0x00, p[20_000:45_000]) + masked(0x80, p[45_000:]))
		frames = append(frames, f)
	}
	go c.Write([]byte(wire.String()))
	for _, f := range frames {
		c.want(f)
	}
}

// pings sends more pings at once than are kept for a peer that does not read.
func pings(t *testing.T, addr string) {
	c := dial(t, addr)
	c.Write([]byte(strings.Repeat(masked(0x89, "?"), 100)))
	for range 100 {
		c.want(ws.NewPingFrame([]byte("?")))
	}
}

const noStatus = 0

// closing is what ends a connection, and the status code of the Close frame
// that answers it.
var closing = []struct {
	name string
	wire string
	code int
}{
	{"close", masked(0x88, "\x03\xE8"), 1000},
	{"close with a reason", masked(0x88, "\x0F\xA1bye"), 4001},
	{"close without a code", masked(0x88, ""), noStatus},
	{"close inside a message", masked(0x01, "a") + masked(0x88, "\x03\xE9"), 1001},
	{"close with half a code", masked(0x88, "\x03"), 1002},
	{"close with a reserved code", masked(0x88, "\x03\xED"), 1002},
	{"close with a reason that is not UTF-8", masked(0x88, "\x03\xE8\xFF"), 1007},
	{"reserved bit 1", masked(0xC1, "a"), 1002},
	{"reserved bit 2", masked(0xA1, "a"), 1002},
	{"reserved bit 3", masked(0x91, "a"), 1002},
	{"reserved data opcode", masked(0x83, "a"), 1002},
	{"reserved control opcode", masked(0x8B, "a"), 1002},
	{"unmasked", "\x81\x01a", 1002},
	{"fragmented ping", masked(0x09, "a"), 1002},
	{"ping of 126 octets", masked(0x89, strings.Repeat("a", 126)), 1002},
	{"continuation of nothing", masked(0x80, "a"), 1002},
	{"message inside a message", masked(0x01, "a") + masked(0x81, "b"), 1002},
	{"length of 2 octets for 5", "\x81\xFE\x00\x05\x00\x00\x00\x00hello", 1002},
	{"length of 8 octets for 5", "\x81\xFF\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00hello", 1002},
	{"length with the top bit", "\x82\xFF\x80\x00\x00\x00\x00\x00\x00\x00", 1002},
	{"too large a message", "\x82\xFF\x00\x00\x01\x00\x00\x00\x00\x00", 1009},
	{"not UTF-8", masked(0x81, "\xC3("), 1007},
	{"not UTF-8, with more to come", masked(0x01, "\xC3("), 1007},
	{"not UTF-8, in a frame with more to come", masked(0x81, "\xF4\x90"+strings.Repeat("a", 100))[:8], 1007},
	{"text that ends inside a character", masked(0x01, "\xC3") + masked(0x80, ""), 1007},
	{"surrogate", masked(0x81, "\xED\xA0\x80"), 1007},
}

// masked returns a client's frame with this first octet.
func masked(first byte, payload string) string {
	h := ws.Header{Fin: first&0x80 != 0, Rsv: first >> 4 & 7, OpCode: ws.OpCode(first & 0x0F)}
	f := ws.MaskFrameWith(ws.Frame{Header: h, Payload: []byte(payload)}, [4]byte{1, 2, 3, 4})
	f.Header.Length = int64(len(payload))
	return string(ws.MustCompileFrame(f))
}

// wantClose reads a Close frame with this code, and the end.
func (c *client) wantClose(code int) {
	c.t.Helper()
	h, p := c.read()
	if h.OpCode != ws.OpClose || !h.Fin || h.Masked {
		c.t.Fatalf("got %+v, want a Close frame", h)
	}
	got := noStatus
	if len(p) > 0 {
		status, _ := ws.ParseCloseFrameData(p)
		got = int(status)
	}
	if got != code {
		c.t.Errorf("closed with %d (%q), want %d", got, p, code)
	}
	if b, err := c.r.ReadByte(); err == nil {
		c.t.Errorf("%#x after the Close frame", b)
	}
}
