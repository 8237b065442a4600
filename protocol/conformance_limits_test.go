package protocol

import (
	"fmt"
	"strings"

	"github.com/duplexws/duplex/internal/testenv"
)

// limitCases are group 9. The long run has its sizes; otherwise megabytes are
// sixteenths of them and a thousand round trips are fifty.
func limitCases() (cases []conformanceCase) {
	const kilo = 1 << 10
	mega, trips := 1<<16, 50
	if testenv.Full() {
		mega, trips = 1<<20, 1000
	}
	limits := &Limits{MaxMessage: 16 << 20}
	pattern := func(unit string, n int) string { return strings.Repeat(unit, n/len(unit)+1)[:n] }
	const textUnit, binaryUnit = "BAsd7&jh23", "\x00\xFE\x23\xFA\xF0"

	add := func(group string, i int, c conformanceCase) {
		c.id, c.limits, c.verdict = fmt.Sprintf("%s.%d", group, i+1), limits, echoes
		if c.chop == 0 {
			c.chop = 64 * kilo
		}
		cases = append(cases, c)
	}
	for i, n := range []int{64 * kilo, 256 * kilo, mega, 4 * mega, 8 * mega, 16 * mega} {
		p := pattern(textUnit, n)
		add("9.1", i, conformanceCase{frames: []frame{text(p)}, replies: []string{textReply(p)}})
	}
	for i, n := range []int{64 * kilo, 256 * kilo, mega, 4 * mega, 8 * mega, 16 * mega} {
		p := pattern(binaryUnit, n)
		add("9.2", i, conformanceCase{frames: []frame{binaryOf(p)}, replies: []string{binaryReply(p)}})
	}
	sizes := []int{64, 256, kilo, 4 * kilo, 16 * kilo, 64 * kilo, 256 * kilo, mega, 4 * mega}
	for i, size := range sizes {
		p := strings.Repeat("*", 4*mega)
		add("9.3", i, conformanceCase{frames: cutInto(size, text(p)), replies: []string{textReply(p)}})
	}
	for i, size := range sizes {
		p := "\xFE" + strings.Repeat("*", 4*mega-1)
		add("9.4", i, conformanceCase{frames: cutInto(size, binaryOf(p)), replies: []string{binaryReply(p)}})
	}
	for i, chop := range []int{64, 128, 256, 512, 1024, 2048} {
		p := pattern(textUnit, mega)
		add("9.5", i, conformanceCase{frames: []frame{text(p)}, replies: []string{textReply(p)}, chop: chop})
	}
	for i, chop := range []int{64, 128, 256, 512, 1024, 2048} {
		p := pattern(binaryUnit, mega)
		add("9.6", i, conformanceCase{frames: []frame{binaryOf(p)}, replies: []string{binaryReply(p)}, chop: chop})
	}
	for i, n := range []int{0, 16, 64, 256, 1024, 4096} {
		p := strings.Repeat("*", n)
		add("9.7", i, repeated(trips, text(p), textReply(p)))
	}
	for i, n := range []int{0, 16, 64, 256, 1024, 4096} {
		p := strings.Repeat("\xFE", n)
		add("9.8", i, repeated(trips, binaryOf(p), binaryReply(p)))
	}
	return cases
}

// repeated is a number of round trips: each message in a read of its own.
func repeated(times int, f frame, reply string) (c conformanceCase) {
	for range times {
		c.frames, c.replies = append(c.frames, f), append(c.replies, reply)
	}
	c.chop = perFrame
	return c
}

// cutInto cuts a frame into fragments of size octets. If that comes out even,
// an empty one ends the message.
func cutInto(size int, f frame) (frames []frame) {
	if len(f.payload) <= size {
		return []frame{f}
	}
	p := f.payload
	for ; len(p) >= size; p = p[size:] {
		piece := frame{op: OpContinuation, payload: p[:size], more: true}
		if len(frames) == 0 {
			piece.op = f.op
		}
		frames = append(frames, piece)
	}
	return append(frames, cont(p))
}

// autoFragmentCases are group 10.
func autoFragmentCases() []conformanceCase {
	p := strings.Repeat("*", 65536)
	frames := cutInto(1300, text(p))
	if len(frames) != 51 || len(frames[50].payload) != 536 {
		panic("case 10.1.1 has another number of frames")
	}
	return []conformanceCase{{id: "10.1.1", frames: frames, replies: []string{textReply(p)}, verdict: echoes}}
}
