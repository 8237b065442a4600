package main

import (
	"sync"
	"time"
)

// A clock stands still: the sessions of a site end when it strikes.
type clock struct {
	mu      sync.Mutex
	waiting map[int]func()  // of the sessions that are connected, by number
	lives   []time.Duration // of all sessions
}

func stopClock(s *site) *clock {
	c := &clock{waiting: make(map[int]func())}
	s.after = c.after
	return c
}

func (c *clock) after(d time.Duration, f func()) (stop func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.lives)
	c.lives = append(c.lives, d)
	c.waiting[n] = f
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		_, waited := c.waiting[n]
		delete(c.waiting, n)
		return waited
	}
}

// strike ends the sessions that are connected.
func (c *clock) strike() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for n, f := range c.waiting {
		go f()
		delete(c.waiting, n)
	}
}
