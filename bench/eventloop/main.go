// Command eventloop is an echo server on package eventloop, as its documentation
// recommends it.
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
	s, err := eventloop.Listen("tcp", *addr, &eventloop.Handler{
		OnMessage: func(c eventloop.Conn, t eventloop.MessageType, p []byte) { c.Write(t, p) },
	}, &eventloop.ServerOptions{Options: eventloop.Options{MaxMessage: 32 << 20}, Loops: *loops})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening", s.Addr())
	select {}
}
