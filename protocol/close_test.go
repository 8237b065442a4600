package protocol

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/testenv"
)

// TestCloseTable holds every state and trigger against the rules of RFC 6455 7,
// said in another way than the table says them.
func TestCloseTable(t *testing.T) {
	cfg := NewConfig(Server, nil)
	for state := range closeStates {
		for trigger := range closeTriggers {
			o := Out{state: state, deadline: 7, message: OpText}
			act := o.Step(cfg, 1000, trigger)
			name := fmt.Sprintf("%v, trigger %d: now %v, act %04b", state, trigger, o.state, act)

			sent := state == CloseSent || state == CloseDone || state == CloseFailed || state == Ended
			if act&SendClose != 0 && (sent || trigger != WeClose && trigger != WeFail) {
				t.Errorf("%s: a Close frame that is the second, or that nobody wanted", name)
			}
			if trigger == WeClose && !sent && act&SendClose == 0 {
				t.Errorf("%s: no Close frame goes out", name)
			}
			if (act&OweClose != 0) != (state == Open && trigger == PeerCloses) {
				t.Errorf("%s: a reply is owed exactly to the first Close of an open connection", name)
			}
			if (act&Abort != 0) != (o.state == Ended && state != Ended) {
				t.Errorf("%s: the transport is closed exactly when the state ends", name)
			}
			if over := o.state == CloseDone || o.state == CloseFailed; (act&EndTransport != 0) != (over && state != o.state) {
				t.Errorf("%s: the transport is to be ended exactly when the handshake is over", name)
			}
			if state != Open && o.state == Open || state == Ended && o.state != Ended {
				t.Errorf("%s: a step back", name)
			}
			if trigger == TimeUp && state != Open && o.state != Ended {
				t.Errorf("%s: outlives its deadline", name)
			}
			switch {
			case o.state == state:
				if o.deadline != 7 || o.message != OpText {
					t.Errorf("%s: a step to nowhere changed something", name)
				}
			case o.InMessage():
				t.Errorf("%s: a message is still under way", name)
			case o.state == Ended && o.Deadline() != 0, o.state != Ended && o.Deadline() != 1000+int64(DefaultCloseTimeout):
				t.Errorf("%s: deadline %d", name, o.Deadline())
			}
		}
	}
}

// TestCloseTableWhole writes the table out once more: whoever changes it has to
// mean it.
func TestCloseTableWhole(t *testing.T) {
	const (
		send, owe, end, abort = SendClose, OweClose, EndTransport, Abort
	)
	want := map[CloseState][closeTriggers]closeStep{
		//             we close                   peer closes             we fail                      transport ends           time is up
		Open:          {{CloseSent, send}, {CloseReceived, owe}, {CloseFailed, send | end}, {Ended, abort}, {Open, 0}},
		CloseSent:     {{CloseSent, 0}, {CloseDone, end}, {CloseFailed, end}, {Ended, abort}, {Ended, abort}},
		CloseReceived: {{CloseDone, send | end}, {CloseReceived, 0}, {CloseReceived, 0}, {CloseReceived, 0}, {Ended, abort}},
		CloseDone:     {{CloseDone, 0}, {CloseDone, 0}, {CloseDone, 0}, {Ended, abort}, {Ended, abort}},
		CloseFailed:   {{CloseFailed, 0}, {CloseFailed, 0}, {CloseFailed, 0}, {Ended, abort}, {Ended, abort}},
		Ended:         {{Ended, 0}, {Ended, 0}, {Ended, 0}, {Ended, 0}, {Ended, 0}},
	}
	for state, steps := range want {
		if closeTable[state] != steps {
			t.Errorf("%v: %v, want %v", state, closeTable[state], steps)
		}
	}
}

func TestCloseStateString(t *testing.T) {
	seen := make(map[string]bool)
	for s := range closeStates {
		if name := s.String(); name == "" || seen[name] {
			t.Errorf("state %d is called %q", s, name)
		} else {
			seen[name] = true
		}
	}
}

// A side is one end of a connection in a model: a driver that does what Out
// orders, over a wire that is a slice.
type side struct {
	endpoint
	in    []byte // on its way here
	eof   bool   // behind in
	ended bool   // our half of the transport is ended
	gone  bool   // our end of the transport is closed
	sent  int    // Close frames
}

// do lets a side react as a driver does: what is appended goes to the peer.
func (s *side) do(peer *side, add func(dst []byte) ([]byte, CloseAction)) {
	octets, act := add(nil)
	if !s.ended && !s.gone {
		for rest := octets; len(rest) > 0; {
			f, _, behind, err := cutFrame(rest)
			if err != nil {
				s.t.Fatal(err)
			}
			if f.op == OpClose {
				s.sent++
			} else if s.sent > 0 {
				s.t.Fatalf("%v behind a Close", f.op)
			}
			rest = behind
		}
		if !peer.gone {
			peer.in = append(peer.in, octets...)
		}
	} else if len(octets) > 0 {
		s.t.Fatalf("%d octets behind the end of the transport", len(octets))
	}
	// A server ends its half at once, a client behind the server.
	if act&EndTransport != 0 && s.cfg.role == Server {
		s.ended, peer.eof = true, true
	}
	if act&Abort != 0 {
		s.gone, peer.eof = true, true
	}
}

func (s *side) step(peer *side, trigger CloseTrigger) {
	s.do(peer, func(dst []byte) ([]byte, CloseAction) { return dst, s.out.Step(s.cfg, s.now, trigger) })
}

// reads takes up to n octets off the wire, or its end.
func (s *side) reads(peer *side, n int) {
	if s.gone {
		return
	}
	n = min(n, len(s.in))
	if n == 0 && len(s.in) == 0 && s.eof {
		s.step(peer, TransportEnds)
		return
	}
	var ev Event
	for rest := append([]byte(nil), s.in[:n]...); ; {
		if rest = s.endpoint.in.Feed(s.cfg, s.now, rest, &ev); ev.Kind == None {
			break
		}
		switch ev.Kind {
		case Ping:
			s.owed.Pong(ev.Payload)
		case Close:
			s.owed.Reply(ev.Code)
		case Failed:
			s.t.Fatal(ev.Err)
		}
	}
	s.in = s.in[n:]
}

// TestCloseModel lets two sides send, close and read in random order over a
// lossless transport. Whatever the order, each sends one Close frame, and both
// end without any deadline.
func TestCloseModel(t *testing.T) {
	runs := 3000
	if testenv.Full() {
		runs = 100_000
	}
	for seed := range runs {
		random := rand.New(rand.NewPCG(uint64(seed), 7))
		server := &side{endpoint: *newEndpoint(t, NewConfig(Server, nil))}
		client := &side{endpoint: *newEndpoint(t, NewConfig(Client, nil))}
		closes := 1 + random.IntN(3) // who closes of their own accord: server, client, both
		for steps := 0; !server.gone || !client.gone; steps++ {
			if steps > 10_000 {
				t.Fatalf("seed %d: server %v, client %v", seed, server.out.State(), client.out.State())
			}
			s, peer, bit := server, client, 1
			if random.IntN(2) == 0 {
				s, peer, bit = client, server, 2
			}
			if s.gone {
				continue
			}
			s.now += int64(time.Millisecond)
			switch random.IntN(6) {
			case 0:
				s.do(peer, func(dst []byte) ([]byte, CloseAction) {
					dst, _ = s.out.AppendMessage(s.cfg, dst, OpText, false, []byte("Hello"))
					return dst, 0
				})
			case 1:
				s.do(peer, func(dst []byte) ([]byte, CloseAction) {
					dst, _ = s.out.AppendPing(s.cfg, dst, []byte("x"))
					return dst, 0
				})
			case 2:
				if closes&bit != 0 && random.IntN(4) == 0 {
					s.do(peer, func(dst []byte) ([]byte, CloseAction) {
						dst, act, err := s.out.AppendClose(s.cfg, s.now, dst, StatusNormalClosure, "bye")
						if err != nil {
							t.Fatal(err)
						}
						return dst, act
					})
				}
			case 3: // the holder of the write lock sends what is owed
				s.do(peer, func(dst []byte) ([]byte, CloseAction) {
					return s.out.AppendOwed(s.cfg, s.now, dst, &s.owed)
				})
			default:
				s.reads(peer, 1+random.IntN(20))
			}
		}
		for _, s := range []*side{server, client} {
			if s.sent != 1 || s.out.State() != Ended || s.out.Deadline() != 0 || s.out.Sendable() {
				t.Fatalf("seed %d: the %v sent %d Close frames and is in state %v", seed, s.cfg.role, s.sent, s.out.State())
			}
		}
	}
}
