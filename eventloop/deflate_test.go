package eventloop

import (
	"bytes"
	"compress/flate"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/duplexws/duplex/internal/rawpeer"
	"github.com/duplexws/duplex/protocol"
)

// squeezed is a message that is compressed by itself.
func squeezed(op byte, s string) rawpeer.Frame {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, 9)
	io.WriteString(w, s)
	w.Flush()
	return rawpeer.NewFrame(op, strings.TrimSuffix(b.String(), "\x00\x00\xff\xff")).WithRSV(rawpeer.RSV1)
}

// unsqueezed takes apart the frames of a server that may have compressed them,
// each by itself.
func unsqueezed(t *testing.T, octets []byte) (messages []string, compressed []bool) {
	t.Helper()
	for len(octets) > 0 {
		h, n := 2, int(octets[1])
		switch n {
		case 126:
			h, n = 4, int(octets[2])<<8|int(octets[3])
		case 127:
			h, n = 10, int(octets[7])<<16|int(octets[8])<<8|int(octets[9])
		}
		first, payload := octets[0], octets[h:h+n]
		octets = octets[h+n:]
		if first&0x40 != 0 {
			r := flate.NewReader(io.MultiReader(bytes.NewReader(payload), strings.NewReader("\x00\x00\xff\xff\x01\x00\x00\xff\xff")))
			var err error
			if payload, err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
		}
		messages, compressed = append(messages, string(payload)), append(compressed, first&0x40 != 0)
	}
	return messages, compressed
}

// deflated is a connection that agreed on compressing each message by itself.
func deflated(t *testing.T, w *world) *tester {
	t.Helper()
	p := w.dial()
	p.write(with("Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover"))
	if head := p.wantHead(101); !slices.ContainsFunc(head.Fields, func(f string) bool {
		return strings.HasPrefix(f, "Sec-WebSocket-Extensions: permessage-deflate")
	}) {
		t.Fatal(head.Fields)
	}
	return p
}

func TestDeflate(t *testing.T) {
	w := newLogged(t, &Options{Deflate: &DeflateOptions{}})
	var conns []Conn
	w.loop.set.handler.OnOpen = func(c Conn) { conns = append(conns, c) }
	p, plain := deflated(t, w), w.connect()
	if agreed, ok := conns[0].Deflate(); !ok || agreed.Send.Takeover {
		t.Error(agreed, ok)
	}
	if _, ok := conns[1].Deflate(); ok {
		t.Error("agreed though nothing was offered")
	}
	long := strings.Repeat("compressible ", 20_000)
	random := strings.Repeat("x", 10)
	p.send(squeezed(rawpeer.OpText, long), squeezed(rawpeer.OpBinary, random), rawpeer.Text(long))
	messages, compressed := unsqueezed(t, p.Read())
	if !slices.Equal(messages, []string{long, random, long}) || !slices.Equal(compressed, []bool{true, false, true}) {
		t.Errorf("%d messages came back, compressed %v", len(messages), compressed)
	}
	plain.send(rawpeer.Text(long))
	plain.want(text(long))

	for _, c := range conns {
		c.Send(Text, []byte(long))
		c.Send(Text|Uncompressed, []byte(long))
		c.Do(func(c Conn) { c.Write(Binary|Uncompressed, []byte(long)) })
	}
	w.settle()
	messages, compressed = unsqueezed(t, p.Read())
	if !slices.Equal(messages, []string{long, long, long}) || !slices.Equal(compressed, []bool{true, false, false}) {
		t.Errorf("%d messages were sent, compressed %v", len(messages), compressed)
	}
	plain.want(text(long), text(long), binary(long))
}

func TestDeflateFaults(t *testing.T) {
	bomb := squeezed(rawpeer.OpBinary, strings.Repeat("\x00", 2<<20))
	for code, f := range map[uint16]rawpeer.Frame{
		1009: bomb,
		1007: squeezed(rawpeer.OpText, "no UTF-8 \xff, however it is compressed"),
	} {
		w := newLogged(t, &Options{Deflate: &DeflateOptions{}})
		p := deflated(t, w)
		p.send(f)
		p.in.Write(p.Read())
		if e, err := p.seq.Next(); err != nil || e.Code != code {
			t.Errorf("%v, %v; want %d", e, err, code)
		}
		p.wantEnd()
	}
	w := newLogged(t, nil) // and nobody agreed
	p := w.connect()
	p.send(squeezed(rawpeer.OpText, "x"))
	p.in.Write(p.Read())
	if e, err := p.seq.Next(); err != nil || e.Code != 1002 {
		t.Errorf("%v, %v", e, err)
	}
	if _, err := NewEndpoint(nil, &Options{Deflate: &DeflateOptions{Level: 99}}); err == nil {
		t.Error("a level that there is not")
	}
}

// What is published is compressed once for all who agreed on the same form.
func TestPublishDeflated(t *testing.T) {
	w := newLogged(t, &Options{Deflate: &DeflateOptions{}})
	w.loop.set.handler.OnOpen = func(c Conn) { c.Subscribe("x") }
	var publish func(c Conn)
	w.loop.set.handler.OnMessage = func(c Conn, _ MessageType, p []byte) { publish(c) }
	a, b, plain := deflated(t, w), deflated(t, w), w.connect()
	long := strings.Repeat("compressible ", 1000)

	publish = func(c Conn) {
		c.Loop().Publish("x", Text, []byte(long))
		c.Loop().Publish("x", Text, []byte("short"))
		c.Loop().Publish("x", Binary|Uncompressed, []byte(long))
	}
	plain.send(rawpeer.Text("go"))
	plain.want(text(long), text("short"), binary(long))
	for _, p := range []*tester{a, b} {
		messages, compressed := unsqueezed(t, p.Read())
		if !slices.Equal(messages, []string{long, "short", long}) || !slices.Equal(compressed, []bool{true, false, false}) {
			t.Errorf("%d messages were sent, compressed %v", len(messages), compressed)
		}
	}

	// A part of it is sent as it is.
	publish = func(c Conn) {
		c.Publish("x", Text, []byte(long))
		c.Loop().Publish("x", Text, []byte(long))
	}
	a.send(rawpeer.Text("go"))
	for p, n := range map[*tester]int{a: 1, b: 2} {
		if messages, _ := unsqueezed(t, p.Read()); len(messages) != n || messages[0] != long {
			t.Errorf("%d messages, want %d", len(messages), n)
		}
	}
	plain.want(text(long), text(long))
	w.server.Publish("x", Text, []byte(long))
	w.settle()
	if messages, compressed := unsqueezed(t, a.Read()); len(messages) != 1 || !compressed[0] {
		t.Errorf("%d messages, compressed %v", len(messages), compressed)
	}
}

// Later messages may refer to what was published.
func TestPublishWithTakeover(t *testing.T) {
	w := newLogged(t, &Options{Deflate: &DeflateOptions{}})
	w.loop.set.handler.OnOpen = func(c Conn) { c.Subscribe("x") }
	p := w.dial()
	p.write(with("Sec-WebSocket-Extensions: permessage-deflate"))
	p.wantHead(101)
	in := protocol.NewInflater(protocol.DeflateDirection{Takeover: true, WindowBits: 15})
	cfg := protocol.NewConfig(protocol.Client, nil)
	var frames protocol.In
	frames.AllowRSV1()
	for i := range 20 {
		m := strings.Repeat(string(rune('a'+i%5)), 50) + strings.Repeat("compressible ", i)
		if i%3 == 0 {
			w.server.Publish("x", Text, []byte(m))
		} else {
			(Conn{w.loop, w.loop.slots.at(1).id}).Send(Text, []byte(m))
		}
		w.settle()
		var ev protocol.Event
		frames.Feed(cfg, 1, p.Read(), &ev)
		got := ev.Payload
		if ev.Compressed {
			var err error
			if got, err = in.Append(cfg, &frames, nil, ev.Opcode, ev.Payload); err != nil {
				t.Fatal(i, err)
			}
		}
		if string(got) != m {
			t.Fatalf("message %d: %.60q, want %.60q", i, got, m)
		}
	}
}

// What a connection remembers is given back with it.
func TestDeflateBudget(t *testing.T) {
	budget := NewDeflateBudget(1 << 20)
	w := newLogged(t, &Options{Deflate: &DeflateOptions{Budget: budget}})
	p := w.dial()
	p.write(with("Sec-WebSocket-Extensions: permessage-deflate"))
	p.wantHead(101)
	p.send(rawpeer.Text(strings.Repeat("compressible ", 100)))
	if n := budget.Stats().Used; n == 0 {
		t.Error("nothing is remembered")
	}
	p.Reset()
	w.settle()
	if n := budget.Stats().Used; n != 0 {
		t.Errorf("%d octets are not given back", n)
	}
}
