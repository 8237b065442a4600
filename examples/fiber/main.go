// Command fiber serves WebSocket behind fiber's router and middleware.
package main

import (
	"context"
	"log"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"
	"github.com/gofiber/fiber/v3/middleware/logger"
	recoverer "github.com/gofiber/fiber/v3/middleware/recover"

	"github.com/duplexws/duplex/websocket"
)

func main() {
	log.Fatal(router().Listen("localhost:8080"))
}

func router() *fiber.App {
	app := fiber.New()
	app.Use(logger.New(), recoverer.New())
	app.Get("/rooms/:room", room)
	return app
}

// The request's context belongs to fasthttp, which reuses it when the connection
// has ended. The handler may still be running then, so it must not have it.
var options = &websocket.AcceptOptions{
	BaseContext: func(*http.Request) context.Context { return context.Background() },
}

func room(c fiber.Ctx) error {
	name := strings.Clone(c.Params("room")) // a copy: the memory is fiber's
	return adaptor.HTTPHandler(options.Handler(func(ctx context.Context, conn *websocket.Conn) error {
		return conn.ReadEach(ctx, func(typ websocket.MessageType, p []byte) error {
			return conn.Write(ctx, typ, append([]byte(name+": "), p...))
		})
	}))(c)
}
