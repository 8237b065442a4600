// Command gws is an echo server on github.com/lxzan/gws.
package main

import (
	"flag"
	"net/http"

	"github.com/lxzan/gws"

	"github.com/duplexws/duplex/bench/internal/peer"
)

var (
	zip      = flag.Bool("deflate", false, "compress what has 64 bytes or more, by its default level: 1")
	takeover = flag.Bool("takeover", false, "take the window over, both ways, and compress every message")
	bits     = flag.Int("bits", 0, "bits of that window; 0: its default, 12")
)

func main() {
	l := peer.Listen()
	up := gws.NewUpgrader(handler{}, &gws.ServerOption{
		ReadMaxPayloadSize:  peer.MaxMessage,
		WriteMaxPayloadSize: peer.MaxMessage,
		CheckUtf8Enabled:    true,
		Recovery:            gws.Recovery,
		PermessageDeflate: gws.PermessageDeflate{
			Enabled: *zip, Threshold: 64,
			ServerContextTakeover: *takeover, ClientContextTakeover: *takeover,
			ServerMaxWindowBits: *bits, ClientMaxWindowBits: *bits,
		},
	})
	peer.ServeOn(l, func(w http.ResponseWriter, r *http.Request) {
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
