// Command gobwasbatch is an echo server on the low-level API of
// github.com/gobwas/ws, batched by hand: one flush
// when the input is drained.
package main

import (
	"flag"

	"github.com/duplexws/duplex/bench/internal/peer"
)

func main() {
	buf := flag.Int("buf", 16384, "bytes of the read and of the write buffer of a connection")
	peer.ServeGobwas(true, buf)
}
