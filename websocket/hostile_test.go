package websocket_test

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/hostile"
	"github.com/duplexws/duplex/protocol"
	"github.com/duplexws/duplex/websocket"
)

// TestHostileInputs runs the table of hostile inputs against Handler behind
// net/http.
func TestHostileInputs(t *testing.T) {
	hostile.Run(t, newHostileServer(t))
}

// newHostileServer starts the servers that the rows are run against.
func newHostileServer(t *testing.T) *hostile.Server {
	logged := new(hostile.Log)
	s := &hostile.Server{NetHTTP: true, Log: logged}
	clock := websocket.NewClock()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m := s.Find(r.Method, r.URL.Path, r.Header)
		if m == nil {
			http.NotFound(w, r)
			return
		}
		serveHostile(w, r, m, slog.New(slog.NewTextHandler(logged, nil)), clock)
	})
	serverTLS, clientTLS := hostile.TLSConfigs(t)
	s.ClientTLS = clientTLS
	start := func(tls, hasty bool) *httptest.Server {
		ts := httptest.NewUnstartedServer(handler)
		ts.Config.ErrorLog = log.New(logged, "", 0)
		if hasty {
			ts.Config.ReadHeaderTimeout = 300 * time.Millisecond
		}
		websocket.ConfigureServer(ts.Config)
		if tls {
			ts.TLS = serverTLS.Clone()
			ts.StartTLS()
		} else {
			ts.Start()
		}
		t.Cleanup(ts.Close)
		return ts
	}
	addr := func(ts *httptest.Server) string { return ts.Listener.Addr().String() }
	s.TCP, s.TLS = addr(start(false, false)), addr(start(true, false))
	s.HastyTCP, s.HastyTLS = addr(start(false, true)), addr(start(true, true))
	return s
}

// serveHostile is the application behind one delivery of a row.
func serveHostile(w http.ResponseWriter, r *http.Request, m *hostile.Mount, l *slog.Logger, clock *websocket.Clock) {
	if m.WaitsForDisconnect {
		m.Waiting()
		<-r.Context().Done()
		m.Gone()
		return
	}
	if m.Refuse != 0 {
		w.Header().Set("Connection", "close")
		http.Error(w, http.StatusText(m.Refuse), m.Refuse)
		return
	}
	o := &websocket.AcceptOptions{
		Options: websocket.Options{
			MaxMessage:      m.MaxMessage,
			MaxFragments:    m.MaxFragments,
			MaxControlRate:  m.MaxControlRate,
			AssemblyTimeout: m.AssemblyTimeout,
			CloseTimeout:    m.CloseTimeout,
			Logger:          l,
			Clock:           clock,
			Hooks: &websocket.Hooks{
				Opened:   func(*websocket.Conn) { m.Opened() },
				Closed:   func(*websocket.Conn, error) { m.Closed() },
				Refused:  func(label string, _ error) { m.Refused(label) },
				Panicked: func(_ *websocket.Conn, v any, _ []byte) { m.Panicked(v) },
			},
		},
		Subprotocols: m.Subprotocols,
		Origin:       protocol.OriginPolicy{Patterns: m.Origins, PublicOrigins: m.PublicOrigins, RequireOrigin: m.RequireOrigin},
		Header:       make(http.Header),
	}
	for _, line := range m.Header {
		name, value, _ := strings.Cut(line, ": ")
		o.Header[name] = append(o.Header[name], value)
	}
	if m.SelectSubprotocol != "" {
		o.SelectSubprotocol = func(*http.Request, []string) string { return m.SelectSubprotocol }
	}
	o.Handler(func(ctx context.Context, c *websocket.Conn) error {
		err := hostileApps[m.App](ctx, c)
		m.Ended(int(websocket.CloseStatus(err)))
		return err
	}).ServeHTTP(w, r)
}

var hostileApps = map[hostile.App]func(context.Context, *websocket.Conn) error{
	hostile.Echo: echoAll,
	hostile.Closer: func(ctx context.Context, c *websocket.Conn) error {
		if _, _, err := c.Read(ctx); err != nil {
			return err
		}
		return c.Close(ctx, 4001, "enough")
	},
	hostile.JSON: func(ctx context.Context, c *websocket.Conn) error {
		for {
			var v any
			if err := c.ReadJSON(ctx, &v); websocket.CloseStatus(err) != 0 {
				return err
			} else if err != nil {
				return c.Close(ctx, websocket.StatusPolicyViolation, "not JSON")
			}
			if err := c.Write(ctx, websocket.Text, []byte("ok")); err != nil {
				return err
			}
		}
	},
	hostile.Misuser: misuse,
}

func echoAll(ctx context.Context, c *websocket.Conn) error {
	for {
		typ, p, err := c.Read(ctx)
		if err != nil {
			return err
		}
		if err := c.Write(ctx, typ, p); err != nil {
			return err
		}
	}
}

// misuse tries to send Close frames that may not be sent.
func misuse(ctx context.Context, c *websocket.Conn) error {
	if _, _, err := c.Read(ctx); err != nil {
		return err
	}
	for _, try := range [hostile.MisuserTries]struct {
		code   websocket.StatusCode
		reason string
		want   error
	}{
		{1006, "", protocol.ErrCloseCode},
		{999, "", protocol.ErrCloseCode},
		{5000, "", protocol.ErrCloseCode},
		{1000, strings.Repeat("a", 124), protocol.ErrCloseReason},
		{1000, "a\xff", protocol.ErrCloseReason},
	} {
		if err := c.Close(ctx, try.code, try.reason); errors.Is(err, try.want) {
			if err := c.Write(ctx, websocket.Text, []byte("refused")); err != nil {
				return err
			}
		}
	}
	return echoAll(ctx, c)
}
