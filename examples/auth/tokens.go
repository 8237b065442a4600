package main

import (
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"
)

// A session is what a token stands for.
type session struct {
	user    string
	expires time.Time
}

// tokens are random secrets. Only their hashes are kept, so that neither a copy
// of the store nor the time that a look-up takes gives one away. Signed tokens,
// such as JWT, work as well: it is check that differs.
type tokens struct {
	mu       sync.Mutex
	sessions map[[sha256.Size]byte]session
}

// issue returns a new token.
func (t *tokens) issue(user string, life time.Duration) string {
	token := rand.Text()
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	for key, s := range t.sessions {
		if now.After(s.expires) {
			delete(t.sessions, key)
		}
	}
	if t.sessions == nil {
		t.sessions = make(map[[sha256.Size]byte]session)
	}
	t.sessions[sha256.Sum256([]byte(token))] = session{user, now.Add(life)}
	return token
}

// check returns what token stands for, if it does.
func (t *tokens) check(token string) (session, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, ok := t.sessions[sha256.Sum256([]byte(token))]
	return s, ok && time.Now().Before(s.expires)
}

// take is check for a token that is good for one use.
func (t *tokens) take(token string) (session, bool) {
	s, ok := t.check(token)
	t.mu.Lock()
	defer t.mu.Unlock()
	key := sha256.Sum256([]byte(token))
	_, first := t.sessions[key]
	delete(t.sessions, key)
	return s, ok && first
}
