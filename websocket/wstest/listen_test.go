package wstest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/duplexws/duplex/websocket"
)

func TestListenerServesHTTP(t *testing.T) {
	inAndOut(t, func(t *testing.T) {
		l := Listen()
		clock := websocket.NewClock()
		server := &http.Server{Handler: (&websocket.AcceptOptions{Options: websocket.Options{Clock: clock}}).Handler(
			func(ctx context.Context, c *websocket.Conn) error {
				typ, p, err := c.Read(ctx)
				if err != nil {
					return err
				}
				return c.Write(ctx, typ, p)
			})}
		served := make(chan error, 1)
		go func() { served <- server.Serve(l) }()
		c, err := websocket.Dial(t.Context(), "ws://example.com/", &websocket.DialOptions{
			Options: websocket.Options{Clock: clock}, NetDial: l.Dial})
		if err != nil {
			t.Fatal(err)
		}
		c.Write(t.Context(), websocket.Text, []byte("hello"))
		if _, p, err := c.Read(t.Context()); string(p) != "hello" || err != nil {
			t.Errorf("%q, %v", p, err)
		}
		if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
			t.Error(err)
		}
		<-c.Done()
		server.Close()
		if err := <-served; err != http.ErrServerClosed {
			t.Error(err)
		}
	})
}

func TestListenerClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Listen()
		accepting := make(chan error, 1)
		c1, err := l.Dial(t.Context(), "tcp", "example.com:80")
		if err != nil {
			t.Fatal(err)
		}
		s1, _ := l.Accept()
		if c1.LocalAddr().String() != s1.RemoteAddr().String() || s1.LocalAddr() != l.Addr() {
			t.Errorf("addresses %v and %v, %v", c1.LocalAddr(), s1.RemoteAddr(), s1.LocalAddr())
		}
		waiting, err := l.Dial(t.Context(), "tcp", "example.com:80")
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		go func() { accepting <- second(l.Accept()) }()
		if err := <-accepting; !errors.Is(err, net.ErrClosed) {
			t.Errorf("accept: %v", err)
		}
		if _, err := waiting.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("what was not accepted: %v", err)
		}
		if _, err := l.Dial(t.Context(), "tcp", "example.com:80"); !errors.Is(err, errRefused) {
			t.Errorf("dial: %v", err)
		}
	})
}

// A connection that comes in while the listener is being closed is not left to
// wait for ever. The select of Dial takes either way, at random.
func TestListenerClosesWhatComesLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 64 {
			l := Listen()
			c, err := l.Dial(closing{t.Context(), l}, "", "")
			if err != nil {
				if !errors.Is(err, errRefused) {
					t.Fatal(err)
				}
				continue
			}
			c.SetReadDeadline(time.Now().Add(time.Hour))
			if _, err := c.Read(make([]byte, 1)); err != io.EOF {
				t.Fatalf("a connection that nobody will accept: %v", err)
			}
		}
	})
}

// closing is a context that closes a listener when Dial is about to wait.
type closing struct {
	context.Context
	l *Listener
}

func (c closing) Done() <-chan struct{} {
	c.l.Close()
	return c.Context.Done()
}

func TestListenerBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Listen()
		defer l.Close()
		for range backlog {
			if _, err := l.Dial(t.Context(), "", ""); err != nil {
				t.Fatal(err)
			}
		}
		reason := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		dialing := make(chan error, 1)
		go func() { dialing <- second(l.Dial(ctx, "", "")) }()
		synctest.Wait()
		select {
		case err := <-dialing:
			t.Fatalf("one more than the backlog: %v", err)
		default:
		}
		cancel(reason)
		if err := <-dialing; !errors.Is(err, reason) {
			t.Errorf("cancelled: %v", err)
		}
		if err := second(l.Dial(ctx, "", "")); !errors.Is(err, reason) {
			t.Errorf("with a context that is done: %v", err)
		}
	})
}
