package hostile

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// A Server is what the rows are run against. Its handler passes every request
// to [Server.Find] to learn which application it is for, and answers 404 when
// there is none.
type Server struct {
	TCP, TLS string // the addresses of its ports
	// HastyTCP and HastyTLS are those of a server that allows 300 ms for the
	// head of a request.
	HastyTCP, HastyTLS string
	ClientTLS          *tls.Config
	NetHTTP            bool // the requests are read by net/http
	OwnParser          bool // the server reads them: it refuses what is malformed before it can tell whose it is
	Log                *Log // where all of it logs to

	mu     sync.Mutex
	mounts map[string]*Mount
	last   int

	failed   atomic.Int32 // rows
	canaryMu sync.Mutex
	canary   *client
}

// A Mount is the application for one delivery of one row, and what the server
// reported about it.
type Mount struct {
	Settings

	run string
	mu  sync.Mutex

	requests, glued int
	waiting, gone   int
	opened, closed  int
	refused, panics []string
	codes           []int
}

// mount makes the server handle the requests of a run.
func (s *Server) mount(settings Settings) *Mount {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mounts == nil {
		s.mounts = make(map[string]*Mount)
	}
	s.last++
	m := &Mount{Settings: settings, run: strconv.Itoa(s.last)}
	s.mounts[m.run] = m
	return m
}

func (s *Server) unmount(m *Mount) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.mounts, m.run)
}

// Find returns the application that a request is for, and counts the request.
// It returns nil for a request that is for none.
func (s *Server) Find(method, path string, header http.Header) *Mount {
	s.mu.Lock()
	m := s.mounts[header.Get(runField)]
	s.mu.Unlock()
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if header.Get(gluedField) != "" {
		m.glued++
	} else {
		m.requests++
	}
	if path != Path && method != "PRI" {
		return nil
	}
	return m
}

// Waiting reports that the application waits for the peer to go away, and Gone
// that it has noticed.
func (m *Mount) Waiting() { m.count(&m.waiting) }

// Gone is explained at Waiting.
func (m *Mount) Gone() { m.count(&m.gone) }

// Opened reports a handshake that succeeded.
func (m *Mount) Opened() { m.count(&m.opened) }

// Closed reports the end of a connection.
func (m *Mount) Closed() { m.count(&m.closed) }

func (m *Mount) count(n *int) {
	m.mu.Lock()
	*n++
	m.mu.Unlock()
}

// Ended reports the code of the error with which the application's reading
// ended.
func (m *Mount) Ended(code int) {
	m.mu.Lock()
	m.codes = append(m.codes, code)
	m.mu.Unlock()
}

// Refused reports a handshake that the server refused.
func (m *Mount) Refused(label string) {
	m.mu.Lock()
	m.refused = append(m.refused, label)
	m.mu.Unlock()
}

// Panicked reports a panic that was recovered.
func (m *Mount) Panicked(v any) {
	m.mu.Lock()
	m.panics = append(m.panics, fmt.Sprint(v))
	m.mu.Unlock()
}

// patience is how long a test waits for what must happen. It is long, because
// nothing is measured with it.
const patience = 10 * time.Second

// settled waits until a condition holds that m's reports bring about, and
// reports whether it does.
func (m *Mount) settled(holds func() bool) bool {
	deadline := time.Now().Add(patience)
	for wait := 50 * time.Microsecond; ; wait = min(2*wait, 20*time.Millisecond) {
		m.mu.Lock()
		ok := holds()
		m.mu.Unlock()
		if ok || time.Now().After(deadline) {
			return ok
		}
		time.Sleep(wait)
	}
}

// checkEnded wants every connection that was opened to have been closed, once,
// and its handler to have returned.
func (m *Mount) checkEnded() (wrong faults) {
	if !m.settled(func() bool { return m.opened == m.closed && len(m.codes) == m.opened }) {
		wrong.add("%d connections were opened and %d closed", m.opened, m.closed)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.panics) > 0 {
		wrong.add("panics: %q", m.panics)
	}
	return wrong
}

// check compares what the server reported with what a row wants.
func (m *Mount) check(w *Want) faults {
	wrong := m.checkEnded()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.glued > 0 || m.requests > 1 {
		wrong.add("%d requests and %d of those glued on were served", m.requests, m.glued)
	}
	var refused []string
	if w.Refused != "" {
		refused = []string{w.Refused}
	}
	if !slices.Equal(m.refused, refused) && !(w.unread && len(m.refused) == 0) {
		wrong.add("refusals counted under %q, want %q", m.refused, refused)
	}
	if w.Local != 0 && !slices.Equal(m.codes, []int{w.Local}) {
		wrong.add("the handler's reading ended with code %d, want %d", m.codes, w.Local)
	}
	return wrong
}
