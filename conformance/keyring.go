package conformance

import "sync"

// A keyring knows which keys clients have sent. A client must choose each at
// random, so that none comes twice:
// https://www.rfc-editor.org/rfc/rfc6455#section-4.1
type keyring struct {
	mu    sync.Mutex
	seen  map[[2]string]bool // agent and key
	twice map[string]bool    // agents that have sent one again
}

// mostKeys bounds what clients can make a keyring remember.
const mostKeys = 100_000

// add takes note of a key. Connections without the name of an agent can be
// anyone's.
func (k *keyring) add(agent, key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.seen == nil {
		k.seen, k.twice = make(map[[2]string]bool), make(map[string]bool)
	}
	if (k.seen[[2]string{agent, key}] || k.seen[[2]string{"", key}]) && len(k.twice) < mostKeys {
		k.twice[agent] = true
	}
	if len(k.seen) < mostKeys {
		k.seen[[2]string{agent, key}] = true
	}
}

// reused reports whether an agent has sent a key again.
func (k *keyring) reused(agent string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.twice[agent]
}
