package websocket

import (
	"testing"
	"unsafe"

	"github.com/duplexws/duplex/internal/testenv"
)

// TestSizes: a Conn is the largest part of what an idle connection keeps on
// the heap. 448 octets are a size class of the allocator; the next is 480.
func TestSizes(t *testing.T) {
	testenv.NoRace(t)
	const most = 448 // on 64-bit systems; others have less
	n := unsafe.Sizeof(Conn{})
	t.Logf("a Conn has %d octets", n)
	if n > most {
		t.Errorf("a Conn has %d octets, more than %d", n, most)
	}
}
