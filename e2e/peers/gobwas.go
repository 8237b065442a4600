package main

import (
	"bufio"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"
	"github.com/gobwas/ws/wsutil"
)

// gobwas is put together by the application: its reader, its control handler,
// its compression without takeover, its check of UTF-8.
type gobwas struct{}

func (l gobwas) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	extension := wsflate.Extension{Parameters: wsflate.DefaultParameters}
	upgrader := ws.HTTPUpgrader{Negotiate: extension.Negotiate}
	conn, rw, _, err := upgrader.Upgrade(r, w)
	if err != nil {
		return
	}
	defer conn.Close()
	_, compressed := extension.Accepted()
	newGobwasConn(conn, rw.Reader, ws.StateServerSide, compressed).echoes()
}

func (gobwas) dial(ctx context.Context, url string) (*gobwasConn, error) {
	dialer := ws.Dialer{Timeout: 10 * time.Second, Extensions: []httphead.Option{wsflate.DefaultParameters.Option()}}
	conn, br, handshake, err := dialer.Dial(ctx, url)
	if err != nil {
		return nil, err
	}
	if br == nil {
		br = bufio.NewReader(conn)
	}
	return newGobwasConn(conn, br, ws.StateClientSide, len(handshake.Extensions) > 0), nil
}

func (l gobwas) echo(ctx context.Context, url string) error {
	c, err := l.dial(ctx, url)
	if err != nil {
		return err
	}
	defer c.conn.Close()
	defer context.AfterFunc(ctx, func() { c.conn.Close() })()
	c.echoes()
	return nil
}

func (l gobwas) ask(ctx context.Context, url string) (string, error) {
	c, err := l.dial(ctx, url)
	if err != nil {
		return "", err
	}
	defer c.conn.Close()
	_, p, err := c.message()
	return string(p), err
}

type gobwasConn struct {
	conn    net.Conn
	control wsutil.FrameHandlerFunc
	in      *wsutil.Reader
	out     *wsutil.Writer
	state   *wsflate.MessageState // nil without compression
}

func newGobwasConn(conn net.Conn, br *bufio.Reader, side ws.State, compressed bool) *gobwasConn {
	c := &gobwasConn{conn: conn, control: wsutil.ControlFrameHandler(conn, side)}
	if compressed {
		c.state, side = new(wsflate.MessageState), side.Set(ws.StateExtended)
	}
	c.in = &wsutil.Reader{Source: br, State: side, CheckUTF8: !compressed, OnIntermediate: c.control, MaxMessageSize: limit}
	c.out = wsutil.NewWriter(conn, side, 0)
	if compressed {
		c.in.Extensions = []wsutil.RecvExtension{c.state}
		c.out.SetExtensions(c.state)
	}
	return c
}

func (c *gobwasConn) echoes() {
	for {
		op, p, err := c.message()
		if err == nil {
			err = c.send(op, p)
		}
		if err != nil {
			c.fail(err)
			return
		}
	}
}

// message returns the next one. Compressed text is checked here: the reader sees
// what has not been inflated yet.
func (c *gobwasConn) message() (ws.OpCode, []byte, error) {
	for {
		h, err := c.in.NextFrame()
		if err != nil {
			return 0, nil, err
		}
		if h.OpCode.IsControl() {
			if err := c.control(h, c.in); err != nil {
				return 0, nil, fmt.Errorf("%w: %w", errAnswered, err)
			}
			continue
		}
		var from io.Reader = c.in
		if c.state != nil {
			if c.state.IsCompressed() {
				from = wsflate.NewReader(c.in, func(r io.Reader) wsflate.Decompressor { return flate.NewReader(r) })
			}
			if h.OpCode == ws.OpText {
				from = wsutil.NewUTF8Reader(from)
			}
		}
		p, err := io.ReadAll(from)
		if text, ok := from.(*wsutil.UTF8Reader); ok && err == nil && !text.Valid() {
			err = wsutil.ErrInvalidUTF8
		}
		return h.OpCode, p, err
	}
}

func (c *gobwasConn) send(op ws.OpCode, p []byte) error {
	if c.state == nil {
		c.out.ResetOp(op)
		_, err := c.out.Write(p)
		return errors.Join(err, c.out.Flush())
	}
	c.state.SetCompressed(true)
	c.out.ResetOp(op)
	deflater := wsflate.NewWriter(c.out, func(w io.Writer) wsflate.Compressor {
		f, _ := flate.NewWriter(w, flate.BestSpeed) // the level is right
		return f
	})
	_, err := deflater.Write(p)
	return errors.Join(err, deflater.Close(), c.out.Flush())
}

// errAnswered: the control handler has sent a Close frame, if one is due.
var errAnswered = errors.New("answered")

// fail tells the peer what was wrong, which gobwas leaves to the application.
func (c *gobwasConn) fail(err error) {
	var fault ws.ProtocolError
	code := ws.StatusCode(0)
	switch {
	case errors.Is(err, errAnswered):
		return
	case errors.Is(err, wsutil.ErrInvalidUTF8):
		code = ws.StatusInvalidFramePayloadData
	case errors.As(err, &fault), strings.HasPrefix(err.Error(), "flate: "):
		code = ws.StatusProtocolError
	default:
		return
	}
	frame := ws.NewCloseFrame(ws.NewCloseFrameBody(code, ""))
	if c.in.State.ClientSide() {
		frame = ws.MaskFrame(frame)
	}
	_ = ws.WriteFrame(c.conn, frame)
}
