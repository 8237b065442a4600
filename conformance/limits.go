package conformance

import (
	"fmt"
	"slices"
	"strings"
)

const (
	kib = 1 << 10
	mib = 1 << 20
)

// limits is group 9.
func limits(thin bool) (cases []Case) {
	large, times := 4*mib, 1000
	whole := func(n int) int { return n }
	if thin {
		large, times = 256*kib, 50
		whole = func(n int) int { return max(n/16, 64*kib) }
	}
	pattern := map[Opcode]string{OpText: "BAsd7&jh23", OpBinary: "\x00\xfe\x23\xfa\xf0"}
	for kind, op := range []Opcode{OpText, OpBinary} {
		add := func(sub, i int, title string, play func(*player)) {
			cases = append(cases, echoing(fmt.Sprintf("9.%d.%d", sub+kind, i+1), title, play))
		}
		for i, n := range []int{64 * kib, 256 * kib, mib, 4 * mib, 8 * mib, 16 * mib} {
			add(1, i, fmt.Sprintf("a %s message of %d KiB in one frame", op, whole(n)/kib), func(p *player) {
				f := frame{op: op, payload: repeat(pattern[op], whole(n))}
				p.send(f)
				p.echo(f)
			})
		}
		for i := range 9 {
			size := min(64<<(2*i), large)
			add(3, i, fmt.Sprintf("a %s message of %d KiB in fragments of %d octets", op, large/kib, size), func(p *player) {
				payload := strings.Repeat("*", large)
				if op == OpBinary {
					payload = strings.Repeat("\xfe", size) + payload[size:]
				}
				if size == large {
					p.send(frame{op: op, payload: payload})
				} else {
					p.send(fragments(op, payload, size)...)
				}
				p.expect(back(op, payload))
			})
		}
		for i := range 6 {
			add(5, i, fmt.Sprintf("a %s message of %d KiB in writes of %d octets", op, large/4/kib, 64<<i), func(p *player) {
				f := frame{op: op, payload: repeat(pattern[op], large/4)}
				p.chop(64<<i, f)
				p.echo(f)
			})
		}
		for i, n := range []int{0, 16, 64, 256, 1024, 4096} {
			add(7, i, fmt.Sprintf("%d %s messages of %d octets, each behind the echo of the one before", times, op, n), func(p *player) {
				payload := strings.Repeat([]string{"*", "\xfe"}[kind], n)
				for range times {
					if !p.roundTrip(back(op, payload), frame{op: op, payload: payload}) {
						return
					}
				}
			})
		}
	}
	slices.SortStableFunc(cases, func(a, b Case) int { return Compare(a.ID, b.ID) })
	return cases
}

// repeat returns n octets of a pattern.
func repeat(pattern string, n int) string {
	return strings.Repeat(pattern, n/len(pattern)+1)[:n]
}
