package protocol

import (
	"testing"
	"unsafe"

	"github.com/duplexws/duplex/internal/testenv"
)

// A steady state allocates nothing but messages, and an idle connection holds
// what it may refer to and little more.
func TestAllocsDeflate(t *testing.T) {
	testenv.NoRace(t)
	for _, tier := range []DeflateTier{DeflateStateless, DeflateHistory, DeflateTakeover} {
		for _, n := range []int{100, 1000, 20_000} {
			d, i := newSender(tier, 15), newReceiver(tier != DeflateStateless, 15)
			p := records(1, n)[0]
			cfg := NewConfig(Server, nil)
			var in In
			payload, message := make([]byte, 0, 2*n), make([]byte, 0, 2*n)
			for range 400 { // until the history is full
				payload, _ = d.Append(payload[:0], p)
				i.Append(cfg, &in, message, OpText, payload)
			}
			if got := testing.AllocsPerRun(200, func() {
				payload, _ = d.Append(payload[:0], p)
				if _, err := i.Append(cfg, &in, message, OpText, payload); err != nil {
					t.Fatal(err)
				}
			}); got != 0 {
				t.Errorf("%v, %d octets: %v allocations", tier, n, got)
			}
		}
	}
}

func TestSizesDeflate(t *testing.T) {
	if n := unsafe.Sizeof(Deflater{}) + unsafe.Sizeof(Inflater{}); n > 128 {
		t.Errorf("the two take %d octets", n)
	}
}

func BenchmarkDeflate(b *testing.B) {
	for _, tier := range []DeflateTier{DeflateStateless, DeflateHistory, DeflateTakeover} {
		b.Run(tier.String(), func(b *testing.B) {
			messages := records(2000, 128) // more than any window
			d, i := newSender(tier, 15), newReceiver(tier != DeflateStateless, 15)
			cfg := NewConfig(Server, nil)
			var in In
			var payload, message []byte
			octets, k := 0, 0
			b.ReportAllocs()
			for b.Loop() {
				k++
				payload, _ = d.Append(payload[:0], messages[k%len(messages)])
				message, _ = i.Append(cfg, &in, message[:0], OpText, payload)
				octets += len(payload)
			}
			b.ReportMetric(float64(octets)/float64(k)/128, "ratio")
		})
	}
}
