// Command fasthttp serves WebSocket from a program whose other pages fasthttp
// serves, in the two ways there are: through fasthttpadaptor on the same port,
// and by net/http on a port of its own.
package main

import (
	"context"
	"log"
	"net/http"

	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttpadaptor"

	"github.com/duplexws/duplex/websocket"
)

func main() {
	go func() {
		server := &http.Server{Addr: "localhost:8081", Handler: echo}
		websocket.ConfigureServer(server)
		log.Fatal(server.ListenAndServe())
	}()
	log.Fatal(fasthttp.ListenAndServe("localhost:8080", pages))
}

// pages is the program's fasthttp side.
func pages(ctx *fasthttp.RequestCtx) {
	switch string(ctx.Path()) {
	case "/echo":
		adapted(ctx)
	default:
		ctx.WriteString("served by fasthttp")
	}
}

// adapted is made once: it needs fasthttp 1.54.0 or later.
var adapted = fasthttpadaptor.NewFastHTTPHandler(echo)

// The request's context belongs to fasthttp, which reuses it when the connection
// has ended. The handler may still be running then, so it must not have it.
var options = &websocket.AcceptOptions{
	BaseContext: func(*http.Request) context.Context { return context.Background() },
}

var echo = options.Handler(func(ctx context.Context, conn *websocket.Conn) error {
	return conn.ReadEach(ctx, func(typ websocket.MessageType, p []byte) error {
		return conn.Write(ctx, typ, p)
	})
})
