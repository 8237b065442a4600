package poll

import (
	"errors"
	"net"
	"sync"
	"time"
)

// listening accepts on a goroutine, one connection ahead of the pollers.
type listening struct {
	net.Listener
	done chan struct{}

	mu       sync.Mutex
	taken    *sync.Cond
	next     net.Conn
	err      error // instead of next
	watchers []watcher
	closed   bool
}

type watcher struct {
	poller *portablePoller
	token  Token
}

func listen(l net.Listener) *listening {
	a := &listening{Listener: l, done: make(chan struct{})}
	a.taken = sync.NewCond(&a.mu)
	go a.accept()
	return a
}

func (a *listening) accept() {
	defer close(a.done)
	for {
		nc, err := a.Listener.Accept()
		if err != nil && !errors.Is(err, net.ErrClosed) {
			time.Sleep(5 * time.Millisecond) // short of descriptors, say
		}
		a.mu.Lock()
		a.next, a.err = nc, err
		a.announce()
		for !a.closed && (a.next != nil || a.err != nil) {
			a.taken.Wait()
		}
		closed := a.closed
		a.mu.Unlock()
		if closed {
			return
		}
	}
}

// announce tells one watcher, each in its turn. Called with mu held.
func (a *listening) announce() {
	if len(a.watchers) > 0 {
		w := a.watchers[0]
		a.watchers = append(a.watchers[1:], w)
		w.poller.announce(w.token, Readable)
	}
}

func (a *listening) watch(p *portablePoller, t Token) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.watchers = append([]watcher{{p, t}}, a.watchers...)
	if a.next != nil || a.err != nil {
		a.announce()
	}
}

func (a *listening) unwatch(p *portablePoller) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, w := range a.watchers {
		if w.poller == p {
			a.watchers = append(a.watchers[:i], a.watchers[i+1:]...)
			break
		}
	}
	if a.next != nil || a.err != nil {
		a.announce() // to another: it may have been p's turn
	}
}

func (a *listening) take() (nc net.Conn, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	nc, err = a.next, a.err
	if nc == nil && err == nil {
		return nil, ErrAgain
	}
	a.next, a.err = nil, nil
	a.taken.Signal()
	return nc, err
}

func (a *listening) close() error {
	err := a.Listener.Close()
	a.mu.Lock()
	a.closed = true
	a.taken.Signal()
	a.mu.Unlock()
	<-a.done
	if a.next != nil {
		a.next.Close()
	}
	return err
}
