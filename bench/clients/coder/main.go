// Command coder is a client on github.com/coder/websocket.
package main

import (
	"bytes"
	"context"

	"github.com/coder/websocket"

	"github.com/duplexws/duplex/bench/internal/client"
)

func main() { client.Main(converse) }

func converse(s *client.Session) error {
	// The background context: one that can be cancelled would cost a
	// registration at every call.
	ctx := context.Background()
	c, _, err := websocket.Dial(ctx, s.URL, &websocket.DialOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return err
	}
	defer c.CloseNow()
	c.SetReadLimit(client.MaxMessage)
	s.Opened()
	for range s.Depth {
		if err := c.Write(ctx, websocket.MessageBinary, s.Message); err != nil {
			return err
		}
	}
	var buf bytes.Buffer // Read would allocate
	for {
		_, r, err := c.Reader(ctx)
		if err != nil {
			return err
		}
		buf.Reset()
		if _, err := buf.ReadFrom(r); err != nil {
			return err
		}
		if err := s.Got(buf.Bytes()); err != nil {
			return err
		}
		if err := c.Write(ctx, websocket.MessageBinary, s.Message); err != nil {
			return err
		}
	}
}
