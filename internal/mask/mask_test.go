package mask

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// An implementation masks src into dst, at least so many bytes. All that this machine can run stand in implementations.
type implementation struct {
	name  string
	least int
	xor   func(dst, src []byte, key uint32)
}

var implementations = []implementation{
	{"copy", 0, func(dst, src []byte, key uint32) { Copy(dst, src, key) }},
	{"words", 8, xorWords},
	{"blocks", 8, xorBlocks},
	{"wide", wide, xorWide},
}

var keys = []uint32{0, 0xFFFFFFFF, 0x12345678, rand.Uint32()}

// naive is RFC 6455 section 5.3 word for word: transformed-octet-i = original-octet-i XOR masking-key-octet-j, j = i MOD 4.
func naive(p []byte, key uint32) []byte {
	wire := [4]byte{byte(key), byte(key >> 8), byte(key >> 16), byte(key >> 24)}
	out := make([]byte, len(p))
	for i := range p {
		out[i] = p[i] ^ wire[i%4]
	}
	return out
}

// lengths are all short ones and those around the turns and blocks of longer ones.
func lengths() []int {
	var ns []int
	for n := range 301 {
		ns = append(ns, n)
	}
	for _, n := range []int{512, blockSize, 2 * blockSize, 3 * blockSize, 16 << 10} {
		for _, d := range []int{-9, -8, -1, 0, 1, 7, 8, 9} {
			ns = append(ns, n+d)
		}
	}
	return ns
}

func TestImplementations(t *testing.T) {
	for _, im := range implementations {
		t.Run(im.name, func(t *testing.T) {
			for _, n := range lengths() {
				if n >= im.least {
					testLength(t, im, n)
				}
			}
		})
	}
}

// testLength tries one length with every key at every alignment to 16 bytes and some of the pairs of different ones.
func testLength(t *testing.T, im implementation, n int) {
	t.Helper()
	const margin = 64
	text := random(n)
	for _, key := range keys {
		want := naive(text, key)
		for at := range 16 {
			src := newGuarded(margin+at, text)
			im.xor(src.body, src.body, key)
			src.check(t, fmt.Sprintf("%d bytes in place at %d, key %#x", n, at, key), want)

			src = newGuarded(margin+at, text)
			dst := newGuarded(margin+(5*at+n)%32, random(n))
			im.xor(dst.body, src.body, key)
			what := fmt.Sprintf("%d bytes copied from %d, key %#x", n, at, key)
			dst.check(t, what, want)
			src.check(t, what+", source", text)
		}
		if t.Failed() {
			t.FailNow()
		}
	}
}

// guarded is text between two margins that must not change.
type guarded struct{ before, body, after []byte }

func newGuarded(margin int, text []byte) guarded {
	all := make([]byte, margin+len(text)+64)
	g := guarded{all[:margin], all[margin : margin+len(text)], all[margin+len(text):]}
	copy(g.before, marginBytes)
	copy(g.body, text)
	copy(g.after, marginBytes)
	return g
}

func (g guarded) check(t *testing.T, what string, want []byte) {
	t.Helper()
	if !bytes.Equal(g.body, want) {
		t.Errorf("%s: wrong bytes", what)
	}
	if !bytes.HasPrefix(marginBytes, g.before) || !bytes.HasPrefix(marginBytes, g.after) {
		t.Errorf("%s: bytes outside were written", what)
	}
}

var marginBytes = random(512)

var source = rand.NewChaCha8([32]byte{'m', 'a', 's', 'k'})

func random(n int) []byte {
	p := make([]byte, n)
	source.Read(p)
	return p
}

func TestBytes(t *testing.T) {
	for _, n := range lengths() {
		text, key := random(n), rand.Uint32()
		g := newGuarded(64, text)
		next := Bytes(g.body, key)
		g.check(t, fmt.Sprintf("%d bytes", n), naive(text, key))
		if back := Bytes(g.body, key); back != next || !bytes.Equal(g.body, text) {
			t.Errorf("%d bytes: masking twice does not give the text back", n)
		}
	}
}

func TestReturnedKeyContinues(t *testing.T) {
	const n = 140
	text, key := random(n), uint32(0x12345678)
	want := naive(text, key)
	for i := range n + 1 {
		for _, j := range []int{i, min(i+1, n), min(i+2, n), min(i+7, n), min(i+66, n)} {
			p := bytes.Clone(text)
			end := Bytes(p[j:], Bytes(p[i:j], Bytes(p[:i], key)))
			if !bytes.Equal(p, want) || end != key { // n is a multiple of 4
				t.Errorf("in place, split at %d and %d: wrong bytes or end key %#x", i, j, end)
			}
			clear(p)
			end = Copy(p[j:], text[j:], Copy(p[i:], text[i:j], Copy(p, text[:i], key)))
			if !bytes.Equal(p, want) || end != key {
				t.Errorf("copied, split at %d and %d: wrong bytes or end key %#x", i, j, end)
			}
		}
	}
}

// TestWireOrder is the example of RFC 6455 section 5.7: a masked "Hello" with the key 37 fa 21 3d.
func TestWireOrder(t *testing.T) {
	p := []byte{0x7f, 0x9f, 0x4d, 0x51, 0x58}
	if next := Bytes(p, 0x3d21fa37); string(p) != "Hello" || next != 0x373d21fa {
		t.Errorf("got %q and key %#x", p, next)
	}
}

func TestCopyToShortDestinationPanics(t *testing.T) {
	for _, n := range []int{1, 5, 20, 200} {
		dst, src := make([]byte, n-1), make([]byte, n)
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%d bytes into %d: no panic", n, n-1)
				}
			}()
			Copy(dst, src, 1)
		}()
	}
}

func FuzzMask(f *testing.F) {
	for _, key := range keys {
		for _, n := range []int{0, 1, 5, 8, 31, 33, 64, 65, 127, 129, 300, 2*blockSize + 9} {
			f.Add(random(n), key, uint8(n), n/3)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, key uint32, at uint8, split int) {
		want := naive(text, key)
		for _, im := range implementations {
			if len(text) < im.least {
				continue
			}
			src, dst := newGuarded(64+int(at), text), newGuarded(64, text)
			im.xor(dst.body, src.body, key)
			dst.check(t, im.name+" copied", want)
			src.check(t, im.name+" source", text)
			im.xor(src.body, src.body, key)
			src.check(t, im.name+" in place", want)
		}
		split = int(uint(split) % uint(len(text)+1))
		p := bytes.Clone(text)
		end := Bytes(p[split:], Bytes(p[:split], key))
		if !bytes.Equal(p, want) || end != rotate(key, len(text)) {
			t.Errorf("split at %d: wrong bytes or end key %#x", split, end)
		}
	})
}
