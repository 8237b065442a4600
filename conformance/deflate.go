package conformance

import (
	"bytes"
	"compress/flate"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// tail is what the sender leaves out at the end of a message:
// https://www.rfc-editor.org/rfc/rfc7692#section-7.2.1
const tail = "\x00\x00\xff\xff"

func rfc7692(section string) string {
	return "https://www.rfc-editor.org/rfc/rfc7692#section-" + section
}

// A deflater compresses the messages of the suite.
type deflater struct {
	window int  // what it may use, in octets
	keeps  bool // the window lasts from message to message

	w *flate.Writer
	b bytes.Buffer
}

// message compresses a message. In a narrow window it makes pieces that know
// nothing of each other, each as long as the window.
func (d *deflater) message(payload string) string {
	if d.w == nil {
		level := flate.DefaultCompression
		if d.window < widest {
			level = flate.BestSpeed // it starts anew at little cost
		}
		d.w, _ = flate.NewWriter(&d.b, level) // the levels are right
	}
	d.b.Reset()
	for piece := range slices.Chunk([]byte(payload), d.piece(len(payload))) {
		if !d.keeps || d.window < widest {
			d.w.Reset(&d.b)
		}
		d.w.Write(piece) // to memory
		d.w.Flush()
	}
	if payload == "" {
		return "\x00"
	}
	return strings.TrimSuffix(d.b.String(), tail)
}

func (d *deflater) piece(n int) int {
	if d.window < widest {
		return d.window
	}
	return max(n, 1)
}

// compressed says how the two sides of a connection compress.
type compressed struct {
	deflater
	inflater
}

// newCompressed is what parameters mean for the suite.
func newCompressed(p *params, asServer bool) *compressed {
	if p == nil {
		return nil
	}
	window := func(bits int) int {
		if bits <= 0 {
			return widest
		}
		return 1 << bits
	}
	server, client := window(p.serverBits), window(p.clientBits)
	if asServer {
		return &compressed{deflater{window: server, keeps: !p.serverForgets}, inflater{most: client, keeps: !p.clientForgets}}
	}
	return &compressed{deflater{window: client, keeps: !p.clientForgets}, inflater{most: server, keeps: !p.serverForgets}}
}

// open decompresses a message of the peer. Its errors are violations.
func (c *compressed) open(e *event) error {
	payload, err := c.inflater.message(e.payload)
	if err != nil {
		return &violation{"the peer sends what cannot be decompressed: " + err.Error(), "RFC 7692, section 7.2.2"}
	}
	e.payload, e.compressed = payload, false
	if e.op == OpText && !utf8.ValidString(payload) {
		return violates("5.6", "the peer sends text that is no UTF-8")
	}
	return nil
}

// sizes are those of the messages of groups 12 and 13, and of the frames that
// they are cut into once they are compressed, 0 for one frame.
var sizes = [18][2]int{
	{16, 0}, {64, 0}, {256, 0}, {1024, 0}, {4096, 0}, {8192, 0}, {16384, 0}, {32768, 0}, {65536, 0}, {131072, 0},
	{8192, 256}, {16384, 256}, {32768, 256}, {65536, 256}, {131072, 256}, {131072, 1024}, {131072, 4096}, {131072, 32768},
}

// A parameterSet is what group 13 negotiates: the suite offers as a client and
// wants as a server.
type parameterSet struct{ offers, wanted []params }

// parameterSets are 13.1 to 13.7. Group 12 uses the first.
var parameterSets = func() (sets []parameterSet) {
	base := params{clientForgets: true, clientBits: -1}
	for _, with := range []params{{}, {serverForgets: true}, {serverBits: 9}, {serverBits: 15}, {serverForgets: true, serverBits: 9}, {serverForgets: true, serverBits: 15}} {
		offer := base
		offer.serverForgets, offer.serverBits = with.serverForgets, with.serverBits
		sets = append(sets, parameterSet{list(offer), list(params{clientForgets: with.serverForgets, clientBits: with.serverBits})})
	}
	last := parameterSet{}
	for _, i := range []int{4, 1, 0} {
		last.offers = append(last.offers, sets[i].offers...)
		last.wanted = append(last.wanted, sets[i].wanted...)
	}
	return append(sets, last)
}()

// deflating is groups 12 and 13.
func deflating(thin bool) (cases []Case) {
	most, many := 4*mib, 1000 // characters or octets, and messages, in a case
	if thin {
		most, many = 64*kib, 20
	}
	add := func(id, title string, set parameterSet, data func() dataSet, size [2]int) {
		times := min(many, max(most/size[0], 4))
		title = fmt.Sprintf("%d messages of %d of %s, compressed", times, size[0], title)
		if size[1] > 0 {
			title += fmt.Sprintf(", in frames of %d octets", size[1])
		}
		c := echoing(id, title, func(p *player) { p.roundTrips(data(), times, size) })
		c.offers, c.wanted = set.offers, set.wanted
		cases = append(cases, c)
	}
	for i, name := range []string{"JSON", "a grey bitmap", "prose", "HTML", "a document with compressed parts"} {
		for j, size := range sizes {
			add(fmt.Sprintf("12.%d.%d", i+1, j+1), name, parameterSets[0], func() dataSet { return dataSets()[i] }, size)
		}
	}
	for i, set := range parameterSets {
		for j, size := range sizes {
			add(fmt.Sprintf("13.%d.%d", i+1, j+1), "JSON", set, func() dataSet { return dataSets()[0] }, size)
		}
	}
	return cases
}

// roundTrips sends compressed messages, each behind the echo of the one before.
func (p *player) roundTrips(data dataSet, times int, size [2]int) {
	if p.deflate == nil {
		p.fault(Unimplemented, "permessage-deflate was not negotiated")
		return
	}
	pieces := slicer{data: data}
	for range times {
		payload := pieces.next(size[0])
		packed := p.deflate.deflater.message(payload)
		frames := list(frame{op: data.op, payload: packed})
		if size[1] > 0 {
			frames = fragments(data.op, packed, size[1])
		}
		frames[0].rsv = rsv1
		if !p.roundTrip(back(data.op, payload), frames...) {
			return
		}
	}
}
