package reconnect

import (
	"net/url"
	"strings"
	"sync"
	"time"
)

// origins are the budgets of the process.
var origins budgets

// budgets are kept while a loop uses them, and until they are whole again: who
// starts loops in a loop gets no fresh burst each time.
type budgets struct {
	mu    sync.Mutex
	used  map[string]*shared
	sweep int // look for those that can go when there are more than that
}

type shared struct {
	*Budget
	loops int
}

// minSweep is how many budgets are too few to look through.
const minSweep = 64

func (s *budgets) join(origin string) *Budget {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used == nil {
		s.used, s.sweep = make(map[string]*shared), minSweep
	}
	b := s.used[origin]
	if b == nil {
		s.tidy()
		b = &shared{Budget: NewBudget(0, 0)}
		s.used[origin] = b
	}
	b.loops++
	return b.Budget
}

func (s *budgets) leave(origin string) {
	s.mu.Lock()
	s.used[origin].loops--
	s.mu.Unlock()
}

// tidy drops what nobody needs, at a cost that joining has paid for.
func (s *budgets) tidy() {
	if len(s.used) < s.sweep {
		return
	}
	now := time.Now()
	for origin, b := range s.used {
		b.mu.Lock()
		if b.loops == 0 && b.whole(now) {
			delete(s.used, origin)
		}
		b.mu.Unlock()
	}
	s.sweep = max(minSweep, 2*len(s.used))
}

// originOf returns scheme, host and port. Malformed URLs share one origin: they
// get no further.
func originOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	scheme, port := "ws", "80"
	if s := strings.ToLower(u.Scheme); s == "wss" || s == "https" {
		scheme, port = "wss", "443"
	}
	if p := u.Port(); p != "" {
		port = p
	}
	return scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}
