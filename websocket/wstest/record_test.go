package wstest

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// A recorder is a test within a test, which may fail.
type recorder struct {
	testing.TB
	ctx      context.Context
	cleanups []func()
	failure  string
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return r.ctx }
func (r *recorder) Cleanup(f func())         { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Error(args ...any)        { r.failure += fmt.Sprint(args...) }
func (r *recorder) Fatalf(f string, args ...any) {
	r.Fatal(fmt.Sprintf(f, args...))
}

func (r *recorder) Fatal(args ...any) {
	r.Error(args...)
	runtime.Goexit()
}

// record runs f as a test within t and returns how it failed.
func record(t *testing.T, f func(t testing.TB)) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &recorder{TB: t, ctx: ctx}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			cancel()
			for _, f := range slices.Backward(r.cleanups) {
				f()
			}
		}()
		f(r)
	}()
	<-done
	return r.failure
}

// wantFailure runs f as a test that is to fail with a text.
func wantFailure(t *testing.T, want string, f func(t testing.TB)) {
	t.Helper()
	if failure := record(t, f); failure == "" || !strings.Contains(failure, want) {
		t.Errorf("failed with %q, want %q", failure, want)
	}
}
