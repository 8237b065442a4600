package conformance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// A roll knows which cases a server has been busy with, to tell after which of
// them it was gone: a crash is seen in the cases that follow.
type roll struct {
	mu      sync.Mutex
	visits  []*visit
	suspect string // what the server was busy with before it was gone, "" while it is there
}

// A visit is what a case has to do with the server.
type visit struct {
	id        string
	connected bool
	over      bool
}

type visitKey struct{}

// begin notes that a case begins, and returns the context for its connections.
func (r *roll) begin(ctx context.Context, id string) (context.Context, *visit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := &visit{id: id}
	r.visits = append(r.visits, v)
	return context.WithValue(ctx, visitKey{}, v), v
}

func (r *roll) end(v *visit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v.over = true
}

// reached notes that the server has accepted a connection: it has survived the
// cases that are over.
func (r *roll) reached(ctx context.Context) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		v.connected = true
	}
	r.suspect = ""
	r.visits = slices.DeleteFunc(r.visits, func(v *visit) bool { return v.over })
}

// missed adds to the error of a connection that could not be made what the
// server was busy with when it was last seen.
func (r *roll) missed(err error) error {
	if r == nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.suspect == "" {
		var ids []string
		for _, v := range r.visits {
			if v.connected {
				ids = append(ids, v.id)
			}
		}
		slices.SortFunc(ids, Compare)
		r.suspect = strings.Join(ids, ", ")
	}
	if r.suspect == "" {
		return err
	}
	return fmt.Errorf("the server no longer accepts connections; when it still did, it was busy with %s: %w", r.suspect, err)
}
