// Command echo serves WebSocket behind Echo's router and middleware.
package main

import (
	"context"
	"log"
	"net/http"
	"time"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"github.com/duplexws/duplex/websocket"
)

func main() {
	server := &http.Server{Addr: "localhost:8080", Handler: router()}
	websocket.ConfigureServer(server)
	log.Fatal(server.ListenAndServe())
}

func router() *echo.Echo {
	e := echo.New()
	e.Use(middleware.RequestLogger(), middleware.Recover(),
		middleware.Gzip(), middleware.ContextTimeout(time.Minute))
	e.GET("/rooms/:room", room)
	return e
}

func room(c *echo.Context) error {
	// The connection outlives c, which Echo gives to another request: what is
	// needed of it is taken now.
	name := c.Param("room")
	websocket.Handler(func(ctx context.Context, conn *websocket.Conn) error {
		return conn.ReadEach(ctx, func(typ websocket.MessageType, p []byte) error {
			return conn.Write(ctx, typ, append([]byte(name+": "), p...))
		})
	}).ServeHTTP(c.Response(), c.Request())
	return nil // the handler has answered, whatever the answer was
}
