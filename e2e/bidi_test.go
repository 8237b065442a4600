package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/duplexws/duplex/websocket"
)

// A bidi is a session of WebDriver BiDi, which drives a browser over a
// WebSocket: https://w3c.github.io/webdriver-bidi/
type bidi struct {
	c      *websocket.Conn
	event  func(method string, params json.RawMessage)
	readOn sync.WaitGroup

	mu      sync.Mutex
	last    int
	waiting map[int]chan<- bidiMessage
	err     error // why nothing more can be called
}

// bidiMessage is what the browser sends: the result of a command, why it
// failed, or an event.
type bidiMessage struct {
	ID      int             `json:"id"`
	Result  json.RawMessage `json:"result"`
	Error   string          `json:"error"`
	Message string          `json:"message"`

	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

// dialBidi connects to a browser. event is called for each event, one at a time.
func dialBidi(ctx context.Context, url string, event func(method string, params json.RawMessage)) (*bidi, error) {
	c, err := websocket.Dial(ctx, url, &websocket.DialOptions{
		Options: websocket.Options{MaxMessage: 64 << 20}, // pictures
	})
	if err != nil {
		return nil, err
	}
	b := &bidi{c: c, event: event, waiting: make(map[int]chan<- bidiMessage)}
	b.readOn.Go(b.read)
	return b, nil
}

func (b *bidi) read() {
	for {
		var m bidiMessage
		if err := b.c.ReadJSON(context.Background(), &m); err != nil {
			b.fail(err)
			return
		}
		if m.Method != "" {
			b.event(m.Method, m.Params)
			continue
		}
		b.mu.Lock()
		answer := b.waiting[m.ID]
		delete(b.waiting, m.ID)
		b.mu.Unlock()
		if answer != nil {
			answer <- m
		}
	}
}

// fail ends the calls that wait, and those to come.
func (b *bidi) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = fmt.Errorf("the browser is gone: %w", err)
	for _, answer := range b.waiting {
		answer <- bidiMessage{Error: b.err.Error()}
	}
	b.waiting = nil
}

// params are those of a command.
type params map[string]any

// call does a command. result, if not nil, is where its result goes.
func (b *bidi) call(ctx context.Context, method string, p params, result any) error {
	answer := make(chan bidiMessage, 1)
	b.mu.Lock()
	if b.err != nil {
		b.mu.Unlock()
		return b.err
	}
	b.last++
	id := b.last
	b.waiting[id] = answer
	b.mu.Unlock()
	command := struct {
		ID     int    `json:"id"`
		Method string `json:"method"`
		Params params `json:"params"`
	}{id, method, p}
	if err := b.c.WriteJSON(ctx, command); err != nil {
		return err
	}
	select {
	case m := <-answer:
		if m.Error != "" {
			return fmt.Errorf("%s: %s: %s", method, m.Error, m.Message)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(m.Result, result)
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", method, context.Cause(ctx))
	}
}

func (b *bidi) close() {
	b.c.CloseNow()
	b.readOn.Wait()
}
