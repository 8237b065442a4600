package conformance

import (
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"
)

// A Profile says what a server does with messages.
type Profile uint8

// The profiles, see the package's section about them.
const (
	Echo Profile = iota // it sends every message back
	Any                 // nobody knows
)

func (p Profile) String() string {
	if p == Any {
		return "any"
	}
	return "echo"
}

// A LoginStep is part of what a server wants to hear, or says by itself, before
// it does anything else.
type LoginStep struct {
	Send   string         // a text message, unless it is empty
	Expect *regexp.Regexp // what a text message must match that then comes; nil waits for none
}

func (p *player) any() bool { return p.opts.Profile == Any && !p.asServer }

// login takes the steps that come before the case, and reports whether they
// succeeded. Other messages that come meanwhile do not count.
func (p *player) login() bool {
	for _, step := range p.opts.Login {
		if step.Send != "" {
			p.send(text(step.Send))
		}
		if step.Expect != nil && !p.hear(step.Expect) {
			p.fault(Failed, "the login did not succeed: no text came that matches %q", step.Expect.String())
			if p.peerClose != nil {
				p.fault(Failed, "the peer closed with %d", p.peerClose.code())
			}
			return false
		}
	}
	p.said, p.events = speech{}, nil
	return true
}

// hear waits for a text message.
func (p *player) hear(wanted *regexp.Regexp) bool {
	for p.peerClose == nil {
		e, err, ok := p.in.next(p.opts.timeout(), true)
		if !ok {
			return false
		}
		if p.note(e, err); p.gone {
			return false
		}
		if e.op == OpText && wanted.MatchString(e.payload) {
			return true
		}
	}
	return false
}

// A speech is what a server of the profile Any has heard of the suite.
type speech struct {
	begun  bool // a message is
	isText bool
	text   []byte
	over   bool // a fault of the suite's or its Close frame went out
	whole  bool // before that a message did
}

// add takes note of a frame of the suite.
func (s *speech) add(f frame) {
	data := !f.op.control()
	legal := !f.flipped && f.rsv == 0 && f.claimed == 0 && (f.form == 0 || f.form == shortForm(f.length())) && !f.op.reserved()
	if data {
		legal = legal && s.begun == (f.op == OpContinuation)
	} else {
		legal = legal && !f.open && len(f.payload) <= 125 && f.op != OpClose
	}
	if s.over = s.over || !legal; s.over || !data {
		return
	}
	if !s.begun {
		s.text, s.isText = nil, f.op == OpText
	}
	s.text = append(s.text, f.payload...)
	s.begun = f.open
	if f.open {
		return
	}
	s.over = s.isText && !utf8.Valid(s.text)
	s.whole = s.whole || !s.over
}

// excuse makes a result without right and wrong of one that the server may have
// come to because it did not like a message that was no fault of the protocol.
func (p *player) excuse(r *Result) {
	ignored := p.c.ending == fails && p.suiteFirst
	if r.Close > CloseInformational && p.any() && p.said.whole && p.begun() && !p.broken && !p.cut && !ignored {
		r.Reason = fmt.Sprintf("the server may have refused a message that it does not know: %s", r.Reason)
		r.Verdict, r.Close = Informational, CloseInformational
	}
}

// without leaves out of cases those that need an echo.
func (p Profile) without(cases []Case) ([]Case, error) {
	if p == Echo {
		return cases, nil
	}
	cases = slices.DeleteFunc(cases, func(c Case) bool { return c.NeedsEcho })
	if len(cases) == 0 {
		return nil, fmt.Errorf("conformance: without an echo none of these cases can be judged")
	}
	return cases, nil
}
