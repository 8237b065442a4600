// Command prometheus counts WebSocket connections with Prometheus' client.
package main

import (
	"context"
	"log"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/duplexws/duplex/websocket"
)

func main() {
	server := &http.Server{Addr: "localhost:8080", Handler: router(prometheus.NewRegistry())}
	websocket.ConfigureServer(server)
	log.Fatal(server.ListenAndServe())
}

func router(registry *prometheus.Registry) http.Handler {
	options := &websocket.AcceptOptions{
		Options: websocket.Options{Hooks: newMetrics(registry).hooks()},
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.Handle("/echo", options.Handler(func(ctx context.Context, conn *websocket.Conn) error {
		return conn.ReadEach(ctx, func(typ websocket.MessageType, p []byte) error {
			return conn.Write(ctx, typ, p)
		})
	}))
	return mux
}
