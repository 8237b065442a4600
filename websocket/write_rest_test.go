package websocket

import (
	"bytes"
	"context"
	"errors"
	"net"
	"testing"

	"github.com/duplexws/duplex/protocol"
)

// What is left of a masked message whose write was cancelled follows whole,
// though the piece that was under way was taken over in full.
func TestCancelledWriteKeepsItsRest(t *testing.T) {
	a, b := net.Pipe()
	defer b.Close()
	c := newConn(newSettings(protocol.Client, &Options{PingInterval: -1}), a, "")
	defer c.CloseNow()
	ctx, cancel := context.WithCancel(context.Background())
	s := &takingStream{stream: c.stream, cancel: cancel}
	c.stream = s
	c.flags.set(hasWriter) // no goroutine writes the rest before the next Write
	defer c.flags.clear(hasWriter)

	first := bytes.Repeat([]byte("first message "), 10_000)
	var partial *PartialWriteError
	if err := c.Write(ctx, Binary, first); !errors.As(err, &partial) {
		t.Fatalf("the cancelled write: %v, want a PartialWriteError", err)
	}
	if err := c.Write(context.Background(), Binary, []byte("after")); err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]byte{first, []byte("after")} {
		if got := s.message(); !bytes.Equal(got, want) {
			t.Errorf("message %d: %d octets, want %d octets of its own", i, len(got), len(want))
		}
	}
}

// takingStream takes its first write over in full and is woken all the same, as
// TLS may be.
type takingStream struct {
	stream
	cancel func()
	taken  bool
	wire   []byte
	in     protocol.In
}

func (s *takingStream) Write(head, tail []byte, wait bool) (int, error) {
	if !s.taken && !wait {
		return 0, errAgain
	}
	s.wire = append(append(s.wire, head...), tail...)
	if !s.taken {
		s.taken = true
		s.cancel()
		return len(head) + len(tail), errWoken
	}
	return len(head) + len(tail), nil
}

// message returns the next message on the wire, as a server reads it.
func (s *takingStream) message() (m []byte) {
	cfg := protocol.NewConfig(protocol.Server, nil)
	var ev protocol.Event
	for {
		s.wire = s.in.Feed(cfg, 1, s.wire, &ev)
		if ev.Kind != protocol.Data {
			return m
		}
		if m = append(m, ev.Payload...); ev.Last {
			return m
		}
	}
}
