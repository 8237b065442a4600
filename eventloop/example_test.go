package eventloop_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"time"

	"github.com/duplexws/duplex/eventloop"
)

// An echo server, and how it ends.
func Example() {
	server, err := eventloop.Listen("tcp", "127.0.0.1:0", &eventloop.Handler{
		OnMessage: func(c eventloop.Conn, t eventloop.MessageType, p []byte) {
			c.Write(t, p) // p is borrowed, and not even copied when it is large
		},
	}, nil)
	if err != nil {
		log.Fatal(err)
	}

	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	err = server.Drain(ctx, eventloop.StatusGoingAway, "restarting", 1000)
	fmt.Println("drained:", err)
	// Output: drained: <nil>
}

// A room: what comes from one goes to all others, on all loops.
func ExampleServer_Publish() {
	room, err := eventloop.NewEndpoint(&eventloop.Handler{
		OnOpen: func(c eventloop.Conn) { c.Subscribe("room") },
		OnMessage: func(c eventloop.Conn, t eventloop.MessageType, p []byte) {
			c.Server().Publish("room", t, p)
		},
	}, &eventloop.Options{MaxMessage: 4 << 10})
	if err != nil {
		log.Fatal(err)
	}
	server, err := eventloop.Listen("tcp", "127.0.0.1:0", nil, &eventloop.ServerOptions{
		Route: func(u *eventloop.Upgrade) *eventloop.Endpoint {
			if u.Path == "/room" {
				return room
			}
			return nil // 404
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	server.Close()
}

// What takes its time runs elsewhere, and answers by Send.
func ExampleConn_Send() {
	work := func(p []byte) []byte { return p }
	handler := &eventloop.Handler{
		OnMessage: func(c eventloop.Conn, t eventloop.MessageType, p []byte) {
			own := append([]byte(nil), p...) // p is gone when the callback returns
			go func() { c.Send(t, work(own)) }()
		},
	}
	server, err := eventloop.Listen("tcp", "127.0.0.1:0", handler, nil)
	if err != nil {
		log.Fatal(err)
	}
	server.Close()
}

// Pages, an API and WebSockets on one port.
func ExampleServer_Requests() {
	server, err := eventloop.Listen("tcp", "127.0.0.1:0", nil, nil)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	served := make(chan error)
	requests := server.Requests()
	go func() { served <- http.Serve(requests, mux) }()

	resp, err := http.Get("http://" + server.Addr().String() + "/healthz")
	if err != nil {
		log.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	fmt.Printf("%s\n", body)
	http.DefaultClient.CloseIdleConnections()
	server.Close()
	<-served
	// Output: ok
}

// A handshake that is decided by asking somebody.
func ExampleHandler_authorize() {
	users := map[string]string{"token-1": "ann"}
	handler := &eventloop.Handler{
		Authorize: func(ctx context.Context, u *eventloop.Upgrade) error {
			name, ok := users[u.Value("Authorization")]
			if !ok {
				return &eventloop.HandshakeError{Status: http.StatusUnauthorized, Reason: "unknown token"}
			}
			u.Data = name
			return nil
		},
		OnOpen: func(c eventloop.Conn) { c.Write(eventloop.Text, []byte("hello "+c.Data().(string))) },
	}
	server, err := eventloop.Listen("tcp", "127.0.0.1:0", handler, nil)
	if err != nil {
		log.Fatal(err)
	}
	server.Close()
}
