package cli

import "testing"

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{
		"1":                   1,
		"1000":                1000,
		"7B":                  7,
		"64KiB":               64 << 10,
		"64kib":               64 << 10,
		"16 MiB":              16 << 20,
		"32MiB":               32 << 20,
		"2GiB":                2 << 30,
		"10KB":                10_000,
		"5MB":                 5_000_000,
		"9223372036854775807": 1<<63 - 1,
		"8589934591GiB":       8589934591 << 30,
	} {
		var s Size
		if err := s.Set(text); err != nil || s != want {
			t.Errorf("%q: %d, %v, want %d", text, s, err, want)
		}
	}
	for _, text := range []string{"", "0", "-1", "0KiB", "1.5MiB", "MiB", "B", "x", "1TiB", "9223372036854775808", "8589934592GiB", "1e3", "0x10"} {
		s := Size(5)
		if err := s.Set(text); err == nil || s != 5 {
			t.Errorf("%q: %d, want it refused", text, s)
		}
	}
	for s, want := range map[Size]string{1: "1", 1000: "1000", 1024: "1KiB", 1025: "1025", 32 << 20: "32MiB", 3 << 30: "3GiB"} {
		if got := s.String(); got != want {
			t.Errorf("%d is written %q, want %q", int64(s), got, want)
		}
	}
}
