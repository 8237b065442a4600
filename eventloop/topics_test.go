package eventloop

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/rawpeer"
)

// chat is an application whose peers say what to do with topics.
func chat(t *testing.T, o *Options) *world {
	w := newLogged(t, o)
	w.loop.set.handler.OnMessage = func(c Conn, m MessageType, p []byte) {
		verb, rest, _ := strings.Cut(string(p), " ")
		name, what, _ := strings.Cut(rest, " ")
		switch verb {
		case "sub":
			c.Write(Text, fmt.Appendf(nil, "sub %t", c.Subscribe(name)))
		case "unsub":
			c.Write(Text, fmt.Appendf(nil, "unsub %t", c.Unsubscribe(name)))
		case "pub":
			if err := c.Loop().Publish(name, Text, []byte(what)); err != nil {
				c.Write(Text, []byte(err.Error()))
			}
		case "others":
			c.Publish(name, Text, []byte(what))
		case "say":
			c.Write(Text, []byte(rest))
		case "close":
			c.Close(1000, "")
		}
	}
	return w
}

func (p *tester) say(lines ...string) {
	p.w.Helper()
	var frames []rawpeer.Frame
	for _, line := range lines {
		frames = append(frames, rawpeer.Text(line))
	}
	p.send(frames...)
}

func TestPublish(t *testing.T) {
	w := chat(t, nil)
	a, b, c := w.connect(), w.connect(), w.connect()
	a.say("sub x", "sub x", "sub y")
	b.say("sub x")
	a.want(text("sub true"), text("sub false"), text("sub true"))
	b.want(text("sub true"))
	before := w.net.Calls.Write
	c.say("pub x 1", "pub x 2", "pub y 3", "pub z nobody")
	a.want(text("1"), text("2"), text("3"))
	b.want(text("1"), text("2"))
	c.want()
	if n := w.net.Calls.Write - before; n > 3 {
		t.Errorf("%d writes for two subscribers of two topics", n)
	}
	a.say("unsub x", "unsub x", "unsub nothing")
	a.want(text("unsub true"), text("unsub false"), text("unsub false"))
	w.server.Publish("x", Binary, []byte("from afar"))
	w.settle()
	a.want()
	b.want(binary("from afar"))
	c.say("pub x \xff")
	c.wantEnd(closing(1007, "text is not UTF-8"))
}

// A message goes to those who were subscribed when it was published, in order
// with what is written to them.
func TestOrderOfPublishing(t *testing.T) {
	w := chat(t, nil)
	a, b := w.connect(), w.connect()
	a.say("sub x", "pub x 1", "say 2", "pub x 3", "others x 4", "unsub x", "pub x 5", "sub x", "pub x 6")
	a.want(text("sub true"), text("1"), text("2"), text("3"), text("unsub true"), text("sub true"), text("6"))
	b.say("sub x")
	b.want(text("sub true"))
	a.say("others x 1", "pub x 2", "others x 3", "close", "pub x 4")
	a.want(text("2"), closing(1000, ""))
	b.want(text("1"), text("2"), text("3"))
}

// A subscriber that reads slowly gets everything, or is treated by the policy.
func TestSlowSubscriber(t *testing.T) {
	w := chat(t, &Options{Queue: Queue{MaxBytes: 5000}})
	slow, fast, loud := w.connect(), w.connect(), w.connect()
	slow.say("sub x")
	fast.say("sub x")
	slow.want(text("sub true"))
	fast.want(text("sub true"))
	slow.SetRoom(100)
	m := strings.Repeat("m", 900)
	var want []rawpeer.Event
	for range 5 {
		loud.say("pub x " + m)
		want = append(want, text(m))
	}
	fast.want(want...)
	for range 100 {
		slow.in.Write(slow.Read())
		w.settle()
	}
	slow.want(want...)
	w.log = nil
	for range 10 {
		loud.say("pub x " + m)
	}
	fast.want(slices.Concat(want, want)...)
	slow.wantClosed()
	w.wantLog("close: slow")
}

// Much that is published in one turn is sent before it is all gathered, to the
// publisher too.
func TestMuchIsPublished(t *testing.T) {
	w := chat(t, nil)
	a, b := w.connect(), w.connect()
	for _, p := range []*tester{a, b} {
		p.say("sub x")
		p.want(text("sub true"))
	}
	var lines []string
	var want []rawpeer.Event
	for i := range 20 {
		m := strings.Repeat(string(rune('a'+i)), 10_000*(1+i%9))
		lines, want = append(lines, "pub x "+m), append(want, text(m))
	}
	a.say(lines...)
	a.want(want...)
	b.want(want...)
}

// Topics and subscriptions leave nothing behind.
func TestTopicsAreForgotten(t *testing.T) {
	w := chat(t, nil)
	for round := range 3 {
		var peers []*tester
		for i := range 20 {
			p := w.connect()
			p.say(fmt.Sprint("sub x", i%3), "sub common", fmt.Sprint("pub x", i%3, " hello"))
			peers = append(peers, p)
		}
		for i, p := range peers {
			if i%2 == 0 {
				p.say("unsub common")
			}
			if i%3 == 0 {
				p.say("pub common last", "unsub common")
			}
			p.Reset()
			w.settle()
		}
		if n := &w.loop.topics; len(n.named) != 0 || len(n.free) != 4 || len(n.freeSubs) != len(n.subs)-1 {
			t.Errorf("round %d: %d topics, %d free, %d subscriptions of %d free", round, len(n.named), len(n.free), len(n.freeSubs), len(n.subs)-1)
		}
	}
}

func TestPublishErrors(t *testing.T) {
	w := chat(t, nil)
	if err := w.server.Publish("x", Text, []byte("\xff")); err == nil {
		t.Error("no error")
	}
	if err := w.loop.Publish("x", 9, nil); err == nil {
		t.Error("no error")
	}
	big := make([]byte, maxInbox)
	if err := w.server.Publish("x", Binary, big); err != nil {
		t.Error(err)
	}
	if err := w.server.Publish("x", Binary, big); err != ErrOverloaded {
		t.Error(err)
	}
	w.settle()
	if err := w.server.Publish("x", Binary, big); err != nil {
		t.Error(err)
	}
	w.loop.stop()
	if err := w.server.Publish("x", Binary, nil); err != ErrClosed {
		t.Error(err)
	}
}
