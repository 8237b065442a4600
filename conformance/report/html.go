package report

import (
	"bufio"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/duplexws/duplex/conformance"
)

//go:embed assets
var assets embed.FS

func asset(name string) string {
	b, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // it is built in
	}
	return string(b)
}

var pageTemplate = template.Must(template.New("report").Parse(asset("report.html")))

// WriteHTML writes runs as one HTML page that needs no network: agents by cases,
// with the wire log of each. It shows as much of a log as helps, the beginning
// and the end of a long one: all of it is in the JSON. The error is that of w.
func WriteHTML(w io.Writer, runs []*Run) error {
	p, err := newPage(runs)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	b := bufio.NewWriter(w)
	if err := pageTemplate.Execute(b, p); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return b.Flush()
}

// A page is what the template shows.
type page struct {
	Policy     string // that of the content: nothing but the style and the script below
	Style      template.CSS
	Fit        template.CSS // the width from which the table needs no scrolling of its own
	Script     template.JS
	Data       template.JS
	When       string
	Suite      string
	Agents     []*pageAgent
	Sections   []pageSection
	Cases      int
	Imperfects int // rows in which not everything is right
}

type pageAgent struct {
	Name, Role, Address  string
	Silent, Thin         bool // judged without an echo, with smaller cases
	Took                 string
	When, ISO            string
	Total, Good, Missing int
	Counts               []pageCount
	Bar                  []pagePart
	Faults               []pageFault
	Open                 bool // whether the list of faults is short
}

// A pageCount is how many results of one kind there are.
type pageCount struct {
	state
	N int
}

// A pagePart is a part of the bar of an agent.
type pagePart struct {
	Class string
	X, N  int
}

type pageFault struct {
	state
	ID, Title, Reason, Link string
}

type pageSection struct {
	Number, Title string
	Counts        []string // for each agent
	Perfect       bool
	Rows          []pageRow
}

type pageRow struct {
	ID, Title string
	States    string // the classes of its cells
	Perfect   bool
	Cells     []state
}

// A state is how a result is shown: by colour, by a symbol and by a word.
type state struct{ Class, Symbol, Word, Long string }

var (
	stateOK            = state{"ok", "✓", "OK", "OK"}
	stateNonStrict     = state{"lax", "≈", "Non-strict", "not strict"}
	stateInformational = state{"info", "i", "Info", "informational"}
	stateUnimplemented = state{"none", "–", "Not impl.", "not implemented"}
	stateFailed        = state{"fail", "✗", "Failed", "failed"}
	stateClose         = state{"shut", "⊗", "Close", "closed wrong"}
	stateNotRun        = state{}

	states = []state{stateFailed, stateClose, stateNonStrict, stateUnimplemented, stateInformational, stateOK}
)

func stateOf(r *conformance.Result) state {
	switch {
	case r == nil:
		return stateNotRun
	case r.Verdict == conformance.Failed:
		return stateFailed
	case closedWrong(r.Close):
		return stateClose
	case r.Verdict == conformance.NonStrict:
		return stateNonStrict
	case r.Verdict == conformance.Informational:
		return stateInformational
	case r.Verdict == conformance.Unimplemented:
		return stateUnimplemented
	}
	return stateOK
}

func newPage(runs []*Run) (*page, error) {
	data, err := pageData(runs)
	if err != nil {
		return nil, err
	}
	style, fit, script := asset("report.css"), fitting(len(runs)), asset("report.js")
	p := &page{
		Policy: "default-src 'none'; style-src " + hash(style) + " " + hash(fit) + "; script-src " + hash(script) +
			"; img-src data:; base-uri 'none'; form-action 'none'",
		Style: template.CSS(style), Fit: template.CSS(fit), Script: template.JS(script), Data: template.JS(data),
	}
	var results []map[string]*conformance.Result
	var latest time.Time
	for _, run := range runs {
		if run.Started.After(latest) {
			latest, p.Suite = run.Started, oneLine(run.Suite)
		}
		results = append(results, run.byCase())
		p.Agents = append(p.Agents, newAgent(run))
	}
	p.When = latest.UTC().Format("2 January 2006")
	for _, s := range sections(runs) {
		section := newSection(s, results)
		for _, row := range section.Rows {
			p.Cases++
			if !row.Perfect {
				p.Imperfects++
			}
		}
		p.Sections = append(p.Sections, section)
	}
	return p, nil
}

func hash(inline string) string {
	sum := sha256.Sum256([]byte(inline))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// fitting is the style of windows that are too narrow for a column of each
// agent: there the table scrolls in a frame of its own.
func fitting(agents int) string {
	return fmt.Sprintf("@media screen and (max-width: %drem) { .sheet { overflow: auto; max-height: 88dvh } .sheet thead th { top: 0 } }", 30+8*agents)
}

func newAgent(r *Run) *pageAgent {
	a := &pageAgent{
		Name: oneLine(r.Agent), Role: string(r.Role), Address: oneLine(r.Address), Silent: r.Profile == conformance.Any.String(), Thin: r.Thin,
		Took: r.Duration.Round(100 * time.Millisecond).String(),
		When: r.Started.UTC().Format("2006-01-02 15:04 UTC"), ISO: r.Started.UTC().Format(time.RFC3339),
		Total: len(r.Results), Missing: r.Missing(),
	}
	counts := make(map[state]int)
	for _, result := range r.Results {
		s := stateOf(result)
		counts[s]++
		if right(result) {
			a.Good++
		}
		if result.Passed(true) {
			continue
		}
		a.Faults = append(a.Faults, pageFault{s, result.Case.ID, oneLine(result.Case.Title), oneLine(result.Reason), link(result.Case.ID, r.Agent)})
	}
	for _, s := range states {
		if n := counts[s]; n > 0 {
			a.Counts = append(a.Counts, pageCount{s, n})
		}
	}
	x := 0
	for _, c := range slices.Backward(a.Counts) { // what is right first
		a.Bar = append(a.Bar, pagePart{c.Class, x, c.N})
		x += c.N
	}
	a.Open = len(a.Faults) <= 12
	return a
}

// link is where the script opens a result.
func link(id, agent string) string { return "#" + id + "/" + oneLine(agent) }

func newSection(s *section, results []map[string]*conformance.Result) pageSection {
	shown := pageSection{Number: s.common(), Title: s.title, Perfect: true}
	good, total := make([]int, len(results)), make([]int, len(results)) // without what is not implemented
	for _, c := range s.cases {
		row := pageRow{ID: c.ID, Title: oneLine(c.Title), Perfect: true}
		var classes []string
		for i, of := range results {
			r := of[c.ID]
			row.Cells = append(row.Cells, stateOf(r))
			if r == nil {
				continue
			}
			if r.Verdict != conformance.Unimplemented {
				total[i]++
			}
			if right(r) {
				good[i]++
			}
			if r.Passed(true) {
				continue
			}
			row.Perfect, shown.Perfect = false, false
			if class := stateOf(r).Class; !slices.Contains(classes, class) {
				classes = append(classes, class)
			}
		}
		row.States = strings.Join(classes, " ")
		shown.Rows = append(shown.Rows, row)
	}
	for i := range results {
		count := ""
		if total[i] > 0 {
			count = fmt.Sprintf("%d/%d", good[i], total[i])
		}
		shown.Counts = append(shown.Counts, count)
	}
	return shown
}

// right reports whether a result says that the agent did well: not that nothing
// was implemented that could be wrong.
func right(r *conformance.Result) bool {
	return r.Passed(true) && r.Verdict != conformance.Unimplemented
}
