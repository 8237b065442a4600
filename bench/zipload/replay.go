package main

import (
	"bytes"
	"encoding/binary"

	"github.com/klauspost/compress/flate"
)

// A replay is what a connection sends, frame by frame.
type replay struct {
	messages [][]byte
	// first are the frames of the first cycle, again those of every later one,
	// whose beginnings refer to the end of the one before.
	first, again [][]byte
}

// next returns the k-th frame, and the message that it says.
func (r *replay) next(k int) (frame, message []byte) {
	i := k % len(r.messages)
	if k < len(r.messages) {
		return r.first[i], r.messages[i]
	}
	return r.again[i], r.messages[i]
}

// newReplay packs messages as was agreed.
func newReplay(messages [][]byte, a agreement) *replay {
	r := &replay{messages: messages}
	pack := packer(a)
	for _, list := range []*[][]byte{&r.first, &r.again} {
		for _, m := range messages {
			*list = append(*list, frame(pack(m), a.deflate))
		}
	}
	return r
}

// packer returns a function that makes the payload of one message after the
// other.
func packer(a agreement) func([]byte) []byte {
	if !a.deflate {
		return func(p []byte) []byte { return p }
	}
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, 6)
	if a.clientBits < 15 {
		w, err = flate.NewWriterWindow(&out, 1<<a.clientBits)
	}
	if err != nil {
		panic(err) // 8 to 15 bits were agreed on
	}
	return func(p []byte) []byte {
		out.Reset()
		if !a.clientTakeover {
			w.Reset(&out)
		}
		w.Write(p)
		w.Flush()
		return bytes.Clone(bytes.TrimSuffix(out.Bytes(), []byte(flushTail)))
	}
}

// flushTail ends what a compressor flushes, and is not sent
// (https://www.rfc-editor.org/rfc/rfc7692#section-7.2.1).
const flushTail = "\x00\x00\xff\xff"

// frame returns a masked text frame.
func frame(payload []byte, rsv1 bool) []byte {
	b := []byte{0x81}
	if rsv1 {
		b[0] |= 0x40
	}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	key := [4]byte{0x2b, 0x91, 0xc7, 0x5e}
	b = append(b, key[:]...)
	for i, c := range payload {
		b = append(b, c^key[i%4])
	}
	return b
}
