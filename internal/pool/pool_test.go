package pool

import (
	"strings"
	"testing"
)

// poisonedPool turns the checks on for one test and empties the ledger after
// it: these tests leave wrecks behind on purpose.
func poisonedPool(t *testing.T, size int) *Pool {
	t.Helper()
	reset := func() {
		ledger.Lock()
		defer ledger.Unlock()
		ledger.loans, ledger.pools = fifo{}, nil
	}
	SetPoison(true)
	reset()
	t.Cleanup(func() { SetPoison(false); reset() })
	return New(size)
}

// panics runs f and returns the text of its panic, or fails the test.
func panics(t *testing.T, f func()) (text string) {
	t.Helper()
	defer func() {
		switch v := recover().(type) {
		case nil:
			t.Error("did not panic")
		case error:
			text = v.Error()
		case string:
			text = v
		default:
			t.Errorf("panicked with %T", v)
		}
	}()
	f()
	return ""
}

func wantText(t *testing.T, got string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("text does not contain %q:\n%s", w, got)
		}
	}
}

func TestGetIsWholeAgain(t *testing.T) {
	for _, poison := range []bool{false, true} {
		SetPoison(poison)
		p := New(100)
		b := p.Get()
		if len(b.B) != 100 || p.Size() != 100 {
			t.Fatalf("poison %v: len %d, size %d", poison, len(b.B), p.Size())
		}
		b.B = b.B[7:9]
		p.Put(b)
		if b.B != nil {
			t.Errorf("poison %v: bytes are still reachable after Put", poison)
		}
		if got := p.Get(); len(got.B) != 100 {
			t.Errorf("poison %v: len %d after a reslice", poison, len(got.B))
		}
	}
	SetPoison(false)
}

func TestPutFills(t *testing.T) {
	p := poisonedPool(t, 1000)
	b := p.Get()
	kept := b.B
	p.Put(b)
	for i, c := range kept {
		if c != poison {
			t.Fatalf("byte %d is %#x after Put", i, c)
		}
	}
	if err := Check(); err != nil {
		t.Error(err)
	}
}

func TestUseAfterPut(t *testing.T) {
	p := poisonedPool(t, 64)
	b := p.Get()
	kept := b.B
	p.Put(b)
	kept[63] = 1
	const want = "byte 63 is 0x01; put back at"
	if err := Check(); err == nil {
		t.Error("Check did not see the write")
	} else {
		wantText(t, err.Error(), want, "TestUseAfterPut")
	}
	wantText(t, panics(t, func() { p.Get() }), want, "TestUseAfterPut")
}

func TestDoublePut(t *testing.T) {
	p := poisonedPool(t, 64)
	b := p.Get()
	p.Put(b)
	wantText(t, panics(t, func() { p.Put(b) }), "put twice", "TestDoublePut")
}

func TestOutstanding(t *testing.T) {
	p, q := poisonedPool(t, 64), New(128)
	a, b, c := p.Get(), q.Get(), p.Get()
	if n := Outstanding(); n != 3 {
		t.Errorf("outstanding %d, want 3", n)
	}
	p.Put(c)
	p.Put(a)
	if n := Outstanding(); n != 1 {
		t.Errorf("outstanding %d, want 1", n)
	}
	err := Check()
	if err == nil {
		t.Fatal("Check did not report the buffer on loan")
	}
	wantText(t, err.Error(), "buffer of 128 bytes never put back", "TestOutstanding")
	q.Put(b)
	if err := Check(); err != nil || Outstanding() != 0 {
		t.Errorf("all are back: %d outstanding, %v", Outstanding(), err)
	}
}

func TestOldestIsLentFirst(t *testing.T) {
	p := poisonedPool(t, 8)
	a, b, c := p.Get(), p.Get(), p.Get()
	p.Put(b)
	p.Put(a)
	p.Put(c)
	for i, want := range []*Buffer{b, a, c} {
		if got := p.Get(); got != want {
			t.Errorf("loan %d is not the oldest buffer", i)
		}
	}
}

func TestSwitchWhileOnLoan(t *testing.T) {
	p := poisonedPool(t, 8)
	SetPoison(false)
	before := p.Get()
	SetPoison(true)
	during := p.Get()
	p.Put(before)
	SetPoison(false)
	p.Put(during)
	if err := Check(); err != nil || Outstanding() != 0 {
		t.Errorf("%d outstanding, %v", Outstanding(), err)
	}
}

func TestWrongPool(t *testing.T) {
	b := New(8).Get()
	wantText(t, panics(t, func() { New(16).Put(b) }), "buffer of 8 bytes put into a pool of 16")
	wantText(t, panics(t, func() { New(0) }), "size 0 is not positive")
}

func BenchmarkGetPut(b *testing.B) {
	p := New(32 << 10)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			p.Put(p.Get())
		}
	})
}
