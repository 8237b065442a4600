// Command opentelemetry measures and traces WebSocket connections with
// OpenTelemetry, and prints what other exporters send to a collector.
package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"

	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/duplexws/duplex/websocket"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	p, err := newProviders(os.Stdout)
	if err != nil {
		log.Fatal(err)
	}
	handler, err := router(p)
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Addr: "localhost:8080", Handler: handler}
	websocket.ConfigureServer(server)
	context.AfterFunc(ctx, func() { server.Close() })
	log.Print(server.ListenAndServe())
	if err := p.shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
}

// providers are what a program reports to.
type providers struct {
	traces  *sdktrace.TracerProvider
	metrics *sdkmetric.MeterProvider
}

// newProviders returns those that write JSON to w: a span some seconds after it
// has ended, all metrics every minute.
func newProviders(w io.Writer) (*providers, error) {
	spans, err := stdouttrace.New(stdouttrace.WithWriter(w))
	if err != nil {
		return nil, err
	}
	metrics, err := stdoutmetric.New(stdoutmetric.WithWriter(w))
	if err != nil {
		return nil, err
	}
	return &providers{
		sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans)),
		sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(metrics))),
	}, nil
}

// shutdown writes what has not been written yet.
func (p *providers) shutdown(ctx context.Context) error {
	return errors.Join(p.traces.Shutdown(ctx), p.metrics.Shutdown(ctx))
}

// router serves an echo, with a span for each message.
func router(p *providers) (http.Handler, error) {
	t, err := newTelemetry(p.traces, p.metrics)
	if err != nil {
		return nil, err
	}
	options := &websocket.AcceptOptions{Options: websocket.Options{Hooks: t.hooks()}}
	mux := http.NewServeMux()
	mux.Handle("/echo", options.Handler(t.handler(func(ctx context.Context, conn *websocket.Conn) error {
		return conn.ReadEach(ctx, func(typ websocket.MessageType, p []byte) error {
			ctx, span := t.tracer.Start(ctx, "message")
			defer span.End()
			return conn.Write(ctx, typ, p)
		})
	})))
	return mux, nil
}
