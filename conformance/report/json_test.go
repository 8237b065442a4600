package report_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/duplexws/duplex/conformance"
	"github.com/duplexws/duplex/conformance/report"
)

func TestJSONKeepsEverything(t *testing.T) {
	a, b := run("a"), run("b")
	b.Role, b.Address, b.Thin, b.Selected = report.Client, "", true, 100
	b.Results[0].Omitted = 42
	want := []*report.Run{a, b}
	text := asJSON(t, want...)
	got, err := report.ReadJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("it came back changed:\n%s\nagain\n%s", text, asJSON(t, got...))
	}
	if again := asJSON(t, got...); again != text {
		t.Error("written again it is another text")
	}
	if n := strings.Count(text, "\n"); n != 2*(1+6)+2 {
		t.Errorf("it has %d lines; a result has one", n)
	}
}

func TestJSONOfNothing(t *testing.T) {
	empty := run("a")
	empty.Results, empty.Selected = nil, 0
	for _, runs := range [][]*report.Run{nil, {empty}} {
		got, err := report.ReadJSON(strings.NewReader(asJSON(t, runs...)))
		if err != nil || describe(got) != describe(runs) {
			t.Errorf("%s came back as %s, %v", describe(runs), describe(got), err)
		}
	}
}

func TestJSONOfHostilePeers(t *testing.T) {
	text := asJSON(t, hostileRun())
	if !utf8.ValidString(text) || strings.Contains(text, "<") || strings.Contains(text, "\x1b") {
		t.Error("what the peer has sent stands there as it is")
	}
	got, err := report.ReadJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	// What is no UTF-8 has become an escape; all else is as it was.
	if want := strings.ReplaceAll(hostile, "\xff", `\xff`); got[0].Agent != want || got[0].Results[0].Reason != want {
		t.Errorf("%q became %q", hostile, got[0].Agent)
	}
	if last := got[0].Results[0].Log[6].Frame.Payload; string(last) != hostile {
		t.Errorf("the payload became %q", last)
	}
}

func TestReadJSONRefuses(t *testing.T) {
	good := asJSON(t, run("a"))
	for _, c := range []struct{ from, to, want string }{
		{"", "", ""},
		{good, "", "no JSON report"},
		{good, "[]", "no JSON report"},
		{good, "{}", `format is ""`},
		{good, `{"format":"duplex-check","version":1}`, "no runs"},
		{`"duplex-check"`, `"other"`, `format is "other"`},
		{`"version":1`, `"version":2`, "version 2, and this reads version 1"},
		{"]}\n]}", "]}\n]}{}", "no JSON report: line 9"},
		{"]}\n]}", "]}\n]", "no JSON report: line 10"},
		{`"agent":"a"`, `"agent":""`, "runs[0]: it has no agent"},
		{`"agent":"a"`, `"agent":"a","extra":1`, `unknown field "extra"`},
		{`"agent":"a"`, `"agent":7`, "line 2: "},
		{`"role":"server"`, `"role":"proxy"`, `the role is "proxy"`},
		{`"selected":6`, `"selected":-6`, "negative"},
		{`"id":"1.1.2"`, `"id":"1.1.1"`, `results[1] (case "1.1.1"): the case stands there twice`},
		{`"id":"1.1.2"`, `"id":"1..2"`, `results[1] (case "1..2"): the id is no number`},
		{`"verdict":"FAILED"`, `"verdict":"LOST"`, `results[1] (case "1.1.2"): "LOST" is no verdict`},
		{`"close":"UNCLEAN"`, `"close":""`, `"" is no verdict on closing`},
		{`"section":"https://`, `"section":"javascript:`, "no https address"},
		{`"from":"suite"`, `"from":"me"`, `log[0]: it is from "me"`},
		{`"at_ns":10000`, `"at_ns":-1`, "log[0]: its time is negative"},
		{`"rsv":4`, `"rsv":8`, "rsv has three bits"},
		{`"opcode":1,`, `"opcode":16,`, "opcode four"},
		{`"length":5`, `"length":4`, "5 octets of data, and the length is 4"},
		{`"data":"aGVsbG8="`, `"data":"aGVsbG8"`, "base64"},
		{`"note":"GET`, `"frame":{"fin":true,"opcode":1,"length":0},"note":"GET`, "a note and a frame"},
		{`"peer_code":1000`, `"peer_code":70000`, "line 3: "},
	} {
		text := good
		if c.from != "" {
			text = strings.Replace(good, c.from, c.to, 1)
			if text == good {
				t.Errorf("%q does not stand in the file", c.from)
			}
		}
		runs, err := report.ReadJSON(strings.NewReader(text))
		switch {
		case c.want == "" && err != nil:
			t.Errorf("the good file: %v", err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || runs != nil):
			t.Errorf("%s for %s: %d runs, error %v, want %q", c.to, c.from, len(runs), err, c.want)
		}
	}
}

// Whatever is read can be written in all forms, and comes back equal.
func FuzzReadJSON(f *testing.F) {
	var b bytes.Buffer
	small, bad := run("a"), hostileRun()
	small.Results, bad.Results = small.Results[1:2], bad.Results[2:4]
	for _, runs := range [][]*report.Run{nil, {small}, {small, bad}} {
		b.Reset()
		if err := report.WriteJSON(&b, runs); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add([]byte(`{"format":"duplex-check","version":1,"runs":[{"agent":"a","role":"client","started":"2026-01-01T00:00:00+23:59","duration_ns":0,"selected":0,"results":[]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		runs, err := report.ReadJSON(bytes.NewReader(text))
		if err != nil {
			return
		}
		first := asJSON(t, runs...)
		again, err := report.ReadJSON(strings.NewReader(first))
		if err != nil {
			t.Fatalf("what was written is not read: %v\n%s", err, first)
		}
		if second := asJSON(t, again...); second != first {
			t.Fatalf("it came back changed:\n%s\n%s", first, second)
		}
		page := written(t, func(b *bytes.Buffer) error { return report.WriteHTML(b, report.Merge(runs...)) })
		checkPage(t, page)
		checkJUnit(t, runs, nil, true)
		known := new(report.Known)
		for _, r := range runs {
			known.Update(r)
		}
		checkKnownRoundTrip(t, known)
	})
}

func TestVerdictsHaveNames(t *testing.T) {
	for v := conformance.OK; v <= conformance.Failed; v++ {
		for c := conformance.CloseOK; c <= conformance.CloseNotDropped; c++ {
			r := run("a")
			r.Results[0].Verdict, r.Results[0].Close = v, c
			got, err := report.ReadJSON(strings.NewReader(asJSON(t, r)))
			if err != nil || got[0].Results[0].Verdict != v || got[0].Results[0].Close != c {
				t.Errorf("%v, close %v: %v", v, c, err)
			}
		}
	}
}

// The members that the package's comment lists are those that are written.
func TestJSONMembers(t *testing.T) {
	r := run("a")
	r.Thin, r.Results[0].Omitted, r.Results[0].Reason = true, 1, "reason"
	r.Results[0].Log[2].Frame.RSV = 1
	var whole struct{ Runs []map[string]any }
	if err := json.Unmarshal([]byte(asJSON(t, r)), &whole); err != nil {
		t.Fatal(err)
	}
	first := whole.Runs[0]["results"].([]any)[0].(map[string]any)
	frame := first["log"].([]any)[2].(map[string]any)["frame"].(map[string]any)
	for _, c := range []struct {
		of      map[string]any
		members string
	}{
		{whole.Runs[0], "agent role address profile thin suite started duration_ns selected results"},
		{first, "id title section why expect verdict close reason peer_code suite_code started duration_ns omitted log"},
		{frame, "fin rsv opcode masked length data"},
	} {
		for _, name := range strings.Fields(c.members) {
			if _, ok := c.of[name]; !ok {
				t.Errorf("there is no member %s in %v", name, c.of)
			}
			delete(c.of, name)
		}
		if len(c.of) > 0 {
			t.Errorf("these members are not listed: %v", c.of)
		}
	}
}
