package eventloop

import (
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/rawpeer"
)

func TestConversation(t *testing.T) {
	w := newLogged(t, nil)
	p := w.connect()
	w.wantLog("open")
	p.send(rawpeer.Text("hello"), rawpeer.Binary("\x00\xff"))
	p.want(text("hello"), binary("\x00\xff"))
	p.send(rawpeer.Text("frag").Unfinished())
	p.want()
	p.send(rawpeer.Ping("now?"))
	p.want(pong("now?"))
	p.send(rawpeer.Continuation("ment"))
	p.want(text("fragment"))
	w.wantLog(`text "hello"`, `binary "\x00\xff"`, `text "fragment"`)

	p.send(rawpeer.Close(4001, "bye"))
	p.wantEnd(closing(4001, ""))
	w.wantLog(`close: peer 4001 "bye"`)
	if p.Closed() {
		t.Error("the transport is closed before the peer has ended its half")
	}
	p.CloseWrite()
	w.settle()
	p.wantClosed()
	if n := w.server.Conns(); n != 0 {
		t.Errorf("%d connections are left", n)
	}
}

// Whatever comes glued behind the request is fed once.
func TestFramesBehindRequest(t *testing.T) {
	w := newLogged(t, nil)
	p := w.dial()
	p.write(request + string(rawpeer.Octets(rawpeer.Text("early"), rawpeer.Text("half")))[:20])
	p.wantHead(101)
	p.want(text("early"))
	p.write(string(rawpeer.Octets(rawpeer.Text("early"), rawpeer.Text("half")))[20:])
	p.want(text("half"))
}

// Any split of what the peer sends gives the same, octet by octet too.
func TestEverySplit(t *testing.T) {
	big := strings.Repeat("0123456789abcdef", 300)
	octets := request + string(rawpeer.Octets(rawpeer.Text("a"), rawpeer.Binary(big), rawpeer.Text("x").Unfinished(),
		rawpeer.Ping("p"), rawpeer.Continuation(""), rawpeer.Close(1000, "")))
	want := []rawpeer.Event{text("a"), binary(big), pong("p"), text("x"), closing(1000, "")}
	split := func(cuts ...int) {
		w := newLogged(t, nil)
		p := w.dial()
		from := 0
		for _, cut := range append(cuts, len(octets)) {
			p.write(octets[from:cut])
			from = cut
		}
		p.wantHead(101)
		p.wantEnd(want...)
	}
	for i := 0; i < len(octets); i += 1 + i/600*37 {
		split(i)
	}
	var all []int
	for i := range octets {
		all = append(all, i)
	}
	split(all...)
}

// A connection gets one write for all that one read has brought.
func TestRepliesAreCorked(t *testing.T) {
	w := newWorld(t, &Handler{OnMessage: echo}, nil)
	p := w.connect()
	var frames []rawpeer.Frame
	var want []rawpeer.Event
	for range 100 {
		frames, want = append(frames, rawpeer.Text("message")), append(want, text("message"))
	}
	before := w.net.Calls
	p.send(frames...)
	p.want(want...)
	if got := w.net.Calls; got.Write != before.Write+1 || got.Read != before.Read+1 || got.Control != before.Control {
		t.Errorf("from %+v to %+v", before, got)
	}
}

// Large replies go out from where they were received, in one write too.
func TestLargeRepliesAreLent(t *testing.T) {
	w := newWorld(t, &Handler{OnMessage: echo}, nil)
	p := w.connect()
	a, b := strings.Repeat("a", 20_000), strings.Repeat("b", 30_000)
	before := w.net.Calls.Write
	p.send(rawpeer.Binary(a), rawpeer.Text("small"), rawpeer.Binary(b), rawpeer.Binary(a))
	p.want(binary(a), text("small"), binary(b), binary(a))
	if n := w.net.Calls.Write - before; n != 1 {
		t.Errorf("%d writes", n)
	}
	huge := strings.Repeat("0123456789abcdef", 200_000) // in several reads
	p.w.loop.set.Endpoint.cfg = p.w.loop.set.Endpoint.cfg.WithMaxMessage(8 << 20)
	p.send(rawpeer.Binary(huge), rawpeer.Text("behind"))
	p.want(binary(huge), text("behind"))
}

// An application may answer from memory of its own, of any size.
func TestOwnMemory(t *testing.T) {
	reply := make([]byte, 200_000)
	w := newWorld(t, &Handler{OnMessage: func(c Conn, _ MessageType, p []byte) {
		n := int(p[0]) * 1000
		for i := range reply[:n] {
			reply[i] = p[1]
		}
		if err := c.Write(Binary, reply[:n]); err != nil {
			t.Error(err)
		}
		clear(reply) // it is ours again
	}}, nil)
	p := w.connect()
	for _, room := range []int{-1, 500} {
		p.SetRoom(room)
		p.send(rawpeer.Binary("\x01x"), rawpeer.Binary("\x64y"), rawpeer.Binary("\x14z"))
		for range 2000 {
			p.in.Write(p.Read())
			w.settle()
		}
		p.want(binary(strings.Repeat("x", 1000)), binary(strings.Repeat("y", 100_000)), binary(strings.Repeat("z", 20_000)))
	}
}

func TestWriteErrors(t *testing.T) {
	var errs []error
	w := newWorld(t, &Handler{OnMessage: func(c Conn, _ MessageType, p []byte) {
		errs = append(errs, c.Write(Text, []byte("\xff")), c.Write(9, nil), c.Close(1006, ""), c.Close(1000, strings.Repeat("x", 124)))
		c.Write(Text, []byte("last"))
		c.Close(1000, "")
		errs = append(errs, c.Write(Text, p), c.Close(1000, ""))
	}}, nil)
	p := w.connect()
	p.send(rawpeer.Text("go"))
	p.want(text("last"), closing(1000, ""))
	var got []string
	for _, err := range errs {
		got = append(got, err.Error())
	}
	want := []string{
		"websocket: a text message must be UTF-8 (send other octets as binary)",
		"websocket: a message is either text or binary",
		"websocket: this status code may not be sent (use 1000-1003, 1007-1014 or 3000-4999)",
		"websocket: a close reason must be UTF-8 of at most 123 octets, behind a status code",
		"websocket: connection closed",
		"websocket: connection closed",
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
}

// No connection does more in a turn than its share, and none is forgotten.
func TestFairness(t *testing.T) {
	w := newWorld(t, &Handler{OnMessage: echo}, nil)
	greedy, other := w.connect(), w.connect()
	const n = 20 * turnMessages
	greedy.Write(rawpeer.Octets(repeat(rawpeer.Text("x"), n)...))
	other.Write(rawpeer.Octets(rawpeer.Text("me too")))
	w.loop.turn(0)
	other.want(text("me too"))
	if got := w.loop.stats.MessagesIn; got != turnMessages+1 {
		t.Errorf("%d messages in one turn", got)
	}
	w.settle()
	greedy.in.Write(greedy.Read())
	for i := range n {
		if e, err := greedy.seq.Next(); err != nil || e != text("x") {
			t.Fatal(i, e, err)
		}
	}
}

func repeat(f rawpeer.Frame, n int) (frames []rawpeer.Frame) {
	for range n {
		frames = append(frames, f)
	}
	return frames
}

func TestPanic(t *testing.T) {
	for _, where := range []string{"upgrade", "open", "message", "drain", "close"} {
		t.Run(where, func(t *testing.T) {
			w := newLogged(t, nil)
			armed := false
			boom := func(at string) {
				if armed && at == where {
					panic("boom")
				}
			}
			h := &w.loop.set.handler
			logged := *h
			h.OnUpgrade = func(*Upgrade) error { boom("upgrade"); return nil }
			h.OnOpen = func(c Conn) { logged.OnOpen(c); boom("open") }
			h.OnMessage = func(c Conn, m MessageType, p []byte) { c.Write(m, p); boom("message") }
			h.OnDrain = func(Conn) { boom("drain") }
			h.OnClose = func(c Conn, err error) { logged.OnClose(c, err); boom("close") }
			bystander := w.connect()
			w.wantLog("open")
			armed = true
			p := w.dial()
			p.write(request)
			switch where {
			case "upgrade":
				p.wantClosed()
				w.wantLog("panic: boom")
			case "open":
				p.in.Write(p.Read())
				w.wantLog("open", "panic: boom", "close: panic")
			case "message":
				p.wantHead(101)
				p.send(rawpeer.Text("x"))
				p.wantEnd(closing(1011, ""))
				w.wantLog("open", "panic: boom", "close: panic")
			case "drain":
				p.wantHead(101)
				p.SetRoom(1)
				p.send(rawpeer.Text("x"))
				for range 10 {
					p.in.Write(p.Read())
					w.settle()
				}
				p.wantEnd(text("x"), closing(1011, ""))
				w.wantLog("open", "panic: boom", "close: panic")
			case "close":
				p.wantHead(101)
				p.send(rawpeer.Close(1000, ""))
				p.wantEnd(closing(1000, ""))
				w.wantLog("open", `close: peer 1000 ""`, "panic: boom")
			}
			armed = false
			bystander.send(rawpeer.Text("still here"))
			bystander.want(text("still here"))
			if n := w.loop.stats.Panics; n != 1 {
				t.Errorf("%d panics counted", n)
			}
		})
	}
}
