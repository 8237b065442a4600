package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/duplexws/duplex/conformance"
)

const (
	jsonFormat  = "duplex-check"
	jsonVersion = 1
)

// The types below are the members of the JSON that the package's comment lists.
type fileRun struct {
	Agent    string        `json:"agent"`
	Role     Role          `json:"role"`
	Address  string        `json:"address,omitempty"`
	Profile  string        `json:"profile,omitempty"`
	Thin     bool          `json:"thin,omitempty"`
	Suite    string        `json:"suite,omitempty"`
	Started  time.Time     `json:"started"`
	Duration time.Duration `json:"duration_ns"`
	Selected int           `json:"selected"`
	Results  []fileResult  `json:"results"`
}

type fileResult struct {
	ID        string        `json:"id"`
	Title     string        `json:"title"`
	Section   string        `json:"section,omitempty"`
	Why       string        `json:"why,omitempty"`
	Expect    string        `json:"expect,omitempty"`
	Verdict   string        `json:"verdict"`
	Close     string        `json:"close"`
	Reason    string        `json:"reason,omitempty"`
	PeerCode  uint16        `json:"peer_code,omitempty"`
	SuiteCode uint16        `json:"suite_code,omitempty"`
	Started   time.Time     `json:"started"`
	Duration  time.Duration `json:"duration_ns"`
	Omitted   int           `json:"omitted,omitempty"`
	Log       []fileEntry   `json:"log"`
}

type fileEntry struct {
	At    time.Duration `json:"at_ns"`
	From  string        `json:"from"`
	Note  string        `json:"note,omitempty"`
	Frame *fileFrame    `json:"frame,omitempty"`
}

type fileFrame struct {
	Final  bool               `json:"fin"`
	RSV    byte               `json:"rsv,omitempty"`
	Opcode conformance.Opcode `json:"opcode"`
	Masked bool               `json:"masked,omitempty"`
	Length uint64             `json:"length"`
	Data   []byte             `json:"data,omitempty"`
}

// WriteJSON writes runs in the form that the package's comment describes, each
// result in a line. Of the names and texts in it, octets that are no UTF-8 become
// escapes. The error is that of w, or says that a run has no JSON, such as one
// that began in the year 10000.
func WriteJSON(w io.Writer, runs []*Run) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, `{"format":%q,"version":%d,"runs":[`, jsonFormat, jsonVersion)
	for i, run := range runs {
		if err := run.writeJSON(b, i == 0); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	b.WriteString("\n]}\n")
	return b.Flush()
}

func (r *Run) writeJSON(b *bufio.Writer, first bool) error {
	head, err := json.Marshal(fileRun{
		Agent: valid(r.Agent), Role: r.Role, Address: valid(r.Address), Profile: r.Profile, Thin: r.Thin, Suite: r.Suite,
		Started: r.Started.UTC(), Duration: r.Duration, Selected: r.Selected, Results: []fileResult{},
	})
	if err != nil {
		return err
	}
	separate(b, first)
	b.Write(head[:len(head)-len("]}")])
	for i, result := range r.Results {
		line, err := json.Marshal(fromResult(result))
		if err != nil {
			return err
		}
		separate(b, i == 0)
		b.Write(line)
	}
	_, err = b.WriteString("]}")
	return err
}

func separate(b *bufio.Writer, first bool) {
	if !first {
		b.WriteByte(',')
	}
	b.WriteByte('\n')
}

func fromResult(r *conformance.Result) fileResult {
	f := fileResult{
		ID: valid(r.Case.ID), Title: valid(r.Case.Title), Section: r.Case.Section, Why: valid(r.Case.Reason), Expect: valid(r.Case.Expect),
		Verdict: r.Verdict.String(), Close: r.Close.String(), Reason: valid(r.Reason),
		PeerCode: r.PeerCode, SuiteCode: r.SuiteCode, Started: r.Started.UTC(), Duration: r.Duration,
		Omitted: r.Omitted, Log: make([]fileEntry, 0, len(r.Log)),
	}
	for _, e := range r.Log {
		entry := fileEntry{At: e.At, From: e.From.String(), Note: valid(e.Note)}
		if e.Frame != nil {
			entry.Frame = &fileFrame{e.Frame.Final, e.Frame.RSV, e.Frame.Opcode, e.Frame.Masked, e.Frame.Length, e.Frame.Payload}
		}
		f.Log = append(f.Log, entry)
	}
	return f
}

// valid is s in which octets that are no UTF-8, for which JSON has no form, are
// escapes.
func valid(s string) string { return escaped(s, func(rune) bool { return true }) }
