package main

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/duplexws/duplex/cmd/duplex/internal/cli"
	"github.com/duplexws/duplex/conformance"
	"github.com/duplexws/duplex/conformance/report"
)

// A clientJudge plays cases with clients, and concludes about each when it is
// done.
type clientJudge struct {
	o       *checkClientOptions
	env     *cli.Env
	cases   []conformance.Case
	told    *progress
	handler *conformance.ClientHandler
	first   chan error // with --once, what the first client that is done ends the command with

	mu     sync.Mutex
	agents map[string]*clientAgent

	concluding sync.Mutex // guards what follows, held while files are written
	done       []*report.Run
	failed     bool
	stopped    bool
}

// A clientAgent is a client that has run a case.
type clientAgent struct {
	name    string
	started time.Time
	ended   time.Time     // the case that ended last
	running int           // cases
	idle    chan struct{} // closed while running is 0
	done    bool          // it has said so, and run no case since
}

// mostAgents bounds what clients can make the judge remember.
const mostAgents = 1000

func newClientJudge(o *checkClientOptions, env *cli.Env, cases []conformance.Case, told *progress) (*clientJudge, error) {
	j := &clientJudge{o: o, env: env, cases: cases, told: told, first: make(chan error, 1), agents: make(map[string]*clientAgent)}
	var err error
	j.handler, err = conformance.NewClientHandler(&conformance.Options{Cases: o.cases, Thin: o.thin, Timeout: o.timeout},
		func(agent string, _ []*conformance.Result) { j.conclude(agent) })
	return j, err
}

func (j *clientJudge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/runCase" {
		j.handler.ServeHTTP(w, r)
		return
	}
	a := j.begin(r.URL.Query().Get("agent"))
	if a == nil {
		http.Error(w, "there are too many agents", http.StatusServiceUnavailable)
		return
	}
	defer j.end(a)
	began := time.Now()
	j.handler.ServeHTTP(w, r)
	id := j.caseID(r)
	for _, result := range j.handler.Results(a.name) {
		if result.Case.ID == id && !result.Started.Before(began) {
			j.told.add(result)
		}
	}
}

// caseID is the number of the case that a request runs.
func (j *clientJudge) caseID(r *http.Request) string {
	n, err := strconv.Atoi(r.URL.Query().Get("case"))
	if err != nil || n < 1 || n > len(j.cases) {
		return ""
	}
	return j.cases[n-1].ID
}

func (j *clientJudge) begin(name string) *clientAgent {
	j.mu.Lock()
	defer j.mu.Unlock()
	a := j.agents[name]
	if a == nil {
		if len(j.agents) >= mostAgents {
			return nil
		}
		a = &clientAgent{name: name, started: time.Now()}
		j.agents[name] = a
		j.told.more(len(j.cases))
	}
	if a.running == 0 {
		a.idle = make(chan struct{})
	}
	a.running++
	a.done = false
	return a
}

func (j *clientJudge) end(a *clientAgent) {
	j.mu.Lock()
	defer j.mu.Unlock()
	a.ended = time.Now()
	if a.running--; a.running == 0 {
		close(a.idle)
	}
}

// conclude tells what became of a client that says that it is done.
func (j *clientJudge) conclude(name string) {
	a := j.settled(name)
	if a == nil {
		j.told.say(fmt.Sprintf("%s is done, and has run no case", clean(name)))
		return
	}
	j.concluding.Lock()
	defer j.concluding.Unlock()
	if j.stopped {
		return
	}
	j.add(a)
	err := j.save(nil)
	if j.o.once {
		j.stopped = true
		j.first <- err
		return
	}
	if err != nil && err.Error() != "" {
		j.told.say(err.Error())
	}
}

// settled waits until a client has no case under way: the last may end a moment
// behind its connection.
func (j *clientJudge) settled(name string) *clientAgent {
	j.mu.Lock()
	a := j.agents[name]
	var idle chan struct{}
	if a != nil {
		idle = a.idle
	}
	j.mu.Unlock()
	if a == nil {
		return nil
	}
	select {
	case <-idle:
	case <-time.After(j.o.timeout):
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	a.done = true
	return a
}

// add prints the summary of what a client has done by now, and keeps it in the
// place of what it had done before.
func (j *clientJudge) add(a *clientAgent) {
	j.mu.Lock()
	run := &report.Run{Agent: a.name, Role: report.Client, Profile: conformance.Echo.String(), Thin: j.o.thin, Suite: suiteVersion(),
		Started: a.started, Duration: max(0, a.ended.Sub(a.started)), Selected: len(j.cases)}
	j.mu.Unlock()
	run.Results = j.handler.Results(a.name)
	if run.Agent == "" {
		run.Agent = "unnamed"
	}
	j.done = slices.DeleteFunc(j.done, func(r *report.Run) bool { return r.Agent == run.Agent })
	j.done = append(j.done, run)
	j.told.with(func() { j.failed = j.o.tell(j.env.Stdout, run) || j.failed })
}

// save writes the files, and returns what the command would end with now.
func (j *clientJudge) save(signal os.Signal) (err error) {
	j.told.with(func() { err = j.o.save(j.env.Stdout, j.done, signal) })
	if err == nil {
		err = j.o.result(j.failed, signal)
	}
	return err
}

// stop concludes about clients that are not done, and returns what the command
// ends with. If all of them are it ends with their result.
func (j *clientJudge) stop(signal os.Signal) error {
	j.concluding.Lock()
	defer j.concluding.Unlock()
	j.stopped = true
	unfinished := j.unfinished()
	if len(unfinished) == 0 && len(j.done) > 0 {
		return j.o.result(j.failed, nil)
	}
	if signal == nil {
		signal = syscall.SIGINT
	}
	for _, a := range unfinished {
		j.add(a)
	}
	return j.save(signal)
}

func (j *clientJudge) unfinished() (list []*clientAgent) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, a := range j.agents {
		if !a.done {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b *clientAgent) int { return a.started.Compare(b.started) })
	return list
}
