// Command gobwas is a client on the low-level API of github.com/gobwas/ws:
// headers through a bufio.Reader, payloads to a buffer that is kept, frames
// built and masked in a buffer that is kept. One write a message, or with
// -batch one write when the input is drained.
package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"io"
	"net"

	"github.com/gobwas/ws"

	"github.com/duplexws/duplex/bench/internal/client"
)

var (
	batch = flag.Bool("batch", false, "write when the input is drained, not after each message")
	size  = flag.Int("buf", 4096, "bytes of the read buffer, and those at which a batch is written")
)

func main() { client.Main(converse) }

// conn is a connection.
type conn struct {
	nc    net.Conn
	r     *bufio.Reader
	state ws.State
	hdr   [ws.MaxHeaderSize]byte
	in    []byte       // the payload of the last frame
	out   bytes.Buffer // frames to write
}

func converse(s *client.Session) error {
	d := ws.Dialer{ReadBufferSize: *size}
	nc, br, _, err := d.Dial(context.Background(), s.URL)
	if err != nil {
		return err
	}
	defer nc.Close()
	if br == nil { // the server sent nothing behind its handshake
		br = bufio.NewReaderSize(nc, *size)
	}
	c := &conn{nc: nc, r: br, state: ws.StateClientSide}
	s.Opened()
	for range s.Depth {
		if err := c.write(ws.OpBinary, s.Message); err != nil {
			return err
		}
	}
	for {
		op, p, err := c.read()
		if err != nil {
			return err
		}
		switch op {
		case ws.OpBinary:
			if err := s.Got(p); err != nil {
				return err
			}
			p = s.Message
		case ws.OpPing:
			op = ws.OpPong
		default:
			continue
		}
		if err := c.write(op, p); err != nil {
			return err
		}
	}
}

// read returns the next frame. The server sends every message in one.
func (c *conn) read() (ws.OpCode, []byte, error) {
	h, err := ws.ReadHeaderBuffer(c.r, c.hdr[:])
	if err != nil {
		return 0, nil, err
	}
	if err := ws.CheckHeader(h, c.state); err != nil {
		return 0, nil, err
	}
	if h.OpCode == ws.OpClose || !h.Fin || h.Length > client.MaxMessage {
		return 0, nil, io.ErrUnexpectedEOF
	}
	n := int(h.Length)
	if cap(c.in) < n {
		c.in = make([]byte, n)
	}
	c.in = c.in[:n]
	_, err = io.ReadFull(c.r, c.in)
	return h.OpCode, c.in, err
}

// write sends p, or with -batch puts it to what waits.
func (c *conn) write(op ws.OpCode, p []byte) error {
	h := ws.Header{Fin: true, OpCode: op, Masked: true, Mask: ws.NewMask(), Length: int64(len(p))}
	if err := ws.WriteHeaderBuffer(&c.out, h, c.hdr[:]); err != nil {
		return err
	}
	start := c.out.Len()
	c.out.Write(p)
	ws.Cipher(c.out.Bytes()[start:], h.Mask, 0)
	if *batch && c.r.Buffered() > 0 && c.out.Len() < *size {
		return nil
	}
	_, err := c.nc.Write(c.out.Bytes())
	c.out.Reset()
	return err
}
