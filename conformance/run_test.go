package conformance

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// few are cases of each kind.
var few = []string{"1.1.1", "1.2.8", "2.5", "2.10", "5.19", "6.4.*", "7.1.*", "9.1.6", "9.7.1", "14.*", "15.1.*", "15.6.*", "15.7.*", "15.14.*",
	"17.3.*", "17.7.*", "18.1.2", "18.2.*", "18.3.1", "18.3.4", "18.3.8", "19.*"}

func TestServerOverTCP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	testServer(t, l, "ws", nil)
}

func TestServerOverTLS(t *testing.T) {
	source := httptest.NewTLSServer(nil) // for its certificate
	defer source.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: source.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(source.Certificate())
	testServer(t, l, "wss", &tls.Config{RootCAs: pool})
}

func testServer(t *testing.T, l net.Listener, scheme string, config *tls.Config) {
	var wg sync.WaitGroup
	wg.Go(func() { serveEchoers(l, "") })
	defer wg.Wait()
	defer l.Close()
	var seen []*Result
	opts := &Options{Cases: few, Thin: true, TLSConfig: config, Pause: 50 * time.Millisecond, Timeout: 20 * time.Second,
		Progress: func(r *Result) { seen = append(seen, r) }}
	results, err := RunServer(context.Background(), scheme+"://"+l.Addr().String()+"/", opts)
	if err != nil {
		t.Fatal(err)
	}
	if want, _ := opts.casesFor(Servers); len(results) != len(want) || len(seen) != len(want) {
		t.Errorf("%d results and %d reports of progress of %d cases", len(results), len(seen), len(want))
	}
	for i, r := range results {
		if !r.Passed(true) && !strings.HasPrefix(r.Case.ID, "6.4.") { // a pause is too short for a busy machine
			t.Error(r)
		}
		if i > 0 && Compare(results[i-1].Case.ID, r.Case.ID) >= 0 {
			t.Errorf("%s comes behind %s", r.Case.ID, results[i-1].Case.ID)
		}
	}
}

func TestRunServerRefuses(t *testing.T) {
	none := errors.New("no such host")
	dial := func(context.Context, string, string) (net.Conn, error) { return nil, none }
	for address, opts := range map[string]*Options{
		"http://localhost/": nil,
		"ws:///":            nil,
		"ws://localhost/#a": nil,
		"://":               nil,
		"ws://localhost/":   {Cases: []string{"99.*"}},
		"ws://localhost/a":  {Dial: dial},
		"ws://localhost/b":  {Cases: []string{"16.*"}}, // these judge clients
	} {
		if results, err := RunServer(context.Background(), address, opts); err == nil || results != nil {
			t.Errorf("%s: %d results, %v", address, len(results), err)
		}
	}
	if _, err := RunServer(context.Background(), "ws://localhost/a", &Options{Dial: dial}); !errors.Is(err, none) {
		t.Errorf("the error of Dial became %v", err)
	}
}

func TestRunServerEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newMemoryListener()
		var wg sync.WaitGroup
		wg.Go(func() { serveEchoers(l, "never answers Close") })
		ctx, cancel := context.WithTimeout(context.Background(), 7*time.Second)
		defer cancel()
		began := time.Now()
		results, err := RunServer(ctx, "ws://localhost/", &Options{Dial: l.Dial, Cases: []string{"1.1.*"}, Parallel: 1})
		if len(results) != 1 || !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 7*time.Second {
			t.Errorf("%d results after %v: %v", len(results), time.Since(began), err)
		}
		l.Close()
		wg.Wait()
	})
}

// A peer that sends without end is given up after CaseTimeout.
func TestCaseEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newMemoryListener()
		var wg sync.WaitGroup
		wg.Go(func() {
			for {
				nc, err := l.Accept()
				if err != nil {
					return
				}
				wg.Go(func() {
					defer nc.Close()
					e := &echoer{nc: nc, r: bufio.NewReader(nc), server: true}
					if !e.accept() {
						return
					}
					for err == nil {
						_, err = nc.Write([]byte("\x8a\x00"))
						time.Sleep(time.Second)
					}
				})
			}
		})
		results, err := RunServer(context.Background(), "ws://localhost/", &Options{Dial: l.Dial, Cases: []string{"2.5"}, CaseTimeout: time.Minute})
		if err != nil || len(results) != 1 || results[0].Duration != time.Minute || results[0].Verdict != Failed {
			t.Errorf("%v, %v", results, err)
		}
		l.Close()
		wg.Wait()
	})
}

func TestClientHandlerServesDrivers(t *testing.T) {
	reported := make(chan string, 1)
	h, err := NewClientHandler(&Options{Cases: []string{"1.1.2", "3.1"}}, func(agent string, results []*Result) {
		reported <- fmt.Sprint(agent, " ", len(results))
	})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	defer s.Close()
	ask := func(path string) string {
		t.Helper()
		nc, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		e := &echoer{nc: nc, r: bufio.NewReader(nc), flaw: "forgets Pongs"}
		if err := e.connect(path); err != nil {
			return err.Error()
		}
		if strings.HasPrefix(path, "/runCase") {
			e.run()
			return ""
		}
		var first frameReader
		first.r = e.r
		f, _ := first.next()
		if f.Opcode == OpText {
			f2, _ := first.next()
			if f2.Opcode != OpClose {
				t.Errorf("%s: %v comes behind the answer", path, f2)
			}
		}
		e.closeWith([]byte{3, 232})
		io.Copy(io.Discard, e.r)
		return string(f.Payload)
	}
	if got := ask("/getCaseCount"); got != "2" {
		t.Errorf("getCaseCount: %q", got)
	}
	if got := ask("/getCaseStatus?case=1&agent=a"); got != `{"behavior":"NOT RUN"}` {
		t.Errorf("getCaseStatus before the case: %q", got)
	}
	ask("/runCase?case=1&agent=a")
	ask("/runCase?case=2&agent=a")
	var status struct{ Behavior, BehaviorClose string }
	for range 1000 { // the handler ends a moment behind the connection
		if json.Unmarshal([]byte(ask("/getCaseStatus?case=2&agent=a")), &status); status.Behavior != "NOT RUN" {
			break
		}
	}
	if status.Behavior != "OK" || status.BehaviorClose != "OK" {
		t.Errorf("getCaseStatus: %+v", status)
	}
	if got := ask("/getCaseInfo?case=1"); !strings.Contains(got, `"id":"1.1.2"`) {
		t.Errorf("getCaseInfo: %q", got)
	}
	for _, path := range []string{"/runCase?case=3&agent=a", "/runCase?case=0&agent=a", "/runCase?case=x", "/else"} {
		if got := ask(path); got != "refused: 404 Not Found" {
			t.Errorf("%s: %q", path, got)
		}
	}
	ask("/updateReports?agent=a")
	if got := <-reported; got != "a 2" {
		t.Errorf("updateReports: %q", got)
	}
	response := httptest.NewRecorder()
	h.ServeHTTP(response, httptest.NewRequest("GET", "/runCase?case=1&agent=b", nil))
	if response.Code != http.StatusBadRequest {
		t.Errorf("no handshake: %d", response.Code)
	}
	if got := h.Agents(); len(got) != 2 || got[0] != "a" || h.Results("b")[0].Close != CloseNoHandshake {
		t.Errorf("agents %q", got)
	}
}

// However much happens, a log stays small, and keeps the beginning and the end.
func TestLogIsBounded(t *testing.T) {
	for _, r := range judge(t, true, "", Options{Cases: []string{"9.3.1"}, Thin: true}) {
		first, last := r.Log[0], r.Log[len(r.Log)-1]
		if len(r.Log) != mostEntries || r.Omitted < 3000 || first.Frame != nil || !strings.HasPrefix(first.Note, "GET / HTTP/1.1\r\n") || last.Note != "ends the connection" {
			t.Errorf("%d entries, %d omitted, from %v to %v", len(r.Log), r.Omitted, first, last)
		}
		for _, e := range r.Log {
			if e.Frame != nil && len(e.Frame.Payload) > mostOctets {
				t.Errorf("%d octets are kept of a frame", len(e.Frame.Payload))
			}
		}
	}
}

// A client may say that it is done before the suite knows how its last case
// ended: the report waits.
func TestReportWaitsForVerdicts(t *testing.T) {
	reported := make(chan []*Result, 1)
	h, err := NewClientHandler(&Options{Cases: []string{"1.1.2"}}, func(_ string, results []*Result) { reported <- results })
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	defer s.Close()
	connect := func(path string) *echoer {
		nc, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		e := &echoer{nc: nc, r: bufio.NewReader(nc)}
		if err := e.connect(path); err != nil {
			t.Fatal(err)
		}
		return e
	}
	inCase := connect("/runCase?case=1&agent=a")
	connect("/updateReports?agent=a").run() // until the suite has ended it
	select {
	case <-reported:
		t.Fatal("the report does not wait")
	default:
	}
	inCase.run()
	if results := <-reported; len(results) != 1 || results[0].Verdict != OK {
		t.Errorf("%d results: %v", len(results), results)
	}
}
