// Command gorilla is a client on github.com/gorilla/websocket.
package main

import (
	"bytes"

	"github.com/gorilla/websocket"

	"github.com/duplexws/duplex/bench/internal/client"
)

// defaultBuffer is the size of the Dialer's buffers when none is set.
const defaultBuffer = 4096

func main() { client.Main(converse) }

func converse(s *client.Session) error {
	// A write buffer that holds the largest message saves frames and system
	// calls; large reads go past the read buffer anyway.
	d := websocket.Dialer{WriteBufferSize: max(defaultBuffer, s.Size)}
	c, _, err := d.Dial(s.URL, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetReadLimit(client.MaxMessage)
	s.Opened()
	for range s.Depth {
		if err := c.WriteMessage(websocket.BinaryMessage, s.Message); err != nil {
			return err
		}
	}
	var buf bytes.Buffer // ReadMessage would allocate
	for {
		_, r, err := c.NextReader()
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
		if err := c.WriteMessage(websocket.BinaryMessage, s.Message); err != nil {
			return err
		}
	}
}
