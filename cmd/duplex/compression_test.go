package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/duplexws/duplex/websocket"
)

// Each word of --compression comes to what it says, as a client sees it.
func TestCompression(t *testing.T) {
	for word, want := range map[string]string{
		"off":       "none",
		"stateless": "send alone, receive alone",
		"history":   "send on, receive on",
		"takeover":  "send on, receive on",
	} {
		flag := newCompression()
		if err := flag.Set(word); err != nil {
			t.Fatal(err)
		}
		accept := &websocket.AcceptOptions{Options: websocket.Options{Deflate: flag.options()}}
		ts := httptest.NewServer(accept.Handler(func(ctx context.Context, c *websocket.Conn) error {
			return c.ReadEach(ctx, func(typ websocket.MessageType, p []byte) error { return c.Write(ctx, typ, p) })
		}))
		client := &websocket.DeflateOptions{Send: websocket.DeflateTakeover, Receive: websocket.DeflateTakeover}
		c, err := websocket.Dial(t.Context(), "ws"+ts.URL[4:], &websocket.DialOptions{Options: websocket.Options{Deflate: client}})
		if err != nil {
			t.Fatal(err)
		}
		got := "none"
		if agreed, ok := c.Deflate(); ok {
			got = strings.NewReplacer("true", "on", "false", "alone").Replace(
				fmt.Sprintf("send %v, receive %v", agreed.Send.Takeover, agreed.Receive.Takeover))
		}
		if got != want {
			t.Errorf("--compression %s: %s, want %s", word, got, want)
		}
		c.CloseNow()
		ts.Close()
	}
	flag := newCompression()
	if flag.Set("gzip") == nil {
		t.Error("--compression gzip is no mistake")
	}
}
