// Command gws is a client on github.com/lxzan/gws.
package main

import (
	"github.com/lxzan/gws"

	"github.com/duplexws/duplex/bench/internal/client"
)

func main() { client.Main(converse) }

func converse(s *client.Session) error {
	h := &handler{s: s}
	c, _, err := gws.NewClient(h, &gws.ClientOption{
		Addr:                s.URL,
		ReadMaxPayloadSize:  client.MaxMessage,
		WriteMaxPayloadSize: client.MaxMessage,
	})
	if err != nil {
		return err
	}
	s.Opened()
	for range s.Depth {
		if err := c.WriteMessage(gws.OpcodeBinary, s.Message); err != nil {
			return err
		}
	}
	c.ReadLoop()
	return h.err
}

type handler struct {
	gws.BuiltinEventHandler
	s   *client.Session
	err error // the first
}

func (h *handler) OnPing(c *gws.Conn, p []byte) { _ = c.WritePong(p) }

func (h *handler) OnMessage(c *gws.Conn, m *gws.Message) {
	err := h.s.Got(m.Bytes())
	_ = m.Close() // returns the pooled buffer
	if err == nil {
		err = c.WriteMessage(gws.OpcodeBinary, h.s.Message)
	}
	if err != nil {
		h.OnClose(c, err)
		_ = c.NetConn().Close()
	}
}

func (h *handler) OnClose(_ *gws.Conn, err error) {
	if h.err == nil {
		h.err = err
	}
}
