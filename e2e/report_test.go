package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/duplexws/duplex/conformance"
	"github.com/duplexws/duplex/conformance/report"
	"github.com/gorilla/websocket"
)

// The agents of the report below: one that is right, one that looks at text when
// it is whole, one that takes any, and one that is hostile.
const (
	rightAgent   = "duplex echo"
	lateAgent    = "late UTF-8 check"
	laxAgent     = "no UTF-8 check"
	hostileAgent = `</script><script>window.owned = 1</script><img src=x onerror="window.owned=1">`
)

// A person's way through a report, in real browsers.
func TestReport(t *testing.T) {
	bin, dir := build(t), t.TempDir()
	files := judgeServers(t, bin, dir)
	runs := append(readRuns(t, files), hostileRun())
	sight := reportOf(t, bin, dir, "two.html", files) // the hostile one is no sight
	url := reportOf(t, bin, dir, "three.html", append(files, writeRun(t, dir, hostileRun())))
	for _, b := range browsers {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			browser := b.start(t)
			t.Run("filters", func(t *testing.T) { reportFilters(t, open(t, browser, url), runs) })
			t.Run("log", func(t *testing.T) { reportOpensLogs(t, open(t, browser, url)) })
			t.Run("keyboard", func(t *testing.T) { reportIsDrivenByKeys(t, open(t, browser, url)) })
			t.Run("link", func(t *testing.T) { reportIsLinkedInto(t, open(t, browser, url+"#6.4.1/"+laxAgent)) })
			t.Run("theme", func(t *testing.T) { reportHasThemes(t, open(t, browser, url)) })
			t.Run("hostile", func(t *testing.T) { reportKeepsHostileText(t, open(t, browser, url)) })
			t.Run("pictures", func(t *testing.T) { reportPictures(t, open(t, browser, sight)) })
		})
	}
}

// judgeServers judges a right server and two that are not, and returns the JSON files.
func judgeServers(t *testing.T, bin, dir string) (files []string) {
	t.Helper()
	for agent, url := range map[string]string{
		rightAgent: start(t, bin, "echo", "--addr", "127.0.0.1:0").url,
		lateAgent:  textServer(t, utf8.Valid),
		laxAgent:   textServer(t, func([]byte) bool { return true }),
	} {
		file := filepath.Join(dir, agent+".json")
		check(t, bin, "server", url, "--quiet", "--thin", "--cases", "1.*,2.*,3.*,4.*,5.*,6.1.*,6.2.*,6.3.*,6.4.*,6.5.*,7.*", "--agent", agent, "--json", file)
		files = append(files, file)
	}
	slices.Sort(files)
	return files
}

// reportOf makes a page of JSON files, and returns its URL.
func reportOf(t *testing.T, bin, dir, name string, files []string) (url string) {
	t.Helper()
	page := filepath.Join(dir, name)
	check(t, bin, append([]string{"report", "--report", page}, files...)...)
	return "file://" + filepath.ToSlash(page)
}

func readRuns(t *testing.T, files []string) (runs []*report.Run) {
	t.Helper()
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		of, err := report.ReadJSON(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, of...)
	}
	return runs
}

func writeRun(t *testing.T, dir string, run *report.Run) (file string) {
	t.Helper()
	file = filepath.Join(dir, "run.json")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(report.WriteJSON(f, []*report.Run{run}), f.Close()); err != nil {
		t.Fatal(err)
	}
	return file
}

// check runs "duplex check". Faults that it finds are no failure.
func check(t *testing.T, bin string, args ...string) {
	t.Helper()
	out, err := exec.Command(bin, append([]string{"check"}, args...)...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		t.Fatalf("duplex check %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// textServer echoes, and closes when a text is not as it should be.
func textServer(t *testing.T, good func([]byte) bool) (url string) {
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		for {
			typ, p, err := c.ReadMessage()
			if typ == websocket.TextMessage && !good(p) {
				c.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseInvalidFramePayloadData, ""))
				return
			}
			if err != nil || c.WriteMessage(typ, p) != nil {
				return
			}
		}
	}))
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "http", "ws", 1)
}

// hostileRun is of an agent all of whose octets want to get out of their place.
func hostileRun() *report.Run {
	now := time.Now()
	return &report.Run{Agent: hostileAgent, Role: report.Client, Started: now, Selected: 1, Results: []*conformance.Result{{
		Case:    conformance.Case{ID: "1.1.1", Title: hostileAgent, Section: "https://www.rfc-editor.org/rfc/rfc6455#section-5.2"},
		Verdict: conformance.Failed, Reason: hostileAgent + "\x00\u202e", Started: now,
		Log: []conformance.Entry{
			{From: conformance.Peer, Note: "HTTP/1.1 101 Switching Protocols\r\nX: " + hostileAgent},
			{From: conformance.Peer, Frame: &conformance.Frame{Final: true, Opcode: conformance.OpText, Length: uint64(len(hostileAgent)), Payload: []byte(hostileAgent)}},
			{From: conformance.Peer, Frame: &conformance.Frame{Opcode: conformance.OpText, Length: 4, Payload: []byte("\x1b\u202e")}},
		},
	}}}
}

// visible is how many rows of cases a page shows.
func visible(p *page) int {
	p.t.Helper()
	return eval[int](p, "[...document.querySelectorAll('#table tr[data-id]')].filter(r => r.checkVisibility()).length")
}

func reportFilters(t *testing.T, p *page, runs []*report.Run) {
	all, failed, lax := make(map[string]bool), make(map[string]bool), make(map[string]bool)
	for _, run := range runs {
		for _, r := range run.Results {
			all[r.Case.ID] = true
			if !r.Passed(false) {
				failed[r.Case.ID] = true
			} else if r.Verdict == conformance.NonStrict {
				lax[r.Case.ID] = true
			}
		}
	}
	if n := visible(p); n != len(all) || n < 100 {
		t.Errorf("%d cases are shown, want %d", n, len(all))
	}
	for _, c := range []struct {
		show string
		want int
	}{{"failed", len(failed)}, {"lax", len(lax)}, {"all", len(all)}} {
		p.click("#filters input[value=" + c.show + "]")
		if n := visible(p); n != c.want {
			t.Errorf("filter %s: %d cases are shown, want %d", c.show, n, c.want)
		}
	}
	if len(failed) == 0 || len(failed) == len(all) {
		t.Errorf("%d of %d cases failed: the filter shows nothing", len(failed), len(all))
	}
	search := func(words string) int {
		p.set("search", words)
		eval[string](p, "document.getElementById('search').dispatchEvent(new Event('input', {bubbles: true})), ''")
		return visible(p)
	}
	if n := search("6.4"); n != 4 {
		t.Errorf("searched for 6.4: %d cases, want 4", n)
	}
	p.untilText("shown", fmt.Sprintf("4 of %d cases", len(all)))
	if n := search("ping"); n < 5 || n > 60 {
		t.Errorf("searched for ping: %d cases", n)
	}
	if n := search("no such thing"); n != 0 {
		t.Errorf("searched for nothing: %d cases", n)
	}
	p.click("#reset")
	if n := visible(p); n != len(all) {
		t.Errorf("after the reset %d cases are shown", n)
	}
}

// cell is the button of an agent in a case.
func cell(id string, agent int) string {
	return fmt.Sprintf("tr[data-id='%s'] td:nth-of-type(%d) button", id, agent)
}

func reportOpensLogs(t *testing.T, p *page) {
	for _, scheme := range []string{"light", "dark"} {
		p.look(scheme, 1280, 860)
		p.click(cell("6.3.1", 3))
		p.until("document.getElementById('log').open")
		for _, want := range []string{"FAILED", "On the wire", "GET / HTTP/1.1", "HTTP/1.1 101", "RFC 6455 § 8.1", "fails the connection with 1007", "duplex check server 'ws://127.0.0.1:"} {
			p.untilText("log", want)
		}
		for _, side := range []string{"suite", "peer"} {
			if n := eval[int](p, "document.querySelectorAll('#wire li.frame."+side+"').length"); n == 0 {
				t.Errorf("%s: no frame of the %s is shown", scheme, side)
			}
		}
		p.click("#log-body input[value=hex]")
		p.until("document.querySelector('#wire .payload.hex').textContent.startsWith('0000  ')")
		p.click("#log-body input[value=auto]")
		p.click("#next")
		p.untilText("log-title", "6.3.2")
		p.click("#previous")
		p.untilText("log-title", "6.3.1")
		p.click("#log-agents button:nth-child(1)")
		p.untilText("log-body", "OK")
		p.until("decodeURIComponent(location.hash) == '#6.3.1/" + rightAgent + "'")
		p.click("#close")
		p.until("!document.getElementById('log').open && location.hash == ''")
		if eval[bool](p, "document.activeElement !== document.querySelector("+quote(cell("6.3.1", 1))+")") {
			t.Errorf("%s: the focus does not return to the cell", scheme)
		}
	}
}

func reportIsDrivenByKeys(t *testing.T, p *page) {
	if n := eval[int](p, "document.querySelectorAll('#table button[tabindex=\"0\"]').length"); n != 1 {
		t.Errorf("the table has %d stops for the tabulator, want 1", n)
	}
	eval[string](p, "document.querySelector("+quote(cell("1.1.1", 1))+").focus(), ''")
	for _, c := range []struct{ key, id, agent string }{
		{"ArrowRight", "1.1.1", lateAgent},
		{"ArrowDown", "1.1.2", lateAgent},
		{"ArrowLeft", "1.1.2", rightAgent},
		{"ArrowUp", "1.1.1", rightAgent},
		{"End", "7.13.2", rightAgent},
		{"Home", "1.1.1", rightAgent},
	} {
		eval[string](p, "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: "+quote(c.key)+", bubbles: true, cancelable: true})), ''")
		if got := eval[string](p, "document.activeElement.ariaLabel ?? ''"); !strings.HasSuffix(got, "case "+c.id+", "+c.agent) {
			t.Errorf("%s leads to %q, want case %s of %s", c.key, got, c.id, c.agent)
		}
	}
	p.do(p.tab.pressEnter)
	p.untilText("log-title", "1.1.1")
	p.until("document.getElementById('log').open")
}

func reportIsLinkedInto(t *testing.T, p *page) {
	p.untilText("log-title", "6.4.1")
	p.until("document.querySelector('#log-agents [aria-pressed=true]').textContent.includes(" + quote(laxAgent) + ")")
}

func reportHasThemes(t *testing.T, p *page) {
	ground := func() string { return eval[string](p, "getComputedStyle(document.body).backgroundColor") }
	p.look("light", 1280, 860)
	before := ground()
	p.click("#theme")
	if after := ground(); after == before {
		t.Errorf("the page has the colour %s light and dark", before)
	}
	p.click("#theme")
	if again := ground(); again != before {
		t.Errorf("the page had the colour %s, and has %s", before, again)
	}
	if p.look("dark", 1280, 860) && ground() == before {
		t.Error("back at the system's colours, the page does not change with them")
	}
}

func reportKeepsHostileText(t *testing.T, p *page) {
	p.click(cell("1.1.1", 4))
	p.until("document.getElementById('log').open")
	for id, want := range map[string]string{"log-agents": hostileAgent, "wire": hostileAgent, "log-body": `\x00\u{202e}`} {
		p.untilText(id, want)
	}
	p.until(`[...document.querySelectorAll('#wire .escape')].map((e) => e.textContent).join(' ') == '\\x1b \\u{202e}'`)
	if eval[bool](p, "'owned' in window || document.querySelectorAll('img').length > 0 || document.scripts.length != 2") {
		t.Error("what the agent has sent is a part of the page")
	}
}

func reportPictures(t *testing.T, p *page) {
	dir := screenshots(t)
	for _, v := range []struct {
		name, scheme  string
		width, height int64
		log           bool
	}{
		{"report-light.png", "light", 1280, 900, false},
		{"report-dark.png", "dark", 1280, 900, true},
		{"report-phone.png", "light", 390, 844, false},
		{"report-phone-dark.png", "dark", 390, 844, true},
	} {
		if !p.look(v.scheme, v.width, v.height) {
			t.Logf("%s: the browser cannot be made to look so", v.name)
			continue
		}
		p.click("#filters input[value=imperfect]")
		eval[string](p, "scrollTo(0, 0), ''")
		if v.log {
			p.click(cell("6.3.1", 3))
			p.until("document.getElementById('log').open")
		}
		p.shot(dir, v.name, false)
		if over := eval[int](p, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
			t.Errorf("%s: the page is %d px wider than the screen", v.name, over)
		}
		if v.log {
			p.click("#close")
		}
	}
}
