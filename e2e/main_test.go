// Package e2e tests the built binary from outside: with real browsers and
// foreign programs.
package e2e

import (
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }
