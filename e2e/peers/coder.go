package main

import (
	"context"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// coder does not check whether text is UTF-8.
type coder struct{}

func (l coder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionContextTakeover})
	if err == nil {
		l.echoes(context.Background(), c)
	}
}

func (coder) echoes(ctx context.Context, c *websocket.Conn) {
	defer c.CloseNow()
	c.SetReadLimit(limit)
	for {
		op, p, err := c.Read(ctx)
		if err != nil {
			return
		}
		if c.Write(ctx, op, p) != nil {
			return
		}
	}
}

func (coder) dial(ctx context.Context, url string) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	c, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{
		HTTPClient:      &http.Client{Transport: transport},
		CompressionMode: websocket.CompressionContextTakeover,
	})
	return c, err
}

func (l coder) echo(ctx context.Context, url string) error {
	c, err := l.dial(ctx, url)
	if err == nil {
		l.echoes(ctx, c)
	}
	return err
}

func (l coder) ask(ctx context.Context, url string) (string, error) {
	c, err := l.dial(ctx, url)
	if err != nil {
		return "", err
	}
	defer c.CloseNow()
	_, p, err := c.Read(ctx)
	return string(p), err
}
