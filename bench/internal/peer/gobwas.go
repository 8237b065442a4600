package peer

import (
	"bufio"
	"io"
	"net"

	"github.com/gobwas/ws"
)

// A gobwas echoes on one connection with the low-level API of
// github.com/gobwas/ws: headers through a bufio.Reader, unmasking in place,
// replies through a bufio.Writer. Frames are echoed one by one, as they come.
type gobwas struct {
	r     *bufio.Reader
	w     *bufio.Writer
	state ws.State
	hdr   [ws.MaxHeaderSize]byte
	buf   []byte
	batch bool
}

// ServeGobwas echoes on every connection accepted, a goroutine each. With
// batch the replies are flushed when the input is drained, else after each.
// bufSize may be a flag: it is read once the flags are parsed.
func ServeGobwas(batch bool, bufSize *int) {
	l := Listen()
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			serveGobwas(c, batch, *bufSize)
		}()
	}
}

func serveGobwas(c net.Conn, batch bool, bufSize int) {
	if _, err := ws.Upgrade(c); err != nil {
		return
	}
	g := &gobwas{
		r:     bufio.NewReaderSize(c, bufSize),
		w:     bufio.NewWriterSize(c, bufSize),
		state: ws.StateServerSide,
		batch: batch,
	}
	for g.frame() == nil {
	}
}

func (g *gobwas) frame() error {
	h, err := ws.ReadHeaderBuffer(g.r, g.hdr[:])
	if err != nil {
		return err
	}
	if err := ws.CheckHeader(h, g.state); err != nil {
		return err
	}
	if !h.OpCode.IsControl() {
		g.state = ws.StateServerSide
		if !h.Fin {
			g.state |= ws.StateFragmented
		}
	}
	if h.Length > MaxMessage {
		return ws.ErrHeaderLengthUnexpected
	}
	p, err := g.payload(int(h.Length))
	if err != nil {
		return err
	}
	ws.Cipher(p, h.Mask, 0)
	return g.answer(h, p)
}

// payload reads n bytes into the connection's buffer.
func (g *gobwas) payload(n int) ([]byte, error) {
	if cap(g.buf) < n {
		g.buf = make([]byte, n)
	}
	p := g.buf[:n]
	_, err := io.ReadFull(g.r, p)
	return p, err
}

func (g *gobwas) answer(h ws.Header, p []byte) error {
	switch h.OpCode {
	case ws.OpPong:
		return nil
	case ws.OpPing:
		h.OpCode = ws.OpPong
	}
	op := h.OpCode
	h.Masked, h.Mask = false, [4]byte{}
	if err := ws.WriteHeaderBuffer(g.w, h, g.hdr[:]); err != nil {
		return err
	}
	if _, err := g.w.Write(p); err != nil {
		return err
	}
	if g.batch && g.r.Buffered() > 0 && op != ws.OpClose {
		return nil
	}
	if err := g.w.Flush(); err != nil || op == ws.OpClose {
		return io.EOF
	}
	return nil
}
