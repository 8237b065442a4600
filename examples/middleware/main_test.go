package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/duplexws/duplex/examples/internal/try"
	"github.com/duplexws/duplex/internal/testenv"
	"github.com/duplexws/duplex/websocket"
)

func TestMain(m *testing.M) { testenv.Main(m) }

func TestLogged(t *testing.T) {
	var lines bytes.Buffer
	var served sync.WaitGroup
	h := logged(slog.New(slog.NewTextHandler(&lines, nil)), router())
	url := try.Server(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer served.Done()
		h.ServeHTTP(w, r)
	}))
	for _, want := range []string{"status=101", "status=403", "status=404"} {
		lines.Reset()
		served.Add(1)
		switch want {
		case "status=101":
			try.Answer(t, try.Dial(t, url+"/rooms/lobby", nil), "hello", "lobby: hello")
		case "status=403":
			try.Refused(t, url+"/rooms/lobby", try.Foreign, http.StatusForbidden)
		case "status=404":
			try.Refused(t, url+"/elsewhere", nil, http.StatusNotFound)
		}
		served.Wait()
		if !strings.Contains(lines.String(), want) {
			t.Errorf("logged %q, want %s", &lines, want)
		}
	}
}

// open is the least that a wrapper has to do; closed does not do it.
type (
	open   struct{ http.ResponseWriter }
	closed struct{ http.ResponseWriter }
)

func (w open) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// What hides Hijack costs every connection: the client is refused with 500, and
// the server's error names the wrapper at fault.
func TestHiddenHijack(t *testing.T) {
	for _, c := range []struct {
		name  string
		wrap  func(http.Handler) http.Handler
		fault string
	}{
		{"Unwrap", func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(open{w}, r) })
		}, ""},
		{"no Unwrap", func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(closed{w}, r) })
		}, "main.closed"},
		{"http.TimeoutHandler", func(h http.Handler) http.Handler {
			return http.TimeoutHandler(h, time.Minute, "")
		}, "*http.timeoutWriter"},
	} {
		t.Run(c.name, func(t *testing.T) {
			accepted := make(chan error, 1)
			url := try.Server(t, c.wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				conn, err := websocket.Accept(w, r, nil)
				if err == nil {
					defer conn.CloseNow()
				}
				accepted <- err
			})))
			if c.fault == "" {
				try.Dial(t, url, nil)
				if err := <-accepted; err != nil {
					t.Error(err)
				}
				return
			}
			try.Refused(t, url, nil, http.StatusInternalServerError)
			want := "websocket: cannot take over the connection: " + c.fault +
				" has neither Hijack nor an Unwrap() http.ResponseWriter that leads to one"
			if err := <-accepted; err == nil || err.Error() != want {
				t.Errorf("%v, want %s", err, want)
			}
		})
	}
}
