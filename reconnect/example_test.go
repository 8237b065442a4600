package reconnect_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"time"

	"github.com/duplexws/duplex/reconnect"
	"github.com/duplexws/duplex/websocket"
)

// serveTwice is a server that restarts behind the first connection, and says
// goodbye on the second.
func serveTwice() *httptest.Server {
	var count atomic.Int32
	return httptest.NewServer(websocket.Handler(func(ctx context.Context, c *websocket.Conn) error {
		n := count.Add(1)
		if err := c.Write(ctx, websocket.Text, fmt.Append(nil, "hello ", n)); err != nil {
			return err
		}
		if n == 1 {
			return &websocket.CloseError{Code: websocket.StatusGoingAway, Reason: "restart"}
		}
		return nil
	}))
}

func ExampleDial() {
	server := serveTwice()
	defer server.Close()
	url := "ws" + strings.TrimPrefix(server.URL, "http")

	ctx := context.Background()
	for conn, err := range reconnect.Dial(ctx, url, nil) {
		if err != nil {
			fmt.Println("for good:", err)
			return
		}
		for m, err := range conn.Messages(ctx) {
			if err != nil {
				break
			}
			fmt.Printf("%s\n", m.Data)
		}
	}
	fmt.Println("the server has closed normally")
	// Output:
	// hello 1
	// hello 2
	// the server has closed normally
}

// A token is kept until the server does not take it any more. The states show what
// goes on.
func ExampleOptions_prepare() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer token 2" {
			http.Error(w, "expired", http.StatusUnauthorized)
			return
		}
		websocket.Handler(func(context.Context, *websocket.Conn) error { return nil }).ServeHTTP(w, r)
	}))
	defer server.Close()
	url := "ws" + strings.TrimPrefix(server.URL, "http")

	fetch := func(context.Context) (string, error) { return "token 2", nil } // from the application's token service
	token := "token 1"                                                       // which has expired meanwhile
	o := &reconnect.Options{
		Prepare: func(ctx context.Context, a *reconnect.Attempt) (err error) {
			if a.Renew {
				token, err = fetch(ctx)
			}
			a.Options.Header.Set("Authorization", "Bearer "+token)
			return err
		},
		OnState: func(s reconnect.State) {
			if s.Phase == reconnect.Waiting {
				fmt.Println("waiting:", s.Err)
				return
			}
			fmt.Println(s.Phase)
		},
		MinBackoff: time.Millisecond,
	}
	ctx := context.Background()
	for conn, err := range reconnect.Dial(ctx, url, o) {
		if err != nil {
			fmt.Println("for good:", err)
			return
		}
		conn.Read(ctx)
	}
	// Output:
	// connecting
	// waiting: websocket: opening handshake: the server answered with status 401 Unauthorized: "expired\n"
	// connecting
	// connected
	// ended
}

// An application that knows what its own close codes mean says so, and leaves
// the rest to Classify.
func ExampleClassify() {
	const (
		banned websocket.StatusCode = 4001
		moving websocket.StatusCode = 4002
	)
	classify := func(err error) reconnect.Verdict {
		switch websocket.CloseStatus(err) {
		case banned:
			return reconnect.Verdict{Action: reconnect.Fail}
		case moving:
			return reconnect.Verdict{After: time.Minute, Jitter: time.Minute}
		}
		return reconnect.Classify(err)
	}
	o := &reconnect.Options{Classify: classify}

	fmt.Printf("%+v\n", o.Classify(&websocket.CloseError{Code: moving}))
	fmt.Printf("%+v\n", o.Classify(&websocket.CloseError{Code: websocket.StatusServiceRestart}))
	fmt.Printf("%+v\n", o.Classify(&websocket.RefusedError{Status: http.StatusForbidden}))
	// Output:
	// {Action:retry After:1m0s Jitter:1m0s}
	// {Action:retry After:5s Jitter:25s}
	// {Action:fail After:0s Jitter:0s}
}

// A thousand clients in one process share what they may ask of a server.
func ExampleNewBudget() {
	budget := reconnect.NewBudget(100, 200) // a second; at once
	o := &reconnect.Options{Budget: budget}

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, err := range reconnect.Dial(ctx, "ws://example.com/feed", o) {
		fmt.Println(err)
	}
	// Output: context canceled
}
