package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/duplexws/duplex/cmd/duplex/internal/logs"
	"github.com/duplexws/duplex/conformance"
)

// How often progress is told: to a person who watches, and to a log.
const (
	liveEvery = 100 * time.Millisecond
	logEvery  = 5 * time.Second
)

// A progress tells how far a run is, and of failures as they come: on a terminal
// in one line that changes, elsewhere in a line now and then. It is safe for
// concurrent use.
type progress struct {
	w      io.Writer
	live   bool
	strict bool
	quiet  bool

	mu      sync.Mutex
	started time.Time
	total   int // of cases
	done    int
	before  int // what done was when it was written
	failed  int
	last    string // number of a case
	shown   bool   // the line that changes is on the screen
	over    bool

	stop  chan struct{}
	ended sync.WaitGroup
}

// newProgress begins to tell. Its end has to be called.
func newProgress(stderr *os.File, total int, o *checkOptions) *progress {
	p := &progress{w: stderr, live: logs.IsTerminal(stderr) && os.Getenv("TERM") != "dumb", strict: o.strict, quiet: o.quiet,
		started: time.Now(), total: total, stop: make(chan struct{})}
	if !p.quiet {
		p.ended.Go(p.tell)
	}
	return p
}

// tell tells from time to time, until the end.
func (p *progress) tell() {
	every := logEvery
	if p.live {
		every = liveEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-tick.C:
			p.mu.Lock()
			p.show()
			p.mu.Unlock()
		}
	}
}

// show writes where the run is. Where nothing is left to come there is nothing to
// say, and in a log where nothing has come since.
func (p *progress) show() {
	if p.done >= p.total || !p.live && p.done == p.before {
		p.clear()
		return
	}
	p.before = p.done
	elapsed := time.Since(p.started).Round(time.Second)
	if p.live {
		fmt.Fprintf(p.w, "\r\x1b[K%d of %d cases, last %s, %d failed, %v", p.done, p.total, p.last, p.failed, elapsed)
		p.shown = true
		return
	}
	fmt.Fprintf(p.w, "%d of %d cases, %d failed, %v\n", p.done, p.total, p.failed, elapsed)
}

// more says that further cases are to come.
func (p *progress) more(cases int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total += cases
}

// add takes note of a result, and tells of a failure.
func (p *progress) add(r *conformance.Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	p.last = r.Case.ID
	if r.Passed(p.strict) {
		return
	}
	p.failed++
	if p.quiet || p.over {
		return
	}
	p.clear()
	fmt.Fprintln(p.w, clean(r.String()))
	if p.live {
		p.show()
	}
}

// say writes a line.
func (p *progress) say(line string) { p.with(func() { fmt.Fprintln(p.w, line) }) }

// with calls f, which writes to the same screen.
func (p *progress) with(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	f()
}

func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}

// end stops telling and leaves the screen clean.
func (p *progress) end() {
	close(p.stop)
	p.ended.Wait()
	p.with(func() { p.over = true })
}
