package e2e

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"

	"github.com/duplexws/duplex/websocket"
)

// duplexLibrary is package websocket, with its defaults.
type duplexLibrary struct{}

func (duplexLibrary) dial(ctx context.Context, url string, config *tls.Config) (player, error) {
	c, err := websocket.Dial(ctx, url, &websocket.DialOptions{TLSConfig: config})
	if err != nil {
		return nil, err
	}
	return newDuplexPlayer(c, 0), nil
}

func (duplexLibrary) handler(f func(*http.Request, player)) http.Handler {
	type request struct{}
	o := &websocket.AcceptOptions{BaseContext: func(r *http.Request) context.Context {
		return context.WithValue(context.Background(), request{}, r)
	}}
	return o.Handler(func(ctx context.Context, c *websocket.Conn) error {
		f(ctx.Value(request{}).(*http.Request), newDuplexPlayer(c, 4))
		return nil
	})
}

type duplexPlayer struct {
	c       *websocket.Conn
	mask    int    // octets of masking key in each frame that is received
	counted uint64 // octets received up to the last message
	ctx     context.Context
	cancel  context.CancelFunc
}

func newDuplexPlayer(c *websocket.Conn, mask int) *duplexPlayer {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	return &duplexPlayer{c: c, mask: mask, ctx: ctx, cancel: cancel}
}

func (p *duplexPlayer) send(typ string, pieces [][]byte, between func() error) error {
	op := websocket.Text
	if typ == "binary" {
		op = websocket.Binary
	}
	if len(pieces) == 1 {
		return translated(p.c.Write(p.ctx, op, pieces[0]))
	}
	w, err := p.c.NextWriter(p.ctx, op)
	if err != nil {
		return translated(err)
	}
	for i, piece := range pieces {
		if _, err := w.Write(piece); err != nil {
			return translated(err)
		}
		if i == 0 && between != nil {
			if err := between(); err != nil {
				return err
			}
		}
	}
	return translated(w.Close())
}

func (p *duplexPlayer) receive() (sight, []byte, error) {
	typ, data, err := p.c.Read(p.ctx)
	if err != nil {
		return sight{}, nil, translated(err)
	}
	m := message(map[websocket.MessageType]string{websocket.Text: "text", websocket.Binary: "binary"}[typ], data)
	// Where nothing else is under way, more octets than of one header mean more
	// than one frame.
	in := p.c.Stats().BytesIn
	m.Fragmented = in-p.counted > uint64(len(data)+10+p.mask)
	p.counted = in
	return m, data, nil
}

// ping leaves the payload to the library, which compares it.
func (p *duplexPlayer) ping([]byte) (sight, error) {
	_, err := p.c.Ping(p.ctx)
	return pong(""), translated(err)
}

func (p *duplexPlayer) close(code int, reason string) sight {
	if err := p.c.Close(p.ctx, websocket.StatusCode(code), reason); err != nil {
		return failed(err)
	}
	var c *closeError
	if errors.As(translated(p.c.Err()), &c) {
		return answered(c.code)
	}
	return failed(p.c.Err())
}

func (p *duplexPlayer) drop() { p.c.CloseNow() }

// end leaves it to the library to end the transport: at once when the closing
// handshake is done.
func (p *duplexPlayer) end() {
	select {
	case <-p.c.Done():
	case <-p.ctx.Done():
		p.c.CloseNow()
	}
	p.cancel()
}

func translated(err error) error {
	var c *websocket.CloseError
	switch {
	case errors.As(err, &c):
		return &closeError{int(c.Code), c.Reason}
	case errors.Is(err, websocket.ErrAbnormal):
		return errEnded
	}
	return err
}
