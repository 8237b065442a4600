package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/examples/internal/try"
	"github.com/duplexws/duplex/internal/testenv"
)

// result is what the script of testdata/run.mjs reports when all is well.
const result = `cookie: hello ada | ada: how do you do
subprotocol: hello ada | ada: how do you do
message: hello ada | ada: how do you do
ticket: hello ada | ada: how do you do
wrong token: 3003
expired token: 3000
stay: 3 connections, then Error: log in again
stay by ticket: 1 connections, then Error: log in again
shut out: 2 connections, then Error: the token is not valid
`

// run serves the site and its scripts, and returns a URL and where the report
// of the script ends up.
func run(t *testing.T) (url string, report <-chan string) {
	t.Helper()
	s := newSite(func(user, password string) bool { return user == "ada" && password == "swordfish" })
	clock := stopClock(s)
	mux := s.router()
	mux.Handle("GET /run/", http.StripPrefix("/run", http.FileServer(http.Dir("testdata"))))
	mux.HandleFunc("POST /token/expired", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, s.tokens.issue("ada", -time.Second))
	})
	mux.HandleFunc("POST /expire", func(w http.ResponseWriter, r *http.Request) { clock.strike() })
	got := make(chan string, 1)
	mux.HandleFunc("POST /report", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- string(body)
	})
	return "http" + strings.TrimPrefix(try.Server(t, mux), "ws"), got
}

func want(t *testing.T, got string) {
	t.Helper()
	if got != result {
		t.Errorf("the script reports\n%swant\n%s", got, result)
	}
}

// The scripts of the page run in a real browser.
func TestBrowser(t *testing.T) {
	path := testenv.Tool(t, "the page's scripts run in a real browser", "chromium", "chromium-browser", "google-chrome")
	url, report := run(t)
	url = strings.Replace(url, "127.0.0.1", "localhost", 1) // where Secure cookies need no TLS
	dir := try.ShortTempDir(t)
	browser := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--remote-debugging-port=0", "--user-data-dir="+dir, url+"/run/run.html")
	browser.Env = append(try.Environ(), "TMPDIR="+dir)
	var log bytes.Buffer
	browser.Stderr = &log // which Wait waits for, and so for all processes of the browser
	browser.WaitDelay = 10 * time.Second
	if err := browser.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		browser.Process.Kill()
		browser.Wait()
	}()
	select {
	case got := <-report:
		want(t, got)
	case <-try.Context(t).Done():
		t.Fatalf("the browser does not report:\n%s", &log)
	}
}

// They run in Node too, but for the cookie, which Node does not keep.
func TestNode(t *testing.T) {
	node := testenv.Tool(t, "the page's scripts run in Node", "node")
	if exec.Command(node, "-e", "WebSocket").Run() != nil { // before Node 22
		_, err := os.Stat(filepath.Join("..", "..", "e2e", "node_modules", "ws", "package.json"))
		testenv.Need(t, "WebSocket in Node, and e2e/node_modules/ws", err == nil, "run npm ci in e2e")
	}
	url, report := run(t)
	cmd := exec.CommandContext(try.Context(t), node, filepath.Join("testdata", "run.mjs"), url)
	cmd.Env = try.Environ()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want(t, fmt.Sprintf("cookie: hello ada | ada: how do you do\n%s", <-report))
}
