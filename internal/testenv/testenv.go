// Package testenv tells tests what they may count on: foreign programs, the
// long run, the race detector. Its Main checks after a package's tests that
// nothing they started is left.
package testenv

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Need skips t unless found: what names the thing that is missing and why says
// what the test does with it. With DUPLEX_REQUIRE_ALL=1 the test fails instead.
func Need(t testing.TB, what string, found bool, why string) {
	t.Helper()
	switch {
	case found:
	case os.Getenv("DUPLEX_REQUIRE_ALL") == "1":
		t.Fatalf("%s is missing, and DUPLEX_REQUIRE_ALL=1: %s", what, why)
	default:
		t.Skipf("%s is missing: %s", what, why)
	}
}

// Tool returns the path of the first of names that is installed. It is Need
// for a program.
func Tool(t testing.TB, why string, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	Need(t, strings.Join(names, " or "), false, why)
	return ""
}

// Full reports whether the long run was asked for with DUPLEX_FULL=1: more
// seeds, larger counts, every case. Otherwise a test keeps to what fits into
// `make test`.
func Full() bool { return os.Getenv("DUPLEX_FULL") == "1" }

// NoRace skips a test that counts allocations when it runs under the race
// detector, where sync.Pool drops a part of what is put into it. `make test`
// runs such tests, named for Allocs or Sizes, in a second pass without it, and
// those that choose a part of their cases by [Race].
func NoRace(t testing.TB) {
	t.Helper()
	if Race {
		t.Skip("allocations are counted in the pass without the race detector")
	}
}
