package conformance

import "testing"

// TestOrder: a Pong may overtake echoes, and nothing else may overtake anything.
func TestOrder(t *testing.T) {
	events := func(letters string) (list []event) {
		for _, l := range letters {
			e := event{op: OpText, payload: string(l)}
			if l >= '0' && l <= '9' {
				e.op = OpPong
			}
			list = append(list, e)
		}
		return list
	}
	const want = "ab1cd2"
	for came, right := range map[string][2]bool{ // in groups 1 to 13, and behind
		"ab1cd2":  {true, true},
		"1abcd2":  {false, true},
		"12abcd":  {false, true},
		"ab12cd":  {false, true},
		"abc1d2":  {false, false},
		"abcd12":  {false, false},
		"21abcd":  {false, false},
		"ba1cd2":  {false, false},
		"ab1cd":   {false, false},
		"abcd2":   {false, false},
		"ab1cd2e": {false, false},
	} {
		for i, id := range []string{"5.6", "19.3.2"} {
			p := &player{c: &Case{ID: id}, events: events(came)}
			if got := p.came(events(want)); got != right[i] {
				t.Errorf("case %s: %s for %s is %v", id, came, want, got)
			}
		}
	}
	for came, right := range map[string]bool{"": true, "1": true, "12": true, "ab": true, "1ab2": true, "2": false, "b": false, "abc1": false} {
		p := &player{c: &Case{ID: "19.1.2"}, events: events(came), want: events(want)}
		if got := p.begun(); got != right {
			t.Errorf("%q begins %s: %v", came, want, got)
		}
	}
}
