package protocol

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// A script is what happens to one endpoint: the octets that it receives, and
// what its own side does at places between them.
type script struct {
	role   Role
	limits *Limits
	rsv1   bool // an extension that uses RSV1 was negotiated
	input  []byte
	acts   []act // in order
}

type act struct {
	at int // octets received before it
	do func(*endpoint)
}

// A delivery is one way in which the octets of a script arrive.
type delivery struct {
	name  string
	cuts  []int // where reads end, besides the places of acts
	space bool  // large payloads are received where the Assembler wants them
	own   bool  // the Assembler gives its messages away
}

// play runs the first n octets of the script.
func (s *script) play(t testing.TB, d delivery, n int) *endpoint {
	t.Helper()
	e := newEndpoint(t, NewConfig(s.role, s.limits))
	if s.rsv1 {
		e.in.AllowRSV1()
	}
	if d.own {
		e.built.Own()
	}
	acts, cuts, at := s.acts, d.cuts, 0
	for {
		for len(acts) > 0 && acts[0].at == at {
			acts[0].do(e)
			acts = acts[1:]
		}
		if at == n {
			return e
		}
		to := n
		if len(acts) > 0 {
			to = min(to, acts[0].at)
		}
		for len(cuts) > 0 && cuts[0] <= at {
			cuts = cuts[1:]
		}
		if len(cuts) > 0 {
			to = min(to, cuts[0])
		}
		e.deliver(s.input[at:to], d.space)
		at = to
	}
}

// deliver hands over a copy of p, which is spoilt afterwards: nothing may be
// kept of it. Through Space it comes in short reads first.
func (e *endpoint) deliver(p []byte, space bool) {
	e.t.Helper()
	for len(p) > 0 {
		var read []byte
		if space {
			read = e.built.Space(&e.in)
		}
		if read != nil {
			n := copy(read, p)
			e.receive(read[:n])
			p = p[n:]
			continue
		}
		n := len(p)
		if space {
			n = min(n, 100)
		}
		read = append([]byte(nil), p[:n]...)
		e.receive(read)
		for i := range read {
			read[i] = 0xDB
		}
		p = p[n:]
	}
}

// deliveries are all the ways that are tried: at once, octet by octet, cut in
// two everywhere, cut at random, and through Space. A long script is cut at a
// sample of places, and comes in octets at both ends and in hundreds between.
func (s *script) deliveries(yield func(delivery) bool) {
	const long = 4 << 10
	n := len(s.input)
	var each []int
	for i := 0; i < n; i++ {
		each = append(each, i)
		if i > long && i < n-long {
			i += 99
		}
	}
	if !yield(delivery{name: "octet by octet", cuts: each}) ||
		!yield(delivery{name: "octet by octet, given away", cuts: each, own: true}) ||
		!yield(delivery{name: "at once, given away", own: true}) ||
		!yield(delivery{name: "through Space", space: true}) ||
		!yield(delivery{name: "through Space, given away", space: true, own: true}) {
		return
	}
	for _, i := range cutPlaces(n) {
		if !yield(delivery{name: "cut at " + strconv.Itoa(i), cuts: []int{i}}) {
			return
		}
	}
	random := rand.New(rand.NewPCG(uint64(n), 1))
	for range min(20, n) {
		var cuts []int
		for i := range n {
			if random.IntN(1+n/(1+random.IntN(8))) == 0 {
				cuts = append(cuts, i)
			}
		}
		if !yield(delivery{name: "cut at random", cuts: cuts, space: random.IntN(2) == 0, own: random.IntN(2) == 0}) {
			return
		}
	}
}

// cutPlaces are the places where a script of n octets is cut in two: all of a
// few thousand, and of more only so many that the work stays the same.
func cutPlaces(n int) (places []int) {
	const work = 1 << 21
	if n <= 4<<10 {
		for i := range n {
			places = append(places, i)
		}
		return places
	}
	random := rand.New(rand.NewPCG(uint64(n), 2))
	for range work / n {
		places = append(places, random.IntN(n))
	}
	return append(places, 1, 2, 5, n-1)
}

// everywhere plays the script in every delivery, demands the same trace each
// time, and returns it. Every prefix must give a prefix of it, and survive the
// end of the transport.
func (s *script) everywhere(t *testing.T) []step {
	t.Helper()
	whole := s.play(t, delivery{}, len(s.input))
	defer whole.end()
	want := whole.trace
	s.compareWithReference(t, want)
	for d := range s.deliveries {
		e := s.play(t, d, len(s.input))
		if !slices.Equal(e.trace, want) {
			t.Fatalf("%v, %s:\n%sat once:\n%s", s.role, d.name, traceOf(e.trace), traceOf(want))
		}
		if e.in.InMessage() != whole.in.InMessage() || e.in.Remaining() != whole.in.Remaining() || e.out != whole.out {
			t.Fatalf("%v, %s: ends in another state than at once", s.role, d.name)
		}
		e.end()
	}
	for _, n := range cutPlaces(len(s.input)) {
		e := s.play(t, delivery{}, n)
		if len(e.trace) > len(want) || !slices.Equal(e.trace, want[:len(e.trace)]) {
			t.Fatalf("%v, first %d octets:\n%sall:\n%s", s.role, n, traceOf(e.trace), traceOf(want))
		}
		e.transportEnds()
		if state := e.out.State(); state != Ended && state != CloseReceived {
			t.Fatalf("%v, first %d octets and then the end of the transport: %v", s.role, n, state)
		}
		e.end()
	}
	return want
}

// compareWithReference demands the events that judge finds, where it knows the
// rules that apply.
func (s *script) compareWithReference(t *testing.T, trace []step) {
	t.Helper()
	if s.rsv1 || len(s.acts) > 0 || s.limits != nil && s.limits.MaxControlRate > 0 {
		return
	}
	if got, want := events(trace), judge(NewConfig(s.role, s.limits), s.input); !slices.Equal(got, want) {
		t.Fatalf("%v:\n%sthe reference:\n%s", s.role, traceOf(got), traceOf(want))
	}
}

// bothRoles runs f once for each role.
func bothRoles(t *testing.T, f func(t *testing.T, role Role)) {
	for _, role := range []Role{Server, Client} {
		t.Run(role.String(), func(t *testing.T) { f(t, role) })
	}
}

// exchange plays frames in every delivery and returns the trace.
func exchange(t *testing.T, role Role, limits *Limits, frames ...frame) []step {
	t.Helper()
	return (&script{role: role, limits: limits, input: wire(role, frames...)}).everywhere(t)
}
