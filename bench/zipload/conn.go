package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/klauspost/compress/flate"
)

// A conn is one connection, used by one goroutine.
type conn struct {
	net.Conn
	r      *bufio.Reader
	agreed agreement
	replay *replay
	k      int    // messages sent
	said   []byte // the end of the echoes, while they are compared
}

func dial(addr string) (*conn, error) {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: nc, r: bufio.NewReaderSize(nc, 4<<10)}
	if c.agreed, err = shake(nc, c.r); err != nil {
		nc.Close()
		return nil, err
	}
	return c, nil
}

// exchange sends the next message and receives its echo. It returns the bytes
// of both. If compare is true, the echo is inflated and compared.
func (c *conn) exchange(compare bool) (out, in int, err error) {
	frame, message := c.replay.next(c.k)
	c.k++
	if _, err := c.Write(frame); err != nil {
		return 0, 0, err
	}
	if !compare {
		in, err = c.skip()
		return len(frame), in, err
	}
	in, rsv1, payload, err := c.read()
	if err == nil && rsv1 {
		payload, err = c.inflate(payload)
	}
	if err == nil && !bytes.Equal(payload, message) {
		err = fmt.Errorf("an echo of %d bytes differs from what was sent", len(payload))
	}
	return len(frame), in, err
}

// skip reads a message without looking at it.
func (c *conn) skip() (size int, err error) {
	for opcode := byte(text); ; opcode = 0 {
		h, err := c.header(opcode)
		if err == nil {
			_, err = c.r.Discard(h.n)
		}
		size += h.size + h.n
		if err != nil || h.fin {
			return size, err
		}
	}
}

// read reads a message, whose bytes with all headers are size.
func (c *conn) read() (size int, rsv1 bool, payload []byte, err error) {
	for opcode := byte(text); ; opcode = 0 {
		h, err := c.header(opcode)
		if err != nil {
			return size, false, nil, err
		}
		rsv1 = rsv1 || h.rsv1
		at := len(payload)
		payload = append(payload, make([]byte, h.n)...)
		_, err = io.ReadFull(c.r, payload[at:])
		size += h.size + h.n
		if err != nil || h.fin {
			return size, rsv1, payload, err
		}
	}
}

// text is the opcode of every message.
const text = 1

// A header is that of a frame: n bytes of payload behind size bytes.
type header struct {
	fin, rsv1 bool
	size, n   int
}

// header reads the header of a frame, whose opcode must be as given.
func (c *conn) header(opcode byte) (h header, err error) {
	var b [8]byte
	if _, err := io.ReadFull(c.r, b[:2]); err != nil {
		return h, err
	}
	h = header{fin: b[0]&0x80 != 0, rsv1: b[0]&0x40 != 0, size: 2, n: int(b[1])}
	if b[0]&0x3F != opcode {
		return h, fmt.Errorf("a frame that begins with %#x instead of an echo", b[0])
	}
	switch h.n {
	case 126:
		_, err = io.ReadFull(c.r, b[:2])
		h.size, h.n = 4, int(binary.BigEndian.Uint16(b[:]))
	case 127:
		_, err = io.ReadFull(c.r, b[:8])
		h.size, h.n = 10, int(binary.BigEndian.Uint64(b[:]))
	}
	return h, err
}

// inflate returns what a compressed echo says.
func (c *conn) inflate(payload []byte) ([]byte, error) {
	var window []byte
	if c.agreed.serverTakeover {
		window = c.said
	}
	r := inflaters.Get().(io.Reader)
	defer inflaters.Put(r)
	// With a final block, by which the reader knows that nothing is missing.
	r.(flate.Resetter).Reset(bytes.NewReader(append(payload, flushTail+"\x01"+flushTail...)), window)
	message, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("an echo cannot be inflated: %w", err)
	}
	c.said = append(c.said, message...)
	c.said = c.said[max(len(c.said)-32<<10, 0):]
	return message, nil
}

var inflaters = sync.Pool{New: func() any { return flate.NewReader(nil) }}
