package reconnect

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/duplexws/duplex/websocket"
)

// refusing makes DialFunc answer with statuses, and then connect.
func (w *world) refusing(statuses ...int) {
	w.o.DialFunc = func(ctx context.Context, url string, o *websocket.DialOptions) (*websocket.Conn, error) {
		if len(statuses) > 0 {
			status := statuses[0]
			statuses = statuses[1:]
			if status != 101 {
				return nil, &websocket.RefusedError{Status: status}
			}
		}
		return websocket.Dial(ctx, url, o)
	}
}

func TestRenewal(t *testing.T) {
	unchanged := func(context.Context, *Attempt) error { return nil }
	for _, c := range []struct {
		name     string
		prepare  func(context.Context, *Attempt) error
		statuses []int
		serve    serving
		want     []string
	}{
		{"nobody to renew", nil, []int{401}, says(1000), []string{"ended 2: 401"}},
		{"renewed", unchanged, []int{401}, says(1000), []string{"waiting 2 1s: 401", "connected 2", "ended 3"}},
		{"in vain", unchanged, []int{401, 401}, says(1000), []string{"waiting 2 1s: 401", "ended 3: 401"}},
		{"other failures in between", unchanged, []int{401, 503, 401}, says(1000),
			[]string{"waiting 2 1s: 401", "waiting 3 2s: 503", "ended 4: 401"}},
		{"close 3000", unchanged, nil, says(3000, 1000), []string{"connected 1", "waiting 2 1s: 3000", "connected 2", "ended 3"}},
		{"close 3000 for ever", unchanged, nil, says(3000), []string{"connected 1", "waiting 2 1s: 3000", "connected 2", "ended 3: 3000"}},
		{"stable in between", unchanged, []int{401, 101, 401, 101}, func(ctx context.Context, n int, c *websocket.Conn) error {
			if n == 2 {
				return nil
			}
			stay(ctx, c, time.Minute)
			return &websocket.CloseError{Code: 1001}
		}, []string{"waiting 2 1s: 401", "connected 2", "waiting 1 1s: 1001", "waiting 2 1s: 401", "connected 2", "ended 3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, c.serve, func(w *world) {
				w.o.Prepare = c.prepare
				w.refusing(c.statuses...)
				w.run(w.ctx, most)
				w.wantStates(c.want...)
			})
		})
	}
}

// Prepare is told when what it has kept will not do, until it has succeeded.
func TestRenew(t *testing.T) {
	inWorld(t, says(3000, 1000), func(w *world) {
		w.refusing(503, 101, 503)
		var got []string
		w.o.Prepare = func(_ context.Context, a *Attempt) error {
			got = append(got, fmt.Sprint(a.Number, " ", a.Renew))
			if len(got) == 3 {
				return errors.New("no token")
			}
			return nil
		}
		w.wantErr(w.run(w.ctx, most), nil)
		if want := []string{"1 false", "2 false", "3 true", "4 true", "5 false"}; !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		w.wantStates("waiting 2 1s: 503", "connected 2", "waiting 3 2s: 3000", "waiting 4 4s: no token",
			"waiting 5 8s: 503", "connected 5", "ended 6")
	})
}

// What Prepare changes holds for one attempt.
func TestPrepareGetsItsOwn(t *testing.T) {
	inWorld(t, says(1000), func(w *world) {
		d := w.o.Dial
		d.Header = http.Header{"X-Kept": {"yes"}}
		d.ProxyHeader = http.Header{}
		d.Subprotocols = []string{"a"}
		d.TLSConfig, d.ProxyTLSConfig = new(tls.Config), new(tls.Config)
		var urls []string
		w.o.DialFunc = func(ctx context.Context, url string, o *websocket.DialOptions) (*websocket.Conn, error) {
			urls = append(urls, url)
			if o.Header.Get("Authorization") != "Bearer 1" || o.Header.Get("X-Kept") != "yes" || o.Subprotocols[0] != "b" {
				t.Errorf("got %v %v", o.Header, o.Subprotocols)
			}
			return nil, &websocket.RefusedError{Status: 500 + len(urls)/3}
		}
		var numbers []int
		w.o.Prepare = func(_ context.Context, a *Attempt) error {
			if a.URL != address || len(a.Options.Header) != 1 || a.Options.Subprotocols[0] != "a" || len(a.Options.ProxyHeader) != 0 ||
				a.Options.TLSConfig.ServerName != "" || a.Options.ProxyTLSConfig.ServerName != "" {
				t.Errorf("attempt %d sees the last: %+v", a.Number, a)
			}
			numbers = append(numbers, a.Number)
			if (a.Err == nil) != (a.Number == 1) {
				t.Errorf("attempt %d: %v", a.Number, a.Err)
			}
			a.URL = "ws://elsewhere.example.com/"
			a.Options.Header.Set("Authorization", "Bearer 1")
			a.Options.ProxyHeader.Set("A", "b")
			a.Options.Subprotocols[0] = "b"
			a.Options.TLSConfig.ServerName, a.Options.ProxyTLSConfig.ServerName = "x", "y"
			return nil
		}
		w.run(w.ctx, most)
		if len(numbers) != 3 || numbers[2] != 3 || urls[2] != "ws://elsewhere.example.com/" {
			t.Errorf("attempts %v to %v", numbers, urls)
		}
		if len(d.Header) != 1 || d.Subprotocols[0] != "a" {
			t.Error("the options have changed")
		}
	})
}

func TestPrepareWithoutOptions(t *testing.T) {
	stop := errors.New("no token for you")
	for _, err := range Dial(t.Context(), address, &Options{Prepare: func(_ context.Context, a *Attempt) error {
		a.Options.Header.Set("Authorization", "Bearer 1") // there is one
		return Final(stop)
	}}) {
		if !errors.Is(err, stop) || err.Error() != stop.Error() {
			t.Error(err)
		}
	}
}

// An error of Prepare is a failed attempt, before the server has seen it.
func TestPrepareFails(t *testing.T) {
	inWorld(t, says(1000), func(w *world) {
		failing := 2
		w.o.Prepare = func(context.Context, *Attempt) error {
			if failing--; failing >= 0 {
				return errors.New("no token")
			}
			return nil
		}
		w.run(w.ctx, most)
		w.wantStates("waiting 2 1s: no token", "waiting 3 2s: no token", "connected 3", "ended 4")
		if len(w.dials) != 1 {
			t.Errorf("%d dials", len(w.dials))
		}
	})
}

func TestMalformedURL(t *testing.T) {
	n := 0
	for conn, err := range Dial(t.Context(), "ftp://example.com/", nil) {
		if n++; conn != nil || !errors.Is(err, websocket.ErrMalformedRequest) {
			t.Error(conn, err)
		}
	}
	if n != 1 {
		t.Errorf("%d rounds", n)
	}
}

func TestClassifyOption(t *testing.T) {
	inWorld(t, says(1008, 4000), func(w *world) {
		w.o.Classify = func(err error) Verdict {
			switch websocket.CloseStatus(err) {
			case 1008:
				return Verdict{}
			case 4000:
				return Verdict{Action: Done}
			}
			return Classify(err)
		}
		w.wantErr(w.run(w.ctx, most), nil)
		w.wantStates("connected 1", "waiting 2 1s: 1008", "connected 2", "ended 3")
	})
}
