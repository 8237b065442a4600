package conformance

import (
	"fmt"
	"slices"
	"strings"
)

// result gives the verdicts once the connection has ended.
func (p *player) result() *Result {
	r := &Result{Case: *p.c, Started: p.log.start}
	if p.peerClose != nil {
		r.PeerCode = p.peerClose.code()
	}
	if p.suiteClose != nil {
		r.SuiteCode = event{payload: p.suiteClose.payload}.code()
	}
	if p.shut {
		r.Verdict, r.Close, r.Reason = Failed, CloseNoHandshake, strings.Join(p.reasons, "; ")
		return r
	}
	p.judgeEvents()
	var why string
	r.Close, why = p.judgeClose()
	if p.onReset != nil && p.wasReset() {
		why = ""
		p.fault(*p.onReset, "the connection was reset instead of ended")
		if r.Close == CloseUnclean {
			r.Close = CloseOK
		}
	}
	if why != "" {
		v := OK // but there are groups in which how it closed is what it is about
		if r.Close == CloseWrongCode && strings.HasPrefix(p.c.ID, "7.") || r.Close == CloseWrongSide && p.c.failFast {
			v = Failed
		}
		p.fault(v, "%s", why)
	}
	if p.c.ending == fails && r.Close == CloseOK && p.c.failing != OK {
		p.fault(p.c.failing, "the peer fails the connection")
	}
	r.Verdict, r.Reason = p.verdict, strings.Join(p.reasons, "; ")
	if p.c.ending == tells {
		r.Verdict, r.Close = max(r.Verdict, Informational), CloseInformational
		if strings.HasPrefix(p.c.ID, "7.") { // where nothing of it has ever been wrong
			r.Verdict = Informational
		}
	}
	p.excuse(r)
	return r
}

func (p *player) judgeEvents() {
	switch {
	case p.c.ending == tells:
		p.reasons = append(p.reasons, fmt.Sprintf("came before the end: %s", brief(p.events)))
	case p.came(p.want):
	case p.missing != nil && p.begun():
		if *p.missing != OK {
			p.fault(*p.missing, "came: %s; wanted: %s", brief(p.events), brief(p.want))
		}
	case p.c.lenient && len(p.events) == 0:
		p.fault(NonStrict, "nothing came of what was sent before the fault")
	default:
		p.fault(Failed, "came: %s; wanted: %s", brief(p.events), brief(p.want))
		if p.peerClose != nil && p.c.ending == echoes && !p.suiteFirst {
			p.fault(Failed, "the peer closed with %d", p.peerClose.code())
		}
	}
}

// brief prints some events of many.
func brief(events []event) string {
	const most = 5
	if len(events) == 0 {
		return "nothing"
	}
	var list []string
	for _, e := range events[:min(len(events), most)] {
		list = append(list, e.String())
	}
	if len(events) > most {
		list = append(list, fmt.Sprintf("and %d more", len(events)-most))
	}
	return strings.Join(list, ", ")
}

// judgeClose tells how the connection was closed, and what was wrong with it.
func (p *player) judgeClose() (CloseVerdict, string) {
	clean := p.c.ending == echoes || p.c.ending == closes
	bySuite := p.c.ending != fails
	switch {
	case p.c.ending == tells:
		return CloseInformational, ""
	case p.broken:
		return CloseUnclean, "" // the reason is told already
	case bySuite && !p.suiteFirst:
		return CloseWrongSide, "the peer closed first"
	case !bySuite && p.suiteFirst && p.c.patient:
		p.fault(NonStrict, "the peer waits for what will never come")
		return CloseOK, ""
	case !bySuite && p.suiteFirst:
		return CloseWrongSide, "the peer did not fail the connection"
	case clean && p.peerClose == nil:
		return CloseUnclean, "no Close frame came"
	case p.peerClose != nil && p.peerClose.code() != 0 && len(p.c.codes) > 0 && !slices.Contains(p.c.codes, p.peerClose.code()):
		return CloseWrongCode, fmt.Sprintf("the peer closed with %d, wanted %d", p.peerClose.code(), p.c.codes)
	case p.cut && !p.asServer:
		return CloseNotDropped, "the server left it to the suite to end the connection"
	}
	return CloseOK, ""
}
