// Package echotest holds the checks that an echo server of ours passes before
// anyone believes its figures.
package echotest

import (
	"bufio"
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// Run checks an echo server.
func Run(t *testing.T, s *Server) {
	addr := s.addr
	t.Run("sizes", func(t *testing.T) { sizes(t, addr) })
	t.Run("byte by byte", func(t *testing.T) { byteByByte(t, addr) })
	t.Run("random splits", func(t *testing.T) { randomSplits(t, addr) })
	t.Run("slow reader", func(t *testing.T) { slowReader(t, addr) })
	t.Run("control frames", func(t *testing.T) { controlFrames(t, addr) })
	t.Run("invalid text", func(t *testing.T) { invalidText(t, addr) })
}

func sizes(t *testing.T, addr string) {
	c := dial(t, addr)
	for _, n := range []int{0, 1, 2, 7, 64, 125, 126, 127, 1000, 16383, 16384, 16385, 65535, 65536, 65537,
		100_000, 512<<10 - 14, 512 << 10, 1 << 20, 3_000_000, 32 << 20} {
		for _, op := range []ws.OpCode{ws.OpText, ws.OpBinary} {
			f := frame(op, n)
			go c.Write(encode(f))
			c.want(f)
		}
	}
}

func byteByByte(t *testing.T, addr string) {
	c := dial(t, addr)
	frames := []ws.Frame{frame(ws.OpText, 3), frame(ws.OpBinary, 0), frame(ws.OpBinary, 126), frame(ws.OpPing, 5), frame(ws.OpText, 200)}
	for _, f := range frames {
		for _, b := range encode(f) {
			c.Write([]byte{b})
		}
	}
	for _, f := range frames {
		c.want(f)
	}
}

func randomSplits(t *testing.T, addr string) {
	c := dial(t, addr)
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		var frames []ws.Frame
		var wire []byte
		for range 30 {
			n := rnd.IntN(1 << rnd.IntN(19))
			f := frame([]ws.OpCode{ws.OpText, ws.OpBinary}[rnd.IntN(2)], n)
			frames, wire = append(frames, f), append(wire, encode(f)...)
		}
		cuts := rand.New(rand.NewPCG(3, 4))
		go func() {
			for len(wire) > 0 {
				n := min(len(wire), 1+cuts.IntN(1<<cuts.IntN(20)))
				c.Write(wire[:n])
				wire = wire[n:]
			}
		}()
		for _, f := range frames {
			c.want(f)
		}
	}
}

// slowReader sends far more than the sockets hold before it reads.
func slowReader(t *testing.T, addr string) {
	c := dial(t, addr)
	var frames []ws.Frame
	for i := range 60 {
		frames = append(frames, frame(ws.OpBinary, []int{1 << 20, 20_000, 100}[i%3]))
	}
	go func() {
		for _, f := range frames {
			c.Write(encode(f))
		}
	}()
	time.Sleep(50 * time.Millisecond)
	for _, f := range frames {
		c.want(f)
	}
}

func controlFrames(t *testing.T, addr string) {
	c := dial(t, addr)
	ping := frame(ws.OpPing, 125)
	c.Write(append(encode(frame(ws.OpPong, 3)), encode(ping)...))
	c.want(ping)
	c.Write(encode(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, ""))))
	if h, _ := c.read(); h.OpCode != ws.OpClose {
		t.Errorf("%v in answer to a close frame", h.OpCode)
	}
	if _, err := c.r.ReadByte(); err != io.EOF {
		t.Errorf("after the close frame: %v, want the end", err)
	}
}

func invalidText(t *testing.T, addr string) {
	c := dial(t, addr)
	c.Write(encode(ws.NewTextFrame([]byte("\xC3\x28"))))
	if h, err := ws.ReadHeader(c.r); err == nil && h.OpCode != ws.OpClose {
		t.Errorf("text that is not UTF-8 was answered with %v", h.OpCode)
	}
}

type client struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func dial(t *testing.T, addr string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	br, _, err := ws.Dialer{}.Upgrade(conn, &url.URL{Scheme: "ws", Host: addr, Path: "/echo"})
	if err != nil {
		t.Fatal(err)
	}
	if br == nil {
		br = bufio.NewReader(conn)
	}
	return &client{conn, t, br}
}

func (c *client) read() (ws.Header, []byte) {
	c.t.Helper()
	h, err := ws.ReadHeader(c.r)
	if err != nil {
		c.t.Fatal(err)
	}
	p := make([]byte, h.Length)
	if _, err := io.ReadFull(c.r, p); err != nil {
		c.t.Fatal(err)
	}
	return h, p
}

// want reads the echo of f, or the pong if f is a ping.
func (c *client) want(f ws.Frame) {
	c.t.Helper()
	op := f.Header.OpCode
	if op == ws.OpPing {
		op = ws.OpPong
	}
	h, p := c.read()
	if h.OpCode != op || !h.Fin || h.Rsv != 0 || h.Masked {
		c.t.Fatalf("got %+v, want the echo of %+v", h, f.Header)
	}
	if !bytes.Equal(p, f.Payload) {
		c.t.Fatalf("the echo of %d bytes differs (%d bytes)", len(f.Payload), len(p))
	}
}

// frame returns a frame with n bytes of payload that are valid as text.
func frame(op ws.OpCode, n int) ws.Frame {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte('!' + (i*7+n)%90)
	}
	return ws.NewFrame(op, true, p)
}

func encode(f ws.Frame) []byte { return ws.MustCompileFrame(ws.MaskFrame(f)) }
