package hostile

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/rawpeer"
	"github.com/duplexws/duplex/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// What a judge lets pass is as important as what it wants: each outcome differs
// in one thing from what the row wants.
func TestOutcomeIsJudged(t *testing.T) {
	want := Want{Status: 101, Header: []string{"A: b", "!C"}, Events: rawpeer.Events(hello), Close: 1000}
	good := func() *outcome {
		return &outcome{
			head:   rawpeer.Response{Status: 101, Fields: []string{"X: y", "a: B"}},
			events: rawpeer.Events(hello),
			close:  &rawpeer.Event{Op: rawpeer.OpClose, Code: 1000},
			end:    endEOF,
		}
	}
	if wrong := good().check(&want); len(wrong) > 0 {
		t.Errorf("as it should be: %q", wrong)
	}
	for name, spoil := range map[string]func(o *outcome){
		"status":              func(o *outcome) { o.head.Status = 400 },
		"field missing":       func(o *outcome) { o.head.Fields = nil },
		"field twice":         func(o *outcome) { o.head.Fields = append(o.head.Fields, "A: b") },
		"field of other name": func(o *outcome) { o.head.Fields = append(o.head.Fields, "C: d") },
		"event missing":       func(o *outcome) { o.events = nil },
		"event too many":      func(o *outcome) { o.events = append(o.events, o.events[0]) },
		"other event":         func(o *outcome) { o.events = rawpeer.Events(rawpeer.Binary("Hello")) },
		"other code":          func(o *outcome) { o.close.Code = 1001 },
		"no code":             func(o *outcome) { o.close.Code = 0 },
		"no Close":            func(o *outcome) { o.close = nil },
		"reset":               func(o *outcome) { o.end = endReset },
		"no end":              func(o *outcome) { o.end = endOpen },
		"torn":                func(o *outcome) { o.end = endTorn },
		"fault":               func(o *outcome) { o.fault = errors.New("x") },
	} {
		o := good()
		spoil(o)
		if wrong := o.check(&want); len(wrong) != 1 {
			t.Errorf("%s: %q", name, wrong)
		}
		if name != "reset" && name != "no end" && name != "torn" && o.String() == good().String() {
			t.Errorf("%s: no difference between deliveries is seen", name)
		}
	}
}

func TestMountIsJudged(t *testing.T) {
	s := new(Server)
	header := func(m *Mount) http.Header { return http.Header{runField: {m.run}} }
	want := Want{Refused: "key", Local: 1000}
	good := func() *Mount {
		m := s.mount(Settings{})
		if s.Find("GET", Path, header(m)) != m {
			t.Error("the application is not found")
		}
		m.Opened()
		m.Closed()
		m.Ended(1000)
		m.Refused("key")
		return m
	}
	if wrong := good().check(&want); len(wrong) > 0 {
		t.Errorf("as it should be: %q", wrong)
	}
	for name, spoil := range map[string]func(m *Mount){
		"a second request": func(m *Mount) { s.Find("GET", Path, header(m)) },
		"a glued request": func(m *Mount) {
			h := header(m)
			h.Set(gluedField, "1")
			s.Find("GET", Path, h)
		},
		"panic":         func(m *Mount) { m.Panicked("x") },
		"refused twice": func(m *Mount) { m.Refused("key") },
		"another label": func(m *Mount) { m.refused = []string{"host"} },
		"another code":  func(m *Mount) { m.codes = []int{1006} },
		"never refused": func(m *Mount) { m.refused = nil },
	} {
		m := good()
		spoil(m)
		if wrong := m.check(&want); len(wrong) != 1 {
			t.Errorf("%s: %q", name, wrong)
		}
	}
	m := good()
	if s.Find("GET", "/", header(m)) != nil || s.Find("GET", Path, http.Header{}) != nil {
		t.Error("an application is found where none is")
	}
	s.unmount(m)
	if s.Find("GET", Path, header(m)) != nil {
		t.Error("an application is found that is gone")
	}
}

func TestLogIsJudged(t *testing.T) {
	for line, faulty := range map[string]bool{
		"a line\n":                     false,
		"http: panic serving\n":        true,
		"two\nlines\n":                 true,
		"\x1b[2J\n":                    true,
		"\xff\n":                       true,
		strings.Repeat("a", maxLine+1): true,
		`quoted "\x1b[2J\r\n"` + "\n":  false,
	} {
		l := new(Log)
		l.Write([]byte(line))
		if len(l.faults) > 0 != faulty {
			t.Errorf("%.40q: %q", line, l.faults)
		}
	}
}

// Every row can be delivered, and says what it is.
func TestRows(t *testing.T) {
	for _, row := range Rows() {
		if row.Name == "" || row.Want.Refused != "" && row.Want.Status < 300 {
			t.Errorf("row %d %q: %+v", row.N, row.Name, row.Want)
		}
		for _, way := range row.deliveries(t, overTCP) {
			if describe(way("0")) == "" {
				t.Errorf("row %d %q: nothing is sent", row.N, row.Name)
			}
		}
	}
	// The rows about clients, and 60, 30, 29, 21 that are scenarios, are
	// elsewhere.
	have := make(map[int]bool)
	for _, row := range Rows() {
		have[row.N] = true
	}
	for _, sc := range scenarios {
		have[sc.n] = true
	}
	for n := 1; n <= 61; n++ {
		if !have[n] && n != 35 {
			t.Errorf("hazard %d has no row", n)
		}
	}
}
