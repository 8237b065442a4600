package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/duplexws/duplex/conformance"
	"github.com/duplexws/duplex/conformance/report"
)

func asHTML(t *testing.T, runs ...*report.Run) string {
	t.Helper()
	page := written(t, func(b *bytes.Buffer) error { return report.WriteHTML(b, runs) })
	checkPage(t, page)
	return page
}

var (
	tag      = regexp.MustCompile(`</?([a-zA-Z!][a-zA-Z0-9]*)[^>]*>`)
	embedded = regexp.MustCompile(`(?s)<(style|script)[^>]*>.*?</(style|script)>`)
	handler  = regexp.MustCompile(`(?i)\son[a-z]+\s*=`)
	loads    = regexp.MustCompile(`(?i)\s(src|srcset|action|formaction|data)\s*=`)
	isData   = regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`)
)

// own are the elements that the page is made of.
var own = strings.Fields("!doctype html head meta title link style body a header svg rect path div h1 h2 p button main section article " +
	"ul li span i strong time form fieldset legend label input table caption thead tbody tr th td bdi noscript details summary dialog nav script")

// void are those without an end.
const void = " !doctype meta link input "

// checkPage checks what holds of every page: elements are balanced and of the
// page's own kinds, scripts and styles are its own, and nothing is loaded.
func checkPage(t *testing.T, page string) {
	t.Helper()
	if n := strings.Count(page, "<script"); n != 2 {
		t.Errorf("there are %d scripts, want the data and the one that is the page's", n)
	}
	if n := strings.Count(page, "</script"); n != 2 {
		t.Errorf("%d scripts are ended", n)
	}
	markup := embedded.ReplaceAllString(page, "<$1></$1>")
	var open []string
	for _, m := range tag.FindAllStringSubmatch(markup, -1) {
		name, whole := strings.ToLower(m[1]), m[0]
		if !contains(own, name) {
			t.Errorf("there is an element %s", whole)
		}
		if handler.MatchString(whole) || loads.MatchString(whole) || strings.Contains(whole, "javascript:") {
			t.Errorf("it acts or loads: %s", whole)
		}
		switch {
		case strings.Contains(void, " "+name+" ") || strings.HasSuffix(whole, "/>"):
		case whole[1] != '/':
			open = append(open, name)
		case len(open) == 0 || open[len(open)-1] != name:
			t.Fatalf("%s ends %v", whole, open)
		default:
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("these are never ended: %v", open)
	}
	for _, r := range markup {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			t.Errorf("there is a character %U", r)
			break
		}
	}
	data := isData.FindStringSubmatch(page)
	if data == nil || strings.ContainsAny(data[1], "<>") || !json.Valid([]byte(data[1])) {
		t.Error("the data is no JSON that can stand in a page")
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func TestHTML(t *testing.T) {
	other := run("other")
	other.Results = other.Results[:3]
	page := asHTML(t, run("first"), other)
	for _, want := range []string{
		"<title>first, other – WebSocket conformance</title>",
		`<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;sha256-`,
		`<th scope="col"><bdi>first</bdi></th><th scope="col"><bdi>other</bdi></th>`,
		`<th scope="rowgroup" class="case"><span class="number">6.4</span> UTF-8, failing fast</th><td>0/1</td>`,
		`<th scope="rowgroup" class="case"><span class="number">1.1</span> Framing</th><td>1/2</td><td>1/2</td>`,
		`<strong>2</strong> of 6 right`,
		`3 not run`,
		`<tr data-id="1.1.1"><th scope="row" class="case"><span class="number">1.1.1</span> title of 1.1.1</th>`,
		`<tr data-id="1.1.2" class="fail">`,
		`<button class="fail"><i>✗</i> <span>Failed</span></button>`,
		`<button class="shut"><i>⊗</i> <span>Close</span></button>`,
		`<button class="lax"><i>≈</i> <span>Non-strict</span></button>`,
		`<button class="none"><i>–</i> <span>Not impl.</span></button>`,
		`<button class="info"><i>i</i> <span>Info</span></button>`,
		`<td><span class="sr-only">not run</span></td>`,
		`<a href="#1.1.2/first">`,
		"came: nothing; wanted: text",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if n := strings.Count(page, "<tr data-id="); n != 6 {
		t.Errorf("%d rows, want 6", n)
	}
	if n := strings.Count(page, "<td><button"); n != 9 {
		t.Errorf("%d cells can be opened, want 9", n)
	}
	if strings.Contains(page, "ZgotmplZ") {
		t.Error("something was refused by the template")
	}
}

func TestHTMLOfNothing(t *testing.T) {
	asHTML(t)
	empty := run("a")
	empty.Results = nil
	if page := asHTML(t, empty); !strings.Contains(page, "6 not run") {
		t.Error("it does not say that nothing was run")
	}
	perfect := run("a")
	perfect.Results, perfect.Selected = perfect.Results[:1], 1
	if page := asHTML(t, perfect); !strings.Contains(page, "everything that was run is right") {
		t.Error("it does not say that all is right")
	}
}

// Nothing of what a peer sends gets out of its place.
func TestHTMLOfHostilePeers(t *testing.T) {
	page := asHTML(t, hostileRun(), run("b"))
	for _, bad := range []string{"<script>alert", "<img", "<!--", "\x00", "\x1b", "\u202e", "ZgotmplZ"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if !strings.Contains(page, "&lt;/script&gt;&lt;script&gt;alert(1)") {
		t.Error("the page does not show what the peer has sent")
	}
}

// A page of many cases and agents stays small: it is opened in a browser.
func TestHTMLIsSmall(t *testing.T) {
	const cases, agents = 600, 8
	var results []*conformance.Result
	for i := range cases {
		r := result(fmt.Sprintf("12.%d.%d", i/20, i%20), conformance.OK, conformance.CloseOK, "")
		for n := range 30 {
			payload := bytes.Repeat([]byte(fmt.Sprintf("%d of case %d ", n, i)), 30)[:256]
			r.Log = append(r.Log, conformance.Entry{At: time.Duration(i*n) * time.Microsecond, Frame: &conformance.Frame{Opcode: 2, Length: 65536, Payload: payload}})
		}
		results = append(results, r)
	}
	var runs []*report.Run
	for a := range agents {
		r := run(fmt.Sprint("agent ", a))
		r.Results = results
		runs = append(runs, r)
	}
	page := written(t, func(b *bytes.Buffer) error { return report.WriteHTML(b, runs) })
	if n := len(page); n > 4<<20 || n < 1<<20 {
		t.Errorf("the page has %d octets", n)
	}
}
