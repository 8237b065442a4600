package conformance

import (
	"fmt"
	"strings"
)

// openingOffers is the part of group 15 about what a client offers.
func openingOffers() []Case { return append(subprotocols(), extensions()...) }

// names sets a field to a list of n names.
func names(field string, n int) func(*request) {
	return func(r *request) {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprint("x-", i)
		}
		r.set(field, field+": "+strings.Join(list, ", "))
	}
}

func subprotocols() []Case {
	choice := upgrades().refusable("a server without a common subprotocol can go on without one (RFC 6455, section 4.2.2)")
	odd := free() // but what it answers must have been offered
	change := func(title string, w want, change func(*request)) Case {
		c := shakes("", title, w, change)
		c.Expect = strings.Replace(c.Expect, "upgrades", "upgrades with one of those that can be chosen or none", 1)
		return c
	}
	offer := func(title string, w want, values ...string) Case {
		return change(title, w, with("Sec-WebSocket-Protocol", values...))
	}
	return numbered("15.11",
		offer("two subprotocols", choice, "x-a, x-b"),
		offer("two subprotocols in two fields", choice, "x-a", "x-b"),
		change("100 subprotocols", choice, names("Sec-WebSocket-Protocol", 100)),
		offer("empty elements between subprotocols", odd, ",, x-a ,\t,"),
		offer("a subprotocol twice", odd, "x-a, x-b, x-a"),
		offer("a subprotocol in quotes", odd, `"x-a"`),
		offer("a subprotocol with a parameter", odd, "x-a;q=1"),
		offer("a subprotocol beyond ASCII", odd, "x-\xc3\xa4"),
		offer("white space inside a subprotocol", odd, "x a"),
		offer("no subprotocol in the field", odd, ""),
		change("10,000 subprotocols", odd.droppable(), names("Sec-WebSocket-Protocol", 10_000)),
	)
}

func extensions() []Case {
	broken := refuses(400).lenient("a field that breaks the grammar ends the handshake (RFC 6455, section 9.1)")
	change := func(title string, w want, change func(*request)) Case {
		c := shakes("", title, w, change)
		c.Expect = strings.Replace(c.Expect, "upgrades", "upgrades without an extension", 1)
		return c
	}
	offer := func(title string, w want, values ...string) Case {
		return change(title, w, with("Sec-WebSocket-Extensions", values...))
	}
	quoted := offer("a parameter in quotes", upgrades(), `permessage-deflate; client_max_window_bits="10"`)
	quoted.offers = []params{{clientBits: 10}}
	quoted.Expect = "upgrades, with or without permessage-deflate"
	second := offer("permessage-deflate behind an unknown extension", upgrades(), "x-unknown", "permessage-deflate")
	second.offers = []params{{}}
	second.Expect = quoted.Expect
	return numbered("15.12",
		offer("an unknown extension", upgrades(), "x-unknown"),
		offer("an unknown extension with parameters", upgrades(), `x-unknown; a; b=1; c="d"; e="\f"`),
		offer("an unknown extension three times", upgrades(), "x-a, x-a, x-a"),
		quoted,
		second,
		change("1000 extensions", free().droppable(), names("Sec-WebSocket-Extensions", 1000)),
		offer("a quote that does not end", broken, `x-a; b="c`),
		offer("an extension without a name", broken, "; a=b"),
		// The grammar is broken, but not what stands around the offer: it may be
		// declined as one that is not known.
		offer("a parameter without its value", free(), "x-a; b="),
		offer("an extension beyond ASCII", broken, "x-\xc3\xa4"),
		offer("2000 backslashes in a quote that does not end", broken, `x-a; b="`+strings.Repeat(`\`, 2000)),
	)
}
