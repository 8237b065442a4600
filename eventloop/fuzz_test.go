package eventloop

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/rawpeer"
)

// FuzzLoop has a script drive a whole loop: peers that come and go, send any
// octets in any pieces, read or do not, and time that passes. The loop must never
// panic nor spin, must send nothing but good HTTP and good frames, and must be
// empty in the end.
func FuzzLoop(f *testing.F) {
	wire := rawpeer.Octets(rawpeer.Text("hello"), rawpeer.Ping("p"), rawpeer.Binary("x").Unfinished(), rawpeer.Continuation("y"), rawpeer.Close(1000, ""))
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, wire)
	f.Add([]byte{0, 11, 1, 0, 11, 1, 5, 20, 4, 0, 4, 255, 2, 0, 6, 0}, wire)
	f.Add([]byte{0, 0, 0, 2, 4, 5, 5, 5, 7, 40, 7, 200, 8, 8, 10, 10}, bytes.Repeat(rawpeer.Octets(rawpeer.Ping("flood")), 50))
	f.Add([]byte{0, 3, 6, 60, 3, 3, 9, 9, 7, 1, 3}, rawpeer.Octets(rawpeer.Text("no UTF-8 \xff")))
	f.Fuzz(func(t *testing.T, script, wire []byte) {
		if len(script) > 200 || len(wire) > 4<<10 {
			t.Skip("long scripts show nothing that short ones do not")
		}
		play(t, script, wire)
	})
}

// play runs a script: each octet is a step of one of three peers.
func play(t *testing.T, script, wire []byte) {
	w := newLogged(t, &Options{MaxMessage: 2000, MaxControlRate: 100, Queue: Queue{MaxBytes: 3000, Policy: Policy(len(script) % 2)}})
	h := &w.loop.set.handler
	var open []Conn
	h.OnOpen = func(c Conn) {
		open = append(open, c)
		c.Subscribe("topic")
	}
	h.OnMessage = func(c Conn, m MessageType, p []byte) {
		c.Write(m, p)
		if len(p)%3 == 0 {
			c.Publish("topic", m, p)
		}
		if len(p) == 5 && !c.Unsubscribe("topic") {
			c.Subscribe("topic")
		}
		for _, other := range open { // those that are gone too
			other.Write(m, p)
		}
	}
	var peers [3]*tester
	for i, step := range script {
		k := int(step) % len(peers)
		p := peers[k]
		if p == nil {
			p = w.dial()
			peers[k] = p
			p.Write([]byte(request))
		}
		switch arg := i * 37; step / 3 % 12 {
		case 0:
			p.Write(wire)
		case 1:
			from := arg % (len(wire) + 1)
			p.Write(wire[:from])
			p.Write(wire[from:])
		case 2:
			p.SetRoom(arg % 300)
		case 3:
			p.SetRoom(-1)
		case 4:
			p.in.Write(p.Read())
		case 5:
			p.CloseWrite()
		case 6:
			p.Reset()
		case 7:
			w.advance(time.Duration(step) * 100 * time.Millisecond)
		case 8:
			for _, c := range open {
				c.Send(Binary, wire)
			}
		case 9:
			if len(open) > 0 {
				open[arg%len(open)].Do(func(c Conn) { c.Close(1001, "") })
			}
		case 10:
			p.in.Write(p.Read())
			p.judge()
			peers[k] = nil
			p.Reset()
		case 11:
			w.loop.turn(0)
		}
		if step%4 == 0 {
			w.settle()
		}
	}
	w.settle()
	for _, p := range peers {
		if p != nil {
			p.in.Write(p.Read())
			p.judge()
			p.Reset()
		}
	}
	w.advance(time.Minute)
	if n := w.loop.slots.n; n != 0 {
		t.Errorf("%d connections are left", n)
	}
	if w.loop.stats.Panics != 0 {
		t.Error(w.log)
	}
}

// judge wants whatever has come to be the head of a response and frames, as far
// as it has come.
func (p *tester) judge() {
	p.w.Helper()
	head, frames, whole := bytes.Cut(p.in.Bytes(), []byte("\r\n\r\n"))
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 ")[:min(9, len(head))]) {
		p.w.Errorf("answered %q", head)
	}
	if !whole || !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) {
		return
	}
	in := rawpeer.Reader{R: bytes.NewReader(frames)}
	for {
		_, err := in.Next()
		if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
			return
		}
		if err != nil {
			p.w.Error(err)
			return
		}
	}
}
