//go:build !race

package utf8

import "testing"

const raceEnabled = false

func TestAllocsValid(t *testing.T) {
	for _, text := range benchTexts {
		for _, n := range []int{5, 64, 200, 64 << 10} {
			p := sample(text.text, n)
			var v Validator
			if got := testing.AllocsPerRun(100, func() {
				if !Valid(p) || v.Write(p) >= 0 {
					t.Errorf("%s of %d bytes is not valid", text.name, n)
				}
			}); got != 0 {
				t.Errorf("%s of %d bytes: %v allocations, want 0", text.name, n, got)
			}
		}
	}
}
