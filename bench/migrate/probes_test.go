package migrate_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	coder "github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"

	duplex "github.com/duplexws/duplex/websocket"
)

// outcome is what became of a call, and of the connection behind it: "read" if
// there was no error, the status code that the peer was told, or "alive".
func outcome(peer *gorilla.Conn, result <-chan error) string {
	_, p, told := peer.ReadMessage()
	var closed *gorilla.CloseError
	switch {
	case <-result == nil:
		return "read"
	case strings.Contains(string(p), "alive"):
		return "alive"
	case errors.As(told, &closed) && closed.Code != gorilla.CloseAbnormalClosure:
		return fmt.Sprint(closed.Code)
	}
	return "dead"
}

func sends(typ int, text string) func(t *testing.T, l library) string {
	return func(t *testing.T, l library) string {
		result, over := make(chan error, 1), make(chan struct{})
		defer close(over)
		peer, _ := meet(t, l, nil, func(c conn) {
			err := c.read(ctx)
			result <- err
			if err != nil {
				<-over // a socket that is closed with input unread is reset
			}
		})
		go peer.WriteMessage(typ, []byte(text))
		return outcome(peer, result)
	}
}

func sendsNoJSON(text string) func(t *testing.T, l library) string {
	return func(t *testing.T, l library) string {
		result := make(chan error, 1)
		peer, _ := meet(t, l, nil, func(c conn) {
			var v any
			result <- c.readJSON(&v)
			c.writeJSON("alive")
		})
		peer.WriteMessage(gorilla.TextMessage, []byte(text))
		return outcome(peer, result)
	}
}

func origin(of string) func(t *testing.T, l library) string {
	return func(t *testing.T, l library) string {
		header := make(http.Header)
		if of != "" {
			header.Set("Origin", of)
		}
		_, res := meet(t, l, header, func(conn) {})
		return fmt.Sprint(res.StatusCode)
	}
}

func subprotocol(t *testing.T, l library) string {
	_, res := meet(t, l, http.Header{"Sec-Websocket-Protocol": {"CHAT"}}, func(conn) {})
	return res.Header.Get("Sec-Websocket-Protocol")
}

func cookie(t *testing.T, l library) string {
	_, res := meet(t, l, nil, func(conn) {})
	return res.Header.Get("Set-Cookie")
}

func deadline(t *testing.T, l library) string {
	result := make(chan error, 1)
	peer, _ := meet(t, l, nil, func(c conn) {
		result <- c.readUntilPing()
		if c.read(ctx) == nil {
			c.writeJSON("alive")
		}
	})
	peer.WriteControl(gorilla.PingMessage, nil, time.Now().Add(time.Minute))
	err := <-result
	result <- err
	peer.WriteMessage(gorilla.TextMessage, []byte("more"))
	return outcome(peer, result)
}

func transportEnds(t *testing.T, l library) string {
	result := make(chan error, 1)
	peer, _ := meet(t, l, nil, func(c conn) { result <- c.read(ctx) })
	peer.NetConn().Close()
	err := <-result
	switch {
	case gorilla.IsCloseError(err, gorilla.CloseAbnormalClosure), duplex.CloseStatus(err) == 1006 && errors.Is(err, duplex.ErrAbnormal):
		return "1006"
	case errors.Is(err, io.EOF) && coder.CloseStatus(err) == -1:
		return "EOF"
	}
	return fmt.Sprint(err)
}

func writtenJSON(t *testing.T, l library) string {
	peer, _ := meet(t, l, nil, func(c conn) {
		c.writeJSON(1)
		c.read(ctx)
	})
	_, p, err := peer.ReadMessage()
	if err != nil {
		t.Error(err)
	}
	return string(p)
}

func closed(t *testing.T, l library) string {
	result := make(chan error, 1)
	meet(t, l, nil, func(c conn) {
		c.close()
		result <- c.writeJSON(1)
	})
	switch err := <-result; {
	case err == nil:
		return "no error"
	case errors.Is(err, duplex.ErrClosed):
		return "ErrClosed"
	case errors.Is(err, net.ErrClosed) && l.name == "coder":
		return "net.ErrClosed"
	}
	return "other"
}

func userName(t *testing.T, l library) string {
	got := make(chan string, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header.Get("Authorization")
	}))
	defer s.Close()
	l.dial(strings.Replace(wsURL(s), "ws://", "ws://a:b@", 1))
	select {
	case value := <-got:
		return value
	default:
		return "" // no request was made
	}
}

func redirect(t *testing.T, l library) string {
	s := l.serve(t, func(conn) {})
	from := httptest.NewServer(http.RedirectHandler(s.URL, http.StatusFound))
	defer from.Close()
	status, _ := l.dial(wsURL(from))
	return fmt.Sprint(status)
}
