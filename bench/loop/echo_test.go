//go:build linux && (amd64 || arm64)

package main

import (
	"reflect"
	"testing"

	"github.com/duplexws/duplex/protocol"
)

// A connection holds memory while a message is under way and while its echo is
// being sent, not behind that.
func TestIdleHoldsNothing(t *testing.T) {
	e := newEcho()
	for _, size := range []int{0, 5, 200, 5_000, 100_000, 3_000_000} {
		for _, reads := range []int{1, 2, 3, 7} {
			c := &conn{}
			l := &loop{Cork: make([]byte, 0, 64<<10)}
			wire := clientMessage(t, size)
			for i := range reads {
				receive(t, e, l, c, wire[i*len(wire)/reads:(i+1)*len(wire)/reads])
			}
			if size >= large && reads > 1 && reflect.DeepEqual(c.State.lent, protocol.Assembler{}) {
				t.Errorf("%d octets in %d reads: the echo is not lent", size, reads)
			}
			e.Sent(c)
			if !reflect.DeepEqual(c.State.asm, protocol.Assembler{}) || !reflect.DeepEqual(c.State.lent, protocol.Assembler{}) || c.Into != nil {
				t.Errorf("%d octets in %d reads: memory is held", size, reads)
			}
			if in := &c.State.in; in.InMessage() || in.Remaining() != 0 || in.Offset() != uint64(len(wire)) {
				t.Errorf("%d octets in %d reads: not idle", size, reads)
			}
			if !reflect.ValueOf(c.State.in).FieldByName("part").IsNil() {
				t.Errorf("%d octets in %d reads: a part of a header is held", size, reads)
			}
		}
	}
}

// receive does what the loop does with p: it goes where the handler wants it.
func receive(t *testing.T, e *echo, l *loop, c *conn, p []byte) {
	t.Helper()
	for len(p) > 0 {
		read := make([]byte, len(p))
		if c.Into != nil {
			read = c.Into
		}
		n := copy(read, p)
		p = p[n:]
		if !e.Feed(l, c, read[:n]) {
			t.Fatal("the handler gave up")
		}
	}
}

func clientMessage(t *testing.T, size int) []byte {
	t.Helper()
	var out protocol.Out
	wire, err := out.AppendMessage(protocol.NewConfig(protocol.Client, nil), nil, protocol.OpBinary, false, make([]byte, size))
	if err != nil {
		t.Fatal(err)
	}
	return wire
}
