package report_test

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/duplexws/duplex/conformance"
	"github.com/duplexws/duplex/conformance/report"
)

// junit is what readers of JUnit XML look for.
type junit struct {
	XMLName  xml.Name `xml:"testsuites"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Skipped  int      `xml:"skipped,attr"`
	Suites   []struct {
		Name       string `xml:"name,attr"`
		Tests      int    `xml:"tests,attr"`
		Failures   int    `xml:"failures,attr"`
		Skipped    int    `xml:"skipped,attr"`
		Timestamp  string `xml:"timestamp,attr"`
		Properties []struct {
			Name  string `xml:"name,attr"`
			Value string `xml:"value,attr"`
		} `xml:"properties>property"`
		Cases []struct {
			Class   string `xml:"classname,attr"`
			Name    string `xml:"name,attr"`
			Time    string `xml:"time,attr"`
			Failure *struct {
				Type    string `xml:"type,attr"`
				Message string `xml:"message,attr"`
				Text    string `xml:",chardata"`
			} `xml:"failure"`
			Skipped *struct {
				Message string `xml:"message,attr"`
			} `xml:"skipped"`
			Output string `xml:"system-out"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

// checkJUnit writes runs, reads them and checks that the counts are right and
// that what has failed is what the baseline says.
func checkJUnit(t *testing.T, runs []*report.Run, known *report.Known, strict bool) junit {
	t.Helper()
	text := written(t, func(b *bytes.Buffer) error { return report.WriteJUnit(b, runs, known, strict) })
	var j junit
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict = true
	if err := d.Decode(&j); err != nil || !utf8.ValidString(text) {
		t.Fatalf("no XML: %v\n%s", err, text)
	}
	if strings.Contains(text, "\uFFFD") && !strings.Contains(asJSON(t, runs...), "\uFFFD") {
		t.Errorf("something has been lost:\n%s", text)
	}
	want, tests, failures, skipped := 0, 0, 0, 0
	for _, r := range runs {
		want += len(known.Judge(r, strict).Regressions)
	}
	for _, s := range j.Suites {
		n, f, sk := 0, 0, 0
		for _, c := range s.Cases {
			n++
			if c.Failure != nil {
				f++
			}
			if c.Skipped != nil {
				sk++
			}
		}
		if n != s.Tests || f != s.Failures || sk != s.Skipped || n == 0 {
			t.Errorf("suite %q counts %d tests, %d failures, %d skipped; there are %d, %d, %d", s.Name, s.Tests, s.Failures, s.Skipped, n, f, sk)
		}
		tests, failures, skipped = tests+n, failures+f, skipped+sk
	}
	if tests != j.Tests || failures != j.Failures || skipped != j.Skipped || failures != want || j.Errors != 0 {
		t.Errorf("it counts %d tests, %d failures, %d skipped, %d errors; there are %d, %d, %d, and %d regressions", j.Tests, j.Failures, j.Skipped, j.Errors, tests, failures, skipped, want)
	}
	return j
}

func TestJUnit(t *testing.T) {
	j := checkJUnit(t, []*report.Run{run("a.b:9001"), run("c")}, nil, false)
	if j.Tests != 12 || j.Failures != 4 || j.Skipped != 2 {
		t.Errorf("%d tests, %d failures, %d skipped", j.Tests, j.Failures, j.Skipped)
	}
	first := j.Suites[0]
	if first.Name != "a.b:9001: 1 Framing" || first.Timestamp != "2026-03-01T12:30:00" || len(first.Cases) != 2 {
		t.Errorf("the first suite is %+v", first)
	}
	properties := make(map[string]string)
	for _, p := range first.Properties {
		properties[p.Name] = p.Value
	}
	if properties["agent"] != "a.b:9001" || properties["role"] != "server" || properties["suite"] != "v1.2.3" || properties["address"] != "ws://127.0.0.1:9001/" {
		t.Errorf("properties %v", properties)
	}
	c := first.Cases[1]
	if c.Class != "a_b:9001 / Framing" || c.Name != "1.1.2 title of 1.1.2" || c.Time != "0.001" {
		t.Errorf("the case is %+v", c)
	}
	if c.Failure.Type != "FAILED, close UNCLEAN" || c.Failure.Message != "came: nothing; wanted: text" {
		t.Errorf("the failure is %+v", c.Failure)
	}
	for _, want := range []string{"sends everything back", "why 1.1.2", "rfc6455#section-5.2", `text, RSV 100, masked, 5 octets: "hello"`, "Host: localhost"} {
		if !strings.Contains(c.Failure.Text, want) {
			t.Errorf("the failure does not tell %q:\n%s", want, c.Failure.Text)
		}
	}
	if strict := checkJUnit(t, []*report.Run{run("a")}, nil, true); strict.Failures != 3 {
		t.Errorf("strictly %d failures, want 3", strict.Failures)
	}
}

func TestJUnitOfKnownFaults(t *testing.T) {
	known := readKnown(t, "1.1.2: FAILED, close UNCLEAN\n")
	j := checkJUnit(t, []*report.Run{run("a")}, known, false)
	c := j.Suites[0].Cases[1]
	if c.Failure != nil || c.Skipped == nil || !strings.HasPrefix(c.Skipped.Message, "known: FAILED, close UNCLEAN") {
		t.Errorf("the known fault is %+v", c)
	}
}

func TestJUnitOfHostilePeers(t *testing.T) {
	j := checkJUnit(t, []*report.Run{hostileRun()}, nil, true)
	if got, want := j.Suites[0].Cases[1].Failure.Message, `\xff\u{202e}\u{2028}`; !strings.Contains(got, want) || strings.ContainsAny(got, "\x00\x1b\n") {
		t.Errorf("the message is %q, want %q in it", got, want)
	}
}

// However long a log is, not all of it stands in the XML.
func TestJUnitIsBounded(t *testing.T) {
	r := run("a")
	long := r.Results[1]
	for range 195 {
		long.Log = append(long.Log, long.Log[2])
	}
	long.Omitted = 1000
	text := checkJUnit(t, []*report.Run{r}, nil, false).Suites[0].Cases[1].Failure.Text
	if n := strings.Count(text, "octets"); n > 40 || !strings.Contains(text, "... 1160 entries are left out here") {
		t.Errorf("%d frames:\n%s", n, text)
	}
	long.Log = []conformance.Entry{long.Log[0]}
	long.Omitted = 0
	if text := checkJUnit(t, []*report.Run{r}, nil, false).Suites[0].Cases[1].Failure.Text; strings.Contains(text, "left out") {
		t.Errorf("of a short log something is left out:\n%s", text)
	}
}
