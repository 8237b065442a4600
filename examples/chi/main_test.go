package main

import (
	"context"
	"io"
	"log"
	"net/http"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/duplexws/duplex/examples/internal/try"
	"github.com/duplexws/duplex/internal/testenv"
	"github.com/duplexws/duplex/websocket"
)

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard)
	middleware.DefaultLogger = middleware.RequestLogger(&middleware.DefaultLogFormatter{Logger: log.Default()})
	testenv.Main(m)
}

func TestRoom(t *testing.T) {
	url := try.Server(t, router())
	lobby := try.Dial(t, url+"/rooms/lobby", nil)
	attic := try.Dial(t, url+"/rooms/attic", nil)
	try.Answer(t, lobby, "hello", "lobby: hello")
	try.Answer(t, attic, "hello", "attic: hello")
	try.Answer(t, lobby, "again", "lobby: again")
}

func TestRefusals(t *testing.T) {
	url := try.Server(t, router())
	try.Refused(t, url+"/rooms/lobby", try.Foreign, http.StatusForbidden)
	try.Refused(t, url+"/elsewhere", nil, http.StatusNotFound)
}

// A panic costs its connection, and no other.
func TestPanic(t *testing.T) {
	r := router()
	r.Handle("/panic", websocket.Handler(func(context.Context, *websocket.Conn) error { panic("broken") }))
	url := try.Server(t, r)
	other := try.Dial(t, url+"/rooms/lobby", nil)
	try.Closed(t, try.Dial(t, url+"/panic", nil), websocket.StatusInternalError)
	try.Answer(t, other, "hello", "lobby: hello")
}

// Timeout ends the request's context, which a connection of Handler does not
// have; one of Accept must not use it.
func TestTimeout(t *testing.T) {
	r := chi.NewRouter()
	r.Use(middleware.Timeout(time.Nanosecond))
	r.Get("/rooms/{room}", room)
	ended := make(chan error, 1)
	r.Get("/accept", func(w http.ResponseWriter, q *http.Request) {
		conn, err := websocket.Accept(w, q, nil)
		if err != nil {
			ended <- err
			return
		}
		defer conn.CloseNow()
		_, _, err = conn.Read(q.Context())
		ended <- err
	})
	url := try.Server(t, r)
	try.Answer(t, try.Dial(t, url+"/rooms/lobby", nil), "hello", "lobby: hello")
	try.Dial(t, url+"/accept", nil)
	if err := <-ended; err != context.DeadlineExceeded {
		t.Errorf("read with the context of a request that Timeout bounds: %v", err)
	}
}
