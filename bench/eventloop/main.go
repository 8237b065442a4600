// Command eventloop is a server on package eventloop, as its documentation
// recommends it: it echoes, and what comes at /pub it publishes to all who
// connect at /sub.
package main

import (
	"flag"
	"fmt"
	"log"

	"github.com/duplexws/duplex/eventloop"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "address to listen on")
	loops := flag.Int("loops", 1, "number of loops")
	flag.Parse()
	echo := endpoint(&eventloop.Handler{
		OnMessage: func(c eventloop.Conn, t eventloop.MessageType, p []byte) { c.Write(t, p) },
	})
	sub := endpoint(&eventloop.Handler{
		OnOpen: func(c eventloop.Conn) { c.Subscribe("all") },
	})
	pub := endpoint(&eventloop.Handler{
		OnMessage: func(c eventloop.Conn, t eventloop.MessageType, p []byte) {
			if *loops == 1 {
				c.Publish("all", t, p)
				return
			}
			c.Server().Publish("all", t, p)
		},
	})
	s, err := eventloop.Listen("tcp", *addr, nil, &eventloop.ServerOptions{
		Route: func(u *eventloop.Upgrade) *eventloop.Endpoint {
			switch u.Path {
			case "/sub":
				return sub
			case "/pub":
				return pub
			}
			return echo
		},
		Loops: *loops,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening", s.Addr())
	select {}
}

func endpoint(h *eventloop.Handler) *eventloop.Endpoint {
	e, err := eventloop.NewEndpoint(h, &eventloop.Options{MaxMessage: 32 << 20})
	if err != nil {
		log.Fatal(err)
	}
	return e
}
