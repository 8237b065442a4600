package cases

import (
	"fmt"
	"strings"

	"github.com/duplexws/duplex/internal/rawpeer"
)

const (
	kib = 1 << 10
	mib = 1 << 20
)

// limits is group 9.
func limits(full bool) (list []Case) {
	whole := func(n int) int { return n }
	large, times := 4*mib, 1000
	if !full {
		whole = func(n int) int { return max(n/16, 64*kib) }
		large, times = 256*kib, 100
	}
	add := func(group, i int, payload rawpeer.Frame, steps func() []Step) {
		list = append(list, Case{
			ID:     fmt.Sprintf("9.%d.%d", group, i+1),
			Steps:  steps,
			Events: rawpeer.Events(payload),
			Codes:  []uint16{1000},
		})
	}
	pattern := map[byte]string{rawpeer.OpText: "BAsd7&jh23", rawpeer.OpBinary: "\x00\xfe\x23\xfa\xf0"}
	for kind, op := range []byte{rawpeer.OpText, rawpeer.OpBinary} {
		for i, n := range []int{64 * kib, 256 * kib, mib, 4 * mib, 8 * mib, 16 * mib} {
			f := rawpeer.NewFrame(op, repeat(pattern[op], whole(n)))
			add(1+kind, i, f, burst(f))
		}
		for i := range 9 {
			size := min(64<<(2*i), large)
			payload := strings.Repeat("*", large)
			if op == rawpeer.OpBinary {
				payload = strings.Repeat("\xfe", size) + strings.Repeat("*", large-size)
			}
			add(3+kind, i, rawpeer.NewFrame(op, payload), func() []Step {
				return []Step{{Frames: rawpeer.Fragments(op, payload, size)}}
			})
		}
		for i := range 6 {
			f := rawpeer.NewFrame(op, repeat(pattern[op], large/4))
			add(5+kind, i, f, chopped(64<<i, f))
		}
		for i, n := range []int{0, 16, 64, 256, 1024, 4096} {
			list = append(list, roundTrips(fmt.Sprintf("9.%d.%d", 7+kind, i+1), times, rawpeer.NewFrame(op, strings.Repeat([]string{"*", "\xfe"}[kind], n))))
		}
	}
	return list
}

// roundTrips sends a message again and again, each when the one before it has
// come back.
func roundTrips(id string, times int, f rawpeer.Frame) Case {
	var steps []Step
	var events []rawpeer.Event
	for i := range times {
		steps = append(steps, Step{Await: i, Frames: []rawpeer.Frame{f}})
		events = append(events, rawpeer.Events(f)...)
	}
	return echoes(id, func() []Step { return steps }, events...)
}
