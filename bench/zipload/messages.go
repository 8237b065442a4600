package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// cycleText is how much text there is before messages repeat: several times
// the largest window, so that no window reaches the previous round.
const cycleText = 256 << 10

// makeMessages returns the messages of a cycle, JSON of size bytes each.
func makeMessages(size int) (list [][]byte) {
	rng := rand.New(rand.NewPCG(1, uint64(size)))
	for n := 0; n < cycleText; n += size {
		list = append(list, makeMessage(rng, size))
	}
	return list
}

// makeMessage makes one record where no more fit, and an array of them
// otherwise, whose last one has a note that fills the rest.
func makeMessage(rng *rand.Rand, size int) []byte {
	const room = 2*recordSize + mostNote + len("[,]")
	if size < room {
		return []byte(record(rng, size))
	}
	var b strings.Builder
	b.WriteByte('[')
	for b.Len() <= size-room {
		b.WriteString(record(rng, 0))
		b.WriteByte(',')
	}
	b.WriteString(record(rng, size-b.Len()-1))
	b.WriteByte(']')
	return []byte(b.String())
}

const (
	recordSize = 110 // more than any record has without its note
	mostNote   = 50  // more than any note has in an array, but for the last one
)

var (
	events  = []string{"trade", "quote", "order", "cancel", "fill"}
	symbols = []string{"ACME", "GLOB", "INIT", "UMBR", "HOOL", "STRK", "WAYN", "CYBR", "TYRL", "WEYL", "APER", "BLUT"}
	words   = strings.Fields("the order of a desk was filled in part and rests at limit until close or cancel by client on venue with spread above mid after auction")
)

// record returns one object. Its note fills it up to size bytes, or has a few
// words if size is 0.
func record(rng *rand.Rand, size int) string {
	head := fmt.Sprintf(`{"event":%q,"id":%d,"symbol":%q,"price":%d.%02d,"size":%d,"at":%d,"note":"`, events[rng.IntN(len(events))],
		rng.IntN(10_000_000), symbols[rng.IntN(len(symbols))], rng.IntN(1000), rng.IntN(100), 1+rng.IntN(5000), 1_790_000_000_000+rng.Int64N(1_000_000_000))
	var note strings.Builder
	more := func() bool { return note.Len() < size-len(head)-2 }
	if size == 0 {
		most := rng.IntN(mostNote - len("auction "))
		more = func() bool { return note.Len() < most }
	}
	for more() {
		note.WriteString(words[rng.IntN(len(words))])
		note.WriteByte(' ')
	}
	text := note.String()
	if size > 0 {
		text = text[:max(size-len(head)-2, 0)]
	}
	return head + text + `"}`
}
