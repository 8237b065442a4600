package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"testing"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/logger"

	"github.com/duplexws/duplex/examples/internal/try"
)

// It does not look for goroutines left over: fasthttp and fiber leave some
// running for good.
func TestMain(m *testing.M) {
	logger.ConfigDefault.Stream = io.Discard
	os.Exit(m.Run())
}

// serve serves app until the test ends, and returns its URL.
func serve(t *testing.T, app *fiber.App) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- app.Listener(ln, fiber.ListenConfig{DisableStartupMessage: true}) }()
	t.Cleanup(func() {
		if err := app.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return "ws://" + ln.Addr().String()
}

func TestRoom(t *testing.T) {
	url := serve(t, router())
	lobby := try.Dial(t, url+"/rooms/lobby", nil)
	attic := try.Dial(t, url+"/rooms/attic", nil)
	try.Answer(t, lobby, "hello", "lobby: hello")
	try.Answer(t, attic, "hello", "attic: hello")
	try.Answer(t, lobby, "again", "lobby: again")
}

func TestRefusals(t *testing.T) {
	url := serve(t, router())
	try.Refused(t, url+"/rooms/lobby", try.Foreign, http.StatusForbidden)
	try.Refused(t, url+"/elsewhere", nil, http.StatusNotFound)
}
