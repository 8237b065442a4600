package conformance

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A ClientHandler judges clients. It serves the paths that drivers of clients
// use everywhere, each of which wants a WebSocket:
//
//	/getCaseCount                   the number of cases, as a text message
//	/runCase?case=N&agent=NAME      plays case N, from 1 on; the client echoes
//	/getCaseStatus?case=N&agent=NAME  the verdict, as JSON: {"behavior":"OK"}
//	/getCaseInfo?case=N             as JSON: {"id":"1.1.1","description":"..."}
//	/updateReports?agent=NAME       says that this client is done
//
// It is safe for concurrent use.
type ClientHandler struct {
	opts   Options
	report func(agent string, results []*Result)
	cases  []Case

	mu     sync.Mutex
	agents map[string]map[int]*Result // by index in cases
	busy   map[string]int             // cases that an agent is in
	left   sync.Cond                  // one has ended

	keys keyring

	progress sync.Mutex // held while Options.Progress runs
}

// mostAgents bounds what clients can make the handler remember.
const mostAgents = 1000

// NewClientHandler returns a handler of the cases that opts selects; nil is the
// default of all options. Its report, if not nil, is called whenever a client
// says that it is done. The error is about the patterns of opts.
func NewClientHandler(opts *Options, report func(agent string, results []*Result)) (*ClientHandler, error) {
	h := &ClientHandler{report: report, agents: make(map[string]map[int]*Result), busy: make(map[string]int)}
	h.left.L = &h.mu
	if opts != nil {
		h.opts = *opts
		h.opts.Profile = Echo
	}
	var err error
	h.cases, err = h.opts.casesFor(Clients)
	return h, err
}

// Agents returns the names of the clients that have run a case, sorted.
func (h *ClientHandler) Agents() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Sorted(maps.Keys(h.agents))
}

// Results returns what a client has run, in the order of the cases.
func (h *ClientHandler) Results(agent string) (results []*Result) {
	h.mu.Lock()
	defer h.mu.Unlock()
	of := h.agents[agent]
	for _, i := range slices.Sorted(maps.Keys(of)) {
		results = append(results, of[i])
	}
	return results
}

// ServeHTTP takes the connection over, and returns when what was asked for has
// been done.
func (h *ClientHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	agent := r.URL.Query().Get("agent")
	h.keys.add(agent, r.Header.Get("Sec-WebSocket-Key"))
	switch r.URL.Path {
	case "/getCaseCount":
		h.tell(w, r, strconv.Itoa(len(h.cases)))
	case "/runCase", "/getCaseStatus", "/getCaseInfo":
		i, err := strconv.Atoi(r.URL.Query().Get("case"))
		if err != nil || i < 1 || i > len(h.cases) {
			http.Error(w, fmt.Sprintf("there is no such case; there are 1 to %d", len(h.cases)), http.StatusNotFound)
			return
		}
		switch r.URL.Path {
		case "/runCase":
			h.run(w, r, i-1, agent)
		case "/getCaseStatus":
			h.tell(w, r, h.status(i-1, agent))
		default:
			h.tell(w, r, asJSON(map[string]string{"id": h.cases[i-1].ID, "description": h.cases[i-1].Title}))
		}
	case "/updateReports":
		h.tell(w, r, "")
		if h.report != nil {
			h.settle(agent)
			h.report(agent, h.Results(agent))
		}
	default:
		http.NotFound(w, r)
	}
}

// run plays a case.
func (h *ClientHandler) run(w http.ResponseWriter, r *http.Request, i int, agent string) {
	h.enter(agent, 1)
	defer h.enter(agent, -1)
	log := &wireLog{start: time.Now()}
	c := &h.cases[i]
	var result *Result
	if c.opening != nil {
		result = h.answer(w, r, c, agent, log)
	} else {
		field, agreed, missing := c.respond(r.Header.Values("Sec-WebSocket-Extensions"))
		if missing != "" {
			c = c.inapt(missing)
		}
		nc, rest, err := upgrade(w, r, field, log)
		if err != nil {
			result = notOpened(c, log, err)
		} else {
			result = play(r.Context(), c, nc, rest, agreed, true, &h.opts, log)
		}
	}
	result.finish(log)
	h.keep(agent, i, result)
	if h.opts.Progress != nil {
		h.progress.Lock()
		defer h.progress.Unlock()
		h.opts.Progress(result)
	}
}

// enter notes that an agent is in one case more, or less.
func (h *ClientHandler) enter(agent string, cases int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.busy[agent] += cases; h.busy[agent] == 0 {
		delete(h.busy, agent)
	}
	h.left.Broadcast()
}

// settle waits for the verdicts on cases that are over for the agent: it may
// say that it is done before the suite has seen the last connection end.
func (h *ClientHandler) settle(agent string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.busy[agent] > 0 {
		h.left.Wait()
	}
}

func (h *ClientHandler) keep(agent string, i int, result *Result) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.agents[agent] == nil {
		if len(h.agents) >= mostAgents {
			return
		}
		h.agents[agent] = make(map[int]*Result)
	}
	h.agents[agent][i] = result
}

// status is the answer to getCaseStatus.
func (h *ClientHandler) status(i int, agent string) string {
	h.mu.Lock()
	result := h.agents[agent][i]
	h.mu.Unlock()
	if result == nil {
		return asJSON(map[string]string{"behavior": "NOT RUN"})
	}
	return asJSON(map[string]string{"behavior": result.Verdict.String(), "behaviorClose": result.Close.String()})
}

func asJSON(fields map[string]string) string {
	b, err := json.Marshal(fields)
	if err != nil {
		panic(err) // strings always can be
	}
	return string(b)
}

// tell sends a message, unless it is empty, and closes.
func (h *ClientHandler) tell(w http.ResponseWriter, r *http.Request, message string) {
	log := &wireLog{start: time.Now()}
	nc, rest, err := upgrade(w, r, "", log)
	if err != nil {
		return
	}
	service := Case{ending: closesOrDrops, play: func(p *player) {
		if message != "" {
			p.send(text(message))
		}
		p.close(1000)
	}}
	play(r.Context(), &service, nc, rest, nil, true, &h.opts, log)
}

// takeOver checks an opening handshake, and takes the connection over.
func takeOver(w http.ResponseWriter, r *http.Request, log *wireLog) (net.Conn, *bufio.Reader, error) {
	log.note(Peer, "%s", requestHead(r))
	if err := checkRequest(r); err != nil {
		w.Header().Set("Sec-WebSocket-Version", "13")
		http.Error(w, err.Error(), http.StatusBadRequest)
		return nil, nil, err
	}
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		err := fmt.Errorf("conformance: %T cannot be taken over; only HTTP/1.1 can be served", w)
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return nil, nil, err
	}
	nc, rw, err := hijacker.Hijack()
	if err != nil {
		return nil, nil, err
	}
	nc.SetDeadline(time.Time{})
	return nc, rw.Reader, nil
}

// upgrade answers an opening handshake, and takes the connection over.
func upgrade(w http.ResponseWriter, r *http.Request, extensions string, log *wireLog) (net.Conn, *bufio.Reader, error) {
	nc, rest, err := takeOver(w, r, log)
	if err != nil {
		return nil, nil, err
	}
	head := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + acceptKey(r.Header.Get("Sec-WebSocket-Key")) + "\r\n"
	if extensions != "" {
		head += "Sec-WebSocket-Extensions: " + extensions + "\r\n"
	}
	head += "\r\n"
	log.note(Suite, "%s", head)
	if _, err := nc.Write([]byte(head)); err != nil {
		nc.Close()
		return nil, nil, err
	}
	return nc, rest, nil
}
