package main

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/duplexws/duplex/examples/internal/try"
	"github.com/duplexws/duplex/internal/testenv"
	"github.com/duplexws/duplex/websocket"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// A site is a server that is measured, behind a middleware that traces requests.
type site struct {
	t       *testing.T
	url     string
	spans   *tracetest.SpanRecorder
	metrics *sdkmetric.ManualReader
	ended   chan struct{} // one for each connection
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, spans: tracetest.NewSpanRecorder(), metrics: sdkmetric.NewManualReader(), ended: make(chan struct{}, 10)}
	traces := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(s.spans))
	measured, err := newTelemetry(traces, sdkmetric.NewMeterProvider(sdkmetric.WithReader(s.metrics)))
	if err != nil {
		t.Fatal(err)
	}
	hooks := measured.hooks()
	closed := hooks.Closed
	hooks.Closed = func(c *websocket.Conn, err error) {
		closed(c, err)
		s.ended <- struct{}{}
	}
	tracer := traces.Tracer("test")
	options := &websocket.AcceptOptions{Options: websocket.Options{Hooks: hooks}}
	echo := options.Handler(measured.handler(func(ctx context.Context, c *websocket.Conn) error {
		return c.ReadEach(ctx, func(typ websocket.MessageType, p []byte) error {
			ctx, span := tracer.Start(ctx, "message")
			defer span.End()
			return c.Write(ctx, typ, p)
		})
	}))
	s.url = try.Server(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := tracer.Start(r.Context(), "request")
		defer span.End()
		echo.ServeHTTP(w, r.WithContext(ctx))
	}))
	return s
}

// span returns the one that has ended with this name.
func (s *site) span(name string) sdktrace.ReadOnlySpan {
	s.t.Helper()
	ended := s.spans.Ended()
	i := slices.IndexFunc(ended, func(span sdktrace.ReadOnlySpan) bool { return span.Name() == name })
	if i < 0 {
		s.t.Fatalf("no span %q has ended", name)
	}
	return ended[i]
}

// sums returns the values of the counters, by name and label.
func (s *site) sums() map[string]int64 {
	s.t.Helper()
	var all metricdata.ResourceMetrics
	if err := s.metrics.Collect(try.Context(s.t), &all); err != nil {
		s.t.Fatal(err)
	}
	sums := make(map[string]int64)
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			data, ok := m.Data.(metricdata.Sum[int64])
			for i := 0; ok && i < len(data.DataPoints); i++ {
				name := m.Name
				for _, label := range data.DataPoints[i].Attributes.ToSlice() {
					name += " " + label.Value.AsString()
				}
				sums[name] = data.DataPoints[i].Value
			}
		}
	}
	return sums
}

func (s *site) want(want map[string]int64) {
	s.t.Helper()
	got := s.sums()
	for name, n := range want {
		if got[name] != n {
			s.t.Errorf("%s is %d, want %d", name, got[name], n)
		}
	}
}

func TestTelemetry(t *testing.T) {
	s := newSite(t)
	try.Refused(t, s.url, try.Foreign, http.StatusForbidden)
	c := try.Dial(t, s.url, nil)
	try.Answer(t, c, "hello", "hello")
	s.want(map[string]int64{"websocket.connections": 1, "websocket.refused origin": 1})
	if err := c.Close(try.Context(t), websocket.StatusNormalClosure, ""); err != nil {
		t.Fatal(err)
	}
	<-s.ended
	s.want(map[string]int64{
		"websocket.connections":  0,
		"websocket.messages in":  1,
		"websocket.messages out": 1,
		"websocket.io in":        int64(2 + 4 + len("hello") + 2 + 4 + 2), // a message and a Close frame, masked
	})

	connection, message := s.span("websocket"), s.span("message")
	if connection.SpanKind() != trace.SpanKindServer || connection.Status().Code != codes.Unset {
		t.Errorf("the span of the connection: %v, %v", connection.SpanKind(), connection.Status())
	}
	if got, want := message.Parent().SpanID(), connection.SpanContext().SpanID(); got != want {
		t.Errorf("the message's span is below %v, want %v", got, want)
	}
	if links := connection.Links(); len(links) != 1 || !links[0].SpanContext.IsValid() {
		t.Errorf("the connection's span has the links %v, want that of the request", links)
	}
}

// A connection that ends badly has a span that says so.
func TestError(t *testing.T) {
	s := newSite(t)
	c := try.Dial(t, s.url, nil)
	if err := c.Close(try.Context(t), 4321, "out of cheese"); err != nil {
		t.Fatal(err)
	}
	<-s.ended
	connection := s.span("websocket")
	if status := connection.Status(); status.Code != codes.Error || status.Description != `websocket: closed by peer: 4321: "out of cheese"` {
		t.Errorf("%+v", status)
	}
	var code int64
	for _, a := range connection.Attributes() {
		if a.Key == "websocket.close.code" {
			code = a.Value.AsInt64()
		}
	}
	if code != 4321 {
		t.Errorf("the code of the connection's span is %d", code)
	}
}
