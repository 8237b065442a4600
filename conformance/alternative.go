package conformance

// An alternative is what a peer may do instead of failing the connection.
type alternative struct {
	events  []event // that then come
	verdict Verdict
	why     string
}

// unless says that the peer need not fail the connection: it may also send
// these events, which gives it a verdict, and why.
func (p *player) unless(v Verdict, why string, events ...event) {
	p.other = &alternative{events, v, why}
}

// goesOn reports whether the peer has done what it may do instead of failing.
func (p *player) goesOn() bool {
	return p.other != nil && p.came(p.other.events)
}

// acceptOther makes the case one that the suite ends.
func (p *player) acceptOther() {
	p.fault(p.other.verdict, "%s", p.other.why)
	p.want = p.other.events
	p.becomes(echoes, 1000)
}

// mayMiss says that of the events that the case wants the last ones may be
// missing, which gives the peer a verdict.
func (p *player) mayMiss(v Verdict) { p.missing = &v }

// begun reports whether what has come is the beginning of what the case wants.
func (p *player) begun() bool { return p.beginning(p.want) }

// becomes changes what the case wants while it is under way.
func (p *player) becomes(e ending, codes ...uint16) {
	p.c.ending, p.c.codes = e, codes
}

// unimplemented ends a case that needs what the peer has not agreed to.
func (p *player) unimplemented(what string) {
	p.fault(Unimplemented, "%s", what)
	p.becomes(echoes, 1000)
}
