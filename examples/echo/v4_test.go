package main

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/duplexws/duplex/examples/internal/try"
	"github.com/duplexws/duplex/websocket"
)

// Version 4 does it like version 5, but for the type of the context. Its Timeout
// middleware hides Hijack, as its ContextTimeout does not.
func TestVersion4(t *testing.T) {
	refused := make(chan error, 1)
	options := &websocket.AcceptOptions{Options: websocket.Options{
		Hooks: &websocket.Hooks{Refused: func(_ string, err error) { refused <- err }},
	}}
	room := func(c echo.Context) error {
		name := c.Param("room")
		options.Handler(func(ctx context.Context, conn *websocket.Conn) error {
			return conn.ReadEach(ctx, func(typ websocket.MessageType, p []byte) error {
				return conn.Write(ctx, typ, append([]byte(name+": "), p...))
			})
		}).ServeHTTP(c.Response(), c.Request())
		return nil
	}
	e := echo.New()
	e.Use(middleware.Recover(), middleware.Gzip())
	e.GET("/rooms/:room", room, middleware.ContextTimeout(time.Minute))
	//lint:ignore SA1019 it is in many programs, and the test shows what it does to them
	e.GET("/timeout/:room", room, middleware.TimeoutWithConfig(middleware.TimeoutConfig{Timeout: time.Minute}))
	url := try.Server(t, e)
	try.Answer(t, try.Dial(t, url+"/rooms/lobby", nil), "hello", "lobby: hello")
	try.Refused(t, url+"/rooms/lobby", try.Foreign, http.StatusForbidden)
	<-refused
	try.Refused(t, url+"/timeout/lobby", nil, http.StatusInternalServerError)
	if err := <-refused; !strings.Contains(err.Error(), "*http.timeoutWriter has neither Hijack nor an Unwrap()") {
		t.Error(err)
	}
}
