package conformance

import "slices"

// came reports whether the events are those that are wanted, and in order. The
// cases that are in use everywhere want them as they stand. In the others a Pong
// may come before echoes of what was sent before its Ping: the endpoint answers
// Pings as soon as it can, and messages are its application's, which may take
// its time (https://www.rfc-editor.org/rfc/rfc6455#section-5.5.2).
func (p *player) came(want []event) bool {
	return len(p.events) == len(want) && p.beginning(want)
}

// beginning is came, of as many events as have come.
func (p *player) beginning(want []event) bool {
	if Compare(p.c.ID, "14") < 0 {
		return begins(p.events, want)
	}
	pongs, messages, places := apart(p.events)
	wantedPongs, wantedMessages, latest := apart(want)
	if !begins(pongs, wantedPongs) || !begins(messages, wantedMessages) {
		return false
	}
	for i, place := range places {
		if place > latest[i] {
			return false
		}
	}
	return true
}

func begins(events, want []event) bool {
	return len(events) <= len(want) && slices.EqualFunc(events, want[:len(events)], event.same)
}

// apart parts Pongs from messages, and tells how many of these stand before each.
func apart(events []event) (pongs, messages []event, places []int) {
	for _, e := range events {
		if e.op == OpPong {
			pongs, places = append(pongs, e), append(places, len(messages))
		} else {
			messages = append(messages, e)
		}
	}
	return pongs, messages, places
}
