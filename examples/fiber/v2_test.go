package main

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"

	"github.com/duplexws/duplex/examples/internal/try"
	"github.com/duplexws/duplex/websocket"
)

// fiber v2 does it like v3, if the program requires fasthttp 1.54.0 or later:
// the one that fiber v2 itself requires has no Hijack in its adaptor.
func TestVersion2(t *testing.T) {
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/rooms/:room", func(c *fiber.Ctx) error {
		name := strings.Clone(c.Params("room"))
		return adaptor.HTTPHandler(options.Handler(func(ctx context.Context, conn *websocket.Conn) error {
			return conn.ReadEach(ctx, func(typ websocket.MessageType, p []byte) error {
				return conn.Write(ctx, typ, append([]byte(name+": "), p...))
			})
		}))(c)
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- app.Listener(ln) }()
	t.Cleanup(func() {
		if err := app.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	url := "ws://" + ln.Addr().String() + "/rooms/lobby"
	try.Answer(t, try.Dial(t, url, nil), "hello", "lobby: hello")
	try.Refused(t, url, try.Foreign, http.StatusForbidden)
}
