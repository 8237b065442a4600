package wstest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/duplexws/duplex/websocket"
)

func TestNewPair(t *testing.T) {
	inAndOut(t, func(t *testing.T) {
		client, server := NewPair(t, &PairOptions{
			Client: &websocket.DialOptions{Subprotocols: []string{"b", "a"}},
			Server: &websocket.AcceptOptions{Subprotocols: []string{"a"}},
		})
		if client.Subprotocol() != "a" || server.Subprotocol() != "a" {
			t.Errorf("sub-protocols %q and %q", client.Subprotocol(), server.Subprotocol())
		}
		exchange(t, client, server)
		closed := make(chan error, 1)
		go func() { closed <- second2(server.Read(t.Context())) }()
		if err := client.Close(t.Context(), websocket.StatusNormalClosure, "bye"); err != nil {
			t.Error(err)
		}
		if err := <-closed; websocket.CloseStatus(err) != websocket.StatusNormalClosure {
			t.Errorf("server: %v", err)
		}
	})
}

// Options of a program lead to its server, which a test does not want.
func TestNewPairStaysInTheProcess(t *testing.T) {
	for _, o := range []*websocket.DialOptions{
		{UnixSocket: "/no/such/socket"},
		{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: "192.0.2.9"})},
		{NetDial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("outside") }},
	} {
		was := *o
		NewPair(t, &PairOptions{Client: o})
		ClientConn(t, o)
		if o.Clock != nil || o.UnixSocket != was.UnixSocket || (o.NetDial == nil) != (was.NetDial == nil) || (o.Proxy == nil) != (was.Proxy == nil) {
			t.Error("the caller's options were changed")
		}
	}
}

// exchange has both sides write much at once, which needs what is under way to
// be held, and then read.
func exchange(t *testing.T, client, server *websocket.Conn) {
	t.Helper()
	message := make([]byte, 200_000)
	failed := make(chan error, 2)
	for _, c := range []*websocket.Conn{client, server} {
		go func() {
			for range 3 {
				if err := c.Write(t.Context(), websocket.Binary, message); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	for _, c := range []*websocket.Conn{client, server} {
		for range 3 {
			if _, p, err := c.Read(t.Context()); len(p) != len(message) || err != nil {
				t.Fatalf("%d octets, %v", len(p), err)
			}
		}
	}
	if err := errors.Join(<-failed, <-failed); err != nil {
		t.Error(err)
	}
}

// The clock of a bubble runs the keepalive of both sides.
func TestNewPairKeepsAliveInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pinged := make(chan time.Time, 1)
		client, server := NewPair(t, &PairOptions{
			Server: &websocket.AcceptOptions{Options: websocket.Options{PingInterval: time.Minute}},
			Client: &websocket.DialOptions{Options: websocket.Options{PingInterval: -1,
				Hooks: &websocket.Hooks{Pinged: func(*websocket.Conn) {
					select {
					case pinged <- time.Now():
					default:
					}
				}}}},
		})
		begin := time.Now()
		client.CloseRead(t.Context())
		server.CloseRead(t.Context())
		first := <-pinged
		if d := first.Sub(begin); d < 54*time.Second || d > 61*time.Second {
			t.Errorf("the first Ping came after %v", d)
		}
		time.Sleep(time.Hour)
		if err := errors.Join(server.Err(), client.Err()); err != nil {
			t.Errorf("an hour later: %v", err)
		}
	})
}

func TestNewPairWraps(t *testing.T) {
	inAndOut(t, func(t *testing.T) {
		var ends [2]*FaultConn
		chunked := func(i int) func(net.Conn) net.Conn {
			return func(nc net.Conn) net.Conn {
				ends[i] = Inject(nc, Faults{Read: Fault{Chunk: 1000}, Write: Fault{Chunk: 777}})
				return ends[i]
			}
		}
		client, server := NewPair(t, &PairOptions{WrapClient: chunked(0), WrapServer: chunked(1)})
		if ends[0] == nil || ends[1] == nil {
			t.Fatal("an end was not wrapped")
		}
		exchange(t, client, server)
	})
}

func TestAcceptOptionsAreAllPassedOn(t *testing.T) {
	filled := new(websocket.AcceptOptions)
	v := reflect.ValueOf(filled).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.CanSet() {
			fill(f)
		}
	}
	own := reflect.ValueOf(acceptOptions(filled)).Elem()
	for i := range own.NumField() {
		if f := v.Type().Field(i); f.IsExported() && own.Field(i).IsZero() {
			t.Errorf("AcceptOptions.%s is not passed on", f.Name)
		}
	}
}

func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Func:
		v.Set(reflect.MakeFunc(v.Type(), nil))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i))
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint8:
		v.SetUint(1)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString("x")
	}
}

func TestDialAHandler(t *testing.T) {
	inAndOut(t, func(t *testing.T) {
		o := &websocket.AcceptOptions{Options: websocket.Options{Clock: websocket.NewClock()}}
		mux := http.NewServeMux()
		mux.Handle("/chat/{room}", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := websocket.Accept(w, r, o)
			if err != nil {
				return
			}
			c.Write(r.Context(), websocket.Text, []byte(r.Host+" "+r.PathValue("room")+" "+r.URL.RawQuery))
			c.CloseRead(context.Background())
			<-c.Done() // Serve ends this
		}))
		c := Dial(t, mux, "ws://chat.example/chat/den?a=b", nil)
		if _, p, err := c.Read(t.Context()); string(p) != "chat.example den a=b" || err != nil {
			t.Errorf("%q, %v", p, err)
		}
	})
}

// What a handler has taken over is closed when the test ends, and its ServeHTTP
// has returned by then.
func TestServeEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		returned := false
		f := record(t, func(t testing.TB) {
			l := Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				nc, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				io.Copy(io.Discard, nc)
				time.Sleep(time.Hour)
				returned = true
			}))
			nc, err := l.Dial(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(nc, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			synctest.Wait()
		})
		if !returned || f != "" {
			t.Errorf("the handler returned: %t; %s", returned, f)
		}
	})
}

func TestDialFailsTheTest(t *testing.T) {
	inAndOut(t, func(t *testing.T) {
		wantFailure(t, "403", func(t testing.TB) {
			Dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", http.StatusForbidden) }), exampleURL, nil)
		})
		wantFailure(t, "cannot connect to ws://example.com/", func(t testing.TB) {
			NewPair(t, &PairOptions{Client: &websocket.DialOptions{Header: http.Header{"Origin": {"https://elsewhere.example"}}}})
		})
	})
}

func second2[T, U any](_ T, _ U, err error) error { return err }
