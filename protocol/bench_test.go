package protocol

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

var benchPayloads = []struct {
	name string
	op   Opcode
	text string
}{
	{"binary", OpBinary, "\x00\xFE\x23\xFA\xF0"},
	{"ascii", OpText, "The quick brown fox jumps over the lazy dog. "},
	{"latin", OpText, "Zwölf Boxkämpfer jagen Viktor über den Sylter Deich. "},
}

// eachBench runs f for every kind and size of payload.
func eachBench(b *testing.B, f func(b *testing.B, op Opcode, payload string)) {
	for _, kind := range benchPayloads {
		for _, n := range []int{64, 512, 16 << 10} {
			b.Run(fmt.Sprintf("%s/%d", kind.name, n), func(b *testing.B) {
				payload := strings.Repeat(kind.text, n/len(kind.text)+1)[:n]
				if kind.op == OpText {
					payload = strings.ToValidUTF8(payload, " ") // the last character may be cut
				}
				b.SetBytes(int64(n))
				b.ReportAllocs()
				f(b, kind.op, payload)
			})
		}
	}
}

// BenchmarkFeed receives messages that lie whole in a read of 16, as a server.
// A masking key of 0 leaves the octets as they are for the next turn, and costs
// what every key costs.
func BenchmarkFeed(b *testing.B) {
	eachBench(b, func(b *testing.B, op Opcode, payload string) {
		one := frame{op: op, payload: payload}.maskedWith(0)
		benchFeed(b, NewConfig(Server, nil), bytes.Repeat(one.wire(nil, Server), 16))
	})
}

// BenchmarkFeedClient is the same for a client, whose peer does not mask.
func BenchmarkFeedClient(b *testing.B) {
	eachBench(b, func(b *testing.B, op Opcode, payload string) {
		one := frame{op: op, payload: payload}
		benchFeed(b, NewConfig(Client, nil), bytes.Repeat(one.wire(nil, Client), 16))
	})
}

func benchFeed(b *testing.B, cfg *Config, octets []byte) {
	var in In
	var ev Event
	rest := octets
	for b.Loop() {
		if len(rest) == 0 {
			rest = octets
		}
		if rest = in.Feed(cfg, 1, rest, &ev); ev.Kind != Data || !ev.Last {
			b.Fatalf("%v", ev.Kind)
		}
	}
}

// BenchmarkFeedCut receives a message in two reads, cut in its header and in
// its payload.
func BenchmarkFeedCut(b *testing.B) {
	for _, cut := range []int{1, 100} {
		b.Run(fmt.Sprint(cut), func(b *testing.B) {
			cfg := NewConfig(Server, nil)
			octets := binaryOf(strings.Repeat("a", 512)).maskedWith(0).wire(nil, Server)
			var in In
			var built Assembler
			b.ReportAllocs()
			for b.Loop() {
				for rest := octets[:cut]; ; {
					var ev Event
					if rest = in.Feed(cfg, 1, rest, &ev); ev.Kind == None {
						break
					}
					built.Add(&in, &ev)
				}
				var ev Event
				in.Feed(cfg, 1, octets[cut:], &ev)
				if m, whole := built.Add(&in, &ev); !whole || len(m) != 512 {
					b.Fatal(len(m))
				}
			}
			built.Release()
		})
	}
}

func BenchmarkAppendMessage(b *testing.B) {
	for _, role := range []Role{Server, Client} {
		b.Run(role.String(), func(b *testing.B) {
			eachBench(b, func(b *testing.B, op Opcode, payload string) {
				cfg := NewConfig(role, nil)
				p := []byte(payload)
				dst := make([]byte, 0, len(p)+maxHeader)
				var o Out
				for b.Loop() {
					if _, err := o.AppendMessage(cfg, dst, op, false, p); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}
