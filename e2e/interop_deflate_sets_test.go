package e2e

import (
	"fmt"
	"strings"

	"github.com/duplexws/duplex/protocol"
	"github.com/duplexws/duplex/websocket"
)

// An agreement is what holds for the messages of either side, as one sees it.
type agreement struct{ send, receive string }

func (a agreement) String() string     { return "send " + a.send + ", receive " + a.receive }
func (a agreement) ofOther() agreement { return agreement{a.receive, a.send} }

func takeover(bits int) string   { return fmt.Sprint("takeover ", bits) }
func noTakeover(bits int) string { return fmt.Sprint("no takeover ", bits) }

func remembers(direction string) bool { return strings.HasPrefix(direction, "takeover") }

func directionOf(d protocol.DeflateDirection) string {
	if d.Takeover {
		return takeover(d.WindowBits)
	}
	return noTakeover(d.WindowBits)
}

// A deflateSet is how both sides are configured, and what they agree on then, as
// we see it, if theirs can be configured in every respect and asks for no more.
type deflateSet struct {
	name               string
	ours               websocket.DeflateOptions
	theirs             deflateParams
	weServe, theyServe agreement
	always             bool   // in every run, and in the long one over wss and with messages of 1 MiB
	large              bool   // now with such
	unpinged           bool   // no pings
	cannot             string // why a peer cannot do its part
}

// deflateSets begin with what is ours to choose, then what is theirs.
func deflateSets() (all []deflateSet) {
	const history, stateless, whole = websocket.DeflateHistory, websocket.DeflateStateless, websocket.DeflateTakeover
	same := func(name string, ours websocket.DeflateOptions, send, receive string) deflateSet {
		a := agreement{send, receive}
		return deflateSet{name: name, ours: ours, weServe: a, theyServe: a}
	}
	byDefault := same("default", websocket.DeflateOptions{}, takeover(15), takeover(12))
	byDefault.always = true
	wholeBoth := same("takeover", websocket.DeflateOptions{Send: whole, Receive: whole}, takeover(15), takeover(15))
	wholeBoth.always = true
	none := same("stateless", websocket.DeflateOptions{Send: stateless, Receive: stateless}, noTakeover(15), noTakeover(15))
	none.always = true
	all = append(all, byDefault, wholeBoth, none,
		same("takeover of ours", websocket.DeflateOptions{Send: whole, Receive: stateless}, takeover(15), noTakeover(15)),
		same("takeover of theirs", websocket.DeflateOptions{Send: stateless, Receive: whole}, noTakeover(15), takeover(15)),
		same("history of ours", websocket.DeflateOptions{Send: history, Receive: whole, Level: 9, Threshold: 1}, takeover(15), takeover(15)),
		same("small window of ours", websocket.DeflateOptions{Send: whole, Receive: whole, SendWindowBits: 9}, takeover(9), takeover(15)),
		same("small window of theirs", websocket.DeflateOptions{Send: whole, Receive: whole, ReceiveWindowBits: 9}, takeover(15), takeover(9)),
		same("stateless small windows", websocket.DeflateOptions{Send: stateless, Receive: stateless, SendWindowBits: 10}, noTakeover(10), noTakeover(15)),
	)
	for bits := 8; bits <= 15; bits++ {
		all = append(all, same(fmt.Sprint("window ", bits),
			websocket.DeflateOptions{Send: whole, Receive: whole, SendWindowBits: bits, ReceiveWindowBits: bits}, takeover(bits), takeover(bits)))
	}
	asked := func(name string, theirs deflateParams, server, client string) deflateSet {
		return deflateSet{name: name, ours: wholeBoth.ours, theirs: theirs,
			weServe: agreement{server, client}, theyServe: agreement{client, server}}
	}
	theirNone := asked("they ask for none", deflateParams{ServerNoTakeover: true, ClientNoTakeover: true}, noTakeover(15), noTakeover(15))
	theirNone.always = true
	all = append(all, theirNone,
		asked("they ask for none of the server", deflateParams{ServerNoTakeover: true}, noTakeover(15), takeover(15)),
		asked("they ask for none of the client", deflateParams{ClientNoTakeover: true}, takeover(15), noTakeover(15)),
		asked("they ask for window 10 of the server", deflateParams{ServerBits: 10}, takeover(10), takeover(15)),
		asked("they ask for window 10 of the client", deflateParams{ClientBits: 10}, takeover(15), takeover(10)),
		asked("they ask for a window of none", deflateParams{ServerNoTakeover: true, ClientNoTakeover: true, ServerBits: 9, ClientBits: 11}, noTakeover(9), noTakeover(11)),
	)
	for bits := 8; bits <= 15; bits++ {
		all = append(all, asked(fmt.Sprint("they ask for window ", bits), deflateParams{ServerBits: bits, ClientBits: bits}, takeover(bits), takeover(bits)))
	}
	lower := asked("both ask", deflateParams{ServerBits: 11, ClientBits: 14}, takeover(11), takeover(12))
	lower.ours, lower.theyServe = websocket.DeflateOptions{}, agreement{takeover(14), takeover(11)}
	return append(all, lower)
}
