package http1

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// eachWay reads a head whole, octet by octet, cut once everywhere or, where
// there are too many places, in some of them, and at random. What comes of it
// must be the same, and a refusal must not come later than octet by octet.
func eachWay(t *testing.T, h head, parse func(p []byte, at *Progress) (int, error), show func() string) {
	t.Helper()
	p := []byte(h.octets)
	read := func(cuts ...int) (outcome string, at int) {
		var progress Progress
		for _, cut := range append(cuts, len(p)) {
			// What is behind the cut is out of reach.
			n, err := parse(p[:cut:cut], &progress)
			switch {
			case err != nil:
				return showError(err), cut
			case n > 0 && n != len(p):
				t.Errorf("%s: %d octets of %d, cut at %v", h.name, n, len(p), cuts)
			case n > 0:
				return show(), cut
			}
		}
		return "incomplete", len(p)
	}
	want, _ := read()
	if want != h.want {
		t.Errorf("%s\ngot  %s\nwant %s", h.name, want, h.want)
		return
	}
	var every []int
	for i := range min(len(p), 20_000) {
		every = append(every, i)
	}
	got, known := read(every...)
	if got != want {
		t.Errorf("%s\ngot  %s, octet by octet at %d\nwant %s", h.name, got, known, want)
	}
	random := rand.New(rand.NewPCG(1, uint64(len(p))))
	for i := range every {
		if len(every) > 400 && i > 20 && i < len(every)-20 && random.IntN(len(every)/50) > 0 {
			continue
		}
		if got, at := read(i); got != want || at < known {
			t.Errorf("%s\ngot  %s at %d, cut at %d\nwant %s at %d", h.name, got, at, i, want, known)
		}
	}
	for range 10 {
		cuts := []int{random.IntN(len(p)), random.IntN(len(p)), random.IntN(len(p))}
		slices.Sort(cuts)
		if got, _ := read(cuts...); got != want {
			t.Errorf("%s\ngot  %s, cut at %d\nwant %s", h.name, got, cuts, want)
		}
	}
}

func TestRequestsInPieces(t *testing.T) {
	var r Request
	for _, h := range slices.Concat(goodRequests, badRequests) {
		eachWay(t, h, func(p []byte, at *Progress) (int, error) { return r.Parse(p, at, nil) }, func() string { return show(&r) })
	}
}

func TestResponsesInPieces(t *testing.T) {
	var r Response
	for _, h := range slices.Concat(goodResponses, badResponses) {
		eachWay(t, h, func(p []byte, at *Progress) (int, error) { return r.Parse(p, at, nil) }, func() string { return showResponse(&r) })
	}
}

// What no octet behind it can make good is refused at once: the peer may be
// waiting for an answer.
func TestRefusedEarly(t *testing.T) {
	for _, c := range []struct{ octets, want string }{
		{"\x16", `400 syntax: a control octet stands in the head: "\x16" (RFC 9110 5.5)`},
		{"\x88", "400 syntax: the request line has an octet beyond ASCII (RFC 9112 3)"},
		{"\n", "400 syntax: a line ends in LF without CR (RFC 9112 2.2)"},
		{"\r\n", "400 syntax: an empty line stands in front of the request line (RFC 9112 2.2)"},
		{"\r\r", "400 syntax: a CR stands without LF (RFC 9112 2.2)"},
		{"GET / HTTP/1.1\r\n A: b\r\n", "400 syntax: a line begins with white space: folded lines are not read (RFC 9112 5.2)"},
		{"GET / HTTP/2.0\r\n", `505 http_version: the version must be HTTP/1.1: "HTTP/2.0" (RFC 9110 15.6.6)`},
		{"GET / HTTP/1.1\r\nA: b\x00", `400 syntax: a control octet stands in the head: "\x00" (RFC 9110 5.5)`},
	} {
		var r Request
		var at Progress
		for i := range len(c.octets) {
			_, err := r.Parse([]byte(c.octets[:i+1]), &at, nil)
			if last := i == len(c.octets)-1; (err != nil) != last || last && showError(err) != c.want {
				t.Errorf("%q: %v, want %s", c.octets[:i+1], err, c.want)
			}
		}
	}
}

// A head that comes octet by octet must not be looked at from the start each
// time, but only from what was seen.
func TestProgressIsLinear(t *testing.T) {
	var r Request
	var at Progress
	looks := 0
	for i := range len(largestHead) - 1 {
		if _, err := r.Parse([]byte(largestHead[:i+1]), &at, nil); err != nil {
			t.Fatal(err)
		}
		looks += i + 1 - int(at.seen) + 1
	}
	if most := 2 * len(largestHead); looks > most {
		t.Errorf("%d looks for %d octets, want at most %d", looks, len(largestHead), most)
	}
}
