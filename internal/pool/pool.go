// Package pool hands out byte buffers of a fixed size and takes them back.
//
// In a program it is a sync.Pool. In tests the pool is poisoned (see
// [SetPoison]): a buffer that is used after it was put back, put back twice, or
// never put back is found, and the report names where it was taken.
package pool

import (
	"fmt"
	"sync"
)

// A Buffer is a slice on loan from a [Pool].
type Buffer struct {
	// B has the pool's size after Get. The holder may reslice it; the next Get
	// gives it back whole. It is nil while the buffer lies in the pool.
	B []byte

	full  []byte
	audit *audit // nil until the poisoned pool has seen the buffer
}

// A Pool holds buffers of one size. All methods may be called concurrently.
type Pool struct {
	size int
	free sync.Pool // of *Buffer

	quarantine fifo // what lies here instead while the pool is poisoned
	listed     bool // in ledger.pools
}

// New returns a pool of buffers of size bytes each.
func New(size int) *Pool {
	if size <= 0 {
		panic(fmt.Sprintf("pool: size %d is not positive", size))
	}
	return &Pool{size: size}
}

// Size returns the number of bytes of each buffer.
func (p *Pool) Size() int { return p.size }

// Get returns a buffer with arbitrary contents. It belongs to the caller until
// it is handed to Put.
func (p *Pool) Get() *Buffer {
	if poisoned.Load() {
		return p.getPoisoned()
	}
	b, _ := p.free.Get().(*Buffer)
	if b == nil {
		b = p.alloc()
	}
	b.B = b.full
	return b
}

// Put takes b back. The caller must not touch b, nor any slice of b.B, after
// that.
func (p *Pool) Put(b *Buffer) {
	if len(b.full) != p.size {
		panic(fmt.Sprintf("pool: buffer of %d bytes put into a pool of %d", len(b.full), p.size))
	}
	if b.audit != nil || poisoned.Load() {
		p.putAudited(b)
		return
	}
	b.B = nil
	p.free.Put(b)
}

func (p *Pool) alloc() *Buffer { return &Buffer{full: make([]byte, p.size)} }
