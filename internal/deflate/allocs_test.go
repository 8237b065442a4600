package deflate

import (
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
)

// A steady state allocates nothing where there is room for the result, and the
// result alone where there is none.
func TestAllocs(t *testing.T) {
	testenv.NoRace(t)
	all := texts()
	var h History
	dst := make([]byte, 0, 100_000)
	check := func([]byte) bool { return true }
	for _, name := range []string{"json 64", "json 1000", "json 70000", "noise 4096"} {
		for _, history := range [][]byte{nil, all["json 4096"]} {
			for _, bits := range []int{9, 15} {
				payload := Append(nil, all[name], history, 1, bits)
				if n := testing.AllocsPerRun(200, func() { dst = Append(dst[:0], all[name], history, 1, bits) }); n != 0 {
					t.Errorf("%s, history of %d, %d bits: Append makes %v allocations", name, len(history), bits, n)
				}
				if n := testing.AllocsPerRun(200, func() { dst, _ = Inflate(dst[:0], payload, history, 1<<20, check) }); n != 0 {
					t.Errorf("%s, history of %d, %d bits: Inflate makes %v allocations", name, len(history), bits, n)
				}
				if n := testing.AllocsPerRun(200, func() { Inflate(nil, payload, history, 1<<20, check) }); n > 1 {
					t.Errorf("%s, history of %d, %d bits: Inflate makes %v allocations into nothing", name, len(history), bits, n)
				}
			}
		}
		h.Add(all[name], 4096)
		if n := testing.AllocsPerRun(200, func() { h.Add(all[name], 4096) }); n > 0 && len(h.Bytes()) == 4096 {
			t.Errorf("%s: Add makes %v allocations", name, n)
		}
	}
}

// Whoever compresses and inflates is a connection's own goroutine, whose stack
// is what an idle connection costs: the large tables are pooled, not put there.
func TestSizesStack(t *testing.T) {
	testenv.NoRace(t)
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // stacks shrink when garbage is collected
	all := texts()
	for _, history := range [][]byte{nil, all["json 4096"]} {
		for _, name := range []string{"json 64", "json 1000", "json 70000"} {
			dst := make([]byte, 0, 100_000)
			work := func() {
				payload := Append(dst, all[name], history, 1, 15)
				if _, err := Inflate(nil, payload, history, 1<<20, nil); err != nil {
					t.Error(err)
				}
			}
			if got := stackOf(work); got > 8<<10 {
				t.Errorf("%s, history of %d: a stack of %d bytes", name, len(history), got)
			}
		}
	}
}

// stackOf returns how large the stack of a goroutine is that has called f.
func stackOf(f func()) int {
	const n = 100
	var before, after runtime.MemStats
	end, done := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	runtime.ReadMemStats(&before)
	for range n {
		all.Go(func() {
			f()
			done <- struct{}{}
			<-end
		})
		<-done
	}
	runtime.ReadMemStats(&after)
	close(end)
	all.Wait()
	return int(after.StackInuse-before.StackInuse) / n
}

func BenchmarkAppend(b *testing.B) { bench(b, true) }

func BenchmarkInflate(b *testing.B) { bench(b, false) }

// What gets no shorter is found out at the end, and takes its length once.
func BenchmarkAppendShorter(b *testing.B) {
	noise := incompressible(rand.New(rand.NewPCG(8, 8)), 8<<20)[0]
	b.SetBytes(int64(len(noise)))
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := AppendShorter(nil, noise, nil, 1, 15); ok {
			b.Fatal("noise got shorter")
		}
	}
}

func bench(b *testing.B, compress bool) {
	all := texts()
	for _, text := range []string{"json 64", "json 127", "json 1000", "json 5000", "json 70000"} {
		for _, history := range []string{"empty", "json 4096", "json 32768"} {
			b.Run(text+" behind "+history, func(b *testing.B) {
				dst := make([]byte, 0, 100_000)
				payload := Append(nil, all[text], all[history], 1, 15)
				b.SetBytes(int64(len(all[text])))
				b.ReportAllocs()
				for b.Loop() {
					if compress {
						dst = Append(dst[:0], all[text], all[history], 1, 15)
					} else {
						dst, _ = Inflate(dst[:0], payload, all[history], 1<<20, nil)
					}
				}
				b.ReportMetric(float64(len(payload))/float64(len(all[text])), "ratio")
			})
		}
	}
}
