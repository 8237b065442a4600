// Command coder is an echo server on github.com/coder/websocket.
package main

import (
	"bytes"
	"context"
	"flag"
	"net/http"

	"github.com/coder/websocket"

	"github.com/duplexws/duplex/bench/internal/peer"
)

var plain = flag.Bool("plain", false, "use Read, which allocates, instead of one buffer per connection")

func main() {
	opts := &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled}
	peer.Serve(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, opts)
		if err != nil {
			return
		}
		defer c.CloseNow()
		c.SetReadLimit(peer.MaxMessage)
		if *plain {
			echoPlain(c)
			return
		}
		echo(c)
	})
}

// The background context: one that can be cancelled would cost a registration
// at every call.
var ctx = context.Background()

func echoPlain(c *websocket.Conn) {
	for {
		op, p, err := c.Read(ctx)
		if err != nil || c.Write(ctx, op, p) != nil {
			return
		}
	}
}

func echo(c *websocket.Conn) {
	var buf bytes.Buffer
	for {
		op, r, err := c.Reader(ctx)
		if err != nil {
			return
		}
		buf.Reset()
		if _, err := buf.ReadFrom(r); err != nil || c.Write(ctx, op, buf.Bytes()) != nil {
			return
		}
	}
}
