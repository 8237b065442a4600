//go:build !race

package mask

import "testing"

func TestAllocsMask(t *testing.T) {
	dst, src := make([]byte, 64<<10), make([]byte, 64<<10)
	for _, n := range []int{0, 3, 7, 63, 64, 125, 4 << 10, 64 << 10} {
		key := uint32(0x12345678)
		if got := testing.AllocsPerRun(100, func() {
			key = Bytes(dst[:n], key)
			key = Copy(dst, src[:n], key)
		}); got != 0 {
			t.Errorf("%d bytes: %v allocations, want 0", n, got)
		}
	}
	for _, im := range implementations {
		if got := testing.AllocsPerRun(100, func() { im.xor(dst, src, 1) }); got != 0 {
			t.Errorf("%s: %v allocations, want 0", im.name, got)
		}
	}
}

func TestAllocsNewKey(t *testing.T) {
	// The average is rounded down, which forgives a block lost to a garbage collection but not an allocation a key or a block.
	const perRun = 10 * keyBlockSize / 4
	if got := testing.AllocsPerRun(100, func() {
		for range perRun {
			NewKey()
		}
	}); got != 0 {
		t.Errorf("%v allocations in %d keys, want 0", got, perRun)
	}
}
