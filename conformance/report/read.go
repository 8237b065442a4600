package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/duplexws/duplex/conformance"
)

// ReadJSON reads what [WriteJSON] has written. It is strict: a member that it
// does not know, a verdict that is none, a case that stands twice in a run are
// errors, and with an error it returns no run at all. The error says where in
// the file the fault is.
func ReadJSON(r io.Reader) ([]*Run, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	runs, err := parseJSON(text)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return runs, nil
}

func parseJSON(text []byte) (runs []*Run, err error) {
	var kind struct {
		Format  string
		Version int
		Runs    json.RawMessage
	}
	if err := json.Unmarshal(text, &kind); err != nil {
		return nil, fmt.Errorf("no JSON report: %w", located(text, err))
	}
	if kind.Format != jsonFormat {
		return nil, fmt.Errorf("no JSON report of this suite: its format is %q, wanted %q", kind.Format, jsonFormat)
	}
	if kind.Version != jsonVersion {
		return nil, fmt.Errorf("the report has version %d, and this reads version %d", kind.Version, jsonVersion)
	}
	var whole struct {
		Format  string    `json:"format"`
		Version int       `json:"version"`
		Runs    []fileRun `json:"runs"`
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&whole); err != nil {
		return nil, located(text, err)
	}
	if whole.Runs == nil {
		return nil, errors.New("the report has no runs")
	}
	for i, f := range whole.Runs {
		run, err := f.run()
		if err != nil {
			return nil, fmt.Errorf("runs[%d]: %w", i, err)
		}
		runs = append(runs, run)
	}
	return runs, nil
}

// located adds the line to an error that has an offset.
func located(text []byte, err error) error {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	offset := int64(-1)
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &typ):
		offset = typ.Offset
	}
	if offset < 0 || offset > int64(len(text)) {
		return err
	}
	return fmt.Errorf("line %d: %w", bytes.Count(text[:offset], []byte("\n"))+1, err)
}

func (f *fileRun) run() (*Run, error) {
	switch {
	case f.Agent == "":
		return nil, errors.New("it has no agent")
	case f.Role != Server && f.Role != Client:
		return nil, fmt.Errorf("the role is %q, wanted %q or %q", f.Role, Server, Client)
	case f.Started.IsZero():
		return nil, errors.New("it does not say when it started")
	case f.Duration < 0 || f.Selected < 0:
		return nil, errors.New("a count or duration is negative")
	case f.Results == nil:
		return nil, errors.New("it has no results")
	}
	run := &Run{Agent: f.Agent, Role: f.Role, Address: f.Address, Profile: f.Profile, Thin: f.Thin, Suite: f.Suite,
		Started: f.Started, Duration: f.Duration, Selected: f.Selected}
	seen := make(map[string]bool)
	for i, of := range f.Results {
		result, err := of.result()
		if err == nil && seen[of.ID] {
			err = errors.New("the case stands there twice")
		}
		if err != nil {
			return nil, fmt.Errorf("results[%d] (case %q): %w", i, of.ID, err)
		}
		seen[of.ID] = true
		run.Results = append(run.Results, result)
	}
	slices.SortStableFunc(run.Results, byNumber)
	return run, nil
}

// number is what the number of a case looks like.
var number = regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,9}){0,9}$`)

func (f *fileResult) result() (*conformance.Result, error) {
	verdict, ok := verdictOf(f.Verdict)
	if !ok {
		return nil, fmt.Errorf("%q is no verdict", f.Verdict)
	}
	closing, ok := closeOf(f.Close)
	if !ok {
		return nil, fmt.Errorf("%q is no verdict on closing", f.Close)
	}
	switch {
	case !number.MatchString(f.ID):
		return nil, errors.New("the id is no number of a case")
	case f.Section != "" && !strings.HasPrefix(f.Section, "https://"):
		return nil, fmt.Errorf("the section %q is no https address", f.Section)
	case f.Started.IsZero():
		return nil, errors.New("it does not say when it started")
	case f.Duration < 0 || f.Omitted < 0:
		return nil, errors.New("a count or duration is negative")
	case f.Log == nil:
		return nil, errors.New("it has no log")
	}
	r := &conformance.Result{
		Case:    conformance.Case{ID: f.ID, Title: f.Title, Section: f.Section, Reason: f.Why, Expect: f.Expect},
		Verdict: verdict, Close: closing, Reason: f.Reason, PeerCode: f.PeerCode, SuiteCode: f.SuiteCode,
		Started: f.Started, Duration: f.Duration, Omitted: f.Omitted,
	}
	for i, of := range f.Log {
		e, err := of.entry()
		if err != nil {
			return nil, fmt.Errorf("log[%d]: %w", i, err)
		}
		r.Log = append(r.Log, e)
	}
	return r, nil
}

func (f *fileEntry) entry() (e conformance.Entry, err error) {
	e = conformance.Entry{At: f.At, Note: f.Note}
	switch f.From {
	case conformance.Suite.String():
		e.From = conformance.Suite
	case conformance.Peer.String():
		e.From = conformance.Peer
	default:
		return e, fmt.Errorf("it is from %q, wanted %q or %q", f.From, conformance.Suite, conformance.Peer)
	}
	if f.At < 0 {
		return e, errors.New("its time is negative")
	}
	if f.Frame == nil {
		return e, nil
	}
	switch {
	case f.Note != "":
		return e, errors.New("it has a note and a frame")
	case f.Frame.RSV > 7 || f.Frame.Opcode > 15:
		return e, errors.New("rsv has three bits, and opcode four")
	case uint64(len(f.Frame.Data)) > f.Frame.Length:
		return e, fmt.Errorf("there are %d octets of data, and the length is %d", len(f.Frame.Data), f.Frame.Length)
	}
	e.Frame = &conformance.Frame{Final: f.Frame.Final, RSV: f.Frame.RSV, Opcode: f.Frame.Opcode, Masked: f.Frame.Masked,
		Length: f.Frame.Length, Payload: f.Frame.Data}
	return e, nil
}

func verdictOf(name string) (conformance.Verdict, bool) {
	for v := conformance.OK; v <= conformance.Failed; v++ {
		if v.String() == name {
			return v, true
		}
	}
	return 0, false
}

func closeOf(name string) (conformance.CloseVerdict, bool) {
	for v := conformance.CloseOK; v <= conformance.CloseNotDropped; v++ {
		if v.String() == name {
			return v, true
		}
	}
	return 0, false
}
