package report

import (
	"encoding/json"
	"strings"

	"github.com/duplexws/duplex/conformance"
)

// How much of a wire log a page shows, so that 600 cases of 8 agents stay a page
// that opens: of what passed an impression, of what did not what is needed to
// find out why.
const (
	entriesOfPassed, entriesOfFailed = 16, 80
	octetsOfPassed, octetsOfFailed   = 64, 256
)

// pageLogs is what the script of a page reads. Agents send mostly the same, so
// that every line of text and every payload stands there once.
type pageLogs struct {
	Strings []string          `json:"strings"`
	Cases   map[string][5]int `json:"cases"` // title, group, section, why, expect
	Runs    []pageRun         `json:"runs"`

	index map[string]int
}

type pageRun struct {
	Name    string            `json:"name"`
	Command string            `json:"command"` // that runs a case again, but for its number
	Results map[string]pageIn `json:"results"`
}

// A pageIn is a result: verdict, verdict on closing, reason, codes of the peer
// and of the suite, microseconds, entries, how many are missing, and where.
type pageIn [9]any

// pageData returns JSON in which no character ends the script element that it
// stands in.
func pageData(runs []*Run) ([]byte, error) {
	d := &pageLogs{Strings: []string{}, Cases: make(map[string][5]int), Runs: []pageRun{}, index: make(map[string]int)}
	for _, run := range runs {
		to := pageRun{Name: oneLine(run.Agent), Command: command(run), Results: make(map[string]pageIn, len(run.Results))}
		for _, r := range run.Results {
			c := r.Case
			if _, ok := d.Cases[c.ID]; !ok {
				d.Cases[c.ID] = [5]int{d.text(c.Title), d.text(firstPart(c.ID) + " " + c.Group()), d.text(c.Section), d.text(c.Reason), d.text(c.Expect)}
			}
			to.Results[c.ID] = d.result(r)
		}
		d.Runs = append(d.Runs, to)
	}
	return json.Marshal(d) // which escapes <, > and &
}

// command is how the cases of a server are run again.
func command(r *Run) string {
	if r.Role != Server || r.Address == "" {
		return ""
	}
	c := "duplex check server '" + strings.ReplaceAll(oneLine(r.Address), "'", `'\''`) + "'"
	if r.Profile != "" && r.Profile != "echo" {
		c += " --profile " + oneLine(r.Profile)
	}
	if r.Thin {
		c += " --thin"
	}
	return c + " --cases "
}

func (d *pageLogs) text(s string) int { return d.intern(printable(s)) }

func (d *pageLogs) intern(s string) int {
	i, ok := d.index[s]
	if !ok {
		i = len(d.Strings)
		d.index[s] = i
		d.Strings = append(d.Strings, s)
	}
	return i
}

func (d *pageLogs) result(r *conformance.Result) pageIn {
	most, octets := entriesOfPassed, octetsOfPassed
	if !r.Passed(true) {
		most, octets = entriesOfFailed, octetsOfFailed
	}
	head, missing, tail := cut(r.Log, r.Omitted, most)
	entries := make([][]any, 0, len(head)+len(tail))
	for _, part := range [][]conformance.Entry{head, tail} {
		for _, e := range part {
			entries = append(entries, d.entry(e, octets))
		}
	}
	return pageIn{r.Verdict.String(), r.Close.String(), d.text(r.Reason), r.PeerCode, r.SuiteCode, r.Duration.Microseconds(), entries, missing, len(head)}
}

// entry is a note as microseconds, -1 for the suite's or -2 for the peer's, and
// lines; a frame as microseconds, its bits, payload, and length if that is not
// the payload's.
func (d *pageLogs) entry(e conformance.Entry, octets int) []any {
	at := e.At.Microseconds()
	if e.Frame == nil {
		list := []any{at, -1 - int(e.From)}
		for line := range strings.SplitSeq(printableLines(e.Note), "\n") {
			list = append(list, d.intern(line))
		}
		return list
	}
	f := e.Frame
	bits := int(e.From) | int(f.RSV)<<3 | int(f.Opcode)<<6
	if f.Final {
		bits |= 2
	}
	if f.Masked {
		bits |= 4
	}
	payload := f.Payload[:min(len(f.Payload), octets)]
	encoded, _ := json.Marshal(payload)
	list := []any{at, bits, d.intern(strings.Trim(string(encoded), `"`))}
	if uint64(len(payload)) < f.Length {
		list = append(list, f.Length)
	}
	return list
}
