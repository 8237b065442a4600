package http1

import (
	"testing"
	"unsafe"

	"github.com/duplexws/duplex/internal/testenv"
)

// One copy of the head, and what of it was split over two reads.
func TestAllocs(t *testing.T) {
	testenv.NoRace(t)
	var request Request
	var response Response
	var at Progress
	for _, c := range []struct {
		name string
		want float64
		read func() (int, error)
	}{
		{"request", 1, func() (int, error) { return request.Parse(browserRequest, &at, nil) }},
		{"response", 1, func() (int, error) { return response.Parse(serverResponse, &at, nil) }},
		{"values", 0, func() (int, error) {
			return len(request.Values("upgrade")) + len(request.Values("SEC-WebSocket-Key")), nil
		}},
		{"incomplete line", 0, func() (int, error) {
			at = Progress{}
			if n, err := request.Parse(browserRequest[:20], &at, nil); n != 0 {
				return 0, err
			}
			return 1, nil
		}},
	} {
		got := testing.AllocsPerRun(100, func() {
			if n, err := c.read(); n == 0 || err != nil {
				t.Fatal(c.name, n, err)
			}
		})
		if got != c.want {
			t.Errorf("%s: %v allocations, want %v", c.name, got, c.want)
		}
	}
}

// A Progress stands in the slot of each connection whose head is incomplete.
func TestSizes(t *testing.T) {
	if got := unsafe.Sizeof(Progress{}); got != 16 {
		t.Errorf("Progress has %d octets, want 16", got)
	}
}
