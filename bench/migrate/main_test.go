// Package migrate_test holds docs/migrate: the programs there are compiled and
// run against each other, the code on the pages is theirs, and the tables name
// all that the peers export, and nothing of ours that does not exist.
package migrate_test

import (
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }
