package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/duplexws/duplex/websocket"
)

// The traffic is summed up when it is asked for: connections count it anyway,
// and one that lives for days shows up before it ends.
var (
	connections = prometheus.NewDesc("websocket_connections", "Connections that are open.", nil, nil)
	messages    = prometheus.NewDesc("websocket_messages_total", "Messages.", []string{"direction"}, nil)
	octets      = prometheus.NewDesc("websocket_bytes_total", "Octets behind the opening handshake.", []string{"direction"}, nil)
	queued      = prometheus.NewDesc("websocket_queued_bytes", "Octets that wait in send queues.", nil, nil)
)

// Describe implements prometheus.Collector.
func (m *metrics) Describe(to chan<- *prometheus.Desc) {
	to <- connections
	to <- messages
	to <- octets
	to <- queued
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(to chan<- prometheus.Metric) {
	n, s := m.traffic()
	counter := func(d *prometheus.Desc, v uint64, direction string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), direction)
	}
	counter(messages, s.MessagesIn, "in")
	counter(messages, s.MessagesOut, "out")
	counter(octets, s.BytesIn, "in")
	counter(octets, s.BytesOut, "out")
	to <- prometheus.MustNewConstMetric(connections, prometheus.GaugeValue, float64(n))
	to <- prometheus.MustNewConstMetric(queued, prometheus.GaugeValue, float64(s.Queued))
}

// traffic sums up the connections that are open and those that were.
func (m *metrics) traffic() (open int, s websocket.Stats) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s = m.ended
	for c := range m.live {
		s = sum(s, c.Stats())
	}
	return len(m.live), s
}

func sum(a, b websocket.Stats) websocket.Stats {
	return websocket.Stats{
		MessagesIn:  a.MessagesIn + b.MessagesIn,
		MessagesOut: a.MessagesOut + b.MessagesOut,
		BytesIn:     a.BytesIn + b.BytesIn,
		BytesOut:    a.BytesOut + b.BytesOut,
		Queued:      a.Queued + b.Queued,
	}
}
