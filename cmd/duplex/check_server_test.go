package main

import (
	"context"
	"encoding/pem"
	"encoding/xml"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/duplexws/duplex/websocket"
)

func TestCheckServer(t *testing.T) {
	s := newEndpoints(t)
	dir := t.TempDir()
	html, json, junit := filepath.Join(dir, "r.html"), filepath.Join(dir, "r.json"), filepath.Join(dir, "r.xml")
	o := duplex(t, "check", "server", "--timeout", patiently, at(s, "/good"), "--cases", few, "--agent", "ours", "--report", html, "--json", json, "--junit", junit)
	o.want(0, "\nours: 5 cases in ", "\n5 OK\n", "\nPASSED\n", "Written: "+html+", "+json+", "+junit)
	if o.stderr != "" {
		t.Errorf("it writes on standard error\n%s", o.stderr)
	}
	run := runsOf(t, json)[0]
	if run.Agent != "ours" || run.Address != at(s, "/good") || run.Profile != "echo" || run.Selected != 5 || len(run.Results) != 5 || len(run.Results[0].Log) < 4 {
		t.Errorf("the JSON has %+v", run)
	}
	if page := contentOf(t, html); !strings.Contains(page, "<bdi>ours</bdi>") || strings.Count(page, "<tr data-id=") != 5 {
		t.Error("the page does not show five cases of ours")
	}
	var suites struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
	}
	if err := xml.Unmarshal([]byte(contentOf(t, junit)), &suites); err != nil || suites.Tests != 5 || suites.Failures != 0 {
		t.Errorf("JUnit %+v, %v", suites, err)
	}
}

func TestCheckServerFails(t *testing.T) {
	s := newEndpoints(t)
	args := []string{"check", "server", "--timeout", patiently, at(s, "/loud"), "--cases", few}
	o := duplex(t, args...)
	o.want(1, "  FAILED  1.1.2  a text message of 125 octets, in one write\n      came: ", "section-5.2\n",
		"1 FAILED", "FAILED: 1 fault\n", "add --cases 1.1.2 --report report.html\n")
	if !strings.HasPrefix(o.stderr, "1.1.2: FAILED: came: ") {
		t.Errorf("the failure is not told as it comes:\n%s", o.stderr)
	}
	if strings.ContainsAny(o.stdout+o.stderr, "\r\x1b") {
		t.Error("what is no terminal is treated like one")
	}
	if quiet := duplex(t, append(args, "--quiet")...); quiet.stderr != "" || quiet.code != 1 {
		t.Errorf("quietly: exit status %d\n%s", quiet.code, quiet.stderr)
	}
}

// What is not strict fails with --strict alone: this server answers nothing of
// what came in front of a fault, since it ends at once.
func TestCheckServerStrict(t *testing.T) {
	s := httptest.NewServer(websocket.Handler(func(ctx context.Context, c *websocket.Conn) error {
		var all [][]byte
		err := c.ReadEach(ctx, func(_ websocket.MessageType, p []byte) error {
			all = append(all, slices.Clone(p))
			return nil
		})
		return err
	}))
	defer s.Close()
	args := []string{"check", "server", "--timeout", patiently, at(s, "/"), "--cases", "4.1.3"}
	duplex(t, args...).want(0, "1 NON-STRICT", "\nPASSED\n")
	duplex(t, append(args, "--strict")...).want(1, "  NON-STRICT  4.1.3  ", "FAILED: 1 fault\n")
}

func TestCheckServerKnown(t *testing.T) {
	s := newEndpoints(t)
	known := filepath.Join(t.TempDir(), "known.txt")
	junit := filepath.Join(t.TempDir(), "junit.xml")
	check := func(path string, more ...string) outcome {
		t.Helper()
		return duplex(t, append([]string{"check", "server", "--timeout", patiently, at(s, path), "--cases", few, "-q", "--known", known, "--junit", junit}, more...)...)
	}
	check("/loud").want(3)
	check("/loud", "--update-known").want(0, "FAILED: 1 fault new or worse\n", "Recorded in "+known)
	if text := contentOf(t, known); !strings.Contains(text, "\n1.1.2: FAILED  # a text message of 125 octets") {
		t.Errorf("recorded is\n%s", text)
	}
	check("/loud").want(0, "PASSED, 1 known\n")
	if text := contentOf(t, junit); strings.Contains(text, "<failure") || !strings.Contains(text, "known: FAILED") {
		t.Errorf("JUnit XML fails on what is known:\n%s", text)
	}
	check("/worse").want(1, "  FAILED  1.1.1  ", "FAILED: 3 faults new or worse, 1 known\n")
	o := check("/good")
	o.want(0, "Better than "+known+" says", "  1.1.2 is OK, was FAILED  a text message", "PASSED\n")
	if before := contentOf(t, known); !strings.Contains(before, "1.1.2") {
		t.Error("the file was changed without being asked to")
	}
	check("/good", "--update-known").want(0)
	if text := contentOf(t, known); strings.Contains(text, "1.1.2") {
		t.Errorf("what is fixed still stands there:\n%s", text)
	}
	check("/loud").want(1)
}

func TestCheckServerLogin(t *testing.T) {
	s := newEndpoints(t)
	args := []string{"check", "server", "--timeout", patiently, at(s, "/login"), "--cases", few}
	login := []string{"--expect", "^who", "--send", "a friend", "--expect", `^welcome, \d$`}
	duplex(t, append(args, login...)...).want(0, "5 OK")
	o := duplex(t, append(args, "--send", "a foe", "--expect", "welcome")...)
	o.want(1, "5 faults, all for the same reason:\n", "4401")
	duplex(t, "check", "server", "--timeout", patiently, at(s, "/silent"), "--profile", "any", "--cases", "2.2,7.3.2,1.1.2").want(0, "2 cases", "PASSED")
}

func TestCheckServerOverTLS(t *testing.T) {
	s := httptest.NewUnstartedServer(websocket.Handler(echoTo(slices.Clone[[]byte])))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // clients refuse its certificate
	s.StartTLS()
	defer s.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"check", "server", "--timeout", patiently, at(s, "/"), "--cases", "1.1.2"}
	if o := duplex(t, args...); o.code != 3 || !strings.Contains(o.stderr, "--ca trusts other certificates") {
		t.Errorf("exit status %d\n%s", o.code, o.stderr)
	}
	duplex(t, append(args, "--ca", ca)...).want(0, "1 OK")
	duplex(t, append(args, "--insecure")...).want(0, "1 OK")
}

func TestCheckServerHeader(t *testing.T) {
	seen := make(chan http.Header, 1)
	echo := websocket.Handler(echoTo(slices.Clone[[]byte]))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case seen <- r.Header:
		default:
		}
		echo.ServeHTTP(w, r)
	}))
	defer s.Close()
	duplex(t, "check", "server", "--timeout", patiently, at(s, "/"), "--cases", "1.1.2", "--header", "authorization:Bearer x", "--header", "Cookie: a=b", "--header", "cookie: c=d").want(0)
	h := <-seen
	if h.Get("Authorization") != "Bearer x" || strings.Join(h.Values("Cookie"), "; ") != "a=b; c=d" {
		t.Errorf("the server has seen %v", h)
	}
}

// Ctrl-C: what there is by then is told and written.
func TestCheckServerInterrupted(t *testing.T) {
	var opened atomic.Int32
	second := make(chan struct{})
	s := httptest.NewServer(websocket.Handler(func(ctx context.Context, c *websocket.Conn) error {
		if opened.Add(1) == 2 {
			close(second)
		}
		if opened.Load() >= 2 {
			return c.ReadEach(ctx, func(websocket.MessageType, []byte) error { return nil })
		}
		return echoTo(slices.Clone[[]byte])(ctx, c)
	}))
	defer s.Close()
	dir := t.TempDir()
	json, known := filepath.Join(dir, "r.json"), filepath.Join(dir, "known.txt")
	p := launch(t, "check", "server", "--timeout", patiently, at(s, "/"), "--cases", "1.1.*", "--parallel", "1", "--timeout", "1m", "--json", json,
		"--known", known, "--update-known")
	p.readOn()
	<-second
	p.signal(os.Interrupt)
	p.wantExit(130)
	if !strings.Contains(p.log.String(), "interrupted: ") {
		t.Errorf("it does not say that it was interrupted:\n%s", p.log.String())
	}
	if run := runsOf(t, json)[0]; len(run.Results) != 1 || run.Missing() != 7 {
		t.Errorf("the JSON has %d results, %d missing", len(run.Results), run.Missing())
	}
	if _, err := os.Stat(known); err == nil {
		t.Error("a run that was cut short has changed what is known")
	}
}
