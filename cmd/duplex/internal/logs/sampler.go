package logs

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// PerSecond is how many records with the same message pass in a second: who
// causes events, a peer that is refused above all, must not fill the disk.
const PerSecond = 20

// sampler passes on the first records of each message and second, and with the
// next that passes says how many did not. Messages are constants of the
// program, so there are few.
type sampler struct {
	next  slog.Handler
	shown *shown
}

type shown struct {
	mu    sync.Mutex
	since map[string]*window
}

type window struct {
	began   time.Time
	passed  int
	dropped int
}

func newSampler(next slog.Handler) *sampler {
	return &sampler{next, &shown{since: make(map[string]*window)}}
}

func (s *sampler) Enabled(ctx context.Context, level slog.Level) bool {
	return s.next.Enabled(ctx, level)
}

func (s *sampler) Handle(ctx context.Context, r slog.Record) error {
	dropped, pass := s.shown.admit(r.Message, r.Time)
	if !pass {
		return nil
	}
	if dropped > 0 {
		r = r.Clone()
		r.AddAttrs(slog.Int("not_logged_before", dropped))
	}
	return s.next.Handle(ctx, r)
}

// admit reports whether a record passes, and how many of its kind did not since
// the last that did.
func (s *shown) admit(message string, now time.Time) (dropped int, pass bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.since[message]
	if w == nil {
		w = &window{began: now}
		s.since[message] = w
	}
	if now.Sub(w.began) >= time.Second {
		w.began, w.passed = now, 0
	}
	if w.passed >= PerSecond {
		w.dropped++
		return 0, false
	}
	w.passed++
	dropped, w.dropped = w.dropped, 0
	return dropped, true
}

func (s *sampler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &sampler{s.next.WithAttrs(attrs), s.shown}
}

func (s *sampler) WithGroup(name string) slog.Handler {
	return &sampler{s.next.WithGroup(name), s.shown}
}
