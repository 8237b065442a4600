package cases

import (
	"slices"
	"time"

	"github.com/duplexws/duplex/internal/rawpeer"
)

// A Case is one case of the catalogue.
type Case struct {
	ID     string
	Steps  func() []Step   // what is sent; made when needed, it may be large
	Events []rawpeer.Event // what must come back, in order, before the endpoint closes
	Ending Ending
	Codes  []uint16 // with which the endpoint may close; a Close frame without a code is always allowed
}

// Ending says who closes, and how.
type Ending uint8

const (
	// Echoes: once everything has come back, the suite closes with 1000, and
	// the close must be clean.
	Echoes Ending = iota
	// Fails: the endpoint must fail the connection by itself.
	Fails
	// Closes: the steps have the suite's Close frame, and the close must be
	// clean.
	Closes
	// ClosesOrDrops: the same, but the endpoint may drop the transport.
	ClosesOrDrops
	// Informational: anything goes, as long as the endpoint ends the
	// transport.
	Informational
)

// A Step is sent in one write, unless it says otherwise.
type Step struct {
	Frames   []rawpeer.Frame
	PerFrame bool // one write for each frame
	Chop     int  // writes of so many octets, if not 0
	// Part sends only a part of the one frame: the octets of its payload from
	// Part[0] to Part[1], with its header if that is the beginning.
	Part [2]int

	Await  int  // first wait until so many events have come
	Pause  bool // first wait a moment, in which nothing may come
	Failed bool // first wait until the endpoint has failed the connection
}

// Pause is how long a Step with that name waits. The suite of old waits 1 s.
const (
	shortPause = 50 * time.Millisecond
	fullPause  = time.Second
)

// Catalogue returns all cases. Without full the large ones are smaller, and
// what is done a thousand times is done a hundred times.
func Catalogue(full bool) []Case {
	return slices.Concat(framing(), pings(), reservedBits(), reservedOpcodes(), fragmentation(),
		text(), closing(), limits(full), autoFragmentation())
}

// burst is one step with all frames.
func burst(frames ...rawpeer.Frame) func() []Step {
	return func() []Step { return []Step{{Frames: frames}} }
}

// perFrame is a write for each frame.
func perFrame(frames ...rawpeer.Frame) func() []Step {
	return func() []Step { return []Step{{Frames: frames, PerFrame: true}} }
}

// chopped is one step in writes of n octets.
func chopped(n int, frames ...rawpeer.Frame) func() []Step {
	return func() []Step { return []Step{{Frames: frames, Chop: n}} }
}

// echoes is a case whose messages come back as events.
func echoes(id string, steps func() []Step, events ...rawpeer.Event) Case {
	return Case{ID: id, Steps: steps, Events: events, Codes: []uint16{1000}}
}

// fails is a case in which the endpoint must fail the connection with a code,
// behind events.
func fails(id string, code uint16, steps func() []Step, events ...rawpeer.Event) Case {
	return Case{ID: id, Steps: steps, Events: events, Ending: Fails, Codes: []uint16{code}}
}
