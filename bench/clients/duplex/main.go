// Command duplex is a client on package websocket of this library.
package main

import (
	"context"
	"flag"

	"github.com/duplexws/duplex/bench/internal/client"
	"github.com/duplexws/duplex/websocket"
)

var into = flag.Bool("into", false, "read by ReadInto instead of ReadEach")

func main() { client.Main(converse) }

func converse(s *client.Session) error {
	ctx := context.Background()
	c, err := websocket.Dial(ctx, s.URL, &websocket.DialOptions{Options: websocket.Options{MaxMessage: client.MaxMessage}})
	if err != nil {
		return err
	}
	defer c.CloseNow()
	s.Opened()
	for range s.Depth {
		if err := c.Write(ctx, websocket.Binary, s.Message); err != nil {
			return err
		}
	}
	if *into {
		return readInto(ctx, c, s)
	}
	return c.ReadEach(ctx, func(_ websocket.MessageType, p []byte) error {
		if err := s.Got(p); err != nil {
			return err
		}
		return c.Write(ctx, websocket.Binary, s.Message)
	})
}

func readInto(ctx context.Context, c *websocket.Conn, s *client.Session) error {
	buf := make([]byte, s.Size)
	for {
		_, p, err := c.ReadInto(ctx, buf)
		if err != nil {
			return err
		}
		if err := s.Got(p); err != nil {
			return err
		}
		if err := c.Write(ctx, websocket.Binary, s.Message); err != nil {
			return err
		}
	}
}
