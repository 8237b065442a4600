package e2e

import (
	"encoding/hex"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// TestInterop has each foreign implementation talk to ours, both in either role
// and over ws and wss. What takes an echo of ours alone is done with the binary
// too.
func TestInterop(t *testing.T) {
	cert := newCertificate(t)
	us := newGoAgent(t, cert, duplexLibrary{})
	stranger := newGoAgent(t, newCertificate(t), duplexLibrary{})
	binary := echoBinary(t, cert)
	t.Run("verifies", func(t *testing.T) { wantNoTrust(t, us, stranger) })
	for _, p := range peers {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			them := p.start(t, cert)
			t.Run("verifies", func(t *testing.T) { wantNoTrust(t, them, stranger) })
			for _, s := range scenarios() {
				if p.differs != nil {
					p.differs(&s)
				}
				t.Run(strings.ReplaceAll(s.name, " ", "_"), func(t *testing.T) {
					if s.cannot != "" {
						t.Skip(p.name, s.cannot)
					}
					s.meet(t, us, them, binary)
				})
			}
		})
	}
}

// wantNoTrust fails unless an agent refuses a certificate that it does not know.
func wantNoTrust(t *testing.T, a, stranger agent) {
	t.Helper()
	if seen := a.saw(t, a.dial(t, part{}, stranger.url("wss"), part{})); len(seen) != 1 || seen[0].Saw != "error" || !strings.Contains(seen[0].Text, "certificate") {
		t.Errorf("it saw %s", asJSON(seen))
	}
}

// meet plays s in every combination.
func (s *scenario) meet(t *testing.T, us, them agent, binary map[string]string) {
	for _, scheme := range []string{"ws", "wss"} {
		t.Run("they_serve_"+scheme, func(t *testing.T) {
			id := us.dial(t, plays(s.ours), them.url(scheme), plays(s.theirs))
			want(t, "we", us.saw(t, id), s.weSee)
			want(t, "they", them.saw(t, id), s.theySee)
		})
		t.Run("we_serve_"+scheme, func(t *testing.T) {
			id := them.dial(t, plays(s.theirs), us.url(scheme), plays(s.ours))
			want(t, "they", them.saw(t, id), s.theySee)
			want(t, "we", us.saw(t, id), s.weSee)
		})
		if reflect.DeepEqual(s.ours, []step{echoes}) {
			t.Run("duplex_serves_"+scheme, func(t *testing.T) {
				id := them.dial(t, plays(s.theirs), binary[scheme], part{})
				want(t, "they", them.saw(t, id), s.theySee)
			})
		}
	}
}

// want compares what was seen. Whether a message came in fragments is up to the
// peer, where it was not told.
func want(t *testing.T, who string, got, want []sight) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		got[i].Fragmented = got[i].Fragmented && want[i].Fragmented
	}
	for i := range max(len(got), len(want)) {
		if g, w := nth(got, i), nth(want, i); g != w {
			t.Errorf("%s saw as sight %d of %d %s\nwant %s", who, i, len(got), asJSON(g), asJSON(w))
			return
		}
	}
}

// nth is the zero sight behind the last.
func nth(sights []sight, i int) sight {
	return append(sights[:len(sights):len(sights)], make([]sight, i+1)...)[i]
}

// echoBinary starts the binary's echo endpoints and returns their URLs by
// scheme.
func echoBinary(t *testing.T, cert *certificate) map[string]string {
	t.Helper()
	bin := build(t)
	plain := start(t, bin, "serve", "--addr", "127.0.0.1:0")
	secure := start(t, bin, "echo", "--addr", "127.0.0.1:0", "--tls-cert", cert.certFile, "--tls-key", cert.keyFile)
	return map[string]string{
		"ws":  "ws" + strings.TrimPrefix(plain.url, "http") + "/echo",
		"wss": secure.url + "/",
	}
}

// A scenario is what our side and a foreign one do on one connection, and what
// each has seen then. It is the same whoever serves.
type scenario struct {
	name           string
	ours, theirs   []step
	weSee, theySee []sight
	cannot         string // why a peer cannot do its part
}

// scenarios are what every foreign implementation goes through.
func scenarios() (all []scenario) {
	const greeting = "Grüße, 世界 👋"
	all = append(all, echoed("text", text(""), text("a"), text(greeting), text(strings.Repeat("é", 63)), text(greeting).times(3000))...)
	all = append(all, echoed("binary", binary(""), binary("00"), binary("80").times(125), binary("81").times(126),
		binary("82").times(1<<16-1), binary("83").times(1<<16), binary("00ff80fe").times(42))...)
	all = append(all, echoed("1 MiB of text", text("Duplex! ").times(1<<17))...)
	all = append(all, echoed("1 MiB", binary("00ff80c0").times(1<<18))...)
	all = append(all, fragments()...)
	all = append(all, pingsAndPongs()...)
	return append(all, closings()...)
}

// echoed are two scenarios: messages of ours come back from them, and messages
// of theirs from us.
func echoed(name string, messages ...step) []scenario {
	var steps []step
	var see []sight
	for _, m := range messages {
		steps = append(steps, m, receives)
		see = append(see, m.seen())
	}
	steps = append(steps, closes(1000, "bye"))
	see = append(see, answered(1000))
	end := []sight{closed(1000, "bye")}
	return []scenario{
		{name: name + " of ours", ours: steps, theirs: []step{echoes}, weSee: see, theySee: end},
		{name: name + " of theirs", ours: []step{echoes}, theirs: steps, weSee: end, theySee: see},
	}
}

func fragments() []scenario {
	end := closes(1000, "")
	plain := binary("0123456789").times(60_000).fragments(3)
	pinged := text("between ").times(40_000).fragments(2).pinging()
	return []scenario{
		{name: "fragments of ours", ours: []step{plain, receives, end}, theirs: []step{echoes},
			weSee: []sight{plain.seen(), answered(1000)}, theySee: []sight{closed(1000, "")}},
		{name: "fragments of theirs", ours: []step{receives, end}, theirs: []step{plain},
			weSee: []sight{plain.seen().inFragments(), answered(1000)}, theySee: []sight{closed(1000, "")}},
		{name: "our ping between fragments", ours: []step{pinged, receives, end}, theirs: []step{echoes},
			weSee: []sight{pong(""), pinged.seen(), answered(1000)}, theySee: []sight{closed(1000, "")}},
		{name: "their ping between fragments", ours: []step{receives, end}, theirs: []step{pinged},
			weSee: []sight{pinged.seen().inFragments(), answered(1000)}, theySee: []sight{pong(hex.EncodeToString([]byte("between"))), closed(1000, "")}},
	}
}

func pingsAndPongs() []scenario {
	end := closes(1000, "")
	after := text("after the pings")
	longest := strings.Repeat("7f", 125)
	return []scenario{
		{name: "our pings", ours: []step{pings(""), pings(""), after, receives, end}, theirs: []step{echoes},
			weSee: []sight{pong(""), pong(""), after.seen(), answered(1000)}, theySee: []sight{closed(1000, "")}},
		{name: "their pings", ours: []step{echoes}, theirs: []step{pings(""), pings("00ff"), pings(longest), after, receives, end},
			weSee: []sight{closed(1000, "")}, theySee: []sight{pong(""), pong("00ff"), pong(longest), after.seen(), answered(1000)}},
	}
}

// closings are closes by either side, with and without a Close frame. 1005
// stands for one without a status code.
func closings() (all []scenario) {
	first := text("before the end")
	all = append(all,
		scenario{name: "our drop", ours: []step{first, receives, drops}, theirs: []step{echoes}, weSee: []sight{first.seen(), ended()}, theySee: []sight{ended()}},
		scenario{name: "their drop", ours: []step{echoes}, theirs: []step{first, receives, drops}, weSee: []sight{ended()}, theySee: []sight{first.seen(), ended()}},
	)
	longest := strings.Repeat("é", 61) + "!"
	for _, c := range []struct {
		code   int
		reason string
	}{
		{1000, ""}, {1001, "going away ✓"}, {1005, ""}, {1008, "policy"}, {1011, "error"}, {1012, "restart"}, {1013, "later"},
		{3000, ""}, {3999, "done"}, {4999, longest},
	} {
		steps := []step{closes(c.code, c.reason)}
		all = append(all,
			scenario{name: fmt.Sprint("our close ", c.code), ours: steps, weSee: []sight{answered(c.code)}, theySee: []sight{closed(c.code, c.reason)}},
			scenario{name: fmt.Sprint("their close ", c.code), theirs: steps, weSee: []sight{closed(c.code, c.reason)}, theySee: []sight{answered(c.code)}},
		)
	}
	return all
}
