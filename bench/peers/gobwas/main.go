// Command gobwas is an echo server on the low-level API of
// github.com/gobwas/ws, one write a message.
package main

import (
	"flag"

	"github.com/duplexws/duplex/bench/internal/peer"
)

func main() {
	buf := flag.Int("buf", 4096, "bytes of the read and of the write buffer of a connection")
	peer.ServeGobwas(false, buf)
}
