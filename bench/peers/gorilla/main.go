// Command gorilla is an echo server on github.com/gorilla/websocket.
package main

import (
	"bytes"
	"flag"
	"net/http"
	"sync"

	"github.com/gorilla/websocket"

	"github.com/duplexws/duplex/bench/internal/peer"
)

var (
	pool  = flag.Bool("pool", false, "share write buffers between connections: less memory when idle")
	plain = flag.Bool("plain", false, "use ReadMessage, which allocates, instead of one buffer per connection")
	zip   = flag.Bool("deflate", false, "compress, by what it calls the default level: 1, without context takeover")
)

func main() {
	l := peer.Listen()
	up := websocket.Upgrader{EnableCompression: *zip} // by default the buffers of net/http, 4 KiB each way
	peer.ServeOn(l, func(w http.ResponseWriter, r *http.Request) {
		u := up
		if *pool {
			u.WriteBufferPool = &writeBuffers
		}
		c, err := u.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		c.SetReadLimit(peer.MaxMessage)
		if *plain {
			echoPlain(c)
			return
		}
		echo(c)
	})
}

var writeBuffers sync.Pool

func echoPlain(c *websocket.Conn) {
	for {
		op, p, err := c.ReadMessage()
		if err != nil || c.WriteMessage(op, p) != nil {
			return
		}
	}
}

func echo(c *websocket.Conn) {
	var buf bytes.Buffer
	for {
		op, r, err := c.NextReader()
		if err != nil {
			return
		}
		buf.Reset()
		if _, err := buf.ReadFrom(r); err != nil || c.WriteMessage(op, buf.Bytes()) != nil {
			return
		}
	}
}
