package testenv

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/pool"
)

// patience is how long what the tests started may take to end after them.
const patience = 5 * time.Second

// Main runs the tests of a package with poisoned pools and then checks that
// their goroutines, descriptors and pooled buffers are gone. It is the body of
// TestMain, and does not return.
func Main(m *testing.M) {
	flag.Parse()
	if flagSet("test.bench") || flagSet("test.fuzz") || flagSet("test.list") {
		os.Exit(m.Run()) // a benchmark measures the pool as programs see it; a fuzzing process keeps workers
	}
	pool.SetPoison(true)
	before := takeInventory()
	code := m.Run()
	if code == 0 {
		if err := before.settle(patience); err != nil {
			fmt.Fprintf(os.Stderr, "FAIL: left over after the tests of this package:\n%v\n", err)
			code = 1
		}
	}
	os.Exit(code)
}

func flagSet(name string) bool {
	f := flag.Lookup(name)
	return f != nil && f.Value.String() != f.DefValue
}

// An inventory is what existed at one time. Pooled buffers need none: before
// the tests none is on loan.
type inventory struct {
	goroutines  map[string]string // stack by number
	descriptors map[string]string // target by number
}

func takeInventory() inventory {
	startPoller()
	return inventory{goroutines(), descriptors()}
}

// settle waits until nothing exists that did not exist before, and says what
// still does when patience ends.
func (before inventory) settle(patience time.Duration) error {
	deadline := time.Now().Add(patience)
	for wait := time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		err := before.extra()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(wait)
	}
}

func (before inventory) extra() error {
	var errs []error
	for id, stack := range goroutines() {
		if _, ok := before.goroutines[id]; !ok {
			errs = append(errs, fmt.Errorf("goroutine still running:\n%s", stack))
		}
	}
	for fd, target := range descriptors() {
		if before.descriptors[fd] != target {
			errs = append(errs, fmt.Errorf("descriptor still open: %s -> %s", fd, target))
		}
	}
	errs = append(errs, pool.Check())
	return errors.Join(errs...)
}
