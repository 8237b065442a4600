// Package peer is what the peers' echo servers have in common: the address
// flag, the line that says where a server listens, the message limit, and a path
// that makes a server give back what it can of its memory.
package peer

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"runtime/debug"
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

// Serve listens as Listen does and serves h at every path but TrimPath.
func Serve(h http.HandlerFunc) { ServeOn(Listen(), h) }

// ServeOn is Serve for a server that listens already.
func ServeOn(l net.Listener, h http.HandlerFunc) {
	log.Fatal(http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == TrimPath {
			trim(w)
			return
		}
		h(w, r)
	})))
}

// TrimPath is where a request makes a server drop garbage and what it has
// pooled, and give the memory back to the system.
const TrimPath = "/trim"

func trim(w http.ResponseWriter) {
	for range 2 { // a sync.Pool outlives one collection
		debug.FreeOSMemory()
	}
	w.WriteHeader(http.StatusNoContent)
}
