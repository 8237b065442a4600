package hostile

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/duplexws/duplex/internal/rawpeer"
	"github.com/duplexws/duplex/internal/testenv"
)

// short is a timeout for rows that wait for one.
const short = 100 * time.Millisecond

// floodRows: many small pieces.
func floodRows() (rows []Row) {
	limit := Settings{MaxFragments: 1000, MaxMessage: 2000}
	fragments := func(n int, payload string) []byte {
		p := rawpeer.Octets(rawpeer.Binary(payload).Unfinished())
		one := rawpeer.Octets(rawpeer.Continuation(payload).Unfinished())
		return append(p, strings.Repeat(string(one), n-1)...)
	}
	add := func(n int, name string, s Settings, octets []byte, w Want) {
		w.Status = 101
		rows = append(rows, Row{N: n, Name: name, Server: s, Frames: octets, Want: w})
	}
	add(42, "fragments of no octet", limit, fragments(1500, ""), closed(1008))
	add(42, "fragments of one octet", limit, fragments(1500, "x"), closed(1008))
	add(42, "fragments of three octets", limit, fragments(1500, "xyz"), closed(1009))
	last := rawpeer.Octets(rawpeer.Continuation(""), rawpeer.Close(1000, ""))
	add(42, "as many fragments as are allowed", limit, append(fragments(999, "x"), last...),
		closed(1000, rawpeer.Event{Op: rawpeer.OpBinary, Payload: strings.Repeat("x", 999)}))
	add(42, "one fragment more", limit, append(fragments(1000, "x"), last...), closed(1008))
	for _, payload := range []string{"", "x"} {
		w := closed(1008)
		w.MayReset = true
		add(42, fmt.Sprintf("a million fragments of %d octets", len(payload)), Settings{}, fragments(1_000_000, payload), w)
		rows[len(rows)-1].Once = true
	}

	n := 10_000
	if testenv.Full() {
		n = 100_000
	}
	one := rawpeer.Text("m")
	events := make([]rawpeer.Event, n)
	for i := range events {
		events[i] = rawpeer.Events(one)[0]
	}
	add(47, "many messages in one segment", Settings{}, append([]byte(strings.Repeat(string(rawpeer.Octets(one)), n)), goodbye...), closed(1000, events...))

	flood := func(f rawpeer.Frame, n int) []byte { return []byte(strings.Repeat(string(rawpeer.Octets(f)), n)) }
	slow := Settings{MaxControlRate: 10}
	w := closed(1008)
	w.AnyEvents = true // Pongs, as many as could be sent
	add(0, "flood of Pings", slow, flood(rawpeer.Ping("p"), 100), w)
	add(0, "flood of empty Pings", slow, flood(rawpeer.Ping(""), 100), w)
	add(0, "flood of Pongs", slow, flood(rawpeer.Pong("p"), 100), closed(1008))
	add(0, "flood of Pings beyond the default rate", Settings{}, flood(rawpeer.Ping("p"), 20_000), w)
	rows[len(rows)-1].Once = true
	rows[len(rows)-1].Want.MayReset = true
	pings := make([]rawpeer.Event, 10)
	for i := range pings {
		pings[i] = rawpeer.Event{Op: rawpeer.OpPong, Payload: "p"}
	}
	add(0, "as many Pings as the rate allows", Settings{MaxControlRate: 11}, append(flood(rawpeer.Ping("p"), 10), goodbye...), closed(1000, pings...))
	add(0, "Pongs without a limit", Settings{MaxControlRate: -1}, append(flood(rawpeer.Pong("p"), 20_000), rawpeer.Octets(hello, rawpeer.Close(1000, ""))...), closed(1000, rawpeer.Events(hello)...))
	return rows
}

// truncatedRows: the peer's half of the transport ends at each octet of a
// handshake and of frames.
func truncatedRows() (rows []Row) {
	full := handshake().octets("0", "http")
	for i := 1; i < len(full); i++ {
		rows = append(rows, Row{N: 46, Name: fmt.Sprintf("handshake cut at octet %d", i), Raw: string(full[:i]), HalfClose: true, Once: true, Want: notServed(400)})
	}
	sent := []rawpeer.Frame{hello, rawpeer.Ping("p"), rawpeer.Binary(strings.Repeat("x", 130)).Unfinished(), rawpeer.Pong("q"), rawpeer.Continuation("y")}
	events := rawpeer.Events(hello, rawpeer.Pong("p"), rawpeer.Binary(strings.Repeat("x", 130)+"y"))
	var ends []int // behind which octet each of the events is due
	for _, i := range []int{0, 1, 4} {
		ends = append(ends, len(rawpeer.Octets(sent[:i+1]...)))
	}
	stream := rawpeer.Octets(sent...)
	for i := range len(stream) + 1 {
		if i > 30 && i < len(stream)-20 && i%8 != 0 {
			continue // inside the long payload
		}
		w := Want{Status: 101, Local: 1006}
		for j, at := range ends {
			if i >= at {
				w.Events = events[:j+1]
			}
		}
		rows = append(rows, Row{N: 46, Name: fmt.Sprintf("frames cut at octet %d", i), Frames: stream[:i], HalfClose: true, Once: true, Want: w})
	}
	return rows
}

// randomRows: octets without meaning, and a good stream with some octets
// changed. What comes of them is not known beforehand, but must be the same in
// every delivery.
func randomRows() (rows []Row) {
	n, from := 20, uint64(0)
	if testenv.Full() {
		n, from = 300, rand.Uint64()
	}
	good := rawpeer.Octets(hello, rawpeer.Ping("p"), rawpeer.Text("\xc3\xa4\xe2\x82\xac").Unfinished(), rawpeer.Continuation("b"),
		rawpeer.Binary(strings.Repeat("x", 200)), rawpeer.Pong(""), hello, rawpeer.Close(1000, "bye"))
	for i := range n {
		seed := from + uint64(i)
		rnd := rand.New(rand.NewPCG(seed, 48))
		noise := make([]byte, 1+rnd.IntN(2000))
		for j := range noise {
			noise[j] = byte(rnd.Uint32())
		}
		changed := []byte(string(good))
		for range 1 + rnd.IntN(3) {
			changed[rnd.IntN(len(changed))] ^= 1 << rnd.IntN(8)
		}
		w := Want{Status: 101, AnyEnd: true, AnyEvents: true}
		rows = append(rows,
			Row{N: 48, Name: fmt.Sprintf("noise of seed %d", seed), Frames: noise, HalfClose: true, Want: w},
			Row{N: 48, Name: fmt.Sprintf("changed octets of seed %d", seed), Frames: changed, HalfClose: true, Want: w})
	}
	return rows
}
