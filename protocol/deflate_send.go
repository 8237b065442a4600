package protocol

import "github.com/duplexws/duplex/internal/deflate"

// Deflater compresses what one connection sends. Only the holder of the
// driver's write lock may use it. Between messages it holds nothing but the text
// that the next one may refer to.
type Deflater struct {
	cfg     *DeflateConfig
	budget  *DeflateBudget
	form    DeflateForm
	wanted  deflateCharge // Takeover and Send allow it
	charged deflateCharge // the budget allows it
	history deflate.History
}

// NewDeflater returns a Deflater for what was agreed on sending, by
// [DeflateConfig.Accept] or [DeflateConfig.Agree] of the same cfg, which must be
// valid. Close must be called behind the last message.
func NewDeflater(cfg *DeflateConfig, agreed DeflateDirection) *Deflater {
	d := &Deflater{cfg: cfg, budget: cfg.Budget, wanted: stateless, charged: stateless,
		form: DeflateForm{level: uint8(max(cfg.Level, 1)), windowBits: uint8(agreed.WindowBits)}}
	if d.budget == nil {
		d.budget = DefaultDeflateBudget
	}
	if agreed.WindowBits < deflate.MaxWindowBits {
		d.form.level = 0
	}
	if agreed.Takeover {
		d.wanted = d.charge(cfg.Send)
	}
	return d
}

// charge is what a tier costs this connection.
func (d *Deflater) charge(tier DeflateTier) deflateCharge {
	return deflateCharge{tier, min(tier.kept(), 1<<d.form.windowBits)}
}

// Tier returns the tier by which the last message was sent. It differs from
// the one that was configured when the peer or the budget allows no more.
func (d *Deflater) Tier() DeflateTier { return d.charged.tier }

// Append appends the payload of a frame with RSV1 to dst, which says p. It
// reports false, and returns dst as it was, if the message is better sent as it
// is: p is below the threshold, or would not get shorter.
//
// What was appended must be sent, and in the order of the calls: the messages
// behind it refer to it.
func (d *Deflater) Append(dst, p []byte) (payload []byte, ok bool) {
	if !d.Wants(p) {
		return dst, false
	}
	d.settle()
	payload, ok = d.form.append(dst, p, d.history.Bytes())
	if ok {
		d.history.Add(p, d.charged.octets)
	}
	return payload, ok
}

// Wants reports whether p is long enough to be compressed.
func (d *Deflater) Wants(p []byte) bool {
	if d.cfg.Threshold == 0 {
		return len(p) >= DefaultDeflateThreshold
	}
	return len(p) >= max(d.cfg.Threshold, 1)
}

// settle takes the best tier that the budget has room for.
func (d *Deflater) settle() {
	if d.charged != d.wanted && !d.move(d.wanted) && d.wanted.tier == DeflateTakeover {
		d.move(d.charge(DeflateHistory))
	}
}

func (d *Deflater) move(to deflateCharge) bool {
	if !d.budget.change(d.charged, to) {
		return false
	}
	d.charged = to
	return true
}

// AppendFragment appends the payload of the next fragment of a message, which
// says p: the message is compressed piece by piece, each of them whatever its
// length, so that the first frame has RSV1 and no part is sent as it is. What
// Append says about order holds.
func (d *Deflater) AppendFragment(dst, p []byte, last bool) []byte {
	d.settle()
	dst = deflate.Append(dst, p, d.history.Bytes(), int(d.form.level), int(d.form.windowBits))
	d.history.Add(p, d.charged.octets)
	if !last {
		dst = deflate.AppendTail(dst)
	}
	return dst
}

// Forget makes the messages to come refer to none before: the last one that was
// appended is not sent after all.
func (d *Deflater) Forget() { d.history.Forget() }

// Form returns the form in which this connection can be sent a message that
// was compressed once for many.
func (d *Deflater) Form() DeflateForm { return d.form }

// Sent notes that p is sent in the form of this connection, so that messages
// behind it can refer to it. The order is that of Append.
func (d *Deflater) Sent(p []byte) {
	d.settle()
	d.history.Add(p, d.charged.octets)
}

// Close gives back what was taken of the budget, and takes no more.
func (d *Deflater) Close() {
	d.move(stateless)
	d.wanted = stateless
	d.history.Forget()
}

// DeflateForm is a compressed form that refers to no other message, so that
// every connection of that form can be sent the same octets, whatever its tier.
// It is comparable: the key for compressed forms of one message.
type DeflateForm struct {
	level, windowBits uint8
}

// Append appends the payload of a frame with RSV1, which says p. It reports
// false, and returns dst as it was, if p would not get shorter. [Deflater.Sent]
// is called for each connection to which it is sent.
func (f DeflateForm) Append(dst, p []byte) (payload []byte, ok bool) {
	return f.append(dst, p, nil)
}

func (f DeflateForm) append(dst, p, history []byte) (payload []byte, ok bool) {
	return deflate.AppendShorter(dst, p, history, int(f.level), int(f.windowBits))
}
