package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"github.com/duplexws/duplex/examples/internal/try"
	"github.com/duplexws/duplex/internal/testenv"
	"github.com/duplexws/duplex/websocket"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// quiet is the example's router without its log.
func quiet() *echo.Echo {
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	e := router()
	e.Logger = slog.New(slog.DiscardHandler)
	return e
}

func TestRoom(t *testing.T) {
	url := try.Server(t, quiet())
	lobby := try.Dial(t, url+"/rooms/lobby", nil)
	attic := try.Dial(t, url+"/rooms/attic", nil)
	try.Answer(t, lobby, "hello", "lobby: hello")
	try.Answer(t, attic, "hello", "attic: hello")
	try.Answer(t, lobby, "again", "lobby: again")
}

func TestRefusals(t *testing.T) {
	url := try.Server(t, quiet())
	try.Refused(t, url+"/rooms/lobby", try.Foreign, http.StatusForbidden)
	try.Refused(t, url+"/elsewhere", nil, http.StatusNotFound)
}

// A panic costs its connection, and no other.
func TestPanic(t *testing.T) {
	e := quiet()
	e.GET("/panic", echo.WrapHandler(websocket.Handler(func(context.Context, *websocket.Conn) error { panic("broken") })))
	url := try.Server(t, e)
	other := try.Dial(t, url+"/rooms/lobby", nil)
	try.Closed(t, try.Dial(t, url+"/panic", nil), websocket.StatusInternalError)
	try.Answer(t, other, "hello", "lobby: hello")
}

// ContextTimeout ends the request's context, which a connection of Handler does
// not have.
func TestTimeout(t *testing.T) {
	e := echo.New()
	e.Use(middleware.ContextTimeout(time.Nanosecond))
	e.GET("/rooms/:room", room)
	try.Answer(t, try.Dial(t, try.Server(t, e)+"/rooms/lobby", nil), "hello", "lobby: hello")
}

// Accept has answered when it fails. An Echo handler that returns that error
// does no harm, since Echo sees the answer; one that returns an error behind a
// success makes Echo write a response to a connection that it no longer has.
func TestReturnedErrors(t *testing.T) {
	e := echo.New()
	failed := make(chan error, 1)
	e.HTTPErrorHandler = func(c *echo.Context, err error) {
		if r, _ := echo.UnwrapResponse(c.Response()); r != nil && r.Committed {
			failed <- nil
			return
		}
		failed <- c.String(http.StatusInternalServerError, err.Error())
	}
	e.GET("/error", func(c *echo.Context) error {
		conn, err := websocket.Accept(c.Response(), c.Request(), nil)
		if err != nil {
			return err
		}
		defer conn.CloseNow()
		return errors.New("broken")
	})
	url := try.Server(t, e) + "/error"
	try.Refused(t, url, try.Foreign, http.StatusForbidden)
	if err := <-failed; err != nil {
		t.Errorf("a response behind that of Accept: %v", err)
	}
	try.Dial(t, url, nil)
	if err := <-failed; !errors.Is(err, http.ErrHijacked) {
		t.Errorf("a response to a connection that was taken over: %v", err)
	}
}
