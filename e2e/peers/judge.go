package main

import (
	"context"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/duplexws/duplex/conformance"
	"github.com/duplexws/duplex/conformance/report"
)

// A peer is an implementation in one configuration.
type peer struct {
	name    string
	threads bool // it serves connections at the same time
	// version is that of the implementation, known once it runs.
	version func() string
	// serve starts a server that echoes, at any port of loopback, until stop.
	serve func() (url string, stop func(), err error)
	// drive plays all cases as a client, at the URL of a suite.
	drive func(ctx context.Context, suite, agent string, workers int) error
}

// A judge keeps the runs.
type judge struct {
	options conformance.Options
	runs    []*report.Run
}

func (j *judge) judge(ctx context.Context, p peer, role string) error {
	if role != string(report.Client) {
		if err := j.server(ctx, p); err != nil {
			return err
		}
	}
	if role != string(report.Server) && p.drive != nil {
		return j.client(ctx, p)
	}
	return nil
}

func (j *judge) server(ctx context.Context, p peer) error {
	url, stop, err := p.serve()
	if err != nil {
		return err
	}
	defer stop()
	options := j.options
	options.Parallel = j.parallel(p)
	started := time.Now()
	results, err := conformance.RunServer(ctx, url, &options)
	if err != nil {
		return err
	}
	j.keep(p, report.Server, started, results)
	return nil
}

// client serves the suite, and has the peer connect to it.
func (j *judge) client(ctx context.Context, p peer) error {
	reported := make(chan []*conformance.Result, 1)
	handler, err := conformance.NewClientHandler(&j.options, func(_ string, results []*conformance.Result) { reported <- results })
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler}
	go server.Serve(l)
	defer server.Close()
	started := time.Now()
	if err := p.drive(ctx, "ws://"+l.Addr().String(), p.name, j.parallel(p)); err != nil {
		return err
	}
	select {
	case results := <-reported:
		j.keep(p, report.Client, started, results)
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// parallel is how many cases are played at once. Where one case keeps others
// waiting too long, what is found would be about both.
func (j *judge) parallel(p peer) int {
	if p.threads {
		return j.options.Parallel
	}
	return min(j.options.Parallel, 2)
}

func (j *judge) keep(p peer, role report.Role, started time.Time, results []*conformance.Result) {
	j.runs = append(j.runs, &report.Run{
		Agent: p.name + ", " + p.version(), Role: role, Profile: conformance.Echo.String(), Started: started,
		Duration: time.Since(started), Selected: len(results), Results: results,
	})
	s := conformance.Summarize(results)
	log.Printf("%s as %s: %v in %v", p.name, role, s, time.Since(started).Round(time.Second))
}
