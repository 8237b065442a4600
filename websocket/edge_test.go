package websocket

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipePair returns both ends of a connection over net.Pipe, for a synctest
// bubble.
func pipePair(t *testing.T, server, client Options) (*Conn, *Conn) {
	clock := NewClock()
	server.Clock, client.Clock = clock, clock
	a, b := net.Pipe()
	s := newConn(newSettings(0, &server), a, "")
	c := newConn(newSettings(1, &client), b, "")
	s.start()
	c.start()
	t.Cleanup(func() { s.CloseNow(); c.CloseNow() })
	return s, c
}

// A message that takes long to go out holds up the Ping, for which the peer is
// not to blame.
func TestKeepaliveSparesASlowTransfer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		s, c := pipePair(t, Options{WriteTimeout: time.Hour}, Options{MaxMessage: -1})
		s.CloseRead(ctx)
		read := make(chan int64)
		go func() {
			_, r, err := c.NextReader(ctx)
			if err != nil {
				t.Error(err)
			}
			n, buf := int64(0), make([]byte, bufferSize)
			for err == nil {
				var k int
				k, err = r.Read(buf)
				n += int64(k)
				time.Sleep(2 * time.Second) // all of it takes four minutes
			}
			if err != io.EOF {
				t.Error(err)
			}
			read <- n
		}()
		const size = 120 * bufferSize
		if err := s.Write(ctx, Binary, make([]byte, size)); err != nil {
			t.Errorf("a transfer that progresses was cut off: %v", err)
		}
		if n := <-read; n != size {
			t.Errorf("%d octets arrived, want %d", n, size)
		}
	})
}

// While ReadEach's function is busy nobody could see a Pong.
func TestKeepaliveSparesABusyReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		// Nothing lies between the two, so the client's Pongs wait for the server.
		s, c := pipePair(t, Options{}, Options{PingInterval: -1, WriteTimeout: -1})
		c.CloseRead(ctx)
		go c.Write(ctx, Text, []byte("work"))
		done := errors.New("done")
		err := s.ReadEach(ctx, func(MessageType, []byte) error {
			time.Sleep(5 * time.Minute)
			return done
		})
		if err != done || s.flags.has(hasEnded) {
			t.Errorf("a healthy peer was given up: %v, %v", err, s.Err())
		}
	})
}

// Behind a NextWriter that nobody closes, writes end with the connection.
func TestForgottenWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		s, _ := pipePair(t, Options{}, Options{})
		if _, err := s.NextWriter(ctx, Text); err != nil {
			t.Fatal(err)
		}
		wrote := make(chan error)
		go func() { wrote <- s.Write(ctx, Text, nil) }()
		synctest.Wait()
		s.CloseNow()
		if err := <-wrote; err != ErrClosed {
			t.Errorf("Write returned %v, want ErrClosed", err)
		}
	})
}

// Messages too small to count by their octets are bounded by their number.
func TestQueueBoundsEmptyMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bound := Queue{MaxBytes: 64 * 100, Policy: DropNewest}
		s, _ := pipePair(t, Options{Queue: bound, WriteTimeout: -1}, Options{})
		for range 10_000 {
			s.Send(context.Background(), Message{Type: Binary})
			synctest.Wait() // the writer takes what it can
		}
		q := s.sendQueue()
		q.mu.Lock()
		defer q.mu.Unlock()
		if n := len(q.waiting); n != bound.maxMessages() {
			t.Errorf("%d empty messages wait, want %d", n, bound.maxMessages())
		}
	})
}

// What waits in the Send queue goes out before the Close frame.
func TestCloseSendsTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		s, c := pipePair(t, Options{}, Options{})
		const n = 50
		for i := range n {
			if err := s.Send(ctx, Message{Type: Binary, Data: []byte{byte(i)}}); err != nil {
				t.Fatal(err)
			}
		}
		closed := make(chan error)
		go func() { closed <- s.Close(ctx, StatusNormalClosure, "") }()
		for i := range n {
			if _, p, err := c.Read(ctx); err != nil || p[0] != byte(i) {
				t.Fatalf("message %d: %v %v", i, p, err)
			}
		}
		if _, _, err := c.Read(ctx); CloseStatus(err) != StatusNormalClosure {
			t.Errorf("behind the queue: %v", err)
		}
		if err := <-closed; err != nil {
			t.Error(err)
		}
	})
}

// A connection whose writer is at work is none of the sweep's business.
func TestSweepLeavesBlockedWritersAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := pipePair(t, Options{WriteTimeout: -1}, Options{})
		s.Send(context.Background(), Message{Type: Binary, Data: make([]byte, 3*bufferSize)})
		time.Sleep(time.Second)
		if !s.flags.has(hasWriter) {
			t.Fatal("the writer is not blocked")
		}
		if s.flags.has(isSwept) {
			t.Error("the clock sweeps a connection that its writer takes care of")
		}
	})
}

// Only the values of BaseContext reach the handler's context, not its end.
func TestBaseContextThatEnds(t *testing.T) {
	type key struct{}
	base, end := context.WithCancel(context.WithValue(context.Background(), key{}, "value"))
	o := &AcceptOptions{BaseContext: func(*http.Request) context.Context { return base }}
	s := httptest.NewServer(o.Handler(func(ctx context.Context, c *Conn) error {
		end()
		if ctx.Value(key{}) != "value" {
			t.Error("the value is missing")
		}
		derived, stop := context.WithTimeout(ctx, time.Hour)
		defer stop()
		if err := derived.Err(); err != nil {
			t.Errorf("the handler's context ended with its base: %v", err)
		}
		return nil
	}))
	defer s.Close()
	ctx := context.Background()
	c, err := Dial(ctx, "ws"+strings.TrimPrefix(s.URL, "http"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Read(ctx); CloseStatus(err) != StatusNormalClosure {
		t.Errorf("the handler ended with %v", err)
	}
	<-c.Done()
}

// A transport whose deadline errors are for ever, such as TLS that something has
// wrapped, ends the connection instead of being tried again and again.
func TestStickyDeadline(t *testing.T) {
	a, b := net.Pipe()
	defer b.Close()
	c := newConn(newSettings(0, &Options{PingInterval: -1, WriteTimeout: -1}), &stickyConn{Conn: a}, "")
	defer c.CloseNow()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if err := c.Write(ctx, Binary, make([]byte, 3*bufferSize)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the write that was cancelled: %v", err)
	}
	if err := c.Write(context.Background(), Binary, nil); !errors.Is(err, ErrAbnormal) {
		t.Errorf("the next write: %v", err)
	}
	<-c.Done()
	if err := c.Err(); !errors.Is(err, ErrAbnormal) {
		t.Errorf("it ended with %v", err)
	}
}

// stickyConn returns the first error of a Write for ever, as crypto/tls does.
type stickyConn struct {
	net.Conn
	err error
}

func (c *stickyConn) Write(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.Conn.Write(p)
	c.err = err
	return n, err
}
