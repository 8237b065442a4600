// Command gws is an echo server on github.com/lxzan/gws.
package main

import (
	"net/http"

	"github.com/lxzan/gws"

	"github.com/duplexws/duplex/bench/internal/peer"
)

func main() {
	up := gws.NewUpgrader(handler{}, &gws.ServerOption{
		ReadMaxPayloadSize:  peer.MaxMessage,
		WriteMaxPayloadSize: peer.MaxMessage,
		CheckUtf8Enabled:    true,
		Recovery:            gws.Recovery,
	})
	peer.Serve(func(w http.ResponseWriter, r *http.Request) {
		c, err := up.Upgrade(w, r)
		if err != nil {
			return
		}
		go c.ReadLoop() // a goroutine of its own lets go of net/http's grown stack
	})
}

type handler struct{ gws.BuiltinEventHandler }

func (handler) OnPing(c *gws.Conn, p []byte) { _ = c.WritePong(p) }

func (handler) OnMessage(c *gws.Conn, m *gws.Message) {
	_ = c.WriteMessage(m.Opcode, m.Bytes())
	_ = m.Close() // returns the pooled buffer
}
