package protocol

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
)

func numbered(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("p%d", i))
	}
	return strings.Join(list, ",")
}

var subprotocolTests = []struct {
	values string // fields, separated by |
	want   string // names, separated by spaces; "" if malformed
}{
	{"chat", "chat"},
	{"chat, superchat", "chat superchat"},
	{"chat|superchat", "chat superchat"},
	{"chat, Chat", "chat Chat"},
	{",, chat ,", "chat"},
	{"v1.json.example,v2/x", ""},
	{numbered(MaxSubprotocols), strings.ReplaceAll(numbered(MaxSubprotocols), ",", " ")},
	{numbered(MaxSubprotocols + 1), ""},
	{numbered(10_000), ""},
	{"", ""},
	{" ", ""},
	{",", ""},
	{",|,", ""},
	{"chat, chat", ""},
	{"chat|chat", ""},
	{"chat superchat", ""},
	{"chat; q=1", ""},
	{"chat=1", ""},
	{`"chat"`, ""},
	{`chat, "super`, ""},
	{"ch\u00e4t", ""},
	{"\xff", ""},
	{"chat\x00", ""},
	{"chat\r\nSet-Cookie: a=b", ""},
	{"chat\n", ""},
	{"chat\x7f", ""},
	{"(chat)", ""},
}

func TestParseSubprotocols(t *testing.T) {
	for _, test := range subprotocolTests {
		got, err := ParseSubprotocols(strings.Split(test.values, "|"))
		if (err != nil) != (test.want == "") || strings.Join(got, " ") != test.want {
			t.Errorf("%.80q: got %.80q, %v, want %.80q", test.values, got, err, test.want)
		}
	}
	if got, err := ParseSubprotocols(nil); got != nil || err != nil {
		t.Errorf("no field: got %q, %v", got, err)
	}
}

func TestChooseSubprotocol(t *testing.T) {
	last := func(offered []string) string { return offered[len(offered)-1] }
	none := func([]string) string { return "" }
	fixed := func(name string) func([]string) string { return func([]string) string { return name } }
	for _, test := range []struct {
		name    string
		policy  ServerHandshake
		offered []string
		want    string // "!400" and the like for a refusal
	}{
		{"nothing on either side", ServerHandshake{}, nil, ""},
		{"not asked, not told", ServerHandshake{Subprotocols: []string{"a"}}, nil, ""},
		{"unknown", ServerHandshake{Subprotocols: []string{"a"}}, []string{"b"}, ""},
		{"the server's order decides", ServerHandshake{Subprotocols: []string{"a", "b"}}, []string{"c, b, a"}, "a"},
		{"case counts", ServerHandshake{Subprotocols: []string{"a"}}, []string{"A"}, ""},
		{"several fields", ServerHandshake{Subprotocols: []string{"a"}}, []string{"c", "b, a"}, "a"},
		{"malformed without use", ServerHandshake{}, []string{"a b"}, "!400"},
		{"callback", ServerHandshake{SelectSubprotocol: last}, []string{"a, b"}, "b"},
		{"callback decides alone", ServerHandshake{SelectSubprotocol: none, Subprotocols: []string{"a"}}, []string{"a"}, ""},
		{"callback without an offer", ServerHandshake{SelectSubprotocol: fixed("a")}, nil, ""},
		{"callback invents", ServerHandshake{SelectSubprotocol: fixed("x")}, []string{"a"}, "!500"},
		{"callback injects", ServerHandshake{SelectSubprotocol: fixed("a\r\nX: y")}, []string{"a"}, "!500"},
	} {
		got, e := test.policy.chooseSubprotocol(test.offered)
		if e != nil {
			got = fmt.Sprintf("!%d", e.Status)
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// What the callback does to its argument does not change what was offered.
func TestSelectSubprotocolGetsACopy(t *testing.T) {
	h := ServerHandshake{SelectSubprotocol: func(offered []string) string {
		offered[0] = "x"
		return "x"
	}}
	if _, e := h.chooseSubprotocol([]string{"a"}); e == nil || e.Fault != FaultServer {
		t.Errorf("got %v", e)
	}
}

func TestSubprotocolAllocs(t *testing.T) {
	testenv.NoRace(t)
	h := ServerHandshake{Subprotocols: []string{"a"}}
	offered := []string{"b, c", "a"}
	if n := testing.AllocsPerRun(100, func() { h.chooseSubprotocol(offered) }); n != 0 {
		t.Errorf("%v allocations to choose", n)
	}
	hostile := []string{numbered(10_000)}
	if n := testing.AllocsPerRun(100, func() { h.chooseSubprotocol(hostile) }); n > 10 {
		t.Errorf("%v allocations to refuse 10,000 offers", n)
	}
}

// checkOffers demands that what is accepted consists of different tokens, and
// is read again as the same.
func checkOffers(t *testing.T, values []string) {
	t.Helper()
	offered, err := ParseSubprotocols(values)
	if err != nil {
		if offered != nil {
			t.Fatalf("%q: a list beside error %v", values, err)
		}
		return
	}
	if err := checkSubprotocols(offered); err != nil || len(offered) == 0 || len(offered) > MaxSubprotocols {
		t.Fatalf("%q: read as %q: %v", values, offered, err)
	}
	again, err := ParseSubprotocols([]string{strings.Join(offered, ", ")})
	if err != nil || !slices.Equal(offered, again) {
		t.Fatalf("%q: read as %q, then as %q, %v", values, offered, again, err)
	}
	h := ServerHandshake{Subprotocols: []string{"x", offered[len(offered)-1]}}
	chosen, e := h.chooseSubprotocol(values)
	if e != nil || !slices.Contains(offered, chosen) {
		t.Fatalf("%q: chose %q, %v", values, chosen, e)
	}
}

func TestSubprotocolsPrefixesAndSplits(t *testing.T) {
	for _, test := range subprotocolTests {
		eachCut(test.values, func(values []string) { checkOffers(t, values) })
	}
}

func FuzzSubprotocols(f *testing.F) {
	for _, test := range subprotocolTests {
		f.Add(test.values)
	}
	f.Fuzz(func(t *testing.T, values string) { checkOffers(t, strings.Split(values, "|")) })
}
