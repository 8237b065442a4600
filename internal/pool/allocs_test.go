package pool_test

import (
	"testing"

	"github.com/duplexws/duplex/internal/pool"
	"github.com/duplexws/duplex/internal/testenv"
)

func TestAllocs(t *testing.T) {
	testenv.NoRace(t)
	for _, poison := range []bool{false, true} {
		pool.SetPoison(poison)
		p := pool.New(4096)
		p.Put(p.Get())
		if n := testing.AllocsPerRun(1000, func() { p.Put(p.Get()) }); n != 0 {
			t.Errorf("poison %v: %v allocations per Get and Put", poison, n)
		}
	}
	pool.SetPoison(false)
}
