package eventloop

import "github.com/duplexws/duplex/internal/pool"

// held is input that was received and is yet to be fed, because the turn's
// budget was spent, or because the peer does not take the answers.
type held struct {
	buf  *pool.Buffer
	rest []byte // of buf
}

// Input is held in buffers of these sizes, the last of which is that of a loop's
// receive buffer.
var holds = [...]*pool.Pool{pool.New(8 << 10), pool.New(64 << 10), pool.New(receiveSize)}

func holdPool(n int) *pool.Pool {
	i := 0
	for holds[i].Size() < n {
		i++
	}
	return holds[i]
}

// keep copies p, unless it is the end of what is held already.
func (h *held) keep(p []byte) {
	if h.buf != nil {
		h.rest = p
		return
	}
	h.buf = holdPool(len(p)).Get()
	h.rest = h.buf.B[:copy(h.buf.B, p)]
}

func (h *held) release() {
	if h.buf != nil {
		holdPool(len(h.buf.B)).Put(h.buf)
		*h = held{}
	}
}
