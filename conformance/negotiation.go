package conformance

import (
	"errors"
	"fmt"
	"strings"
)

// negotiation is groups 17.1 to 17.5.
func negotiation() (cases []Case) {
	for group, of := range []struct {
		cases  []Case
		expect string
	}{
		{legalOffers(), "accepts the offer as it stands, or declines it, and keeps to that"},
		{illegalOffers(), "declines the offer, and goes on without compression"},
		{severalOffers(), "accepts an offer that is legal, if there is one, and passes over the others"},
		{legalAnswers(), "keeps to the answer"},
		{illegalAnswers(), ""},
	} {
		for i, c := range of.cases {
			c.ID, c.Expect = fmt.Sprintf("17.%d.%d", group+1, i+1), of.expect
			cases = append(cases, c)
		}
	}
	return cases
}

// deflateOffer is an item of Sec-WebSocket-Extensions.
func deflateOffer(parameters ...string) string {
	return strings.Join(append([]string{"permessage-deflate"}, parameters...), "; ")
}

// offering is a case in which the suite, as a client, sends these fields.
func offering(title string, play func(*player), fields ...string) Case {
	c := answering("", title+": "+strings.Join(fields, " | "), play)
	c.Judges, c.fields, c.exact = Servers, fields, true
	c.offers = parseOffers(fields)
	return c
}

// legalOffers is group 17.1.
func legalOffers() (cases []Case) {
	add := func(play func(*player), parameters ...string) {
		cases = append(cases, offering("the offer", play, deflateOffer(parameters...)))
	}
	// A server may be unable to keep what it is asked to keep. It need do
	// nothing for the rest.
	add((*player).mayDecline)
	for bits := 8; bits <= 15; bits++ {
		add((*player).mayDecline, fmt.Sprintf("server_max_window_bits=%d", bits))
	}
	add((*player).mayDecline, `server_max_window_bits="10"`)
	add((*player).shouldAccept, "server_no_context_takeover")
	add((*player).shouldAccept, "client_no_context_takeover")
	add((*player).shouldAccept, "client_max_window_bits")
	for bits := 8; bits <= 15; bits++ {
		add((*player).shouldAccept, fmt.Sprintf("client_max_window_bits=%d", bits))
	}
	add((*player).shouldAccept, `client_max_window_bits="12"`)
	add((*player).shouldAccept, "client_max_window_bits", "client_no_context_takeover", "server_no_context_takeover")
	add((*player).mayDecline, "client_max_window_bits=10", "server_max_window_bits=10", "client_no_context_takeover", "server_no_context_takeover")
	cases = append(cases,
		offering("the offer", (*player).shouldAccept, "permessage-deflate;server_no_context_takeover;client_max_window_bits"),
		offering("the offer", (*player).shouldAccept, "permessage-deflate \t;  server_no_context_takeover\t;client_max_window_bits"))
	return cases
}

// illegalOffers is group 17.2.
func illegalOffers() (cases []Case) {
	add := func(garbled bool, parameters ...string) {
		c := offering("the offer", (*player).converse, deflateOffer(parameters...))
		c.refusable, c.refusal = true, NonStrict
		if garbled {
			c.refusal = OK // what is not even the syntax of RFC 6455 may be refused as a whole
		}
		cases = append(cases, c)
	}
	const valid, garbled = false, true
	add(valid, "level")
	add(valid, "server_no_context_takeover", "level=9")
	for _, flag := range []string{"server_no_context_takeover", "client_no_context_takeover"} {
		add(valid, flag, flag)
		add(valid, flag+"=1")
		add(valid, flag+"=true")
		add(garbled, flag+"=")
	}
	add(valid, "server_max_window_bits")
	for _, window := range []string{"server_max_window_bits", "client_max_window_bits"} {
		for _, value := range []string{"0", "7", "16", "08", "010", "+9", "ten", "10.0", `"16"`, "-9", "18446744073709551625"} {
			add(valid, window+"="+value)
		}
		add(garbled, window+"=")
		add(garbled, window+`=""`)
		add(valid, window+"=10", window+"=10")
	}
	add(garbled, "")
	return cases
}

// severalOffers is group 17.3.
func severalOffers() (cases []Case) {
	add := func(play func(*player), refusal Verdict, fields ...string) {
		c := offering("the offers", play, fields...)
		c.refusable, c.refusal = refusal != Failed, refusal
		cases = append(cases, c)
	}
	unknown, wide, level := "x-unknown; a=1; b", deflateOffer("server_max_window_bits=16"), deflateOffer("level=9")
	plain, resets := deflateOffer(), deflateOffer("server_no_context_takeover")
	add((*player).shouldAccept, NonStrict, wide+", "+plain)
	add((*player).shouldAccept, NonStrict, level+", "+wide+", "+resets)
	add((*player).shouldAccept, NonStrict, resets+", "+plain)
	add((*player).shouldAccept, NonStrict, plain+", "+level)
	add((*player).shouldAccept, Failed, unknown+", "+plain)
	add((*player).shouldAccept, NonStrict, wide, level, plain)
	add((*player).shouldAccept, Failed, unknown, resets)
	add((*player).shouldAccept, Failed, `x-unknown; a="permessage-deflate"`, plain)
	add((*player).converse, NonStrict, wide+", "+level)
	add((*player).converse, NonStrict, wide, level)
	add((*player).converse, Failed, unknown)
	add((*player).converse, Failed, "permessage-deflate-2, x-permessage-deflate")
	return cases
}

// mayDecline plays on; a server that has declined is one that implements less.
func (p *player) mayDecline() {
	if p.deflate == nil {
		p.fault(Unimplemented, "the offer was declined")
	}
	p.converse()
}

// shouldAccept is mayDecline for offers that a server has no reason to decline
// if it accepts the simplest one.
func (p *player) shouldAccept() {
	if p.deflate == nil && p.site.accepts() {
		p.fault(NonStrict, "the offer was declined, although the server accepts permessage-deflate without parameters")
		p.converse()
		return
	}
	p.mayDecline()
}

// accepts reports whether the server accepts permessage-deflate at all.
func (s *site) accepts() bool {
	agreed := false
	c := answering("", "", func(p *player) { agreed = p.deflate != nil })
	c.offers = list(params{})
	return s.judge(&c).Close == CloseOK && agreed
}

// converse exchanges some messages as it was agreed.
func (p *player) converse() {
	pieces := slicer{data: dataSets()[0]}
	for range 4 {
		payload := pieces.next(1000)
		f := text(payload)
		if p.deflate != nil {
			f = squeezed(OpText, p.deflate.deflater.message(payload))
		}
		if p.any() || !p.roundTrip(back(OpText, payload), f) {
			return
		}
	}
}

// An answer is what the suite, as a server, makes of the offers of a client.
type answer struct {
	field string
	legal bool // as far as an offer of the client is for it
}

// respond returns the field with which the suite answers a client's offers, and
// what was agreed with it. What is missing in the offers comes last.
func (a *answer) respond(fields []string) (field string, agreed *params, missing string) {
	offers := parseOffers(fields)
	p, err := parseParams(a.field, false)
	switch fits := err == nil && p.fits(offers, true); {
	case a.field == "":
		return "", nil, ""
	case a.legal && !fits:
		return "", nil, "the answer fits no offer of the client"
	case !a.legal && fits:
		return "", nil, "the answer fits an offer of the client"
	}
	return a.field, &p, ""
}

func parseOffers(fields []string) (offers []params) {
	for item := range strings.SplitSeq(strings.Join(fields, ","), ",") {
		if p, err := parseParams(item, true); err == nil {
			offers = append(offers, p)
		}
	}
	return offers
}

// legalAnswers is group 17.4.
func legalAnswers() (cases []Case) {
	add := func(title, field string) {
		c := echoing("", title, (*player).converse)
		c.Judges, c.answer = Clients, &answer{field, true}
		cases = append(cases, c)
	}
	with := func(parameters ...string) {
		field := deflateOffer(parameters...)
		add("the answer: "+field, field)
	}
	with()
	with("server_no_context_takeover")
	with("client_no_context_takeover")
	for bits := 8; bits <= 15; bits++ {
		with(fmt.Sprintf("server_max_window_bits=%d", bits))
	}
	with(`server_max_window_bits="10"`)
	for _, bits := range []int{9, 12, 15} {
		with(fmt.Sprintf("client_max_window_bits=%d", bits))
	}
	with("server_max_window_bits=10", "client_no_context_takeover", "server_no_context_takeover")
	with("client_max_window_bits=9", "client_no_context_takeover", "server_no_context_takeover")
	add("no answer", "")
	return cases
}

// illegalAnswers is group 17.5.
func illegalAnswers() (cases []Case) {
	add := func(field string) {
		cases = append(cases, Case{Title: "the answer: " + field, ending: fails, codes: list[uint16](1002, 1010), Judges: Clients,
			play: sends(burst, list(text(hello))), answer: &answer{field: field}})
	}
	for _, parameter := range []string{
		"level", "level=9", "server_no_context_takeover; server_no_context_takeover", "client_no_context_takeover; client_no_context_takeover",
		"server_no_context_takeover=1", "client_no_context_takeover=true", "server_max_window_bits", "server_max_window_bits=",
		"server_max_window_bits=7", "server_max_window_bits=16", "server_max_window_bits=08", "server_max_window_bits=ten",
		"server_max_window_bits=10; server_max_window_bits=10",
		"client_max_window_bits", "client_max_window_bits=", "client_max_window_bits=7", "client_max_window_bits=16", "client_max_window_bits=08",
		"client_max_window_bits=10; client_max_window_bits=10",
		// These are wrong for some offers, and right for others.
		"client_max_window_bits=10", "server_max_window_bits=15",
	} {
		add(deflateOffer(parameter))
	}
	add("x-unknown")
	add(deflateOffer() + ", x-unknown")
	add(deflateOffer())
	add(deflateOffer() + ", " + deflateOffer())
	return cases
}

// offered returns the fields with which the suite, as a client, offers.
func (c *Case) offered() []string {
	if c.fields != nil {
		return c.fields
	}
	var fields []string
	for _, offer := range c.offers {
		fields = append(fields, offer.String())
	}
	return fields
}

// respond answers the offers of a client. What they miss comes last.
func (c *Case) respond(fields []string) (field string, agreed *params, missing string) {
	if c.answer != nil {
		return c.answer.respond(fields)
	}
	if agreed = choose(fields, c.wanted); agreed != nil {
		field = agreed.String()
	}
	return field, agreed, ""
}

// inapt is the case for a peer with which it cannot be played.
func (c *Case) inapt(missing string) *Case {
	other := *c
	other.play = func(p *player) { p.unimplemented(missing) }
	return &other
}

// A refusal is a response to the opening handshake with another status than 101.
type refusal struct {
	code   int
	status string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("the server refuses the opening handshake: %q", r.status)
}

// refused is the verdict on a server that has answered with an error of the
// client's, if the case has one.
func (c *Case) refused(err error) (v Verdict, ok bool) {
	var r *refusal
	return c.refusal, c.refusable && errors.As(err, &r) && r.code >= 400 && r.code < 500
}
