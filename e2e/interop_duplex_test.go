package e2e

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/duplexws/duplex/protocol"
	"github.com/duplexws/duplex/websocket"
)

// duplexLibrary is package websocket, with its defaults, but for deflate and that
// pages of others may connect.
type duplexLibrary struct{}

func (duplexLibrary) dial(ctx context.Context, url string, config *tls.Config, deflate json.RawMessage) (player, error) {
	c, err := websocket.Dial(ctx, url, &websocket.DialOptions{
		Options:   websocket.Options{Deflate: options[websocket.DeflateOptions](deflate)},
		TLSConfig: config,
	})
	if err != nil {
		return nil, err
	}
	return newDuplexPlayer(c, 0), nil
}

func (duplexLibrary) handler(f func(*http.Request, player)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o := &websocket.AcceptOptions{
			Options: websocket.Options{Deflate: options[websocket.DeflateOptions](deflateOf(r))},
			Origin:  protocol.OriginPolicy{Patterns: []string{"*"}},
		}
		o.Handler(func(_ context.Context, c *websocket.Conn) error {
			f(r, newDuplexPlayer(c, 4))
			return nil
		}).ServeHTTP(w, r)
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

func (p *duplexPlayer) send(m outgoing, between func() error) error {
	op := websocket.Text
	if m.typ == "binary" {
		op = websocket.Binary
	}
	if m.raw {
		op |= websocket.Uncompressed
	}
	if len(m.pieces) == 1 {
		return translated(p.c.Write(p.ctx, op, m.pieces[0]))
	}
	w, err := p.c.NextWriter(p.ctx, op)
	if err != nil {
		return translated(err)
	}
	for i, piece := range m.pieces {
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

// probe tells what was agreed on about permessage-deflate, and whether either
// side remembers: whether 80 digits of noise, twice, which the other side sends
// back, cost next to nothing when they come again.
func (p *duplexPlayer) probe(s step) (sight, error) {
	if s.Do == "deflate" {
		agreed, ok := p.c.Deflate()
		if !ok {
			return sight{Saw: "deflate", Text: "none"}, nil
		}
		return sight{Saw: "deflate", Text: agreement{directionOf(agreed.Send), directionOf(agreed.Receive)}.String()}, nil
	}
	if s.Do != "remember" {
		return sight{}, fmt.Errorf("unknown step %q", s.Do)
	}
	repeated := text(hex.EncodeToString(noise(40))).times(2)
	var before websocket.Stats
	for range 2 {
		before = p.c.Stats()
		if err := p.send(repeated.outgoing(), nil); err != nil {
			return sight{}, err
		}
		if m, _, err := p.receive(); err != nil || m != repeated.seen() {
			return m, err
		}
	}
	after := p.c.Stats()
	cheap := func(octets uint64) bool { return octets < 50 }
	return sight{Saw: "remembered", Text: fmt.Sprintf("ours %v, theirs %v", cheap(after.BytesOut-before.BytesOut), cheap(after.BytesIn-before.BytesIn))}, nil
}
