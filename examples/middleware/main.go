// Command middleware serves WebSocket behind a middleware that wraps the
// http.ResponseWriter, as those that log or measure do.
package main

import (
	"bufio"
	"context"
	"log"
	"log/slog"
	"net"
	"net/http"

	"github.com/duplexws/duplex/websocket"
)

func main() {
	server := &http.Server{Addr: "localhost:8080", Handler: logged(slog.Default(), router())}
	websocket.ConfigureServer(server)
	log.Fatal(server.ListenAndServe())
}

func router() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /rooms/{room}", room)
	return mux
}

func room(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("room")
	websocket.Handler(func(ctx context.Context, conn *websocket.Conn) error {
		return conn.ReadEach(ctx, func(typ websocket.MessageType, p []byte) error {
			return conn.Write(ctx, typ, append([]byte(name+": "), p...))
		})
	}).ServeHTTP(w, r)
}

// logged logs the status of every response.
func logged(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(s, r)
		log.Info("request", "method", r.Method, "path", r.URL.Path, "status", s.status)
	})
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is all that a WebSocket connection needs. Without it the wrapper hides
// that net/http can give the connection away.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Hijack lets the log say 101. It also serves what asks for http.Hijacker and
// does not know Unwrap.
func (w *statusWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.status = http.StatusSwitchingProtocols
	}
	return conn, rw, err
}
