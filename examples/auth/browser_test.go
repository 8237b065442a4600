package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
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
wrong token: 4403
stay: 2 connections, then Error: log in again
`

// run serves the site and its scripts, and returns a URL and where the report
// of the script ends up.
func run(t *testing.T) (url string, report <-chan string) {
	t.Helper()
	s := newSite(func(user, password string) bool { return user == "ada" && password == "swordfish" })
	mux := s.router()
	mux.Handle("GET /run/", http.StripPrefix("/run", http.FileServer(http.Dir("testdata"))))
	mux.HandleFunc("POST /token/short", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, s.tokens.issue("ada", 100*time.Millisecond))
	})
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
	browser := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--remote-debugging-port=0", "--user-data-dir="+t.TempDir(), url+"/run/run.html")
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
	has := func(args ...string) bool { return exec.Command(node, append(args, "-e", "WebSocket")...).Run() == nil }
	var args []string
	if !has() {
		args = []string{"--experimental-websocket"} // before Node 22
		testenv.Need(t, "WebSocket in Node", has(args...), "the page's scripts run in Node")
	}
	url, report := run(t)
	args = append(args, filepath.Join("testdata", "run.mjs"), url)
	if out, err := exec.CommandContext(try.Context(t), node, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want(t, fmt.Sprintf("cookie: hello ada | ada: how do you do\n%s", <-report))
}
