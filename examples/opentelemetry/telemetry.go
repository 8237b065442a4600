package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/duplexws/duplex/websocket"
)

const scope = "github.com/duplexws/duplex/examples/opentelemetry"

// A telemetry gives each connection a span, and counts all of them together.
type telemetry struct {
	tracer trace.Tracer
	spans  sync.Map // of trace.Span by *websocket.Conn

	open      metric.Int64UpDownCounter
	refused   metric.Int64Counter
	messages  metric.Int64Counter
	octets    metric.Int64Counter
	roundTrip metric.Float64Histogram
}

// newTelemetry returns one that reports to the providers of a program.
func newTelemetry(traces trace.TracerProvider, metrics metric.MeterProvider) (*telemetry, error) {
	meter := metrics.Meter(scope)
	t := &telemetry{tracer: traces.Tracer(scope)}
	var errs [5]error
	t.open, errs[0] = meter.Int64UpDownCounter("websocket.connections",
		metric.WithDescription("Connections that are open."))
	t.refused, errs[1] = meter.Int64Counter("websocket.refused",
		metric.WithDescription("Opening handshakes that were refused."))
	t.messages, errs[2] = meter.Int64Counter("websocket.messages",
		metric.WithDescription("Messages of connections that have ended."))
	t.octets, errs[3] = meter.Int64Counter("websocket.io", metric.WithUnit("By"),
		metric.WithDescription("Octets of connections that have ended."))
	t.roundTrip, errs[4] = meter.Float64Histogram("websocket.round_trip", metric.WithUnit("s"),
		metric.WithDescription("Answers to keepalive Pings."))
	return t, errors.Join(errs[:]...)
}

// hooks returns what feeds t, for websocket.Options.
func (t *telemetry) hooks() *websocket.Hooks {
	return &websocket.Hooks{Opened: t.opened, Closed: t.closed, Refused: t.handshakeRefused, RoundTrip: t.ponged}
}

// handler gives the context of f the connection's span, so that what f does
// belongs to it. The span of the request has ended by then: it becomes a link.
func (t *telemetry) handler(f func(context.Context, *websocket.Conn) error) func(context.Context, *websocket.Conn) error {
	return func(ctx context.Context, c *websocket.Conn) error {
		if span, ok := t.spans.Load(c); ok {
			span := span.(trace.Span)
			if request := trace.LinkFromContext(ctx); request.SpanContext.IsValid() {
				span.AddLink(request)
			}
			ctx = trace.ContextWithSpan(ctx, span)
		}
		return f(ctx, c)
	}
}

func (t *telemetry) opened(c *websocket.Conn) {
	ctx := context.Background()
	_, span := t.tracer.Start(ctx, "websocket", trace.WithSpanKind(trace.SpanKindServer))
	t.spans.Store(c, span)
	t.open.Add(ctx, 1)
}

func (t *telemetry) closed(c *websocket.Conn, err error) {
	ctx, s := context.Background(), c.Stats()
	t.open.Add(ctx, -1)
	t.messages.Add(ctx, int64(s.MessagesIn), received)
	t.messages.Add(ctx, int64(s.MessagesOut), sent)
	t.octets.Add(ctx, int64(s.BytesIn), received)
	t.octets.Add(ctx, int64(s.BytesOut), sent)

	span, ok := t.spans.LoadAndDelete(c)
	if !ok {
		return
	}
	end(span.(trace.Span), s, err)
}

// end ends the span of a connection. What a span says may be as varied as it
// is: only the labels of metrics have to be few.
func end(span trace.Span, s websocket.Stats, err error) {
	span.SetAttributes(
		attribute.Int64("websocket.messages.in", int64(s.MessagesIn)),
		attribute.Int64("websocket.messages.out", int64(s.MessagesOut)),
		attribute.Int64("websocket.bytes.in", int64(s.BytesIn)),
		attribute.Int64("websocket.bytes.out", int64(s.BytesOut)),
	)
	if code := websocket.CloseStatus(err); code != 0 {
		span.SetAttributes(attribute.Int("websocket.close.code", int(code)))
	}
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
	span.End()
}

func (t *telemetry) handshakeRefused(label string, _ error) {
	t.refused.Add(context.Background(), 1, metric.WithAttributes(attribute.String("reason", label)))
}

func (t *telemetry) ponged(_ *websocket.Conn, rtt time.Duration) {
	t.roundTrip.Record(context.Background(), rtt.Seconds())
}

var (
	received = metric.WithAttributes(attribute.String("direction", "in"))
	sent     = metric.WithAttributes(attribute.String("direction", "out"))
)
