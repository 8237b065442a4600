// Command chi serves WebSocket behind chi's router and middleware.
package main

import (
	"context"
	"log"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/duplexws/duplex/websocket"
)

func main() {
	server := &http.Server{Addr: "localhost:8080", Handler: router()}
	websocket.ConfigureServer(server)
	log.Fatal(server.ListenAndServe())
}

func router() chi.Router {
	r := chi.NewRouter()
	r.Use(middleware.RequestID, middleware.Logger, middleware.Recoverer,
		middleware.Compress(5), middleware.Timeout(time.Minute))
	r.Get("/rooms/{room}", room)
	return r
}

func room(w http.ResponseWriter, r *http.Request) {
	// The connection outlives the request, and chi gives the request's route
	// context to another one: parameters are taken now.
	name := chi.URLParam(r, "room")
	websocket.Handler(func(ctx context.Context, conn *websocket.Conn) error {
		return conn.ReadEach(ctx, func(typ websocket.MessageType, p []byte) error {
			return conn.Write(ctx, typ, append([]byte(name+": "), p...))
		})
	}).ServeHTTP(w, r)
}
