package e2e

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/coder/websocket"
)

func startCoder(t *testing.T, cert *certificate) agent { return newGoAgent(t, cert, coderLibrary{}) }

// coderDiffers: Ping chooses the payload and compares it.
func coderDiffers(s *scenario) {
	for i := range s.theySee {
		s.theySee[i].Hex = ""
	}
}

type coderLibrary struct{}

func (coderLibrary) dial(ctx context.Context, url string, config *tls.Config, deflate json.RawMessage) (player, error) {
	transport := &http.Transport{TLSClientConfig: config}
	defer transport.CloseIdleConnections()
	c, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{
		HTTPClient:      &http.Client{Transport: transport},
		CompressionMode: coderMode(deflate),
	})
	if err != nil {
		return nil, err
	}
	return newCoderPlayer(c), nil
}

func (coderLibrary) handler(f func(*http.Request, player)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: coderMode(deflateOf(r))}); err == nil {
			f(r, newCoderPlayer(c))
		}
	})
}

// coderMode is the mode next to what is asked for.
func coderMode(deflate json.RawMessage) websocket.CompressionMode {
	switch p := options[deflateParams](deflate); {
	case p == nil:
		return websocket.CompressionDisabled
	case p.ServerNoTakeover && p.ClientNoTakeover:
		return websocket.CompressionNoContextTakeover
	default:
		return websocket.CompressionContextTakeover
	}
}

type coderPlayer struct {
	*inbox
	c      *websocket.Conn
	ctx    context.Context
	cancel context.CancelFunc
}

func newCoderPlayer(c *websocket.Conn) *coderPlayer {
	c.SetReadLimit(1 << 21)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	p := &coderPlayer{newInbox(), c, ctx, cancel}
	go p.read()
	return p
}

func (p *coderPlayer) read() {
	for {
		typ, data, err := p.c.Read(p.ctx)
		if err != nil {
			var c websocket.CloseError
			switch {
			case errors.As(err, &c):
				err = &closeError{int(c.Code), c.Reason}
			case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
				err = errEnded
			}
			p.finish(err)
			return
		}
		p.put(map[websocket.MessageType]string{websocket.MessageText: "text", websocket.MessageBinary: "binary"}[typ], data)
	}
}

func (p *coderPlayer) send(m outgoing, between func() error) error {
	op := websocket.MessageText
	if m.typ == "binary" {
		op = websocket.MessageBinary
	}
	if len(m.pieces) == 1 {
		return p.c.Write(p.ctx, op, m.pieces[0])
	}
	w, err := p.c.Writer(p.ctx, op)
	if err != nil {
		return err
	}
	for i, piece := range m.pieces {
		if _, err := w.Write(piece); err != nil {
			return err
		}
		if i == 0 && between != nil {
			if err := between(); err != nil {
				return err
			}
		}
	}
	return w.Close()
}

func (p *coderPlayer) ping([]byte) (sight, error) { return pong(""), p.c.Ping(p.ctx) }

func (p *coderPlayer) close(code int, reason string) sight {
	if err := p.c.Close(websocket.StatusCode(code), reason); err != nil {
		return failed(err)
	}
	return answered(code) // it compares the code
}

func (p *coderPlayer) drop() { p.c.CloseNow() }

func (p *coderPlayer) end() {
	p.drop()
	p.cancel()
	p.inbox.end()
}
