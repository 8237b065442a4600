package websocket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// TestHandlerResult: how a handler ends decides how its connection does.
func TestHandlerResult(t *testing.T) {
	for _, c := range []struct {
		name string
		f    func(ctx context.Context, c *Conn) error
		want frame
	}{
		{"nil", func(context.Context, *Conn) error { return nil }, closeFrame(StatusNormalClosure, "")},
		{"CloseError", func(context.Context, *Conn) error {
			return fmt.Errorf("wrapped: %w", &CloseError{Code: 4001, Reason: "bye"})
		}, closeFrame(4001, "bye")},
		{"CloseError with a code that may not be sent", func(context.Context, *Conn) error { return &CloseError{Code: StatusNoStatus} }, closeFrame(StatusNormalClosure, "")},
		{"CloseError with a reason that is too long", func(context.Context, *Conn) error { return &CloseError{Code: 4001, Reason: filled(124)} }, closeFrame(4001, "")},
		{"other error", func(context.Context, *Conn) error { return errors.New("a secret") }, closeFrame(StatusInternalError, "")},
		{"panic", func(context.Context, *Conn) error { panic("a secret") }, closeFrame(StatusInternalError, "")},
		{"Goexit", func(context.Context, *Conn) error { runtime.Goexit(); return nil }, closeFrame(StatusInternalError, "")},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, Handler(c.f))
			_, r := s.request(handshake + "\r\n")
			if f, err := readFrame(r); f != c.want || err != nil {
				t.Errorf("%v, %v; want %v", f, err, c.want)
			}
		})
	}
}

// TestPanicCostsOneConnection: it is reported, and the others live on.
func TestPanicCostsOneConnection(t *testing.T) {
	var log bytes.Buffer
	panicked := make(chan string, 1)
	o := &AcceptOptions{Options: Options{
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Hooks: &Hooks{Panicked: func(_ *Conn, v any, stack []byte) {
			panicked <- fmt.Sprint(v, strings.Contains(string(stack), "TestPanicCostsOneConnection"))
		}},
	}}
	s := newSite(t, o.Handler(func(ctx context.Context, c *Conn) error {
		for m, err := range c.Messages(ctx) {
			if err != nil {
				return err
			}
			if string(m.Data) == "panic" {
				panic("on demand")
			}
			c.Write(ctx, m.Type, m.Data)
		}
		return nil
	}))
	var all []*Conn
	for range 5 {
		all = append(all, s.dial(nil))
	}
	if err := all[2].Write(t.Context(), Text, []byte("panic")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := all[2].Read(t.Context()); CloseStatus(err) != StatusInternalError {
		t.Errorf("%v", err)
	}
	if p := <-panicked; p != "on demandtrue" {
		t.Errorf("Hooks: %s", p)
	}
	if !strings.Contains(log.String(), "on demand") || !strings.Contains(log.String(), "handler_test.go") {
		t.Errorf("log: %s", log.String())
	}
	for i, c := range all {
		if i == 2 {
			continue
		}
		if err := c.Write(t.Context(), Text, []byte("still here")); err != nil {
			t.Error(err)
		}
		wantMessage(t, "still here", Text)(c.Read(t.Context()))
	}
}

type contextKey struct{}

// TestHandlerContext has the values of the request's, outlives it, and ends with
// the connection, which is its errCause.
func TestHandlerContext(t *testing.T) {
	ctxs := make(chan context.Context, 1)
	release := make(chan struct{})
	h := Handler(func(ctx context.Context, c *Conn) error {
		ctxs <- ctx
		_, _, err := c.Read(ctx)
		<-release
		return err
	})
	var cancelRequest context.CancelFunc
	s := newSite(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(context.WithValue(r.Context(), contextKey{}, "the request's"))
		cancelRequest = cancel
		h.ServeHTTP(w, r.WithContext(ctx))
		cancel()
	}))
	client := s.dial(nil)
	ctx := <-ctxs
	cancelRequest()
	if ctx.Value(contextKey{}) != "the request's" || ctx.Err() != nil {
		t.Errorf("value %v, error %v", ctx.Value(contextKey{}), ctx.Err())
	}
	if _, ok := ctx.Deadline(); ok {
		t.Error("it has a deadline")
	}
	child, cancel := context.WithCancel(ctx)
	defer cancel()
	after := make(chan struct{})
	context.AfterFunc(ctx, func() { close(after) })
	failed := async(func() error { return client.Close(t.Context(), 4321, "") })
	<-ctx.Done()
	<-child.Done()
	<-after
	for _, ctx := range []context.Context{ctx, child} {
		if CloseStatus(context.Cause(ctx)) != 4321 || ctx.Err() != context.Canceled {
			t.Errorf("cause %v, error %v", context.Cause(ctx), ctx.Err())
		}
	}
	close(release)
	if err := <-failed; err != nil {
		t.Error(err)
	}
}

// TestHandlerContextAsked: a context that is first asked when all is over.
func TestHandlerContextAsked(t *testing.T) {
	got := make(chan error, 2)
	s := newSite(t, Handler(func(ctx context.Context, c *Conn) error {
		c.Read(context.Background())
		<-c.Done()
		<-ctx.Done()
		got <- context.Cause(ctx)
		got <- ctx.Err()
		return nil
	}))
	client := s.dial(nil)
	client.Close(t.Context(), 4321, "")
	if err := <-got; CloseStatus(err) != 4321 {
		t.Errorf("cause %v", err)
	}
	if err := <-got; err != context.Canceled {
		t.Errorf("error %v", err)
	}
}

// TestHandlerReturnsToHTTP: an idle connection keeps neither a goroutine of
// net/http's nor the request.
func TestHandlerReturnsToHTTP(t *testing.T) {
	const connections = 20
	var freed, returned atomic.Int32
	running := make(chan struct{}, connections)
	h := Handler(func(ctx context.Context, c *Conn) error {
		running <- struct{}{}
		_, _, err := c.Read(ctx)
		return err
	})
	s := newSite(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		runtime.AddCleanup(r, func(struct{}) { freed.Add(1) }, struct{}{})
		h.ServeHTTP(w, r)
		returned.Add(1)
	}))
	clients := make([]*Conn, connections)
	for i := range clients {
		clients[i] = s.dial(nil)
	}
	for range connections {
		<-running
	}
	eventually(t, "ServeHTTP returns", func() bool { return returned.Load() == connections })
	eventually(t, "the goroutines of net/http end", func() bool { return goroutinesIn("net/http.(*conn).serve") == 0 })
	eventually(t, "the requests are freed", func() bool { runtime.GC(); return freed.Load() == connections })
	if n := goroutinesIn("(*Conn).serve("); n != connections {
		t.Errorf("%d goroutines for %d connections", n, connections)
	}
	var wg sync.WaitGroup
	for _, c := range clients {
		wg.Go(func() { c.Close(t.Context(), StatusNormalClosure, "") })
	}
	wg.Wait()
}

// TestHandlerEcho is the whole way, over every size at which something changes.
func TestHandlerEcho(t *testing.T) {
	o := &AcceptOptions{Options: Options{MaxMessage: 8 << 20}}
	s := newSite(t, o.Handler(func(ctx context.Context, c *Conn) error {
		return c.ReadEach(ctx, func(typ MessageType, p []byte) error { return c.Write(ctx, typ, p) })
	}))
	c := s.dial(&DialOptions{Options: Options{MaxMessage: 8 << 20}})
	var buf []byte
	for _, n := range []int{0, 1, 125, 126, 4096, flushSize, bufferSize, 65535, 65536, 1 << 20, 5<<20 + 3} {
		message := []byte(filled(n))
		written := async(func() error { return c.Write(t.Context(), Text, message) })
		typ, p, err := c.ReadInto(t.Context(), buf)
		if err := errors.Join(err, <-written); err != nil || typ != Text || !bytes.Equal(p, message) {
			t.Fatalf("%d octets: %v, %d octets, %v", n, typ, len(p), err)
		}
		buf = p
	}
	if err := c.Close(t.Context(), StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
}

// wrapper is middleware that hides what it wraps.
type wrapper struct{ http.ResponseWriter }

// TestHandlerRefuses without calling the handler; what is not the client's fault
// is logged.
func TestHandlerRefuses(t *testing.T) {
	called := func(context.Context, *Conn) error { t.Error("called"); return nil }
	s := newSite(t, Handler(called))
	_, err := Dial(t.Context(), s.url(), &DialOptions{Header: http.Header{"Origin": {"https://evil.example"}}})
	var refused *RefusedError
	if !errors.As(err, &refused) || refused.Status != http.StatusForbidden {
		t.Errorf("%v", err)
	}

	var log bytes.Buffer
	o := &AcceptOptions{Options: Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}}
	h := o.Handler(called)
	s = newSite(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(wrapper{w}, r) }))
	if _, err := Dial(t.Context(), s.url(), nil); !errors.As(err, &refused) || refused.Status != http.StatusInternalServerError {
		t.Errorf("%v", err)
	}
	s.Close()
	if !strings.Contains(log.String(), "websocket.wrapper") {
		t.Errorf("log: %s", log.String())
	}
}
