package conformance

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
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
	alone := make(chan struct{}, 1)
	for n := 1; ; n++ {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		if n > 20 && flaw == "serves twenty clients" {
			nc.Close()
			continue
		}
		wg.Go(func() {
			e := &echoer{nc: nc, r: bufio.NewReader(nc), server: true, flaw: flaw, die: func() { l.Close() }}
			if e.has("serves one connection at a time") {
				alone <- struct{}{}
				defer func() { <-alone }()
			}
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
	time.Sleep(time.Second) // until the handler has its results
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
