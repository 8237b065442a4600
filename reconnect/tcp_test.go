package reconnect

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/duplexws/duplex/websocket"
)

// tcpServer is a server on a port that it can leave and come back to.
type tcpServer struct {
	handler http.Handler
	address string
	http    *http.Server
	served  chan struct{}
	mu      sync.Mutex
	conns   []net.Conn
}

func (s *tcpServer) start() error {
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		return err
	}
	s.address = listener.Addr().String()
	s.http = &http.Server{Handler: s.handler, ConnState: s.opened}
	s.served = make(chan struct{})
	go func() {
		defer close(s.served)
		s.http.Serve(listener)
	}()
	return nil
}

func (s *tcpServer) opened(nc net.Conn, state http.ConnState) {
	if state == http.StateNew {
		s.mu.Lock()
		s.conns = append(s.conns, nc)
		s.mu.Unlock()
	}
}

// kill ends the server as a crash of its machine does: with resets.
func (s *tcpServer) kill() {
	s.http.Close()
	<-s.served
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, nc := range s.conns {
		nc.(*net.TCPConn).SetLinger(0)
		nc.Close()
	}
	s.conns = nil
}

// TestTCP is the loop over real sockets: a server that greets, is killed, stays
// away until it has been dialled in vain, comes back, and at last says goodbye.
func TestTCP(t *testing.T) {
	const lives = 4
	var life atomic.Int32
	var serving sync.WaitGroup
	s := &tcpServer{address: "127.0.0.1:0"}
	s.handler = websocket.Handler(func(ctx context.Context, c *websocket.Conn) error {
		serving.Add(1)
		defer serving.Done()
		if err := c.Write(ctx, websocket.Text, fmt.Append(nil, "life ", life.Load())); err != nil {
			return err
		}
		if life.Load() == lives {
			return nil
		}
		return listens(ctx, 0, c)
	})
	life.Add(1)
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var starting sync.WaitGroup
	defer func() {
		cancel()
		starting.Wait()
		s.kill()
		serving.Wait()
	}()

	dialed := make(chan State, 1)
	o := &Options{MinBackoff: time.Millisecond, MaxBackoff: 10 * time.Millisecond, Budget: NewBudget(1000, 1000)}
	o.OnState = func(st State) {
		if st.Phase == Waiting && st.Attempt > 2 {
			select {
			case dialed <- st:
			default:
			}
		}
	}
	for conn, err := range Dial(ctx, "ws://"+s.address, o) {
		if err != nil {
			t.Fatal(err)
		}
		_, p, err := conn.Read(t.Context())
		if want := fmt.Sprint("life ", life.Load()); string(p) != want || err != nil {
			t.Fatalf("read %q, %v; want %q", p, err, want)
		}
		if life.Load() == lives {
			readOut(t.Context(), conn)
			continue // and that was that: the server has closed with 1000
		}
		s.kill()
		readOut(t.Context(), conn)
		if conn.Err() == nil {
			t.Error("the connection has not ended")
		}
		life.Add(1)
		starting.Go(func() {
			select {
			case <-dialed:
			case <-ctx.Done():
				return
			}
			if err := s.start(); err != nil { // someone else has the port by now
				t.Error(err)
				cancel()
			}
		})
	}
	if n := life.Load(); n != lives {
		t.Errorf("the loop ended in life %d", n)
	}
}
