package wstest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/duplexws/duplex/websocket"
)

// Serve serves h on a [Listener] until the test ends, where [Listener.Dial] is
// for the NetDial of the clients. Then it closes all connections, those that h
// has taken over too, and waits until ServeHTTP has returned for each.
//
// In a synctest bubble the AcceptOptions of h need a Clock of their own, from
// [websocket.NewClock].
func Serve(t testing.TB, h http.Handler) *Listener {
	l := Listen()
	var calls sync.WaitGroup
	all := new(tracked)
	stop := serve(wrapped{l, all.add}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		defer calls.Done()
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		stop()
		all.close()
		calls.Wait()
	})
	return l
}

// Dial connects to a handler that is served as by [Serve], with a ws URL whose
// host is of no account to the transport. It fails the test if the handshake
// does: what h is to refuse is tested with [DialPeer], or with websocket.Dial and
// Serve. The client's clock is as with [NewPair], the server's as with Serve.
func Dial(t testing.TB, h http.Handler, url string, o *websocket.DialOptions) *websocket.Conn {
	t.Helper()
	return dial(t, url, dialOptions(o, Serve(t, h).Dial))
}

// DialPeer returns a scripted client of a handler that is served as by [Serve].
// The opening handshake is still to be done, with [Peer.Open] or
// [Peer.WantRefused].
func DialPeer(t testing.TB, h http.Handler) *Peer {
	t.Helper()
	nc, err := Serve(t, h).Dial(t.Context(), "", "")
	if err != nil {
		t.Fatalf("wstest: cannot connect: %v", err)
	}
	return PlayClient(t, nc)
}

// AcceptPeer waits for a client to connect to l, up to a minute, and returns the
// scripted server that it talks to. The opening handshake is still to be answered,
// with [Peer.Upgrade] or [Peer.Respond].
func AcceptPeer(t testing.TB, l *Listener) *Peer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	nc, err := l.accept(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		t.Fatal("wstest: no client has connected within a minute")
	}
	if err != nil {
		t.Fatalf("wstest: no client has connected: %v", err)
	}
	return PlayServer(t, nc)
}

// serve serves h and returns what ends that: connections that h has taken over
// stay.
func serve(l net.Listener, h http.Handler) (stop func()) {
	server := &http.Server{Handler: h}
	served := make(chan struct{})
	go func() {
		defer close(served)
		server.Serve(l)
	}()
	return func() {
		server.Close()
		l.Close() // Serve may not have begun
		<-served
	}
}

// tracked are connections to be closed.
type tracked struct {
	mu  sync.Mutex
	all []net.Conn
}

func (s *tracked) add(nc net.Conn) net.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, nc)
	return nc
}

func (s *tracked) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, nc := range s.all {
		nc.Close()
	}
}
