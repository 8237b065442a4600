package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/duplexws/duplex/conformance/report"
	"github.com/duplexws/duplex/websocket"
)

// A driver is a client of the usual suite: it asks how many cases there are,
// echoes in each, and says that it is done.
type driver struct {
	p      *process
	agent  string
	change func([]byte) []byte // of what it echoes
}

func (d driver) dial(path string) *websocket.Conn {
	d.p.t.Helper()
	c, err := d.p.dial(path+"agent="+d.agent, websocket.DialOptions{})
	if err != nil {
		d.p.t.Fatal(err)
	}
	return c
}

// cases asks how many cases there are.
func (d driver) cases() int {
	d.p.t.Helper()
	_, count, err := d.dial("/getCaseCount?").Read(ctx(d.p.t))
	if err != nil {
		d.p.t.Fatal(err)
	}
	n, err := strconv.Atoi(string(count))
	if err != nil {
		d.p.t.Fatal(err)
	}
	return n
}

func (d driver) runCase(n int) {
	d.p.t.Helper()
	echoTo(d.change)(ctx(d.p.t), d.dial(fmt.Sprintf("/runCase?case=%d&", n)))
}

func (d driver) done() {
	d.p.t.Helper()
	c := d.dial("/updateReports?")
	c.Read(ctx(d.p.t))
}

func (d driver) all() {
	d.p.t.Helper()
	for n := range d.cases() {
		d.runCase(n + 1)
	}
	d.done()
}

func TestCheckClientOnce(t *testing.T) {
	for _, c := range []struct {
		change func([]byte) []byte
		code   int
		says   string
	}{
		{slices.Clone[[]byte], 0, "\nPASSED\n"},
		{loud, 1, "  FAILED  1.1.2  a text message of 125 octets"},
	} {
		json := filepath.Join(t.TempDir(), "r.json")
		p := start(t, "check", "client", "--timeout", patiently, "--addr", "127.0.0.1:0", "--cases", few, "--once", "--json", json)
		if !strings.HasSuffix(p.announced, "/ (5 cases)\n") {
			t.Errorf("it printed %q", p.announced)
		}
		driver{p, "me", c.change}.all()
		said := p.wantExit(c.code)
		if !strings.Contains(said, c.says) || !strings.Contains(said, "\nme: 5 cases in ") || !strings.Contains(said, "Written: "+json) {
			t.Errorf("it printed\n%s", said)
		}
		run := runsOf(t, json)[0]
		if run.Agent != "me" || run.Role != report.Client || len(run.Results) != 5 || run.Selected != 5 {
			t.Errorf("the JSON has %+v", run)
		}
	}
}

// A client that is done before it has run all cases has not passed.
func TestCheckClientMissesCases(t *testing.T) {
	p := start(t, "check", "client", "--timeout", patiently, "--addr", "127.0.0.1:0", "--cases", few, "--once")
	d := driver{p, "hasty", slices.Clone[[]byte]}
	d.runCase(1)
	d.done()
	if said := p.wantExit(1); !strings.Contains(said, "NOT DONE, 4 cases not run\n") {
		t.Errorf("it printed\n%s", said)
	}
}

func TestCheckClientTwice(t *testing.T) {
	dir := t.TempDir()
	html, known := filepath.Join(dir, "r.html"), filepath.Join(dir, "known.txt")
	p := start(t, "check", "client", "--timeout", patiently, "--addr", "127.0.0.1:0", "--cases", few, "--report", html, "--known", known, "--update-known")
	right, wrong := driver{p, "right", slices.Clone[[]byte]}, driver{p, "loud", loud}
	for n := range right.cases() {
		right.runCase(n + 1)
		wrong.runCase(n + 1)
	}
	right.done()
	wrong.done()
	driver{p, "idle", nil}.done()
	p.waitLog("idle is done, and has run no case")
	waitFor(t, "the report has both", func() bool {
		page, err := os.ReadFile(html)
		return err == nil && strings.Contains(string(page), "<bdi>right</bdi>") && strings.Contains(string(page), "<bdi>loud</bdi>")
	})
	p.signal(os.Interrupt)
	if said := p.wantExit(0); !strings.Contains(said, "right: 5 cases") || !strings.Contains(said, "loud: 5 cases") {
		t.Errorf("it printed\n%s", said)
	}
	if text := contentOf(t, known); !strings.Contains(text, "[loud]\n1.1.2: FAILED") || strings.Contains(text, "right") {
		t.Errorf("recorded is\n%s", text)
	}
}

// Ctrl-C while a client is not done.
func TestCheckClientInterrupted(t *testing.T) {
	json := filepath.Join(t.TempDir(), "r.json")
	p := start(t, "check", "client", "--timeout", patiently, "--addr", "127.0.0.1:0", "--cases", few, "--json", json)
	d := driver{p, "slow", slices.Clone[[]byte]}
	d.runCase(1)
	d.runCase(2)
	waitFor(t, "case 2 has a verdict", func() bool { return d.status(2) == `{"behavior":"OK","behaviorClose":"OK"}` })
	hanging := d.dial("/runCase?case=3&")
	defer hanging.CloseNow()
	p.signal(os.Interrupt)
	if said := p.wantExit(130); !strings.Contains(said, "slow: 2 cases") || !strings.Contains(said, "3 cases not run") {
		t.Errorf("it printed\n%s", said)
	}
	if run := runsOf(t, json)[0]; len(run.Results) != 2 || run.Missing() != 3 {
		t.Errorf("the JSON has %d results, %d missing", len(run.Results), run.Missing())
	}
}

func TestCheckClientOfNobody(t *testing.T) {
	p := start(t, "check", "client", "--timeout", patiently, "--addr", "127.0.0.1:0", "--cases", few)
	p.signal(os.Interrupt)
	p.wantExit(130)
}

func TestCheckClientOverTLS(t *testing.T) {
	p := start(t, "check", "client", "--timeout", patiently, "--addr", "127.0.0.1:0", "--cases", "1.1.2", "--once", "--tls-self-signed")
	if !strings.HasPrefix(p.url, "wss://") {
		t.Fatalf("it listens on %s", p.url)
	}
	options := trusting(p.presented().PeerCertificates[0])
	for _, path := range []string{"/runCase?case=1&agent=a", "/updateReports?agent=a"} {
		c, err := p.dial(path, options)
		if err != nil {
			t.Fatal(err)
		}
		echoTo(slices.Clone[[]byte])(context.Background(), c)
	}
	p.wantExit(0)
}

// status asks for the verdict of a case.
func (d driver) status(n int) string {
	d.p.t.Helper()
	_, p, err := d.dial(fmt.Sprintf("/getCaseStatus?case=%d&", n)).Read(ctx(d.p.t))
	if err != nil {
		d.p.t.Fatal(err)
	}
	return string(p)
}
