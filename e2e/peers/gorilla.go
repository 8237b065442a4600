package main

import (
	"context"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

// gorilla leaves it to the application whether text is UTF-8.
type gorilla struct{ validates bool }

func (l gorilla) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{EnableCompression: true, CheckOrigin: func(*http.Request) bool { return true }}
	if c, err := upgrader.Upgrade(w, r, nil); err == nil {
		defer c.Close()
		l.echoes(c)
	}
}

func (l gorilla) echoes(c *websocket.Conn) {
	c.SetReadLimit(limit)
	for {
		op, p, err := c.ReadMessage()
		if err != nil {
			return
		}
		if l.validates && op == websocket.TextMessage && !utf8.Valid(p) {
			invalid := websocket.FormatCloseMessage(websocket.CloseInvalidFramePayloadData, "")
			_ = c.WriteControl(websocket.CloseMessage, invalid, time.Now().Add(time.Second))
			return
		}
		if c.WriteMessage(op, p) != nil {
			return
		}
	}
}

func (l gorilla) dial(ctx context.Context, url string) (*websocket.Conn, error) {
	dialer := websocket.Dialer{EnableCompression: true, HandshakeTimeout: 10 * time.Second}
	c, _, err := dialer.DialContext(ctx, url, nil)
	return c, err
}

func (l gorilla) echo(ctx context.Context, url string) error {
	c, err := l.dial(ctx, url)
	if err != nil {
		return err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	l.echoes(c)
	return nil
}

func (l gorilla) ask(ctx context.Context, url string) (string, error) {
	c, err := l.dial(ctx, url)
	if err != nil {
		return "", err
	}
	defer c.Close()
	_, p, err := c.ReadMessage()
	return string(p), err
}
