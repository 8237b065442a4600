package websocket

import (
	"github.com/duplexws/duplex/internal/pool"
	"github.com/duplexws/duplex/protocol"
)

// The vocabulary of permessage-deflate.
type (
	// DeflateOptions say how connections compress.
	DeflateOptions = protocol.DeflateConfig
	// DeflateTier says what one direction of a connection remembers.
	DeflateTier = protocol.DeflateTier
	// DeflateBudget bounds what connections remember together.
	DeflateBudget = protocol.DeflateBudget
	// DeflateAgreement is what both sides agreed on.
	DeflateAgreement = protocol.DeflateAgreement
)

// The tiers.
const (
	DeflateHistory   = protocol.DeflateHistory   // the last 4 KiB of text, the default
	DeflateStateless = protocol.DeflateStateless // nothing
	DeflateTakeover  = protocol.DeflateTakeover  // the whole window, up to 32 KiB of text
)

// NewDeflateBudget returns a budget of so many octets.
func NewDeflateBudget(octets int64) *DeflateBudget { return protocol.NewDeflateBudget(octets) }

// Uncompressed, together with [Text] or [Binary], sends a message as it is
// though permessage-deflate was agreed on: for what is compressed already, and
// for secrets beside text of others' choosing.
//
//	c.Write(ctx, websocket.Binary|websocket.Uncompressed, jpeg)
//
// Messages that were received never have it.
const Uncompressed MessageType = 0x80

// Deflate returns what was agreed about permessage-deflate. It reports false if
// messages are not compressed.
func (c *Conn) Deflate() (agreed DeflateAgreement, ok bool) {
	if c.deflate == nil {
		return DeflateAgreement{}, false
	}
	return c.deflate.agreed, true
}

// deflating is what a Conn has with permessage-deflate. While the Conn is idle
// it holds no more than the text that messages to come may refer to.
type deflating struct {
	agreed DeflateAgreement
	in     *protocol.Inflater // guarded by readLock
	out    *protocol.Deflater // guarded by writeLock
}

// useDeflate makes c compress as was agreed, before anything is sent or received.
func (c *Conn) useDeflate(agreed DeflateAgreement) {
	c.deflate = &deflating{
		agreed: agreed,
		in:     protocol.NewInflater(agreed.Receive),
		out:    protocol.NewDeflater(c.set.deflate, agreed.Send),
	}
	c.in.AllowRSV1()
}

// gather adds a chunk of a compressed message to those before. Once the message
// is whole it reports true, and ev is all of it.
func (c *Conn) gather(ev *protocol.Event) bool {
	payload, whole := c.rd.packed.Add(&c.in, ev)
	ev.First, ev.Payload = true, payload
	return whole
}

// inflate appends the message of ev, which gather made whole, to dst.
func (c *Conn) inflate(ev *protocol.Event, dst []byte) ([]byte, error) {
	message, err := c.deflate.in.Append(c.receiving(), &c.in, dst, ev.Opcode, ev.Payload)
	c.rd.packed.Release()
	if err != nil {
		c.control(&protocol.Event{Kind: protocol.Failed, Err: err.(*protocol.Error)})
		return nil, c.readErr
	}
	return message, nil
}

// eachInflated calls f for the message of ev.
func (c *Conn) eachInflated(ev *protocol.Event, f func(typ MessageType, p []byte) error) error {
	buf := conns.Get()
	defer conns.Put(buf)
	p, err := c.inflate(ev, buf.B[:0])
	if err != nil {
		return err
	}
	c.delivered()
	return f(ev.Opcode, p)
}

// compresses reports whether a message of typ may be compressed.
func (c *Conn) compresses(typ MessageType) bool { return c.deflate != nil && typ&Uncompressed == 0 }

// deflated is a payload that was compressed, and the memory that it lies in.
type deflated struct {
	payload []byte
	buf     *pool.Buffer
}

// release gives the memory back, once the payload has been written or copied.
func (d *deflated) release() {
	switch {
	case d.buf == nil:
	case len(d.buf.B) == maskSize:
		masks.Put(d.buf)
	default:
		conns.Put(d.buf)
	}
}

// packSlack is how much longer than what it says a payload of up to bufferSize
// may be; of larger ones some grow out of their memory.
const packSlack = 64

// packed returns memory for the compressed form of n octets.
func packed(n int) (d deflated) {
	switch {
	case n+packSlack <= bufferSize:
		d.buf = conns.Get()
	case n+packSlack <= maskSize:
		d.buf = masks.Get()
	default:
		return deflated{}
	}
	d.payload = d.buf.B[:0]
	return d
}

// pack compresses a message that can be sent. It reports false if the message
// is better sent as it is. Called with the write lock held.
func (c *Conn) pack(p []byte) (d deflated, ok bool) {
	if !c.deflate.out.Wants(p) {
		return deflated{}, false
	}
	d = packed(len(p))
	if d.payload, ok = c.deflate.out.Append(d.payload, p); !ok {
		d.release()
		return deflated{}, false
	}
	return d, true
}

// packFragment compresses a part of a message.
func (c *Conn) packFragment(p []byte, last bool) deflated {
	d := packed(len(p))
	d.payload = c.deflate.out.AppendFragment(d.payload, p, last)
	return d
}
