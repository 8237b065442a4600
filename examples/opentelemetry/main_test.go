package main

import (
	"strings"
	"sync"
	"testing"

	"github.com/duplexws/duplex/examples/internal/try"
	"github.com/duplexws/duplex/websocket"
)

// An output is written to by both exporters.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// The program prints the span and the metrics of a connection.
func TestProgram(t *testing.T) {
	out := new(output)
	p, err := newProviders(out)
	if err != nil {
		t.Fatal(err)
	}
	handler, err := router(p)
	if err != nil {
		t.Fatal(err)
	}
	c := try.Dial(t, try.Server(t, handler)+"/echo", nil)
	try.Answer(t, c, "hello", "hello")
	if err := c.Close(try.Context(t), websocket.StatusNormalClosure, ""); err != nil {
		t.Fatal(err)
	}
	ctx := try.Context(t)
	for !strings.Contains(out.String(), `"Name":"websocket"`) { // the server's side ends a little later
		if err := p.traces.ForceFlush(ctx); err != nil {
			t.Fatalf("%v; it printed\n%s", err, out)
		}
	}
	if err := p.shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"Name":"message"`, `"Name":"websocket.connections"`, `"Name":"websocket.messages"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is not in\n%s", want, out)
		}
	}
}
