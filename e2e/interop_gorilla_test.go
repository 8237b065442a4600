package e2e

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func startGorilla(t *testing.T, cert *certificate) agent {
	return newGoAgent(t, cert, gorillaLibrary{})
}

type gorillaLibrary struct{}

func (gorillaLibrary) dial(ctx context.Context, url string, config *tls.Config, deflate json.RawMessage) (player, error) {
	dialer := websocket.Dialer{TLSClientConfig: config, EnableCompression: deflate != nil}
	c, _, err := dialer.DialContext(ctx, url, nil)
	if err != nil {
		return nil, err
	}
	return newGorillaPlayer(c), nil
}

func (gorillaLibrary) handler(f func(*http.Request, player)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		up := websocket.Upgrader{EnableCompression: deflateOf(r) != nil}
		if c, err := up.Upgrade(w, r, nil); err == nil {
			f(r, newGorillaPlayer(c))
		}
	})
}

type gorillaPlayer struct {
	*inbox
	c *websocket.Conn
}

func newGorillaPlayer(c *websocket.Conn) *gorillaPlayer {
	p := &gorillaPlayer{newInbox(), c}
	c.SetPongHandler(func(payload string) error {
		p.ponged([]byte(payload))
		return nil
	})
	go p.read()
	return p
}

func (p *gorillaPlayer) read() {
	for {
		op, data, err := p.c.ReadMessage()
		if err != nil {
			var c *websocket.CloseError
			switch {
			case !errors.As(err, &c):
			case c.Code == websocket.CloseAbnormalClosure:
				err = errEnded
			default:
				err = &closeError{c.Code, c.Text}
			}
			p.finish(err)
			return
		}
		p.put(map[int]string{websocket.TextMessage: "text", websocket.BinaryMessage: "binary"}[op], data)
	}
}

func (p *gorillaPlayer) send(m outgoing, between func() error) error {
	p.c.EnableWriteCompression(!m.raw)
	op := websocket.TextMessage
	if m.typ == "binary" {
		op = websocket.BinaryMessage
	}
	if len(m.pieces) == 1 {
		return p.c.WriteMessage(op, m.pieces[0])
	}
	w, err := p.c.NextWriter(op)
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

func (p *gorillaPlayer) ping(payload []byte) (sight, error) {
	if err := p.c.WriteControl(websocket.PingMessage, payload, time.Now().Add(patience)); err != nil {
		return sight{}, err
	}
	return ponged(p.pong())
}

func (p *gorillaPlayer) close(code int, reason string) sight {
	if err := p.c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(patience)); err != nil {
		return failed(err)
	}
	return p.answer()
}

func (p *gorillaPlayer) drop() { p.c.Close() }

func (p *gorillaPlayer) end() {
	p.drop()
	p.inbox.end()
}
