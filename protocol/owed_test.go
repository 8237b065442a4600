package protocol

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
)

// sentFrames are the frames that an endpoint of the given role has appended.
func sentFrames(t testing.TB, role Role, octets []byte) (frames []string) {
	t.Helper()
	for len(octets) > 0 {
		f, masked, rest, err := cutFrame(octets)
		if err != nil {
			t.Fatal(err)
		}
		if masked != (role == Client) {
			t.Fatalf("masked is %v for a %v", masked, role)
		}
		frames = append(frames, (step{what: describe(&f), payload: f.payload}).String())
		octets = rest
	}
	return frames
}

func TestOwedPongs(t *testing.T) {
	bothRoles(t, func(t *testing.T, role Role) {
		cfg := NewConfig(role, nil)
		for _, pings := range []int{0, 1, 2, 31, 32, 33, 64, 1000} {
			var q Owed
			var o Out
			for i := range pings {
				payload := fmt.Appendf(nil, "%d", i)
				payload = append(payload, bytes.Repeat([]byte("."), i%(maxControl-10))...)
				q.Pong(payload)
				clear(payload) // the queue has its own copy
			}
			if q.Empty() != (pings == 0) || q.Closing() {
				t.Errorf("%d pings: empty is %v", pings, q.Empty())
			}
			if cap(q.pongs) > 4*maxOwedPongs*(1+maxControl) {
				t.Errorf("%d pings: %d octets are held", pings, cap(q.pongs))
			}
			octets, act := o.AppendOwed(cfg, 1, nil, &q)
			var want []string
			for i := max(0, pings-maxOwedPongs); i < pings; i++ {
				payload := fmt.Sprint(i) + string(bytes.Repeat([]byte("."), i%(maxControl-10)))
				want = append(want, step{what: "pong", payload: payload}.String())
			}
			if got := sentFrames(t, role, octets); !slices.Equal(got, want) || act != 0 || !q.Empty() {
				t.Errorf("%d pings: %q, want %q", pings, got, want)
			}
			if again, _ := o.AppendOwed(cfg, 1, nil, &q); len(again) > 0 {
				t.Errorf("%d pings: %d octets are owed twice", pings, len(again))
			}
		}
	})
}

func TestOwedClose(t *testing.T) {
	fault := &Error{Code: StatusProtocolError, Section: "RFC 6455 5.2", Reason: "broken"}
	for _, c := range []struct {
		name  string
		state CloseState
		owe   func(*Owed)
		sent  []string
		next  CloseState
		act   CloseAction
	}{
		{"a reply goes behind the pongs", Open, func(q *Owed) { q.Pong([]byte("a")); q.Reply(1001); q.Pong([]byte("b")) },
			[]string{`pong "a"`, `pong "b"`, "close 1001"}, CloseDone, SendClose | EndTransport},
		{"a reply without a status code", Open, func(q *Owed) { q.Reply(StatusNoStatus) },
			[]string{"close"}, CloseDone, SendClose | EndTransport},
		{"a failure goes behind the pongs", Open, func(q *Owed) { q.Pong([]byte("a")); q.Fail(fault) },
			[]string{`pong "a"`, `close 1002 "broken"`}, CloseFailed, SendClose | EndTransport},
		{"the driver has told Out of the peer's close", CloseReceived, func(q *Owed) { q.Reply(1000) },
			[]string{"close 1000"}, CloseDone, SendClose | EndTransport},
		{"our close went first: the peer's is the reply", CloseSent, func(q *Owed) { q.Pong([]byte("a")); q.Reply(1000) },
			nil, CloseDone, EndTransport},
		{"our close went first: failing sends nothing more", CloseSent, func(q *Owed) { q.Fail(fault) },
			nil, CloseFailed, EndTransport},
	} {
		t.Run(c.name, func(t *testing.T) {
			bothRoles(t, func(t *testing.T, role Role) {
				o := Out{state: c.state}
				var q Owed
				c.owe(&q)
				if q.Empty() || !q.Closing() {
					t.Error("a close is owed")
				}
				octets, act := o.AppendOwed(NewConfig(role, nil), 1, nil, &q)
				if got := sentFrames(t, role, octets); !slices.Equal(got, c.sent) {
					t.Errorf("%q, want %q", got, c.sent)
				}
				if o.State() != c.next || act != c.act || !q.Empty() || q.Closing() {
					t.Errorf("state %v, act %04b", o.State(), act)
				}
			})
		})
	}
}
