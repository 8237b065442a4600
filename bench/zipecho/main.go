// Command zipecho is an echo server on package websocket of this library that
// compresses.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/duplexws/duplex/bench/internal/peer"
	"github.com/duplexws/duplex/websocket"
)

var tier = flag.String("tier", "history", "what connections remember, both ways: off, stateless, history or takeover")

var tiers = map[string]*websocket.DeflateOptions{
	"off":       nil,
	"stateless": {Send: websocket.DeflateStateless, Receive: websocket.DeflateStateless},
	"history":   {},
	"takeover":  {Send: websocket.DeflateTakeover, Receive: websocket.DeflateTakeover},
}

func main() {
	l := peer.Listen()
	deflate, ok := tiers[*tier]
	if !ok {
		log.Fatalf("-tier %q is none", *tier)
	}
	o := &websocket.AcceptOptions{Options: websocket.Options{MaxMessage: peer.MaxMessage, Deflate: deflate}}
	peer.ServeOn(l, o.Handler(echo).ServeHTTP)
}

func echo(ctx context.Context, c *websocket.Conn) error {
	return c.ReadEach(ctx, func(typ websocket.MessageType, p []byte) error {
		return c.Write(ctx, typ, p)
	})
}
