package e2e

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// An agent stands for an implementation: it serves ws and wss, and connects to
// others.
type agent interface {
	// url returns where it serves, "" if it does not. Its part is given to it by
	// withPart.
	url(scheme string) string
	// dial has it connect to a server and play a part, the server another. The
	// result is the name of the connection at both.
	dial(t *testing.T, p part, server string, servers part) (id string)
	// saw waits for the end of a connection and returns what was seen on it.
	saw(t *testing.T, id string) []sight
}

// A peer is a foreign implementation.
type peer struct {
	name  string
	start func(t *testing.T, cert *certificate) agent
	// differs, if not nil, changes what is expected in a scenario of this
	// implementation, or says that it cannot do its part.
	differs func(s *scenario)
}

var peers = []peer{
	{"node", startNode, nil},
	{"python", startPython, nil},
	{"gorilla", startGorilla, nil},
	{"coder", startCoder, coderDiffers},
	{"gws", startGWS, gwsDiffers},
}

// sightings are what connections have seen, by name.
type sightings struct {
	mu   sync.Mutex
	byID map[string]chan []sight
}

func (s *sightings) of(id string) chan []sight {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID == nil {
		s.byID = make(map[string]chan []sight)
	}
	if s.byID[id] == nil {
		s.byID[id] = make(chan []sight, 1)
	}
	return s.byID[id]
}

func (s *sightings) saw(t *testing.T, id string) []sight {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case seen := <-s.of(id):
		return seen
	case <-ctx.Done():
		t.Fatalf("connection %s does not end", id)
		return nil
	}
}

var connections atomic.Int64

func newID() string { return fmt.Sprint("c", connections.Add(1)) }

// A goLibrary is an implementation in Go.
type goLibrary interface {
	dial(ctx context.Context, url string, config *tls.Config, deflate json.RawMessage) (player, error)
	// handler accepts connections, which compress as deflateOf says, and calls
	// f for each, with the request that it came from.
	handler(f func(r *http.Request, p player)) http.Handler
}

// A goAgent is an agent within this process.
type goAgent struct {
	sightings
	library goLibrary
	cert    *certificate
	urls    map[string]string
	dialled sync.WaitGroup
}

func newGoAgent(t *testing.T, cert *certificate, library goLibrary) *goAgent {
	a := &goAgent{library: library, cert: cert}
	handler := library.handler(func(r *http.Request, p player) {
		steps, err := stepsOf(r)
		if err != nil {
			t.Error(err)
		}
		a.of(r.URL.Query().Get("id")) <- play(p, steps)
	})
	plain := httptest.NewServer(handler)
	secure := httptest.NewUnstartedServer(handler)
	secure.TLS = cert.server.Clone()
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // of clients that refuse the certificate
	secure.StartTLS()
	t.Cleanup(func() {
		a.dialled.Wait()
		plain.Close()
		secure.Close()
	})
	a.urls = map[string]string{
		"ws":  "ws" + strings.TrimPrefix(plain.URL, "http") + "/",
		"wss": "wss" + strings.TrimPrefix(secure.URL, "https") + "/",
	}
	return a
}

func (a *goAgent) url(scheme string) string { return a.urls[scheme] }

func (a *goAgent) dial(t *testing.T, of part, server string, servers part) string {
	id := newID()
	a.dialled.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		p, err := a.library.dial(ctx, withPart(server, id, servers), a.cert.client.Clone(), of.deflate)
		if err != nil {
			a.of(id) <- []sight{failed(err)}
			return
		}
		a.of(id) <- play(p, of.steps)
	})
	return id
}
