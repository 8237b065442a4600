package conformance

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// judge runs cases against echoers with a flaw, as servers or as clients, in a
// bubble where waiting takes no time.
func judge(t *testing.T, asServer bool, flaw string, opts Options) (results []*Result) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if asServer {
			results = judgeServerEchoer(t, flaw, opts)
		} else {
			results = judgeClientEchoer(t, flaw, opts)
		}
	})
	return results
}

func judgeServerEchoer(t *testing.T, flaw string, opts Options) []*Result {
	l := newMemoryListener()
	var wg sync.WaitGroup
	wg.Go(func() { serveEchoers(l, flaw) })
	opts.Dial = l.Dial
	results, err := RunServer(context.Background(), "ws://localhost/", &opts)
	if err != nil {
		t.Error(err)
	}
	l.Close()
	wg.Wait()
	return results
}

// serveEchoers accepts connections until l is closed.
func serveEchoers(l net.Listener, flaw string) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		wg.Go(func() {
			e := &echoer{nc: nc, r: bufio.NewReader(nc), server: true, flaw: flaw}
			if e.accept() {
				e.run()
			}
			nc.Close()
		})
	}
}

func judgeClientEchoer(t *testing.T, flaw string, opts Options) []*Result {
	h, err := NewClientHandler(&opts, nil)
	if err != nil {
		t.Error(err)
		return nil
	}
	l := newMemoryListener()
	server := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	var wg sync.WaitGroup
	wg.Go(func() { server.Serve(l) })
	var clients sync.WaitGroup
	limit := make(chan struct{}, 8)
	for i := range h.cases {
		limit <- struct{}{}
		clients.Go(func() {
			runCase(l, i+1, flaw)
			<-limit
		})
	}
	clients.Wait()
	synctest.Wait() // until the handler has its results
	server.Close()
	wg.Wait()
	return h.Results("echoer")
}

// runCase is a client that echoes in one case.
func runCase(l *memoryListener, number int, flaw string) {
	nc, err := l.Dial(context.Background(), "", "")
	if err != nil {
		return
	}
	defer nc.Close()
	e := &echoer{nc: nc, r: bufio.NewReader(nc), flaw: flaw}
	if e.connect(fmt.Sprintf("/runCase?case=%d&agent=echoer", number)) == nil {
		e.run()
	}
	nc.Close()
	time.Sleep(time.Nanosecond)
}

// connect shakes hands.
func (e *echoer) connect(path string) error {
	fields := []string{"Host: localhost", "Upgrade: websocket", "Connection: keep-alive, Upgrade",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}
	method := "GET"
	switch e.flaw {
	case "asks for version 8":
		fields[3] = "Sec-WebSocket-Version: 8"
	case "has a short key":
		fields[4] = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j"
	case "has no key":
		fields = fields[:4]
	case "has two keys":
		fields = append(fields, fields[4])
	case "does not ask for an upgrade":
		fields[1] = "X: y"
	case "does not name Upgrade in Connection":
		fields[2] = "Connection: keep-alive"
	case "posts":
		method = "POST"
	}
	fmt.Fprintf(e.nc, "%s %s HTTP/1.1\r\n%s\r\n%s\r\n", method, path, strings.Join(fields, "\r\n"), e.offer())
	response, err := http.ReadResponse(e.r, nil)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusSwitchingProtocols || response.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		return fmt.Errorf("refused: %s", response.Status)
	}
	return e.takeAnswer(response)
}
