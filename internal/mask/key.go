package mask

import (
	"crypto/rand"
	"encoding/binary"
	"sync"
)

// NewKey returns a key from crypto/rand, as unpredictable as RFC 6455 section 10.3 asks
// (https://www.rfc-editor.org/rfc/rfc6455#section-10.3). It never fails and may be called concurrently. The randomness is
// fetched a block at a time; no octet of it serves two keys, and what has served is wiped.
func NewKey() uint32 {
	b := keyBlocks.Get().(*keyBlock)
	key := b.next()
	keyBlocks.Put(b)
	return key
}

// keyBlocks holds blocks that are partly used, about one a processor. A block that the pool drops takes its keys with it.
var keyBlocks = sync.Pool{New: func() any { return &keyBlock{used: keyBlockSize} }}

const keyBlockSize = 256

// keyBlock is randomness to make keys of: data[used:] is fresh, what is before it is zero.
type keyBlock struct {
	used int
	data [keyBlockSize]byte
}

func (b *keyBlock) next() uint32 {
	if b.used == keyBlockSize {
		rand.Read(b.data[:]) // always fills the block: it would rather end the process than return an error
		b.used = 0
	}
	octets := b.data[b.used : b.used+4]
	key := binary.LittleEndian.Uint32(octets)
	clear(octets)
	b.used += 4
	return key
}
