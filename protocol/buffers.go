package protocol

import (
	"math/bits"

	"github.com/duplexws/duplex/internal/pool"
)

// Pooled buffers come in powers of two from minBuffer to maxBuffer. Larger ones
// are left to the garbage collector.
const (
	minBuffer = 4 << 10
	maxBuffer = 4 << 20
)

var buffers = func() (p [11]*pool.Pool) {
	for i := range p {
		p[i] = pool.New(minBuffer << i)
	}
	return p
}()

// getBuffer returns a pooled buffer of at least need octets or, where that
// size would exceed limit, the largest that does not; nil if there is none. A
// limit of twice the octets received always leaves room for more of them.
func getBuffer(need, limit int) *pool.Buffer {
	i := sizeClass(need)
	if i >= len(buffers) {
		return nil
	}
	if minBuffer<<i > limit {
		i--
	}
	return buffers[i].Get()
}

// sizeClass is the index of the smallest size that holds n octets.
func sizeClass(n int) int { return max(bits.Len(uint(n-1))-bits.Len(minBuffer-1), 0) }

func putBuffer(b *pool.Buffer) {
	buffers[sizeClass(len(b.B))].Put(b)
}
