package main

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"sync"
	"time"
)

// A session is what a token stands for.
type session struct {
	user    string
	expires time.Time
}

// begin returns a session that lasts for life from now.
func begin(user string, life time.Duration) session {
	return session{user, time.Now().Add(life)}
}

var (
	errExpired = errors.New("the token has expired")
	errUnknown = errors.New("the token is not valid")
)

// remembered is how long an expired token is told from one that never was.
const remembered = time.Hour

// tokens are random secrets. Only their hashes are kept, so that neither a copy
// of the store nor the time that a look-up takes gives one away. Signed tokens,
// such as JWT, work as well: it is check that differs.
type tokens struct {
	mu   sync.Mutex
	kept map[[sha256.Size]byte]token
}

type token struct {
	who   session
	until time.Time
}

// issue returns a new token for a session that lasts as long as it does.
func (t *tokens) issue(user string, life time.Duration) string {
	return t.stand(begin(user, life), life)
}

// stand returns a new token that stands for a session for a while: not for
// longer than the session lasts, nor does it prolong it.
func (t *tokens) stand(who session, life time.Duration) string {
	secret := rand.Text()
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	for key, old := range t.kept {
		if now.Sub(old.until) > remembered {
			delete(t.kept, key)
		}
	}
	if t.kept == nil {
		t.kept = make(map[[sha256.Size]byte]token)
	}
	until := now.Add(life)
	if who.expires.Before(until) {
		until = who.expires
	}
	t.kept[hash(secret)] = token{who, until}
	return secret
}

// check returns what a token stands for, or errExpired or errUnknown.
func (t *tokens) check(secret string) (session, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.find(secret)
}

// take is check for a token that is good for one use.
func (t *tokens) take(secret string) (session, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer delete(t.kept, hash(secret))
	return t.find(secret)
}

func (t *tokens) find(secret string) (session, error) {
	found, ok := t.kept[hash(secret)]
	switch {
	case !ok:
		return session{}, errUnknown
	case !time.Now().Before(found.until):
		return session{}, errExpired
	}
	return found.who, nil
}

func hash(secret string) [sha256.Size]byte { return sha256.Sum256([]byte(secret)) }
