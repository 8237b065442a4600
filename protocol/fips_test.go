//go:build !purego

package protocol

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
)

// The standard library's FIPS mode and the tag purego exclude each other.

// Where only approved cryptography is allowed, SHA-1 panics unless its use is
// declared to be none of security.
func TestAcceptKeyInFIPSMode(t *testing.T) {
	if runtime.GOARCH == "wasm" {
		t.Skip("a wasm program starts no other")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	run := exec.Command(program, "-test.run=^TestAcceptKey$")
	run.Env = append(os.Environ(), "GODEBUG=fips140=only")
	if out, err := run.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
