package e2e

import (
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// A player does steps on a connection of one implementation. Its calls end
// within patience, with a closeError when the other side has closed, and with
// errEnded when the transport has ended without that.
type player interface {
	// send sends a message. between, if not nil, is called behind its first
	// fragment.
	send(m outgoing, between func() error) error
	receive() (sight, []byte, error)
	// ping waits for the pong, and returns the sight of it.
	ping(payload []byte) (sight, error)
	// close does the closing handshake, and returns the sight of the answer.
	close(code int, reason string) sight
	// drop ends the transport without a Close frame.
	drop()
	// end is called last.
	end()
}

// outgoing is a message to send, in so many fragments.
type outgoing struct {
	typ    string
	raw    bool // not compressed, if that can be chosen
	pieces [][]byte
}

// A prober does the steps that only some implementations can.
type prober interface {
	probe(s step) (sight, error)
}

// closeError is a Close frame of the other side.
type closeError struct {
	code   int
	reason string
}

func (e *closeError) Error() string { return fmt.Sprintf("closed with %d %q", e.code, e.reason) }

var errEnded = errors.New("the transport has ended")

// play does the steps, waits for the end, and returns what was seen.
func play(p player, steps []step) (seen []sight) {
	defer p.end()
	for _, s := range append(steps[:len(steps):len(steps)], receives) {
		switch s.Do {
		case "close":
			return append(seen, p.close(s.Code, s.Reason))
		case "drop":
			p.drop()
			return append(seen, ended())
		}
		more, err := do(p, s)
		seen = append(seen, more...)
		if err != nil {
			return append(seen, atEnd(err))
		}
	}
	return append(seen, failed(errors.New("a message instead of the end")))
}

func do(p player, s step) (seen []sight, err error) {
	ping := func() error {
		answer, err := p.ping(s.pingPayload())
		if err == nil {
			seen = append(seen, answer)
		}
		return err
	}
	switch s.Do {
	case "send":
		if !s.Ping {
			return nil, p.send(s.outgoing(), nil)
		}
		err = p.send(s.outgoing(), ping)
	case "receive":
		var m sight
		if m, _, err = p.receive(); err == nil {
			seen = append(seen, m)
		}
	case "ping":
		err = ping()
	case "echo":
		for err == nil {
			err = echoOne(p)
		}
	default:
		prober, ok := p.(prober)
		if !ok {
			return seen, fmt.Errorf("unknown step %q", s.Do)
		}
		var probed sight
		if probed, err = prober.probe(s); err == nil {
			seen = append(seen, probed)
		}
	}
	return seen, err
}

func echoOne(p player) error {
	m, data, err := p.receive()
	if err != nil {
		return err
	}
	return p.send(outgoing{typ: m.Type, pieces: [][]byte{data}}, nil)
}

// atEnd is the sight that an error stands for.
func atEnd(err error) sight {
	var c *closeError
	switch {
	case errors.As(err, &c):
		return closed(c.code, c.reason)
	case errors.Is(err, errEnded):
		return ended()
	}
	return failed(err)
}

// An inbox is what an implementation's reader has received, for the player.
type inbox struct {
	messages chan received
	pongs    chan []byte
	gone     chan struct{} // closed when the player has ended
	done     chan struct{} // closed when err is set, behind the last message
	err      error
}

type received struct {
	typ  string
	data []byte
}

func newInbox() *inbox {
	return &inbox{messages: make(chan received), pongs: make(chan []byte, 1), gone: make(chan struct{}), done: make(chan struct{})}
}

// put adds a message, and waits until it is taken.
func (b *inbox) put(typ string, data []byte) {
	select {
	case b.messages <- received{typ, data}:
	case <-b.gone:
	}
}

// ponged adds a pong.
func (b *inbox) ponged(payload []byte) {
	select {
	case b.pongs <- append([]byte{}, payload...):
	case <-b.gone:
	}
}

// finish tells why the reader has ended.
func (b *inbox) finish(err error) {
	b.err = err
	close(b.done)
}

var errPatience = errors.New("nothing comes")

func (b *inbox) receive() (sight, []byte, error) {
	select {
	case m := <-b.messages:
		return message(m.typ, m.data), m.data, nil
	case <-b.done:
		return sight{}, nil, b.err
	case <-time.After(patience):
		return sight{}, nil, errPatience
	}
}

func (b *inbox) pong() ([]byte, error) {
	select {
	case p := <-b.pongs:
		return p, nil
	case <-b.done:
		return nil, b.err
	case <-time.After(patience):
		return nil, errPatience
	}
}

// ponged is the sight of what pong returns.
func ponged(payload []byte, err error) (sight, error) {
	return pong(hex.EncodeToString(payload)), err
}

// answer waits for the end behind a Close frame of one's own.
func (b *inbox) answer() sight {
	for {
		_, _, err := b.receive()
		if err == nil {
			continue
		}
		var c *closeError
		if errors.As(err, &c) {
			return answered(c.code)
		}
		return failed(err)
	}
}

// end waits for the reader, once the transport has been closed.
func (b *inbox) end() {
	close(b.gone)
	<-b.done
}
