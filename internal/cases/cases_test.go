package cases

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// How many cases each group has, of which one is our own: 3.6 with a Ping.
func TestCatalogueIsWhole(t *testing.T) {
	for _, full := range []bool{false, true} {
		count := make(map[string]int)
		seen := make(map[string]bool)
		for _, c := range Catalogue(full) {
			if seen[c.ID] {
				t.Errorf("there are two cases %s", c.ID)
			}
			seen[c.ID] = true
			parts := strings.Split(c.ID, ".")
			count[parts[0]]++
			if parts[0] == "6" || parts[0] == "7" || parts[0] == "9" {
				count[parts[0]+"."+parts[1]]++
			}
		}
		want := map[string]int{
			"1": 16, "2": 11, "3": 8, "4": 10, "5": 20, "6": 145, "7": 37, "9": 54, "10": 1,
			"6.1": 3, "6.2": 4, "6.3": 2, "6.4": 4, "6.5": 5, "6.6": 11, "6.7": 4, "6.8": 2, "6.9": 4, "6.10": 3, "6.11": 5,
			"6.12": 8, "6.13": 5, "6.14": 10, "6.15": 1, "6.16": 3, "6.17": 5, "6.18": 5, "6.19": 5, "6.20": 7, "6.21": 8, "6.22": 34, "6.23": 7,
			"7.1": 6, "7.3": 6, "7.5": 1, "7.7": 13, "7.9": 9, "7.13": 2,
			"9.1": 6, "9.2": 6, "9.3": 9, "9.4": 9, "9.5": 6, "9.6": 6, "9.7": 6, "9.8": 6,
		}
		for _, group := range slices.Sorted(maps.Keys(want)) {
			if count[group] != want[group] {
				t.Errorf("group %s has %d cases, want %d", group, count[group], want[group])
			}
		}
		if len(count) != len(want) {
			t.Error(fmt.Sprint(count))
		}
	}
}
