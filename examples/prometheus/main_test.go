package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/duplexws/duplex/examples/internal/try"
	"github.com/duplexws/duplex/internal/testenv"
	"github.com/duplexws/duplex/websocket"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// scrape returns what Prometheus gets, comments left out.
func scrape(t *testing.T, url string) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get("http" + strings.TrimPrefix(url, "ws") + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(body)) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return "\n" + strings.Join(lines, "")
}

// wait scrapes until want is among the lines: the server's side of a connection
// may end a little later than the client's.
func wait(t *testing.T, url, want string) string {
	t.Helper()
	ctx := try.Context(t)
	for {
		got := scrape(t, url)
		if strings.Contains(got, "\n"+want+"\n") {
			return got
		}
		if ctx.Err() != nil {
			t.Fatalf("%s is not among\n%s", want, got)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestScrape(t *testing.T) {
	url := try.Server(t, router(prometheus.NewRegistry()))
	try.Refused(t, url+"/echo", try.Foreign, http.StatusForbidden)
	closing := try.Dial(t, url+"/echo", nil)
	open := try.Dial(t, url+"/echo", nil)
	try.Answer(t, closing, "hello", "hello")
	try.Answer(t, open, "hello", "hello")
	wait(t, url, "websocket_connections 2")
	if err := closing.Close(try.Context(t), 4321, ""); err != nil {
		t.Fatal(err)
	}
	wait(t, url, "websocket_connections 1")
	got := wait(t, url, `websocket_closed_total{cause="application"} 1`)
	for _, want := range []string{
		"websocket_opened_total 2",
		`websocket_refused_total{reason="origin"} 1`,
		`websocket_messages_total{direction="in"} 2`,
		`websocket_messages_total{direction="out"} 2`,
		"websocket_lifetime_seconds_count 1",
		"websocket_queued_bytes 0",
		"websocket_panics_total 0",
	} {
		if !strings.Contains(got, "\n"+want+"\n") {
			t.Errorf("%s is not among\n%s", want, got)
		}
	}
}

// Whatever happens, the label has one of few values.
func TestCauseIsBounded(t *testing.T) {
	seen := make(map[string]bool)
	for code := websocket.StatusNormalClosure; code < 5000; code++ {
		seen[cause(&websocket.CloseError{Code: code})] = true
	}
	for _, err := range []error{nil, errors.New("some text"), websocket.ErrClosed, websocket.ErrPongTimeout,
		fmt.Errorf("%w: %w", websocket.ErrAbnormal, io.ErrUnexpectedEOF)} {
		seen[cause(err)] = true
	}
	if len(seen) > 20 {
		t.Errorf("a label has %d values", len(seen))
	}
}
