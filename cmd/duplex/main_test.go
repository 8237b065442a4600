package main

import (
	"os"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
)

// asBinary makes the test's own binary be duplex, so that what the tests run
// is built once, and with the race detector where they are.
const asBinary = "DUPLEX_TEST_AS_BINARY"

func TestMain(m *testing.M) {
	if os.Getenv(asBinary) == "1" {
		main()
		return
	}
	testenv.Main(m)
}
