// Command gin serves WebSocket behind gin's router and middleware.
package main

import (
	"context"
	"log"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/duplexws/duplex/websocket"
)

func main() {
	server := &http.Server{Addr: "localhost:8080", Handler: router()}
	websocket.ConfigureServer(server)
	log.Fatal(server.ListenAndServe())
}

func router() *gin.Engine {
	r := gin.New()
	r.Use(gin.Logger(), gin.Recovery())
	r.GET("/rooms/:room", room)
	return r
}

func room(c *gin.Context) {
	// The connection outlives c, which gin gives to another request: what is
	// needed of it is taken now.
	name := c.Param("room")
	websocket.Handler(func(ctx context.Context, conn *websocket.Conn) error {
		return conn.ReadEach(ctx, func(typ websocket.MessageType, p []byte) error {
			return conn.Write(ctx, typ, append([]byte(name+": "), p...))
		})
	}).ServeHTTP(c.Writer, c.Request)
}
