package protocol

import "github.com/duplexws/duplex/internal/deflate"

// Offers returns what a client offers, in order of preference: the elements
// for [ClientHandshake.Extensions]
// (https://www.rfc-editor.org/rfc/rfc7692#section-5). A client that cannot keep a
// whole window asks for a smaller one first, and then, of servers that know no
// windows, for no takeover.
func (c *DeflateConfig) Offers() []Extension {
	var list []Extension
	for _, p := range c.offers() {
		list = append(list, p.extension())
	}
	return list
}

func (c *DeflateConfig) offers() []deflateParams {
	if c == nil {
		return nil
	}
	p := deflateParams{
		clientNoTakeover: c.Send == DeflateStateless,
		clientBits:       c.SendWindowBits,
		clientWindow:     true, // every window can be honoured
	}
	without := p
	without.serverNoTakeover = true
	switch bits := c.receiveBits(); {
	case c.Receive == DeflateStateless:
		return []deflateParams{without}
	case bits < deflate.MaxWindowBits:
		p.serverBits = bits
		return []deflateParams{p, without}
	default:
		return []deflateParams{p}
	}
}

// Agree judges what the server accepted, given that [DeflateConfig.Offers] was
// offered: [HandshakeResult.Extensions]. It reports false if permessage-deflate
// is not among it. The error is a [*HandshakeError], upon which the connection
// must be failed (https://www.rfc-editor.org/rfc/rfc7692#section-7): the answer
// has a parameter that is illegal, or that grants what was not offered, or it
// lacks one that every offer demanded.
func (c *DeflateConfig) Agree(accepted []Extension) (agreed DeflateAgreement, ok bool, err error) {
	for _, e := range accepted {
		if e.Name != DeflateName {
			continue
		}
		if ok {
			return DeflateAgreement{}, false, deflateFault("stands twice")
		}
		answer, wrong := readDeflate(e, true)
		if wrong == "" && !c.offered(answer) {
			wrong = "fits no offer"
		}
		if wrong != "" {
			return DeflateAgreement{}, false, deflateFault(wrong)
		}
		agreed, ok = c.clientAgreement(answer), true
	}
	return agreed, ok, nil
}

func deflateFault(wrong string) *HandshakeError {
	return refusal(101, FaultExtension, "RFC 7692 7.1", "the server's answer to "+DeflateName+" "+wrong)
}

// offered reports whether an answer fits one of our offers.
func (c *DeflateConfig) offered(answer deflateParams) bool {
	for _, offer := range c.offers() {
		if offer.fits(answer) {
			return true
		}
	}
	return false
}

// fits reports whether an answer can be that to an offer: it grants what was
// asked of the server and asks of the client only what was offered. No takeover,
// and a window of the server, may come unasked.
func (offer *deflateParams) fits(answer deflateParams) bool {
	switch {
	// https://www.rfc-editor.org/rfc/rfc7692#section-7.1.1.1
	case offer.serverNoTakeover && !answer.serverNoTakeover:
		return false
	// https://www.rfc-editor.org/rfc/rfc7692#section-7.1.2.1
	case offer.serverBits > 0 && (answer.serverBits == 0 || answer.serverBits > offer.serverBits):
		return false
	// https://www.rfc-editor.org/rfc/rfc7692#section-7.1.2.2
	case answer.clientWindow && (!offer.clientWindow || answer.clientBits > bitsOr(offer.clientBits, deflate.MaxWindowBits)):
		return false
	}
	return true
}

func (c *DeflateConfig) clientAgreement(answer deflateParams) DeflateAgreement {
	return DeflateAgreement{
		Send: DeflateDirection{
			Takeover:   c.Send != DeflateStateless && !answer.clientNoTakeover,
			WindowBits: min(c.sendBits(), bitsOr(answer.clientBits, deflate.MaxWindowBits)),
		},
		Receive: DeflateDirection{
			Takeover:   !answer.serverNoTakeover,
			WindowBits: bitsOr(answer.serverBits, deflate.MaxWindowBits),
		},
	}
}
