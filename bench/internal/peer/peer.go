// Package peer is what the peers' echo servers have in common: the address
// flag, the line that says where a server listens, and the message limit.
package peer

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
)

// MaxMessage is the largest message, in bytes, that every server accepts.
const MaxMessage = 32 << 20

// Listen parses the flags, listens where -addr says and prints
// "listening ADDR". It ends the process when that fails.
func Listen() net.Listener {
	addr := flag.String("addr", "127.0.0.1:0", "address to listen on")
	flag.Parse()
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening", l.Addr())
	return l
}

// Serve listens as Listen does and serves h at every path.
func Serve(h http.HandlerFunc) {
	log.Fatal(http.Serve(Listen(), h))
}
