package protocol

import "github.com/duplexws/duplex/internal/deflate"

// Accept returns a server's answer to the first of a client's offers, which
// stand in its order of preference, that is permessage-deflate and legal, and
// what is agreed by it (https://www.rfc-editor.org/rfc/rfc7692#section-5.1). It
// reports false if there is none: illegal offers are declined, and the
// connection goes on without compression. Every legal offer can be honoured.
//
// It fits [ServerHandshake.Extensions], of which it is a part.
func (c *DeflateConfig) Accept(offers []Extension) (answer Extension, agreed DeflateAgreement, ok bool) {
	if c == nil {
		return Extension{}, DeflateAgreement{}, false
	}
	for _, offer := range offers {
		if offer.Name != DeflateName {
			continue
		}
		if p, wrong := readDeflate(offer, false); wrong == "" {
			answer, agreed = c.answer(p)
			return answer, agreed, true
		}
	}
	return Extension{}, DeflateAgreement{}, false
}

// answer settles both directions for one legal offer.
func (c *DeflateConfig) answer(offer deflateParams) (Extension, DeflateAgreement) {
	send, receive := c.serverSends(offer), c.serverReceives(offer)
	p := deflateParams{serverNoTakeover: !send.Takeover, clientNoTakeover: !receive.Takeover}
	// A window that was asked for must be answered; a smaller one of our own
	// may be, so that the client can save memory
	// (https://www.rfc-editor.org/rfc/rfc7692#section-7.1.2.1).
	if offer.serverBits > 0 || send.WindowBits < deflate.MaxWindowBits {
		p.serverBits = send.WindowBits
	}
	if offer.clientBits > 0 || receive.WindowBits < deflate.MaxWindowBits {
		p.clientBits = receive.WindowBits
	}
	return p.extension(), DeflateAgreement{send, receive}
}

func (c *DeflateConfig) serverSends(offer deflateParams) DeflateDirection {
	return DeflateDirection{
		Takeover:   c.Send != DeflateStateless && !offer.serverNoTakeover,
		WindowBits: min(c.sendBits(), bitsOr(offer.serverBits, deflate.MaxWindowBits)),
	}
}

// serverReceives settles what the client may refer to. Its window can be
// limited only if it offered that; otherwise a server that cannot keep a whole
// window forbids takeover, which it always may
// (https://www.rfc-editor.org/rfc/rfc7692#section-7.1.1.2).
func (c *DeflateConfig) serverReceives(offer deflateParams) DeflateDirection {
	d := DeflateDirection{
		Takeover:   c.Receive != DeflateStateless && !offer.clientNoTakeover,
		WindowBits: deflate.MaxWindowBits,
	}
	switch {
	case !offer.clientWindow:
		d.Takeover = d.Takeover && c.receiveBits() == deflate.MaxWindowBits
	case d.Takeover:
		d.WindowBits = min(c.receiveBits(), bitsOr(offer.clientBits, deflate.MaxWindowBits))
	default:
		d.WindowBits = bitsOr(offer.clientBits, deflate.MaxWindowBits)
	}
	return d
}
