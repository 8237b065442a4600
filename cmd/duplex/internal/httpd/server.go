// Package httpd runs the HTTP servers of the commands: from listening, over TLS
// or not, to the drain that a signal asks for.
package httpd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/duplexws/duplex/cmd/duplex/internal/logs"
	"github.com/duplexws/duplex/websocket"
)

// Server is an HTTP server with WebSocket connections.
type Server struct {
	Handler      http.Handler
	TLS          *tls.Config // nil: none
	DrainTimeout time.Duration
	Log          *slog.Logger

	// Conns are the connections to be closed by the drain. Handlers add
	// theirs, and end at once where that is refused.
	Conns websocket.Group

	fresh fresh
}

// Listen listens on a TCP address.
func Listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w (--addr takes another address)", addr, cause(err))
	}
	return l, nil
}

// cause strips what net puts in front of an error and the caller says anyway.
func cause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	return err
}

// Run serves on l, of which it writes announcement to stdout once signals are
// heeded. It returns when the first interrupt or SIGTERM has drained the
// connections, with nil; at the second with a [*Killed]; and when serving
// fails.
func (s *Server) Run(l net.Listener, stdout io.Writer, announcement string) error {
	leanHeap()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	fmt.Fprintln(stdout, announcement)

	server := s.newServer()
	served := make(chan error, 1)
	go func() {
		if s.TLS != nil {
			served <- server.ServeTLS(l, "", "")
		} else {
			served <- server.Serve(l)
		}
	}()
	select {
	case err := <-served:
		return fmt.Errorf("cannot go on serving: %w", err)
	case sig := <-signals:
		s.Log.Info("draining", "signal", sig.String(), "connections", s.Conns.Len(), "timeout", s.DrainTimeout.String())
	}
	drained := make(chan struct{})
	go func() {
		s.drain(server)
		close(drained)
	}()
	select {
	case <-drained:
		s.Log.Info("stopped")
		return nil
	case sig := <-signals:
		return &Killed{sig}
	}
}

// How long a request may take to arrive, and its answer to go out, where they
// stay requests: a WebSocket connection has deadlines of its own.
const (
	ReadTimeout  = 15 * time.Second
	WriteTimeout = 30 * time.Second
)

// newServer returns an http.Server that is bounded in every respect in which it
// can be.
func (s *Server) newServer() *http.Server {
	server := &http.Server{
		Handler:                      s.Handler,
		TLSConfig:                    s.TLS,
		DisableGeneralOptionsHandler: true, // every request goes through Handler
		ConnState:                    s.fresh.track,
		ErrorLog:                     logs.ForServer(s.Log),
		Protocols:                    new(http.Protocols),
	}
	server.Protocols.SetHTTP1(true)
	websocket.ConfigureServer(server)
	server.ReadTimeout = ReadTimeout
	server.WriteTimeout = WriteTimeout
	return server
}

// drain stops listening, closes the WebSocket connections with 1001 and waits
// for requests to end, all within DrainTimeout. Behind that it cuts off what is
// left.
func (s *Server) drain(server *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), s.DrainTimeout)
	defer cancel()
	var shutdown error
	var wg sync.WaitGroup
	wg.Go(func() { shutdown = server.Shutdown(ctx) })
	s.fresh.close()
	err := s.Conns.Drain(ctx, websocket.StatusGoingAway, "server is shutting down", 0)
	wg.Wait()
	if err = errors.Join(shutdown, err); err != nil {
		s.Log.Warn("drain timeout passed, the rest was cut off (--drain-timeout)", "timeout", s.DrainTimeout.String())
		server.Close()
	}
}

// Killed is the error of a second signal.
type Killed struct{ Signal os.Signal }

func (k *Killed) Error() string { return "killed by a second signal (" + k.Signal.String() + ")" }

// ExitCode returns what shells return for a process that a signal has ended:
// 130 for an interrupt, 143 for SIGTERM.
func (k *Killed) ExitCode() int {
	if n, ok := k.Signal.(syscall.Signal); ok {
		return 128 + int(n)
	}
	return 1
}

// fresh are the connections from which no request has come yet: browsers open
// such in advance. http.Server.Shutdown waits some seconds for each, and whoever
// pressed Ctrl-C would wait too.
type fresh struct {
	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
}

func (f *fresh) track(nc net.Conn, state http.ConnState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if state != http.StateNew {
		delete(f.conns, nc)
		return
	}
	if f.closed {
		nc.Close()
		return
	}
	if f.conns == nil {
		f.conns = make(map[net.Conn]struct{})
	}
	f.conns[nc] = struct{}{}
}

func (f *fresh) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for nc := range f.conns {
		nc.Close()
	}
}
