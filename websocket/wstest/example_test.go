package wstest_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/duplexws/duplex/websocket"
	"github.com/duplexws/duplex/websocket/wstest"
)

// greet is the code under test.
func greet(ctx context.Context, c *websocket.Conn) error {
	for m, err := range c.Messages(ctx) {
		if err != nil {
			return err
		}
		if err := c.Write(ctx, websocket.Text, fmt.Appendf(nil, "hello, %s", m.Data)); err != nil {
			return err
		}
	}
	return nil
}

// Both ends of a connection. In a test of your own the function around it is
// func TestGreet(t *testing.T).
func ExampleNewPair() {
	test(func(t *testing.T) {
		client, server := wstest.NewPair(t, nil)
		go greet(t.Context(), server)

		client.Write(t.Context(), websocket.Text, []byte("world"))
		_, p, err := client.Read(t.Context())
		fmt.Println(string(p), err)
		fmt.Println(client.Close(t.Context(), websocket.StatusNormalClosure, ""))
	})
	// Output:
	// hello, world <nil>
	// <nil>
}

// A handler with its routes, in memory.
func ExampleDial() {
	test(func(t *testing.T) {
		mux := http.NewServeMux()
		mux.Handle("/greet", websocket.Handler(greet))

		c := wstest.Dial(t, mux, "ws://example.com/greet", nil)
		c.Write(t.Context(), websocket.Text, []byte("world"))
		_, p, err := c.Read(t.Context())
		fmt.Println(string(p), err)
	})
	// Output: hello, world <nil>
}

// A client's script against a server.
func ExampleServerConn() {
	test(func(t *testing.T) {
		conn, peer := wstest.ServerConn(t, nil)
		result := make(chan error, 1)
		go func() { result <- greet(t.Context(), conn) }()

		peer.Send(wstest.Text("world"), wstest.Ping("1"))
		peer.Want(wstest.Text("hello, world"), wstest.Pong("1"))
		peer.Send(wstest.Text("wor").Unfinished(), wstest.Continuation("ld"))
		peer.Want(wstest.Text("hello, world"))
		peer.Send(wstest.Text("a reserved bit").WithRSV(wstest.RSV2))
		peer.WantClose(1002)
		peer.CloseWrite()
		peer.WantEOF()
		fmt.Println(websocket.CloseStatus(<-result))
	})
	// Output: 1002 (protocol error)
}

// A server that sends half a message and then is gone.
func ExampleClientConn() {
	test(func(t *testing.T) {
		conn, peer := wstest.ClientConn(t, nil)
		peer.Send(wstest.Text("whole"), wstest.Text("half").Truncated(4))
		peer.Close()

		for range 2 {
			_, p, err := conn.Read(t.Context())
			fmt.Printf("%q %v\n", p, errors.Is(err, websocket.ErrAbnormal))
		}
	})
	// Output:
	// "whole" false
	// "" true
}

// A server that is full, and then is not.
func ExampleAcceptPeer() {
	test(func(t *testing.T) {
		l := wstest.Listen()
		defer l.Close()
		connect := func() error { // what is tested
			c, err := websocket.Dial(t.Context(), "ws://example.com/", &websocket.DialOptions{NetDial: l.Dial})
			if err != nil {
				return err
			}
			return c.Close(t.Context(), websocket.StatusNormalClosure, "")
		}
		result := make(chan error, 1)

		go func() { result <- connect() }()
		peer := wstest.AcceptPeer(t, l)
		fmt.Println("asked for", peer.WantRequest().URL)
		peer.Respond(http.StatusServiceUnavailable, http.Header{"Retry-After": {"30"}}, "full")
		fmt.Println("refused:", <-result != nil)

		go func() { result <- connect() }()
		peer = wstest.AcceptPeer(t, l)
		peer.Upgrade(nil)
		peer.Want(wstest.Close(1000, ""))
		peer.Send(wstest.Close(1000, ""))
		peer.Close()
		fmt.Println("connected:", <-result == nil)
	})
	// Output:
	// asked for /
	// refused: true
	// connected: true
}

// A connection that is slow, and then breaks at the 30th octet.
func ExampleInject() {
	test(func(t *testing.T) {
		var network *wstest.FaultConn
		client, server := wstest.NewPair(t, &wstest.PairOptions{
			WrapServer: func(nc net.Conn) net.Conn {
				network = wstest.Inject(nc, wstest.Faults{})
				return network
			},
		})
		go greet(t.Context(), server)
		network.Set(wstest.Faults{
			Read:  wstest.Fault{Chunk: 1, Delay: time.Millisecond},
			Write: wstest.Fault{Chunk: 7, After: 30, Err: wstest.ErrReset},
		})
		for range 3 {
			client.Write(t.Context(), websocket.Text, []byte("world"))
			_, p, err := client.Read(t.Context())
			fmt.Printf("%q %v\n", p, errors.Is(err, websocket.ErrAbnormal))
		}
		fmt.Println(errors.Is(server.Err(), wstest.ErrReset))
	})
	// Output:
	// "hello, world" false
	// "hello, world" false
	// "" true
	// true
}

// In a bubble the clock jumps to the next thing that is due: a peer that is gone
// without a word is found out in no time.
func Example_synctest() {
	test(func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			conn, peer := wstest.ServerConn(t, nil)
			result := make(chan error, 1)
			go func() { result <- greet(t.Context(), conn) }()

			peer.WantSilence(20 * time.Second)
			peer.Want(wstest.Ping("")) // the keepalive, which stays without an answer
			err := <-result
			fmt.Println(err)
			fmt.Println("noticed within 40 s:", time.Since(begin) < 40*time.Second)
		})
	})
	// Output:
	// websocket: peer does not answer (option PongTimeout)
	// noticed within 40 s: true
}

// test runs f once as a test that says nothing unless it fails.
func test(f func(t *testing.T)) {
	verbose := flag.Lookup("test.v").Value
	was := verbose.String()
	verbose.Set("false")
	defer verbose.Set(was)
	var once sync.Once
	every := func(_, _ string) (bool, error) { return true, nil }
	testing.RunTests(every, []testing.InternalTest{{Name: "example", F: func(t *testing.T) { once.Do(func() { f(t) }) }}})
}
