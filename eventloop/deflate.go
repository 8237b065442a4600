package eventloop

import (
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
// for secrets beside text of others' choosing. Messages that were received never
// have it.
const Uncompressed MessageType = 0x80

// Deflate returns what was agreed about permessage-deflate. It reports false if
// messages are not compressed.
func (c Conn) Deflate() (agreed DeflateAgreement, ok bool) {
	if s := c.slot(); s != nil && s.deflate != nil {
		return s.deflate.agreed, true
	}
	return DeflateAgreement{}, false
}

// deflating is what a connection has with permessage-deflate: between messages,
// no more than the text that those to come may refer to.
type deflating struct {
	agreed DeflateAgreement
	in     *protocol.Inflater
	out    *protocol.Deflater
}

// useDeflate makes s compress as was agreed, before anything is sent or received.
func (l *Loop) useDeflate(s *slot, agreed DeflateAgreement) {
	s.deflate = &deflating{agreed, protocol.NewInflater(agreed.Receive), protocol.NewDeflater(l.of(s).deflate, agreed.Send)}
	s.in.AllowRSV1()
}

// endDeflate gives back what the connection remembers.
func (s *slot) endDeflate() {
	if s.deflate != nil {
		s.deflate.in.Forget()
		s.deflate.out.Close()
	}
}

// A loop inflates and compresses in memory of its own, one message at a time;
// what has grown beyond this is not kept.
const mostScratch = 1 << 20

// inflate delivers a message that was received compressed, and is whole.
func (l *Loop) inflate(s *slot, op protocol.Opcode, payload []byte) {
	message, err := s.deflate.in.Append(l.of(s).cfg, &s.in, l.inflated[:0], op, payload)
	if err != nil {
		l.event = protocol.Event{Kind: protocol.Failed, Err: err.(*protocol.Error)}
		l.control(s, &l.event)
		return
	}
	l.cork.message = message
	l.deliver(s, op, message)
	if len(l.cork.vec) > 0 {
		l.flush(nil)
	}
	l.cork.message = nil
	if l.inflated = message[:0]; cap(message) > mostScratch {
		l.inflated = nil
	}
}

// writeDeflated sends a message compressed. It reports false if the message is
// better sent as it is.
func (l *Loop) writeDeflated(s *slot, op protocol.Opcode, p []byte) (done bool, err error) {
	if !s.deflate.out.Wants(p) {
		return false, nil
	}
	if err := s.out.CheckMessage(op, false, p); err != nil {
		return true, err
	}
	payload, ok := s.deflate.out.Append(l.deflated[:0], p)
	if !ok {
		return false, nil
	}
	if l.deflated = payload[:0]; cap(payload) > mostScratch {
		l.deflated = nil
	}
	h := protocol.NewHeader(l.of(s).cfg, op, true, true, len(payload))
	if s == l.cork.owner && len(payload) <= corkSize-maxHeader {
		l.room(maxHeader + len(payload))
		l.cork.buf = append(append(l.cork.buf, h.Bytes()...), payload...)
		return true, nil
	}
	l.put(s, h.Bytes())
	l.put(s, payload)
	return true, nil
}
