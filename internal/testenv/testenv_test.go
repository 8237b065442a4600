package testenv

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/pool"
)

func TestMain(m *testing.M) { Main(m) }

// A recorder is a testing.TB that remembers how Need ended it.
type recorder struct {
	testing.TB
	outcome string
}

func (r *recorder) Helper()               {}
func (r *recorder) Skipf(string, ...any)  { r.outcome = "skipped" }
func (r *recorder) Fatalf(string, ...any) { r.outcome = "failed" }

func TestNeed(t *testing.T) {
	for _, c := range []struct {
		found      bool
		requireAll string
		want       string
	}{
		{true, "", ""},
		{true, "1", ""},
		{false, "", "skipped"},
		{false, "0", "skipped"},
		{false, "1", "failed"},
	} {
		t.Setenv("DUPLEX_REQUIRE_ALL", c.requireAll)
		r := &recorder{TB: t}
		Need(r, "thing", c.found, "it is used")
		if r.outcome != c.want {
			t.Errorf("found %v, DUPLEX_REQUIRE_ALL=%q: %q, want %q", c.found, c.requireAll, r.outcome, c.want)
		}
	}
}

func TestTool(t *testing.T) {
	t.Setenv("DUPLEX_REQUIRE_ALL", "")
	r := &recorder{TB: t}
	if path := Tool(r, "it is used", "no-such-program-1", "go"); path == "" || r.outcome != "" {
		t.Errorf("go: path %q, outcome %q", path, r.outcome)
	}
	if path := Tool(r, "it is used", "no-such-program-1", "no-such-program-2"); path != "" || r.outcome != "skipped" {
		t.Errorf("absent: path %q, outcome %q", path, r.outcome)
	}
}

func TestSettle(t *testing.T) {
	const short = 20 * time.Millisecond

	for _, c := range []struct {
		name string
		want string
		leak func(t *testing.T) (mend func())
	}{
		{"nothing", "", func(*testing.T) func() { return func() {} }},
		{"goroutine", "leakedByTestSettle", func(*testing.T) func() {
			stop := make(chan struct{})
			go leakedByTestSettle(stop)
			return func() { close(stop) }
		}},
		{"descriptor", "descriptor still open", func(t *testing.T) func() {
			if descriptors() == nil {
				t.Skip("this system does not list descriptors")
			}
			f, err := os.Open(os.DevNull)
			if err != nil {
				t.Fatal(err)
			}
			return func() { f.Close() }
		}},
		{"buffer", "never put back", func(*testing.T) func() {
			p := pool.New(8)
			b := p.Get()
			return func() { p.Put(b) }
		}},
		{"late write", "used after it was put back", func(*testing.T) func() {
			p := pool.New(8)
			b := p.Get()
			bytes := b.B
			p.Put(b)
			was := bytes[3]
			bytes[3] = 0
			return func() { bytes[3] = was }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := takeInventory()
			mend := c.leak(t)
			err := before.settle(short)
			mend()
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && err == nil:
				t.Error("nothing was found")
			case c.want != "" && !strings.Contains(err.Error(), c.want):
				t.Errorf("found something else: %v", err)
			}
			if err := before.settle(patience); err != nil {
				t.Errorf("after it was mended: %v", err)
			}
		})
	}
}

//go:noinline
func leakedByTestSettle(stop chan struct{}) { <-stop }
