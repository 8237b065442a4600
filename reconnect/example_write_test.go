package reconnect_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/duplexws/duplex/reconnect"
	"github.com/duplexws/duplex/websocket"
)

// serveEcho is a server that answers so many messages, and then says goodbye.
func serveEcho(messages int32) *httptest.Server {
	var count atomic.Int32
	return httptest.NewServer(websocket.Handler(func(ctx context.Context, c *websocket.Conn) error {
		for m, err := range c.Messages(ctx) {
			if err != nil {
				return err
			}
			if err := c.Write(ctx, m.Type, fmt.Appendf(nil, "%s to you", m.Data)); err != nil {
				return err
			}
			if count.Add(1) == messages {
				break
			}
		}
		return nil
	}))
}

// The body reads, and a goroutine of its own writes what comes from elsewhere. It
// ends with the body, so that no two of them take from lines. A line whose Write
// fails is lost here: who needs it keeps it for the next connection.
func ExampleDial_readAndWrite() {
	server := serveEcho(3)
	defer server.Close()
	url := "ws" + strings.TrimPrefix(server.URL, "http")

	lines := make(chan string)
	go func() {
		for _, line := range []string{"hello", "hello again", "goodbye"} {
			lines <- line
		}
	}()

	ctx := context.Background()
	for conn, err := range reconnect.Dial(ctx, url, nil) {
		if err != nil {
			fmt.Println("for good:", err)
			return
		}
		var writer sync.WaitGroup
		reading, stop := context.WithCancel(ctx)
		writer.Go(func() {
			for {
				select {
				case line := <-lines:
					if conn.Write(reading, websocket.Text, []byte(line)) != nil {
						return // the reader is told as well
					}
				case <-reading.Done():
					return
				}
			}
		})
		for m, err := range conn.Messages(ctx) {
			if err != nil {
				break
			}
			fmt.Printf("%s\n", m.Data)
		}
		stop()
		writer.Wait()
	}
	// Output:
	// hello to you
	// hello again to you
	// goodbye to you
}

// Goroutines outside of the loop take the connection that there is, or wait for
// the next one. Who gets one that is just ending is told so by Write.
func ExampleDial_currentConnection() {
	server := serveEcho(3)
	defer server.Close()
	url := "ws" + strings.TrimPrefix(server.URL, "http")

	ctx := context.Background()
	current := make(chan *websocket.Conn)
	send := func(text string) error {
		select {
		case conn := <-current:
			return conn.Write(ctx, websocket.Text, []byte(text))
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	var senders sync.WaitGroup
	for i := range 3 {
		senders.Go(func() { send(fmt.Sprint("hello from ", i)) })
	}

	for conn, err := range reconnect.Dial(ctx, url, nil) {
		if err != nil {
			fmt.Println("for good:", err)
			return
		}
		go func() {
			for {
				select {
				case current <- conn:
				case <-conn.Done(): // the loop closes it at the latest
					return
				}
			}
		}()
		for m, err := range conn.Messages(ctx) {
			if err != nil {
				break
			}
			fmt.Printf("%s\n", m.Data)
		}
	}
	senders.Wait()
	// Unordered output:
	// hello from 0 to you
	// hello from 1 to you
	// hello from 2 to you
}
