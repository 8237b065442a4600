package websocket_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/duplexws/duplex/websocket"
)

// A server that echoes, and a client that talks to it.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	server := httptest.NewServer(websocket.Handler(func(ctx context.Context, c *websocket.Conn) error {
		for m, err := range c.Messages(ctx) {
			if err != nil {
				return err
			}
			if err := c.Write(ctx, m.Type, m.Data); err != nil {
				return err
			}
		}
		return nil
	}))
	defer server.Close()

	c, err := websocket.Dial(ctx, wsURL(server), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := c.Write(ctx, websocket.Text, []byte("hello")); err != nil {
		fmt.Println(err)
		return
	}
	typ, p, err := c.Read(ctx)
	fmt.Println(typ, string(p), err)
	fmt.Println(c.Close(ctx, websocket.StatusNormalClosure, "bye"))
	// Output:
	// text hello <nil>
	// <nil>
}

// What a handler returns decides how its connection is closed.
func ExampleHandler() {
	server := httptest.NewServer(websocket.Handler(func(ctx context.Context, c *websocket.Conn) error {
		_, p, err := c.Read(ctx)
		if err != nil {
			return err
		}
		if string(p) != "open sesame" {
			return &websocket.CloseError{Code: 4001, Reason: "wrong word"}
		}
		return nil // 1000
	}))
	defer server.Close()

	for _, word := range []string{"open sesame", "open barley"} {
		c := dial(server)
		c.Write(context.Background(), websocket.Text, []byte(word))
		_, _, err := c.Read(context.Background())
		fmt.Println(err)
	}
	// Output:
	// websocket: closed by peer: 1000 (normal closure)
	// websocket: closed by peer: 4001: "wrong word"
}

// Accept is for a handler of one's own. It has answered when it fails.
func ExampleAccept() {
	options := &websocket.AcceptOptions{Subprotocols: []string{"chat.v2", "chat.v1"}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, options)
		if err != nil {
			return
		}
		c.Write(r.Context(), websocket.Text, []byte("you speak "+c.Subprotocol()))
		c.Close(r.Context(), websocket.StatusNormalClosure, "")
	}))
	defer server.Close()

	c, err := websocket.Dial(context.Background(), wsURL(server), &websocket.DialOptions{Subprotocols: []string{"chat.v1"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for m := range c.Messages(context.Background()) {
		fmt.Println(string(m.Data))
	}
	// Output: you speak chat.v1
}

func ExampleDial() {
	server := httptest.NewServer(websocket.Handler(func(ctx context.Context, c *websocket.Conn) error {
		return c.Write(ctx, websocket.Text, []byte("welcome"))
	}))
	defer server.Close()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := websocket.Dial(ctx, wsURL(server), &websocket.DialOptions{
		Options: websocket.Options{MaxMessage: 64 << 10},
		Header:  http.Header{"Authorization": {"Bearer token"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, p, err := c.Read(ctx)
	fmt.Println(string(p), err)
	c.Close(ctx, websocket.StatusNormalClosure, "")
	// Output: welcome <nil>
}

// Messages ends without an error when both sides want the end.
func ExampleConn_Messages() {
	server := httptest.NewServer(websocket.Handler(func(ctx context.Context, c *websocket.Conn) error {
		for i := range 3 {
			if err := c.Write(ctx, websocket.Text, fmt.Append(nil, "message ", i)); err != nil {
				return err
			}
		}
		return nil
	}))
	defer server.Close()

	for m, err := range dial(server).Messages(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%v %s\n", m.Type, m.Data)
	}
	fmt.Println("the end")
	// Output:
	// text message 0
	// text message 1
	// text message 2
	// the end
}

// A context that ends, ends one call. The connection is as before.
func ExampleConn_Read_cancel() {
	server := httptest.NewServer(websocket.Handler(echoes))
	defer server.Close()
	c := dial(server)
	defer c.CloseNow()

	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	_, _, err := c.Read(ctx)
	fmt.Println(err)

	c.Write(context.Background(), websocket.Text, []byte("still here"))
	_, p, err := c.Read(context.Background())
	fmt.Println(string(p), err)
	// Output:
	// context deadline exceeded
	// still here <nil>
}

// ReadEach lends each message to a function, which costs no allocation.
func ExampleConn_ReadEach() {
	server := httptest.NewServer(websocket.Handler(func(ctx context.Context, c *websocket.Conn) error {
		return c.ReadEach(ctx, func(typ websocket.MessageType, p []byte) error {
			return c.Write(ctx, typ, p)
		})
	}))
	defer server.Close()
	c := dial(server)
	defer c.CloseNow()

	c.Write(context.Background(), websocket.Text, []byte("echo"))
	_, p, _ := c.Read(context.Background())
	fmt.Println(string(p))
	// Output: echo
}

// NextReader and NextWriter stream a message of any size.
func ExampleConn_NextWriter() {
	server := httptest.NewServer(websocket.Handler(func(ctx context.Context, c *websocket.Conn) error {
		w, err := c.NextWriter(ctx, websocket.Text)
		if err != nil {
			return err
		}
		for i := range 1000 {
			fmt.Fprintf(w, "line %d\n", i)
		}
		return w.Close()
	}))
	defer server.Close()
	c := dial(server)
	defer c.CloseNow()

	_, r, err := c.NextReader(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	lines := bufio.NewScanner(r)
	n := 0
	for lines.Scan() {
		n++
	}
	fmt.Println(n, "lines")
	// Output: 1000 lines
}

// Send does not wait for the peer. What it does with a message for which there
// is no room is declared.
func ExampleConn_Send() {
	prices := &websocket.AcceptOptions{Options: websocket.Options{
		Queue: websocket.Queue{MaxBytes: 64 << 10, Policy: websocket.LatestPerKey},
	}}
	server := httptest.NewServer(prices.Handler(func(ctx context.Context, c *websocket.Conn) error {
		for _, price := range []string{"100", "101", "99"} {
			err := c.Send(ctx, websocket.Message{Type: websocket.Text, Key: "ACME", Data: []byte("ACME " + price)})
			if err != nil {
				return err
			}
		}
		<-c.CloseRead(ctx).Done()
		return nil
	}))
	defer server.Close()
	c := dial(server)

	last := ""
	for last != "ACME 99" { // a slow reader may miss what is out of date, never the latest
		_, p, err := c.Read(context.Background())
		if err != nil {
			fmt.Println(err)
			return
		}
		last = string(p)
	}
	fmt.Println(last)
	c.Close(context.Background(), websocket.StatusNormalClosure, "")
	// Output: ACME 99
}

func ExamplePolicy() {
	for p := websocket.Block; p <= websocket.CloseSlow; p++ {
		fmt.Println(p)
	}
	// Output:
	// block
	// drop newest
	// drop oldest
	// latest per key
	// close slow
}

// A chat room: what one says, all hear.
func ExampleGroup() {
	var room websocket.Group
	server := httptest.NewServer(websocket.Handler(func(ctx context.Context, c *websocket.Conn) error {
		if !room.Add(c) {
			return &websocket.CloseError{Code: websocket.StatusGoingAway}
		}
		for m, err := range c.Messages(ctx) {
			if err != nil {
				return err
			}
			p, err := websocket.NewPrepared(m.Type, m.Data)
			if err != nil {
				return err
			}
			room.Broadcast(p, nil)
		}
		return nil
	}))
	defer server.Close()

	clients := []*websocket.Conn{dial(server), dial(server), dial(server)}
	for room.Len() < len(clients) {
		time.Sleep(time.Millisecond)
	}
	clients[0].Write(context.Background(), websocket.Text, []byte("hello all"))
	var ends sync.WaitGroup
	for _, c := range clients {
		_, p, err := c.Read(context.Background())
		fmt.Println(string(p), err)
		ends.Go(func() { c.Read(context.Background()) })
	}

	// All are asked to go, a thousand a second.
	err := room.Drain(context.Background(), websocket.StatusServiceRestart, "back soon", 1000)
	ends.Wait()
	fmt.Println(room.Len(), err)
	// Output:
	// hello all <nil>
	// hello all <nil>
	// hello all <nil>
	// 0 <nil>
}

// A message to many connections is encoded once.
func ExampleNewPrepared() {
	news, err := websocket.NewPrepared(websocket.Text, []byte("news for all"))
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(websocket.Handler(func(ctx context.Context, c *websocket.Conn) error {
		return c.WritePrepared(ctx, news)
	}))
	defer server.Close()

	for range 2 {
		c := dial(server)
		_, p, err := c.Read(context.Background())
		fmt.Println(string(p), err)
		c.Close(context.Background(), websocket.StatusNormalClosure, "")
	}
	// Output:
	// news for all <nil>
	// news for all <nil>
}

// Any protocol that wants a stream of octets can run over a connection.
func ExampleNetConn() {
	server := httptest.NewServer(websocket.Handler(func(ctx context.Context, c *websocket.Conn) error {
		n := websocket.NetConn(c, websocket.Binary)
		name, err := bufio.NewReader(n).ReadString('\n')
		if err != nil {
			return err
		}
		fmt.Fprintf(n, "220 hello %s", name)
		return nil
	}))
	defer server.Close()

	n := websocket.NetConn(dial(server), websocket.Binary)
	fmt.Fprintln(n, "client.example")
	answer, err := io.ReadAll(n) // until the server closes
	fmt.Printf("%q %v\n", answer, err)
	// Output: "220 hello client.example\n" <nil>
}

// Hooks feed metrics.
func ExampleHooks() {
	closed := make(chan error, 1)
	o := &websocket.AcceptOptions{Options: websocket.Options{Hooks: &websocket.Hooks{
		Opened:  func(*websocket.Conn) { fmt.Println("opened") },
		Refused: func(label string, _ error) { fmt.Println("refused:", label) },
		Closed:  func(_ *websocket.Conn, err error) { closed <- err },
	}}}
	server := httptest.NewServer(o.Handler(echoes))
	defer server.Close()

	foreign := &websocket.DialOptions{Header: http.Header{"Origin": {"https://elsewhere.example"}}}
	websocket.Dial(context.Background(), wsURL(server), foreign)
	dial(server).Close(context.Background(), 4000, "done")
	fmt.Println(<-closed)
	// Output:
	// refused: origin
	// opened
	// websocket: closed by peer: 4000: "done"
}

func ExampleConn_Ping() {
	server := httptest.NewServer(websocket.Handler(echoes))
	defer server.Close()
	c := dial(server)
	defer c.CloseNow()

	rtt, err := c.Ping(context.Background())
	fmt.Println(rtt > 0, err)
	// Output: true <nil>
}

func ExampleConn_WriteJSON() {
	server := httptest.NewServer(websocket.Handler(echoes))
	defer server.Close()
	c := dial(server)
	defer c.CloseNow()

	type point struct{ X, Y int }
	var p point
	err := c.WriteJSON(context.Background(), point{3, 4})
	fmt.Println(errors.Join(err, c.ReadJSON(context.Background(), &p)), p)
	// Output: <nil> {3 4}
}

// CloseRead is for an application that only writes.
func ExampleConn_CloseRead() {
	server := httptest.NewServer(websocket.Handler(func(ctx context.Context, c *websocket.Conn) error {
		gone := c.CloseRead(ctx)
		for i := 0; gone.Err() == nil; i++ {
			if err := c.Write(gone, websocket.Text, fmt.Append(nil, "tick ", i)); err != nil {
				return err
			}
		}
		return nil
	}))
	defer server.Close()

	c := dial(server)
	_, p, err := c.Read(context.Background())
	fmt.Println(string(p), err)
	c.CloseNow()
	// Output: tick 0 <nil>
}

func ExampleCloseStatus() {
	server := httptest.NewServer(websocket.Handler(func(context.Context, *websocket.Conn) error {
		return errors.New("the details stay here")
	}))
	defer server.Close()

	_, _, err := dial(server).Read(context.Background())
	fmt.Println(websocket.CloseStatus(err) == websocket.StatusInternalError)
	// Output: true
}

func wsURL(s *httptest.Server) string { return "ws" + strings.TrimPrefix(s.URL, "http") }

func dial(s *httptest.Server) *websocket.Conn {
	c, err := websocket.Dial(context.Background(), wsURL(s), nil)
	if err != nil {
		panic(err)
	}
	return c
}

func echoes(ctx context.Context, c *websocket.Conn) error {
	return c.ReadEach(ctx, func(typ websocket.MessageType, p []byte) error { return c.Write(ctx, typ, p) })
}
