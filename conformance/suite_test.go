package conformance

import (
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// How many cases each group and its parts have, in the numbering that is in use
// everywhere.
func TestCatalogueIsWhole(t *testing.T) {
	want := map[string]int{
		"1": 16, "2": 11, "3": 7, "4": 10, "5": 20, "6": 145, "7": 37, "9": 54, "10": 1,
		"1.1": 8, "1.2": 8, "4.1": 5, "4.2": 5,
		"6.1": 3, "6.2": 4, "6.3": 2, "6.4": 4, "6.5": 5, "6.6": 11, "6.7": 4, "6.8": 2, "6.9": 4, "6.10": 3, "6.11": 5,
		"6.12": 8, "6.13": 5, "6.14": 10, "6.15": 1, "6.16": 3, "6.17": 5, "6.18": 5, "6.19": 5, "6.20": 7, "6.21": 8, "6.22": 34, "6.23": 7,
		"7.1": 6, "7.3": 6, "7.5": 1, "7.7": 13, "7.9": 9, "7.13": 2,
		"9.1": 6, "9.2": 6, "9.3": 9, "9.4": 9, "9.5": 6, "9.6": 6, "9.7": 6, "9.8": 6,
		"12": 90, "12.1": 18, "12.2": 18, "12.3": 18, "12.4": 18, "12.5": 18,
		"13": 126, "13.1": 18, "13.2": 18, "13.3": 18, "13.4": 18, "13.5": 18, "13.6": 18, "13.7": 18,
	}
	for _, thin := range []bool{false, true} {
		count := make(map[string]int)
		seen := make(map[string]bool)
		for _, c := range catalogue(thin) {
			if seen[c.ID] {
				t.Errorf("there are two cases %s", c.ID)
			}
			seen[c.ID] = true
			for i, r := range c.ID {
				if r == '.' {
					count[c.ID[:i]]++
				}
			}
			if c.Title == "" || c.Reason == "" || c.Expect == "" || !strings.HasPrefix(c.Section, "https://") {
				t.Errorf("case %s is not described: %+v", c.ID, c)
			}
		}
		for group, n := range want {
			if count[group] != n {
				t.Errorf("group %s has %d cases, want %d", group, count[group], n)
			}
		}
	}
}

func TestPatterns(t *testing.T) {
	for patterns, want := range map[string]string{
		"7.1.1":          "7.1.1",
		"6.4.*":          "6.4.1 6.4.2 6.4.3 6.4.4",
		"6.4.* -6.4.3":   "6.4.1 6.4.2 6.4.4",
		"3.* -3.* 3.7":   "3.7",
		"-9.* 9.1.1":     "",
		"12.*.6 -12.5.*": "12.1.6 12.2.6 12.3.6 12.4.6",
		"nothing":        "error",
		"1":              "error",
		"1.1.1 -nothing": "error",
	} {
		cases, err := Cases(strings.Fields(patterns)...)
		var got []string
		for _, c := range cases {
			got = append(got, c.ID)
		}
		switch {
		case want == "error":
			if err == nil {
				t.Errorf("%q fits no case, and no error came", patterns)
			}
		case err != nil:
			t.Errorf("%q: %v", patterns, err)
		case want == "":
			if all, _ := Cases(); len(got) != len(all)-53 {
				t.Errorf("%q selects %d cases of %d", patterns, len(got), len(all))
			}
		case strings.Join(got, " ") != want:
			t.Errorf("%q selects %q, want %q", patterns, got, want)
		}
	}
}

func TestCompare(t *testing.T) {
	for _, ascending := range []string{"2.9 2.10", "9.8.6 10.1.1", "6 6.1", "14.1.1 14.1.2"} {
		a, b, _ := strings.Cut(ascending, " ")
		if Compare(a, b) >= 0 || Compare(b, a) <= 0 || Compare(a, a) != 0 {
			t.Errorf("%s does not come before %s", a, b)
		}
	}
}
