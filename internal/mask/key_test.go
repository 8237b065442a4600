package mask

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"sync"
	"testing"
)

// chiSquareBound is what a sound source exceeds in one run of hundreds of millions: with 255 degrees of freedom the statistic
// has a mean of 255 and a deviation of 22.6, and there are four of it.
const chiSquareBound = 420

func TestKeysAreSpreadEvenly(t *testing.T) {
	const keys = 100_000
	var counts [4][256]int // by octet of the key
	for range keys {
		key := NewKey()
		for i := range counts {
			counts[i][byte(key>>(8*i))]++
		}
	}
	for i := range counts {
		const want = keys / 256.0
		sum := 0.0
		for _, n := range counts[i] {
			sum += (float64(n) - want) * (float64(n) - want) / want
		}
		if sum > chiSquareBound {
			t.Errorf("octet %d: chi-square %.0f, want at most %d", i, sum, chiSquareBound)
		}
	}
}

// TestKeysDoNotRepeat draws from several goroutines, since blocks change hands between them. Among 10^6 keys of 32 bits chance
// makes about 116 equal pairs; a block used twice would make 64 at once, a source that restarts far more.
func TestKeysDoNotRepeat(t *testing.T) {
	const goroutines, each = 4, 250_000
	keys := make([][]uint32, goroutines)
	var wg sync.WaitGroup
	for g := range keys {
		wg.Go(func() {
			for range each {
				keys[g] = append(keys[g], NewKey())
			}
		})
	}
	wg.Wait()

	var singles []uint32
	var pairs []uint64 // of keys that one goroutine drew one after the other
	for _, ks := range keys {
		singles = append(singles, ks...)
		for i, key := range ks[1:] {
			pairs = append(pairs, uint64(ks[i])<<32|uint64(key))
		}
	}
	if n := repeats(singles); n > 200 {
		t.Errorf("%d of %d keys were drawn before", n, len(singles))
	}
	if n := repeats(pairs); n > 0 {
		t.Errorf("%d times two keys followed one another as before", n)
	}
}

func repeats[T cmp.Ordered](s []T) int {
	slices.Sort(s)
	return len(s) - len(slices.Compact(s))
}

func TestKeyBlock(t *testing.T) {
	b := keyBlocks.New().(*keyBlock)
	first := b.next()
	if first != 0 && bytes.Contains(b.data[:], binary.LittleEndian.AppendUint32(nil, first)) {
		t.Error("a key is still in its block after it was handed out")
	}
	fresh := b.data // what the block will hand out from here
	for at := 4; at < keyBlockSize; at += 4 {
		if got, want := b.next(), binary.LittleEndian.Uint32(fresh[at:]); got != want {
			t.Fatalf("key at %d = %#x, want %#x", at, got, want)
		}
		if !bytes.Equal(b.data[:at+4], make([]byte, at+4)) {
			t.Fatalf("octets up to %d are not wiped", at+4)
		}
		if !bytes.Equal(b.data[at+4:], fresh[at+4:]) {
			t.Fatalf("octets from %d on have changed before their turn", at+4)
		}
	}
	b.next()
	if bytes.Equal(b.data[4:], make([]byte, keyBlockSize-4)) || bytes.Equal(b.data[4:], fresh[4:]) {
		t.Error("a spent block was not filled anew")
	}
}

func BenchmarkNewKey(b *testing.B) {
	for b.Loop() {
		NewKey()
	}
}

func BenchmarkNewKeyParallel(b *testing.B) {
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			NewKey()
		}
	})
}
