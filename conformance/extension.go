package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// params are the parameters of permessage-deflate, see
// https://www.rfc-editor.org/rfc/rfc7692#section-7.1
type params struct {
	serverForgets bool // server_no_context_takeover
	clientForgets bool
	serverBits    int // 0 if the parameter is not there
	clientBits    int // -1 if it has no value
}

func (p params) String() string {
	s := "permessage-deflate"
	if p.serverForgets {
		s += "; server_no_context_takeover"
	}
	if p.clientForgets {
		s += "; client_no_context_takeover"
	}
	if p.serverBits != 0 {
		s += fmt.Sprintf("; server_max_window_bits=%d", p.serverBits)
	}
	switch {
	case p.clientBits > 0:
		s += fmt.Sprintf("; client_max_window_bits=%d", p.clientBits)
	case p.clientBits < 0:
		s += "; client_max_window_bits"
	}
	return s
}

// set sets a parameter, strictly.
func (p *params) set(name, value string, hasValue, offer bool) error {
	flag := func(b *bool) error {
		if *b || hasValue {
			return fmt.Errorf("%s comes twice, or has a value", name)
		}
		*b = true
		return nil
	}
	window := func(b *int, bare bool) error {
		n, err := strconv.Atoi(value)
		switch {
		case *b != 0:
			return fmt.Errorf("%s comes twice", name)
		case !hasValue && bare:
			n = -1
		case err != nil || n < 8 || n > 15 || strconv.Itoa(n) != value:
			return fmt.Errorf("%s has the value %q", name, value)
		}
		*b = n
		return nil
	}
	switch name {
	case "server_no_context_takeover":
		return flag(&p.serverForgets)
	case "client_no_context_takeover":
		return flag(&p.clientForgets)
	case "server_max_window_bits":
		return window(&p.serverBits, false)
	case "client_max_window_bits":
		return window(&p.clientBits, offer)
	}
	return fmt.Errorf("there is no parameter %q", name)
}

// parseParams reads one item of Sec-WebSocket-Extensions.
func parseParams(item string, offer bool) (p params, err error) {
	name, rest, more := strings.Cut(item, ";")
	if strings.TrimSpace(name) != "permessage-deflate" {
		return p, fmt.Errorf("%q is not permessage-deflate", item)
	}
	for more {
		var param string
		param, rest, more = strings.Cut(rest, ";")
		name, value, hasValue := strings.Cut(param, "=")
		value = strings.TrimSpace(value)
		if n := len(value); n > 1 && value[0] == '"' && value[n-1] == '"' {
			value = value[1 : n-1]
		}
		if err := p.set(strings.TrimSpace(name), value, hasValue, offer); err != nil {
			return p, err
		}
	}
	return p, nil
}

// accepted checks what a server has made of offers; nil is that it declined.
// That the server grants less than it was asked for is an error if exact, and
// else taken as it is.
func accepted(fields []string, offers []params, exact bool) (*params, error) {
	if len(fields) == 0 {
		return nil, nil
	}
	if len(offers) == 0 {
		return nil, fmt.Errorf("the response has an extension for which there was no legal offer: %q", fields)
	}
	p, err := parseParams(strings.Join(fields, ", "), false)
	if err != nil {
		return nil, fmt.Errorf("the response has a wrong extension %q: %w", fields, err)
	}
	if !p.fits(offers, exact) {
		return nil, errors.New("the response has parameters that fit no offer: " + p.String())
	}
	p.promise(offers)
	return &p, nil
}

// fits reports whether p is an answer to one of offers.
func (p params) fits(offers []params, exact bool) bool {
	return slices.ContainsFunc(offers, func(o params) bool {
		asked := o.serverBits == 0 || p.serverBits != 0 && p.serverBits <= o.serverBits
		asked = asked && (p.serverForgets || !o.serverForgets)
		return (p.clientBits == 0 || o.clientBits != 0) && (asked || !exact)
	})
}

// promise takes into p what the suite has said by itself in its offers. Which
// of them was accepted cannot always be told:
// https://www.rfc-editor.org/rfc/rfc7692#section-7.1.1.2
func (p *params) promise(offers []params) {
	for _, o := range offers {
		p.clientForgets = p.clientForgets || o.clientForgets
		if o.clientBits > 0 && (p.clientBits == 0 || p.clientBits > o.clientBits) {
			p.clientBits = o.clientBits
		}
	}
}

// choose answers the offers of a client. The first of wanted that a client can
// take decides; its clientBits ask for an offer that has them.
func choose(fields []string, wanted []params) *params {
	for _, want := range wanted {
		for item := range strings.SplitSeq(strings.Join(fields, ","), ",") {
			offer, err := parseParams(item, true)
			if err != nil || want.clientBits != 0 && offer.clientBits == 0 {
				continue
			}
			answer := want
			answer.serverForgets, answer.serverBits = offer.serverForgets, offer.serverBits
			if want.clientBits != 0 && offer.clientBits > 0 {
				answer.clientBits = min(want.clientBits, offer.clientBits)
			}
			return &answer
		}
	}
	return nil
}
