package main

import (
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/duplexws/duplex/websocket"
)

// metrics are those of all connections of a server together. Every label has a
// small fixed set of values: nothing that a peer says becomes one.
type metrics struct {
	opened    prometheus.Counter
	refused   *prometheus.CounterVec
	closed    *prometheus.CounterVec
	lifetime  prometheus.Histogram
	roundTrip prometheus.Histogram
	dropped   *prometheus.CounterVec
	panics    prometheus.Counter

	mu    sync.Mutex
	live  map[*websocket.Conn]time.Time // when each was opened
	ended websocket.Stats               // of those that have ended, summed
}

func newMetrics(registry prometheus.Registerer) *metrics {
	m := &metrics{
		opened: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "websocket_opened_total", Help: "Connections that were opened."}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "websocket_refused_total", Help: "Opening handshakes that were refused."}, []string{"reason"}),
		closed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "websocket_closed_total", Help: "Connections that have ended."}, []string{"cause"}),
		lifetime: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "websocket_lifetime_seconds", Help: "How long connections lasted.",
			Buckets: prometheus.ExponentialBuckets(1, 4, 9)}), // 1 s to 18 h
		roundTrip: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "websocket_round_trip_seconds", Help: "Answers to keepalive Pings.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 14)}), // 1 ms to 8 s
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "websocket_dropped_total", Help: "Messages that full send queues dropped."}, []string{"policy"}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "websocket_panics_total", Help: "Panics of handlers and hooks."}),
		live: make(map[*websocket.Conn]time.Time),
	}
	registry.MustRegister(m.opened, m.refused, m.closed, m.lifetime, m.roundTrip, m.dropped, m.panics, m)
	return m
}

// hooks returns what feeds the metrics.
func (m *metrics) hooks() *websocket.Hooks {
	return &websocket.Hooks{
		Opened:    m.open,
		Closed:    m.close,
		Refused:   func(label string, _ error) { m.refused.WithLabelValues(label).Inc() },
		RoundTrip: func(_ *websocket.Conn, rtt time.Duration) { m.roundTrip.Observe(rtt.Seconds()) },
		Dropped:   func(_ *websocket.Conn, p websocket.Policy) { m.dropped.WithLabelValues(p.String()).Inc() },
		Panicked:  func(*websocket.Conn, any, []byte) { m.panics.Inc() },
	}
}

func (m *metrics) open(c *websocket.Conn) {
	m.opened.Inc()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.live[c] = time.Now()
}

func (m *metrics) close(c *websocket.Conn, err error) {
	m.closed.WithLabelValues(cause(err)).Inc()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lifetime.Observe(time.Since(m.live[c]).Seconds())
	delete(m.live, c)
	m.ended = sum(m.ended, c.Stats())
}

// cause is why a connection ended. A peer may close with any of 4000 codes, so
// those that have no common meaning share a value.
func cause(err error) string {
	switch code := websocket.CloseStatus(err); {
	case err == nil:
		return "clean"
	case code > websocket.StatusBadGateway:
		return "application"
	case code != 0:
		return strconv.Itoa(int(code))
	case errors.Is(err, websocket.ErrClosed):
		return "closed here"
	case errors.Is(err, websocket.ErrPongTimeout), errors.Is(err, websocket.ErrWriteTimeout), errors.Is(err, websocket.ErrCloseTimeout):
		return "timeout"
	default:
		return "other"
	}
}
