// Package client is what the clients measured have in common: the flags, the
// load, the check of what comes back, and the report.
//
// A client keeps -depth messages under way on each of -conns connections to an
// echo server, and prints the messages that came back in the measured span and
// the CPU time that its process spent meanwhile.
package client

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"
)

// MaxMessage is the largest message, in bytes, that every client accepts.
const MaxMessage = 32 << 20

// A Load is what a client is asked to do.
type Load struct {
	URL   string
	Conns int
	Size  int // bytes a message
	Depth int // messages under way on each connection
	// Message is what every connection sends, again and again. It must not be
	// changed.
	Message []byte

	warm, span time.Duration
	profile    string

	opening sync.WaitGroup // connections that are not open
	silent  sync.WaitGroup // connections that have had no echo
	count   atomic.Uint64
}

// A Report is what a client prints.
type Report struct {
	Messages uint64  `json:"messages"` // that came back in the measured span
	Seconds  float64 `json:"seconds"`
	CPU      float64 `json:"cpu_seconds"` // of the process, user and system
}

// Main runs converse on a goroutine for each connection that the flags ask
// for, and ends the process. converse opens the connection, says so by
// [Session.Opened], writes Depth messages, and for each that comes back, which
// it hands to [Session.Got], one more. It returns only when that fails.
func Main(converse func(*Session) error) {
	l := new(Load)
	flag.StringVar(&l.URL, "url", "", "the echo server, ws://127.0.0.1:PORT/echo")
	flag.IntVar(&l.Conns, "conns", 1, "connections")
	flag.IntVar(&l.Size, "size", 64, "bytes a message")
	flag.IntVar(&l.Depth, "depth", 1, "messages under way on each connection")
	flag.DurationVar(&l.warm, "warm", 0, "time between the first echo on every connection and what is measured")
	flag.DurationVar(&l.span, "time", time.Second, "time measured")
	flag.StringVar(&l.profile, "cpuprofile", "", "write a profile of the measured time to this `file`")
	flag.Parse()
	report, err := l.run(converse)
	if err != nil {
		log.Fatal(err)
	}
	json.NewEncoder(os.Stdout).Encode(report)
}

func (l *Load) run(converse func(*Session) error) (Report, error) {
	if l.Conns < 1 || l.Depth < 1 || l.Size < 0 || l.Size > MaxMessage || l.span <= 0 {
		return Report{}, errors.New("the load makes no sense")
	}
	l.Message = pattern(l.Size)
	l.opening.Add(l.Conns)
	l.silent.Add(l.Conns)
	failed := make(chan error, l.Conns)
	for range l.Conns {
		go func() { failed <- fmt.Errorf("a connection ended: %w", converse(&Session{Load: l})) }()
	}
	working := make(chan struct{}) // every connection
	go func() {
		l.silent.Wait()
		close(working)
	}()
	select {
	case err := <-failed:
		return Report{}, err
	case <-working:
	}
	return l.measure(failed)
}

// measure looks at the clocks twice.
func (l *Load) measure(failed <-chan error) (Report, error) {
	if err := wait(l.warm, failed); err != nil {
		return Report{}, err
	}
	stop, err := l.startProfile()
	if err != nil {
		return Report{}, err
	}
	from := l.now()
	if err := wait(l.span, failed); err != nil {
		return Report{}, err
	}
	to := l.now()
	return Report{
		Messages: to.Messages - from.Messages,
		Seconds:  to.Seconds - from.Seconds,
		CPU:      to.CPU - from.CPU,
	}, stop()
}

// wait waits for d, or for a connection to fail.
func wait(d time.Duration, failed <-chan error) error {
	select {
	case err := <-failed:
		return err
	case <-time.After(d):
		return nil
	}
}

var epoch = time.Now()

// now is a reading of all clocks since the start of the process.
func (l *Load) now() Report {
	return Report{Messages: l.count.Load(), Seconds: time.Since(epoch).Seconds(), CPU: cpuTime().Seconds()}
}

func (l *Load) startProfile() (stop func() error, err error) {
	if l.profile == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(l.profile)
	if err != nil {
		return nil, err
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, pprof.StartCPUProfile(f)
}
