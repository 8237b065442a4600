package client

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// What is reported is what came back in the measured span, neither before nor
// behind it.
func TestRunMeasuresTheSpan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &Load{Conns: 3, Size: 10, Depth: 1, warm: 1050 * time.Millisecond, span: 2 * time.Second}
		var end atomic.Bool
		report, err := l.run(func(s *Session) error {
			time.Sleep(500 * time.Millisecond) // the handshake
			s.Opened()
			for !end.Load() {
				if err := s.Got(s.Message); err != nil {
					return err
				}
				time.Sleep(100 * time.Millisecond)
			}
			return nil
		})
		end.Store(true)
		if err != nil || report.Messages != 60 {
			t.Errorf("got %+v, %v; want 60 messages", report, err)
		}
		time.Sleep(time.Second)
	})
}

func TestRunFails(t *testing.T) {
	gone := errors.New("gone")
	for name, converse := range map[string]func(*Session) error{
		"while opening": func(*Session) error { return gone },
		"behind that": func(s *Session) error {
			s.Opened()
			return gone
		},
	} {
		l := &Load{Conns: 1, Size: 10, Depth: 1, span: time.Hour}
		if _, err := l.run(converse); !errors.Is(err, gone) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, l := range []*Load{{Depth: 1, span: 1}, {Conns: 1, span: 1}, {Conns: 1, Depth: 1}, {Conns: 1, Depth: 1, span: 1, Size: MaxMessage + 1}} {
		if _, err := l.run(nil); err == nil {
			t.Errorf("%+v was accepted", l)
		}
	}
}

func TestGot(t *testing.T) {
	s := &Session{Load: &Load{Size: 300}}
	s.silent.Add(1)
	good := pattern(300)
	bad := pattern(300)
	bad[299]++
	if err := s.Got(bad); err == nil || !strings.Contains(err.Error(), "differs") {
		t.Errorf("a wrong first echo gave %v", err)
	}
	if err := s.Got(good); err != nil {
		t.Error(err)
	}
	if err := s.Got(good[1:]); err == nil {
		t.Error("a short echo was accepted")
	}
	if n := s.count.Load(); n != 1 {
		t.Errorf("%d echoes counted, want 1", n)
	}
}
