package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"sync"
	"time"
)

// A library is an implementation in Go.
type library interface {
	// ServeHTTP accepts a connection, and echoes until it ends.
	http.Handler
	// echo connects to a URL, and echoes until the connection ends.
	echo(ctx context.Context, url string) error
	// ask connects to a URL, and returns the first message that comes.
	ask(ctx context.Context, url string) (string, error)
}

// newPeer returns a library as a peer. module is where it comes from.
func newPeer(name, module string, l library) peer {
	return peer{
		name:    name,
		version: func() string { return moduleVersion(module) },
		serve:   func() (string, func(), error) { return serve(l) },
		threads: true,
		drive: func(ctx context.Context, suite, agent string, workers int) error {
			return drive(ctx, l, suite, agent, workers)
		},
	}
}

// moduleVersion is what this program was built with.
func moduleVersion(module string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == module {
				return m.Version
			}
		}
	}
	return "version unknown"
}

func serve(h http.Handler) (address string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: h}
	go server.Serve(l)
	return "ws://" + l.Addr().String() + "/", func() { server.Close() }, nil
}

// limit is the largest message that a peer takes, as with duplex echo.
const limit = 32 << 20

// caseTimeout bounds a case: a client has to come back from one that it does not
// get through.
const caseTimeout = 2 * time.Minute

// drive plays all cases, as drivers of clients use to. What goes wrong in a case
// is what the suite judges.
func drive(ctx context.Context, l library, suite, agent string, workers int) error {
	text, err := l.ask(ctx, suite+"/getCaseCount")
	if err != nil {
		return err
	}
	count, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("the suite counts its cases so: %q", text)
	}
	next := make(chan int)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for i := range next {
				ctx, cancel := context.WithTimeout(ctx, caseTimeout)
				_ = l.echo(ctx, fmt.Sprintf("%s/runCase?case=%d&agent=%s", suite, i, url.QueryEscape(agent)))
				cancel()
			}
		})
	}
	for i := range count {
		next <- i + 1
	}
	close(next)
	group.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return l.echo(ctx, suite+"/updateReports?agent="+url.QueryEscape(agent))
}
