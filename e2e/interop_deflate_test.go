package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
)

// TestInteropDeflate has each foreign implementation that compresses, and each
// browser, do so with ours by the sets of parameters that it can be configured
// with. What is agreed on must be what both were configured for, what is
// remembered must be what was agreed, and every message must come whole.
func TestInteropDeflate(t *testing.T) {
	cert := newCertificate(t)
	us := newGoAgent(t, cert, duplexLibrary{})
	for _, p := range deflatingPeers {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			them := p.start(t, cert)
			for _, s := range deflateSets() {
				if p.deflates != nil {
					p.deflates(&s)
				}
				if s.always || testenv.Full() {
					t.Run(strings.ReplaceAll(s.name, " ", "_"), func(t *testing.T) { s.meet(t, us, them, p) })
				}
			}
		})
	}
}

// A deflatingPeer is a foreign implementation that compresses.
type deflatingPeer struct {
	peer
	// deflates changes what is expected of a set, or says that it cannot do its
	// part.
	deflates func(s *deflateSet)
	tells    bool // it tells what was agreed on
	pageOnly bool // it has no pings, and serves nothing
}

// meet plays all that is said by a set.
func (s *deflateSet) meet(t *testing.T, us, them agent, p deflatingPeer) {
	if s.cannot != "" {
		t.Skip(p.name, s.cannot)
	}
	schemes := []string{"ws"}
	if s.always && testenv.Full() {
		schemes = []string{"ws", "wss"}
	}
	for _, scheme := range schemes {
		s.large = s.always && testenv.Full() && scheme == "ws"
		for _, c := range s.conversations(s.weServe, p) {
			t.Run("we_serve_"+scheme+"_"+c.name, func(t *testing.T) {
				id := them.dial(t, part{c.theirs, asRaw(s.theirs)}, us.url(scheme), part{c.ours, asRaw(s.ours)})
				c.wantSeen(t, id, us, them)
			})
		}
		if p.pageOnly {
			continue
		}
		for _, c := range s.conversations(s.theyServe, p) {
			t.Run("they_serve_"+scheme+"_"+c.name, func(t *testing.T) {
				id := us.dial(t, part{c.ours, asRaw(s.ours)}, them.url(scheme), part{c.theirs, asRaw(s.theirs)})
				c.wantSeen(t, id, us, them)
			})
		}
	}
}

func (s *scenario) wantSeen(t *testing.T, id string, us, them agent) {
	t.Helper()
	want(t, "we", us.saw(t, id), s.weSee)
	want(t, "they", them.saw(t, id), s.theySee)
}

// conversations are messages of ours that come back from them, and messages of
// theirs that come back from us.
func (s *deflateSet) conversations(agreed agreement, p deflatingPeer) []scenario {
	agreement := sight{Saw: "deflate", Text: agreed.String()}
	memory := sight{Saw: "remembered", Text: fmt.Sprintf("ours %v, theirs %v", remembers(agreed.send), remembers(agreed.receive))}
	ours := scenario{name: "ours", ours: []step{{Do: "deflate"}, {Do: "remember"}}, weSee: []sight{agreement, memory}}
	theirs := scenario{name: "theirs", ours: []step{{Do: "deflate"}, echoes}, weSee: []sight{agreement}}
	if p.tells {
		telling, told := []step{{Do: "deflate"}}, []sight{{Saw: "deflate", Text: agreed.ofOther().String()}}
		ours.theirs, ours.theySee = telling, told
		theirs.theirs, theirs.theySee = telling, told
	}
	messages, seen := s.messages(pongs(""))
	ours.ours, ours.weSee = append(ours.ours, messages...), append(ours.weSee, seen...)
	ours.theirs, ours.theySee = append(ours.theirs, echoes), append(ours.theySee, closed(1000, "bye"))
	answer := pongs("00ff")
	if p.pageOnly {
		answer = nil
	}
	messages, seen = s.messages(answer)
	theirs.theirs, theirs.theySee = append(theirs.theirs, messages...), append(theirs.theySee, seen...)
	theirs.weSee = append(theirs.weSee, closed(1000, "bye"))
	all := []scenario{ours, theirs}
	for i := range all {
		if p.differs != nil {
			p.differs(&all[i])
		}
	}
	return all
}

// messages are what one side sends, and what it sees come back: of all lengths,
// of what gets shorter and what does not, repeated, not compressed, in fragments,
// one by one and many at once, with pings between them, unless there is no answer.
func (s *deflateSet) messages(answer []sight) (steps []step, see []sight) {
	const greeting = "Grüße, 世界 👋 "
	order := text(`{"id":4711,"from":"Zürich","to":"東京","price":1234.5,"currency":"CHF"}`)
	all := []step{
		text(""), text("a"), text(greeting), order, order, order.raw(), order, order.times(40), text(greeting).times(3000),
		binary("").noise(300), binary("").noise(300).raw(), binary("").noise(300), binary("").noise(5000), binary("00").times(100_000),
		order.times(1000).fragments(3), binary("00ff80fe").times(20_000).noise(20_000).fragments(2), order.times(3), order.times(2).raw(), text(""),
	}
	if s.large {
		all = append(all, text("Duplex! ").times(1<<17), binary("").noise(1<<20))
	}
	for i, m := range all {
		steps, see = append(steps, m, receives), append(see, m.seen())
		if i%4 == 0 && !s.unpinged && answer != nil {
			steps, see = append(steps, pings("00ff")), append(see, answer...)
		}
	}
	const burst = 12
	for i := range burst {
		m := text(fmt.Sprintf(`{"tick":%d,"sum":"%d €"}`, i, i*i))
		steps, see = append(steps, m), append(see, m.seen())
	}
	for range burst {
		steps = append(steps, receives)
	}
	return append(steps, closes(1000, "bye")), append(see, answered(1000))
}

func pongs(h string) []sight { return []sight{pong(h)} }

// deflateParams are what a foreign implementation is configured with. Zero bits
// are its default: a client says then that it can be given a window, if it can.
type deflateParams struct {
	ServerNoTakeover bool `json:"serverNoTakeover,omitempty"`
	ClientNoTakeover bool `json:"clientNoTakeover,omitempty"`
	ServerBits       int  `json:"serverBits,omitempty"`
	ClientBits       int  `json:"clientBits,omitempty"`
}

func asRaw(v any) json.RawMessage { return json.RawMessage(asJSON(v)) }

// options reads the options of a part, nil if there are none.
func options[T any](deflate json.RawMessage) (o *T) {
	if deflate == nil {
		return nil
	}
	if err := json.Unmarshal(deflate, &o); err != nil {
		panic(err) // it is that of asRaw
	}
	return o
}

// deflateOf returns the options in the query of a request.
func deflateOf(r *http.Request) json.RawMessage {
	if text := r.URL.Query().Get("deflate"); text != "" {
		return json.RawMessage(text)
	}
	return nil
}
