package eventloop

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/hostile"
	"github.com/duplexws/duplex/protocol"
)

// TestHostileInputs runs the table of hostile inputs against loops, with and
// without TLS.
func TestHostileInputs(t *testing.T) {
	hostile.Run(t, newHostileServer(t))
}

// newHostileServer starts the servers that the rows are run against.
func newHostileServer(t *testing.T) *hostile.Server {
	logged := new(hostile.Log)
	s := &hostile.Server{OwnParser: true, Log: logged}
	serverTLS, clientTLS := hostile.TLSConfigs(t)
	s.ClientTLS = clientTLS
	log := slog.New(slog.NewTextHandler(logged, nil))
	start := func(secure, hasty bool) string {
		o := &ServerOptions{
			Options: Options{Logger: log},
			Route:   func(u *Upgrade) *Endpoint { return hostileEndpoint(s, u, log) },
			Loops:   2,
		}
		if secure {
			o.TLS = serverTLS
		}
		if hasty {
			o.HandshakeTimeout = 300 * time.Millisecond
		}
		server, err := Listen("tcp", "127.0.0.1:0", nil, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { server.Close() })
		return server.Addr().String()
	}
	s.TCP, s.TLS = start(false, false), start(true, false)
	s.HastyTCP, s.HastyTLS = start(false, true), start(true, true)
	return s
}

// hostileEndpoint is the application behind one delivery of a row.
func hostileEndpoint(s *hostile.Server, u *Upgrade, log *slog.Logger) *Endpoint {
	header := make(http.Header)
	for name, value := range u.Fields() {
		header.Add(name, value)
	}
	m := s.Find(u.Method, u.Path, header)
	if m == nil {
		return nil
	}
	o := &Options{
		MaxMessage:      m.MaxMessage,
		MaxFragments:    m.MaxFragments,
		MaxControlRate:  m.MaxControlRate,
		AssemblyTimeout: m.AssemblyTimeout,
		CloseTimeout:    m.CloseTimeout,
		Logger:          log,
		Subprotocols:    m.Subprotocols,
		Origin:          protocol.OriginPolicy{Patterns: m.Origins, PublicOrigins: m.PublicOrigins, RequireOrigin: m.RequireOrigin},
		Header:          make(map[string][]string),
	}
	for _, line := range m.Header {
		name, value, _ := strings.Cut(line, ": ")
		o.Header[name] = append(o.Header[name], value)
	}
	if m.SelectSubprotocol != "" {
		o.SelectSubprotocol = func(*Upgrade, []string) string { return m.SelectSubprotocol }
	}
	e, err := NewEndpoint(hostileHandler(m, nil), o)
	if err != nil { // the server of a program would not start
		e, _ = NewEndpoint(hostileHandler(m, err), nil)
	}
	return e
}

// hostileHandler refuses because of wrong, if that is an error.
func hostileHandler(m *hostile.Mount, wrong error) *Handler {
	var authorize func(context.Context, *Upgrade) error
	if m.WaitsForDisconnect {
		authorize = func(ctx context.Context, _ *Upgrade) error {
			m.Waiting()
			<-ctx.Done()
			m.Gone()
			return ctx.Err()
		}
	}
	return &Handler{
		OnUpgrade: func(*Upgrade) error {
			if m.Refuse != 0 {
				return &HandshakeError{Status: m.Refuse, Reason: http.StatusText(m.Refuse)}
			}
			return wrong
		},
		Authorize: authorize,
		OnOpen:    func(Conn) { m.Opened() },
		OnMessage: hostileApps[m.App],
		OnClose: func(_ Conn, err error) {
			m.Ended(int(CloseStatus(err)))
			m.Closed()
		},
		OnRefused: func(label string, _ error) {
			if label != "application" { // that is counted by itself
				m.Refused(label)
			}
		},
		OnPanic: func(_ Conn, v any, _ []byte) { m.Panicked(v) },
	}
}

var hostileApps = map[hostile.App]func(Conn, MessageType, []byte){
	hostile.Echo:   echo,
	hostile.Closer: func(c Conn, _ MessageType, _ []byte) { c.Close(4001, "enough") },
	hostile.JSON: func(c Conn, _ MessageType, p []byte) {
		if v := any(nil); json.Unmarshal(p, &v) != nil {
			c.Close(StatusPolicyViolation, "not JSON")
			return
		}
		c.Write(Text, []byte("ok"))
	},
	hostile.Misuser: misuse,
}

// misuse tries to send Close frames that may not be sent, once.
func misuse(c Conn, m MessageType, p []byte) {
	if c.Data() != nil {
		echo(c, m, p)
		return
	}
	c.SetData(true)
	for _, try := range [hostile.MisuserTries]struct {
		code   StatusCode
		reason string
		want   error
	}{
		{1006, "", protocol.ErrCloseCode},
		{999, "", protocol.ErrCloseCode},
		{5000, "", protocol.ErrCloseCode},
		{1000, strings.Repeat("a", 124), protocol.ErrCloseReason},
		{1000, "a\xff", protocol.ErrCloseReason},
	} {
		if err := c.Close(try.code, try.reason); errors.Is(err, try.want) {
			c.Write(Text, []byte("refused"))
		}
	}
}
