package try

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// Environ is the environment of this process without proxies: what a test
// starts talks to loopback.
func Environ() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return strings.HasSuffix(strings.ToUpper(name), "_PROXY")
	})
}

// ShortTempDir is t.TempDir with a path of few octets: that of a socket in it
// may have about 100.
func ShortTempDir(t testing.TB) string {
	t.Helper()
	if len(os.TempDir()) < 50 {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp("/tmp", "")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}
