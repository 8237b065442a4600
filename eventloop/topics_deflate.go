package eventloop

import "github.com/duplexws/duplex/protocol"

// published is where a message lies in topic.gathered.
type published struct {
	frame, payload, end uint32
	typ                 MessageType // with Uncompressed, if it is to be sent as it is
}

// variants are the compressed forms of what a topic has gathered, one for each
// form that subscribers agreed on.
type variants map[protocol.DeflateForm]*variant

// variant holds the frames of a form.
type variant struct {
	octets []byte
	packed []published // those that are compressed, in topic.gathered
}

// sendVariant sends a subscriber what its topic has gathered in the form that it
// agreed on. It reports false if the subscriber is to be sent only a part.
func (l *Loop) sendVariant(s *slot, g *topic, sub *subscription) bool {
	if s.deflate == nil || sub.from > 0 || len(g.skips) > 0 || s.state != stateOpen || !s.out.Sendable() {
		return false
	}
	form := s.deflate.out.Form()
	v := l.variants[form]
	if v == nil {
		v = l.compress(s, g, form)
		if l.variants == nil {
			l.variants = make(variants)
		}
		l.variants[form] = v
	}
	if s.x == nil && s != l.cork.owner {
		l.sendShared(s, v.octets)
	} else {
		l.putBounded(s, v.octets)
	}
	for _, m := range v.packed {
		s.deflate.out.Sent(g.gathered[m.payload:m.end])
	}
	return true
}

// compress makes a variant, for the first subscriber that needs it.
func (l *Loop) compress(s *slot, g *topic, form protocol.DeflateForm) *variant {
	v := new(variant)
	for _, m := range g.frames {
		p := g.gathered[m.payload:m.end]
		if m.typ&Uncompressed == 0 && s.deflate.out.Wants(p) {
			if payload, ok := form.Append(l.deflated[:0], p); ok {
				l.deflated = payload[:0]
				h := protocol.NewHeader(l.set.cfg, m.typ, true, true, len(payload))
				v.octets = append(append(v.octets, h.Bytes()...), payload...)
				v.packed = append(v.packed, m)
				continue
			}
		}
		v.octets = append(v.octets, g.gathered[m.frame:m.end]...)
	}
	return v
}
