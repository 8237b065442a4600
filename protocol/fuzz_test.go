package protocol

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fuzzLimits are small, so that they are reached.
var fuzzLimits = &Limits{MaxMessage: 300, MaxFragments: 6, MaxControlRate: -1}

// seeds are the inputs of all tables: the conformance cases, the hostile
// inputs, and the scripts.
func seeds(f *testing.F, role Role, add func(octets []byte)) {
	var conversations [][]frame
	for _, cases := range [][]conformanceCase{framingCases(), pingCases(), reservedBitCases(), reservedOpcodeCases(), fragmentationCases(), textCases(), closeCases()} {
		for _, c := range cases {
			conversations = append(conversations, c.frames)
		}
	}
	for _, h := range slices.Concat(hostileFrames(), hostileLengths(), hostileText(), hostileCloses()) {
		conversations = append(conversations, h.frames)
	}
	for _, frames := range conversations {
		if octets := wire(role, frames...); len(octets) < 1000 {
			add(octets)
		}
	}
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		script, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range strings.Split(string(script), "\n== ")[1:] {
			c := parseTranscript(new(testing.T), strings.Split(part, "\n"), role)
			if len(c.script.input) < 1000 {
				add(c.script.input)
			}
		}
	}
}

// FuzzHeader holds what In makes of one header against judge and cutFrame, on
// its own and inside a message, and HoldsFrame likewise; what is accepted must
// be what NewHeader writes.
func FuzzHeader(f *testing.F) {
	for _, role := range []Role{Server, Client} {
		seeds(f, role, func(octets []byte) { f.Add(role == Client, false, octets) })
		f.Add(role == Client, true, cont("b").wire(nil, role))
		f.Add(role == Client, true, cont("").declaring(1<<63-1).wire(nil, role))
	}
	f.Fuzz(func(t *testing.T, client, inMessage bool, octets []byte) {
		cfg := NewConfig(Role(bit(client)), &Limits{MaxMessage: -1})
		octets = octets[:min(len(octets), maxHeader+maxControl)]
		var before []byte
		if inMessage {
			before = wire(cfg.role, binaryOf("a").unfinished())
		}
		e := newEndpoint(t, cfg)
		defer e.end()
		e.receive(slices.Clone(before))

		frame, _, rest, err := cutFrame(octets)
		if got, want := e.in.HoldsFrame(octets), err == nil; got != want {
			t.Fatalf("% x: holds a frame: %v", octets, got)
		}
		first := octets
		if err == nil {
			first = octets[:len(octets)-len(rest)]
		}
		e.receive(slices.Clone(first))
		want := judge(cfg, append(slices.Clone(before), first...))
		if got := events(e.trace); !slices.Equal(got, want) {
			t.Fatalf("% x:\n%sthe reference:\n%s", first, traceOf(got), traceOf(want))
		}
		if err != nil || slices.ContainsFunc(want, step.failure) {
			return
		}
		h := NewHeader(NewConfig(1-cfg.role, nil), frame.op, !frame.more, frame.rsv == 4, len(frame.payload))
		n := len(h.Bytes())
		if h.Masked() {
			n -= 4 // the key is another one
		}
		if !bytes.Equal(h.Bytes()[:n], first[:n]) {
			t.Fatalf("accepted % x, which we write as % x", first[:n], h.Bytes()[:n])
		}
	})
}

func bit(b bool) (n int) {
	if b {
		n = 1
	}
	return n
}

// fuzzIn lets octets arrive cut at fuzz-chosen places: the events must be those
// of the reference and of a single read. (The endpoint checks on the way that
// only documented errors leave and that nothing counts that has not come.)
func fuzzIn(f *testing.F, role Role) {
	seeds(f, role, func(octets []byte) {
		f.Add(octets, []byte{1})
		f.Add(octets, []byte{0, 3, 7, 60})
	})
	f.Fuzz(func(t *testing.T, octets, cuts []byte) {
		s := &script{role: role, limits: fuzzLimits, input: octets}
		whole := s.play(t, delivery{}, len(octets))
		defer whole.end()
		s.compareWithReference(t, whole.trace)
		d := delivery{name: "cut", own: len(cuts)%2 == 1, space: len(cuts)%3 == 0}
		at := 0
		for _, c := range cuts {
			at += int(c)
			d.cuts = append(d.cuts, at)
		}
		cut := s.play(t, d, len(octets))
		defer cut.end()
		if !slices.Equal(cut.trace, whole.trace) {
			t.Fatalf("cut at %v:\n%sat once:\n%s", d.cuts, traceOf(cut.trace), traceOf(whole.trace))
		}
	})
}

func FuzzInServer(f *testing.F) { fuzzIn(f, Server) }
func FuzzInClient(f *testing.F) { fuzzIn(f, Client) }

// FuzzClosePayload holds what In makes of a Close payload against judgeClose;
// what it accepts Out must be able to send again.
func FuzzClosePayload(f *testing.F) {
	for _, c := range closeCases() {
		for _, frame := range c.frames {
			if frame.op == OpClose {
				f.Add([]byte(frame.payload))
			}
		}
	}
	for _, h := range hostileCloses() {
		f.Add([]byte(h.frames[0].payload))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		if len(payload) > maxControl {
			return
		}
		for _, role := range []Role{Server, Client} {
			var in In
			cfg := NewConfig(role, nil)
			last := feedAll(&in, cfg, start, closed(string(payload)).wire(nil, role))
			code, fault, _ := judgeClose(payload)
			if fault != 0 {
				if last.Kind != Failed || last.Err.Code != fault {
					t.Fatalf("%q: %v, %v, want %d", payload, last.Kind, last.Err, fault)
				}
				continue
			}
			if code == 0 {
				code = int(StatusNoStatus)
			}
			if last.Kind != Close || int(last.Code) != code || len(payload) >= 2 && string(last.Payload) != string(payload[2:]) {
				t.Fatalf("%q: %v, %d, %q", payload, last.Kind, last.Code, last.Payload)
			}
			var o Out
			octets, _, err := o.AppendClose(cfg, start, nil, last.Code, string(last.Payload))
			if f, _, _, cut := cutFrame(octets); err != nil || cut != nil || f.payload != string(payload) {
				t.Fatalf("%q was accepted, and is sent as %q, %v", payload, f.payload, err)
			}
		}
	})
}

// FuzzOutIn lets Out send what the fuzzer says, and In of the other role read
// it: everything must come as it was sent.
func FuzzOutIn(f *testing.F) {
	f.Add(false, []byte("tHello"), uint16(3))
	f.Add(true, []byte("b\xFF\xFEpxqyfabfcdlefgtagain"), uint16(1))
	f.Add(true, []byte("tGrüße"), uint16(200))
	f.Add(false, []byte("fa\xCElb\xBAFxLyc1000"), uint16(1000))
	f.Fuzz(func(t *testing.T, client bool, orders []byte, scale uint16) {
		sender := NewConfig(Role(bit(client)), nil)
		receiver := NewConfig(1-sender.role, &Limits{MaxMessage: -1, MaxControlRate: -1})
		var o Out
		var octets []byte
		var want []step
		var message []byte // of the fragments so far
		for len(orders) > 0 {
			order := orders[0]
			n := min(int(order>>3)%8, len(orders)-1)
			payload := orders[1 : 1+n]
			orders = orders[1+n:]
			if n == 7 {
				payload = bytes.Repeat(payload, int(scale)%2000)
			}
			kept := string(payload)
			before, state := len(octets), o
			var err error
			sent := step{payload: string(payload)}
			switch order % 8 {
			case 0, 1:
				op := OpText + Opcode(order%2)
				octets, err = o.AppendMessage(sender, octets, op, false, payload)
				sent.what = op.String()
			case 2, 3, 4, 5:
				op, last := OpText+Opcode(order%2), order%8 >= 4
				octets, err = o.AppendFragment(sender, octets, op, last, false, payload)
				if sent = (step{}); err == nil {
					if message = append(message, payload...); last {
						sent = step{what: op.String(), payload: string(message)}
						message = nil
					}
				}
			case 6:
				octets, err = o.AppendPing(sender, octets, payload)
				sent.what = "ping"
			case 7:
				code, reason := StatusNoStatus, ""
				if len(payload) >= 2 {
					code, reason = StatusCode(binary.BigEndian.Uint16(payload)%5000), string(payload[2:])
				}
				octets, _, err = o.AppendClose(sender, start, octets, code, reason)
				sent = sentClose(code, reason)
				if state.state != Open {
					sent = step{} // a second Close is not sent
				}
			}
			switch {
			case err != nil && (len(octets) != before || o != state):
				t.Fatalf("%v, and yet %d octets were appended", err, len(octets)-before)
			case err == nil && sent.what != "":
				want = append(want, sent)
			}
			if string(payload) != kept {
				t.Fatal("the caller's payload was changed")
			}
		}
		s := &script{role: receiver.role, limits: &Limits{MaxMessage: -1, MaxControlRate: -1}, input: octets}
		e := s.play(t, delivery{cuts: []int{int(scale) % (len(octets) + 1)}}, len(octets))
		defer e.end()
		if got := events(e.trace); !slices.Equal(got, want) {
			t.Fatalf("received:\n%ssent:\n%s", traceOf(got), traceOf(want))
		}
	})
}

func sentClose(code StatusCode, reason string) step {
	f := closing(code, reason)
	if code == 0 || code == StatusNoStatus {
		f = closed("")
	}
	return step{what: describe(&f), payload: f.payload}
}
