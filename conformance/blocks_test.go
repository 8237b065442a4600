package conformance

import (
	"bytes"
	"compress/flate"
	"io"
	"strings"
	"testing"
)

// What the suite sends as wrong is so for its own decompressor and for the
// library's, and stays wrong behind what receivers put at its end.
func TestWrongPayloads(t *testing.T) {
	for _, w := range wrongPayloads() {
		z := inflater{most: widest}
		if got, err := z.message(w.octets); err == nil {
			t.Errorf("%s: decompressed to %q", w.title, got)
		}
		for _, end := range []string{tail, tail + "\x01\x00\x00\xff\xff"} {
			rest := bytes.NewReader([]byte(w.octets + end))
			var err error
			for err == nil && rest.Len() > 0 {
				_, err = io.Copy(io.Discard, flate.NewReader(rest))
			}
			if err == nil {
				t.Errorf("%s: the library decompresses it, with % x behind it", w.title, end)
			}
		}
	}
}

// Every length and distance is written as the library reads it.
func TestBlocksOfCopies(t *testing.T) {
	far := noise(widest)
	for _, distance := range []int{1, 2, 4, 5, 6, 7, 8, 9, 13, 192, 193, 24576, 24577, widest} {
		b := new(blocks).stored(false, far)
		octets := []byte(far)
		for length := 3; length <= 258; length++ {
			b.fixed(false, symbol{"", length, distance})
			for range length {
				octets = append(octets, octets[len(octets)-distance])
			}
		}
		want, message := string(octets), b.message()
		got, err := io.ReadAll(flate.NewReader(strings.NewReader(message + tail + "\x01\x00\x00\xff\xff")))
		if err != nil || string(got) != want {
			t.Errorf("distance %d: %d octets of %d, %v", distance, len(got), len(want), err)
		}
		z := inflater{most: widest}
		if mine, err := z.message(message); err != nil || mine != want || z.farthest != distance {
			t.Errorf("distance %d: the suite reads %d octets of %d, as far as %d, %v", distance, len(mine), len(want), z.farthest, err)
		}
	}
}

func TestBombs(t *testing.T) {
	squeezed := bomb("*", 3)
	z := inflater{most: widest}
	if got, err := z.message(squeezed); err != nil || got != strings.Repeat("*", 3*mib) || len(squeezed) > 4*kib {
		t.Errorf("%d octets become %d, %v", len(squeezed), len(got), err)
	}
}
