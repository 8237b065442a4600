package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/duplexws/duplex/websocket"
)

func TestEcho(t *testing.T) {
	p := start(t, "echo", "--addr", "127.0.0.1:0")
	if !strings.HasPrefix(p.announced, "duplex echo: listening on ws://127.0.0.1:") {
		t.Errorf("it printed %q", p.announced)
	}
	for _, path := range []string{"/", "/any/path?with=query"} {
		c := p.mustDial(path)
		for _, n := range []int{0, 1, 65536, 65537, 5, 1 << 20} {
			wantEcho(t, c, websocket.Binary, bytes.Repeat([]byte{'x'}, n))
		}
		wantEcho(t, c, websocket.Text, []byte("text"))
		if err := c.Close(ctx(t), 4001, "done"); err != nil {
			t.Error(err)
		}
	}
	for _, origin := range []string{"https://anywhere.example", "null"} {
		p.url = strings.Replace(p.url, "ws", "http", 1)
		if status := p.handshake("/", origin); status != 101 {
			t.Errorf("origin %s: %d", origin, status)
		}
	}
}

func TestEchoAgreesToAnySubprotocol(t *testing.T) {
	p := start(t, "echo", "--addr", "127.0.0.1:0")
	c, err := p.dial("/", websocket.DialOptions{Subprotocols: []string{"b", "a"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Subprotocol(); got != "b" {
		t.Errorf("sub-protocol %q, want the first that was offered", got)
	}
}

func TestEchoMaxMessage(t *testing.T) {
	p := start(t, "echo", "--addr", "127.0.0.1:0", "--max-message", "1KiB")
	c := p.mustDial("/")
	wantEcho(t, c, websocket.Binary, make([]byte, 1024))
	if err := c.Write(ctx(t), websocket.Binary, make([]byte, 1025)); err != nil {
		t.Fatal(err)
	}
	wantClose(t, c, websocket.StatusMessageTooBig)
}
