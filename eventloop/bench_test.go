package eventloop

import (
	"fmt"
	"testing"

	"github.com/duplexws/duplex/internal/rawpeer"
	"github.com/duplexws/duplex/protocol"
)

// What the loop adds to the core: a turn with 16 messages of one connection,
// over the network in memory.
func BenchmarkTurn(b *testing.B) {
	for _, size := range []int{64, 1 << 10, 16 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			w := newWorld(b, &Handler{OnMessage: echo}, nil)
			p := w.connect()
			wire := sixteen(size)
			b.SetBytes(int64(16 * size))
			b.ReportAllocs()
			for b.Loop() {
				p.Write(wire)
				w.loop.turn(0)
				p.Discard()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(16*b.N), "ns/message")
		})
	}
}

// The core alone, for comparison: the same messages, from one buffer to another.
func BenchmarkCore(b *testing.B) {
	for _, size := range []int{64, 1 << 10, 16 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			var in protocol.In
			var out protocol.Out
			var ev protocol.Event
			cfg := protocol.NewConfig(protocol.Server, nil)
			wire := sixteen(size)
			received, sent := make([]byte, len(wire)), make([]byte, 0, len(wire))
			b.SetBytes(int64(16 * size))
			b.ReportAllocs()
			for b.Loop() {
				copy(received, wire)
				sent = sent[:0]
				for rest := in.Feed(cfg, 1, received, &ev); ev.Kind == protocol.Data; rest = in.Feed(cfg, 1, rest, &ev) {
					sent, _ = out.AppendMessage(cfg, sent, ev.Opcode, false, ev.Payload)
				}
				copy(received, sent)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(16*b.N), "ns/message")
		})
	}
}

func sixteen(size int) []byte {
	return rawpeer.Octets(repeat(rawpeer.Binary(string(make([]byte, size))), 16)...)
}
