package eventloop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/rawpeer"
	"github.com/duplexws/duplex/protocol"
)

func TestDrain(t *testing.T) {
	var closed atomic.Int32
	onEvery(t, &Handler{OnClose: func(_ Conn, err error) {
		if CloseStatus(err) == 1001 {
			closed.Add(1)
		}
	}}, &ServerOptions{Loops: 2}, func(t *testing.T, s *Server) {
		closed.Store(0)
		if err := s.Drain(t.Context(), 1006, "", 0); err != protocol.ErrCloseCode {
			t.Error(err)
		}
		const n = 10
		for range n {
			nc, r := shakeHands(t, s)
			go func() {
				defer nc.Close()
				in := rawpeer.Reader{R: r}
				if e, err := in.Next(); err != nil || e != closing(1001, "moving") {
					t.Error(e, err)
				}
				nc.Write(rawpeer.Octets(rawpeer.Close(1001, "")))
				if _, err := in.Next(); err != io.EOF {
					t.Error(err)
				}
			}()
		}
		if err := s.Drain(t.Context(), 1001, "moving", 1000); err != nil {
			t.Error(err)
		}
		if got := closed.Load(); got != n || s.Conns() != 0 {
			t.Errorf("%d connections closed, %d left", got, s.Conns())
		}
		if nc, err := net.Dial("tcp", s.Addr().String()); err == nil {
			nc.Close()
			t.Error("the server still accepts")
		}
		if err := s.Drain(t.Context(), 1001, "", 0); err != nil {
			t.Error(err)
		}
	})
}

// Those that do not answer are ended with the context.
func TestDrainEnds(t *testing.T) {
	s, err := Listen("tcp", "127.0.0.1:0", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	nc, _ := shakeHands(t, s)
	defer nc.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Drain(ctx, 1001, "", 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if n := s.Conns(); n != 0 {
		t.Errorf("%d connections are left", n)
	}
}

func TestCloseTellsAll(t *testing.T) {
	var closed atomic.Int32
	s, err := Listen("tcp", "127.0.0.1:0", &Handler{OnClose: func(c Conn, err error) {
		if errors.Is(err, ErrClosed) {
			closed.Add(1)
		}
	}}, &ServerOptions{Loops: 3})
	if err != nil {
		t.Fatal(err)
	}
	for range 9 {
		nc, _ := shakeHands(t, s)
		defer nc.Close()
	}
	s.Close()
	if got := closed.Load(); got != 9 {
		t.Errorf("%d connections were told", got)
	}
	if stats := s.Stats(); stats.Opened != 9 || stats.Conns != 0 || stats.Accepted != 9 || stats.Turns == 0 {
		t.Errorf("%+v", stats)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// A loop that never rests lets the rest of the process run, while there is some.
func TestOthersAreServed(t *testing.T) {
	s, err := Listen("tcp", "127.0.0.1:0", &Handler{OnMessage: echo}, &ServerOptions{Loops: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	health := &http.Server{Handler: mux}
	go health.Serve(l)
	defer health.Close()

	// Each loop keeps itself busy: every turn leaves it another task.
	s.Outside(1)
	defer s.Outside(-1)
	var stop atomic.Bool
	for _, loop := range s.Loops() {
		var busy func()
		busy = func() {
			if !stop.Load() {
				loop.inbox.must(task{run: busy})
			}
		}
		loop.inbox.must(task{run: busy})
	}
	defer stop.Store(true)
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for range 5 {
		resp, err := client.Get("http://" + l.Addr().String() + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if string(body) != "ok" {
			t.Errorf("answered %q", body)
		}
	}
	for _, loop := range s.Loops() {
		for end := time.Now().Add(10 * time.Second); loop.Stats().Parks == 0; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("a loop does not step aside")
			}
		}
	}
}

// A server that ends while many connect leaves nothing behind.
func TestEndsWhileManyConnect(t *testing.T) {
	onPlain(t, &Handler{OnMessage: echo}, &ServerOptions{Loops: 3}, func(t *testing.T, s *Server) {
		var dialers sync.WaitGroup
		var stop atomic.Bool
		for range 4 {
			dialers.Go(func() {
				for !stop.Load() {
					nc, err := net.Dial("tcp", s.Addr().String())
					if err != nil {
						return
					}
					io.WriteString(nc, request)
					nc.Close()
				}
			})
		}
		for s.Stats().Accepted < 20 {
			time.Sleep(time.Millisecond)
		}
		if err := s.Drain(t.Context(), 1001, "", 0); err != nil {
			t.Error(err)
		}
		stop.Store(true)
		dialers.Wait()
		if n := s.Conns(); n != 0 {
			t.Errorf("%d connections are left", n)
		}
	})
}

func TestDefaultOfLoops(t *testing.T) {
	if got, want := processors(), runtime.GOMAXPROCS(0); got != want {
		t.Errorf("%d processors, want %d", got, want)
	}
}

func TestStatusOfErrors(t *testing.T) {
	for err, want := range map[error]StatusCode{
		&CloseError{Code: 4001}:     4001,
		&ProtocolError{Code: 1002}:  1002,
		abnormal(io.EOF):            1006,
		ErrPongTimeout:              0,
		fmt.Errorf("x: %w", io.EOF): 0,
	} {
		if got := CloseStatus(err); got != want {
			t.Errorf("%v: %d, want %d", err, got, want)
		}
	}
	if !errors.Is(ErrClosed, net.ErrClosed) || !errors.Is(abnormal(io.EOF), io.ErrUnexpectedEOF) || !strings.HasPrefix(abnormal(io.EOF).Error(), "websocket: ") {
		t.Error("errors are not what they stand for")
	}
}
