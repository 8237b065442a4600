package websocket

import (
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/testenv"
	"github.com/duplexws/duplex/protocol"
)

// deflatePair makes two Conns that have agreed on what o asks for on both sides.
func deflatePair(t testing.TB, tr transport, o *DeflateOptions) (server, client *Conn) {
	t.Helper()
	return pair(t, tr, &Options{Deflate: o, MaxMessage: 8 << 20})
}

// agree settles o with itself.
func agree(t testing.TB, role protocol.Role, o *DeflateOptions) DeflateAgreement {
	t.Helper()
	answer, agreed, ok := o.Accept(o.Offers())
	if !ok {
		t.Fatal("no agreement")
	}
	if role == protocol.Client {
		var err error
		if agreed, ok, err = o.Agree([]protocol.Extension{answer}); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	return agreed
}

// deflateTiers are options of all kinds.
func deflateTiers() map[string]*DeflateOptions {
	return map[string]*DeflateOptions{
		"history":      {},
		"stateless":    {Send: DeflateStateless, Receive: DeflateStateless},
		"takeover":     {Send: DeflateTakeover, Receive: DeflateTakeover, Budget: NewDeflateBudget(1 << 20)},
		"small window": {Send: DeflateTakeover, Receive: DeflateTakeover, SendWindowBits: 9, ReceiveWindowBits: 9, Budget: NewDeflateBudget(1 << 20)},
		"no budget":    {Budget: NewDeflateBudget(0)},
		"everything":   {Threshold: -1, Level: 9},
	}
}

// prose compresses well and noise does not; both are n octets of ASCII.
func prose(n int) string {
	return strings.Repeat("the same procedure as every year, ", n/34+1)[:n]
}

func noise(n int) string {
	text := hiss()[n%1000:]
	for len(text) < n {
		text += text
	}
	return text[:n]
}

var hiss = sync.OnceValue(func() string {
	b := make([]byte, 1<<20)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(' ' + x>>24%94)
	}
	return string(b)
})

// writings are the ways to write a message.
var writings = map[string]func(ctx context.Context, c *Conn, typ MessageType, p string) error{
	"Write": func(ctx context.Context, c *Conn, typ MessageType, p string) error {
		return c.Write(ctx, typ, []byte(p))
	},
	"Uncompressed": func(ctx context.Context, c *Conn, typ MessageType, p string) error {
		return c.Write(ctx, typ|Uncompressed, []byte(p))
	},
	"Send": func(ctx context.Context, c *Conn, typ MessageType, p string) error {
		return c.Send(ctx, Message{Type: typ, Data: []byte(p)})
	},
	"WritePrepared": func(ctx context.Context, c *Conn, typ MessageType, p string) error {
		prepared, err := NewPrepared(typ, []byte(p))
		if err != nil {
			return err
		}
		return c.WritePrepared(ctx, prepared)
	},
	"SendPrepared": func(ctx context.Context, c *Conn, typ MessageType, p string) error {
		prepared, err := NewPrepared(typ, []byte(p))
		if err != nil {
			return err
		}
		return c.SendPrepared(ctx, prepared)
	},
	"NextWriter": func(ctx context.Context, c *Conn, typ MessageType, p string) error {
		w, err := c.NextWriter(ctx, typ)
		if err != nil {
			return err
		}
		for r := strings.NewReader(p); r.Len() > 0; {
			if _, err := io.CopyN(w, r, min(int64(r.Len()), 7000)); err != nil {
				return err
			}
		}
		return w.Close()
	},
}

// waysToRead are the ways to read one.
var waysToRead = []func(ctx context.Context, c *Conn) (MessageType, string, error){
	func(ctx context.Context, c *Conn) (MessageType, string, error) {
		typ, p, err := c.Read(ctx)
		return typ, string(p), err
	},
	func(ctx context.Context, c *Conn) (MessageType, string, error) {
		typ, p, err := c.ReadInto(ctx, make([]byte, 0, 5000))
		return typ, string(p), err
	},
	func(ctx context.Context, c *Conn) (typ MessageType, message string, err error) {
		enough := errors.New("enough")
		err = c.ReadEach(ctx, func(t MessageType, p []byte) error {
			typ, message = t, string(p)
			return enough
		})
		if err == enough {
			err = nil
		}
		return typ, message, err
	},
	func(ctx context.Context, c *Conn) (MessageType, string, error) {
		typ, r, err := c.NextReader(ctx)
		if err != nil {
			return 0, "", err
		}
		p, err := io.ReadAll(r)
		return typ, string(p), err
	},
}

// Whatever is written in whatever way is read in whatever way, in both
// directions.
func TestDeflateEveryWay(t *testing.T) {
	for name, o := range deflateTiers() {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, tr transport) {
				server, client := deflatePair(t, tr, o)
				for _, ends := range [][2]*Conn{{server, client}, {client, server}} {
					deflateEveryWay(t, ends[0], ends[1])
				}
			}, tcp, pipe)
		})
	}
}

func deflateEveryWay(t *testing.T, from, to *Conn) {
	round := 0
	for way, write := range writings {
		sizes := []int{0, 63, 500, 17_000, 40_000}
		if way == "Write" {
			sizes = append(sizes, 600_000) // more than any buffer of the pools
		}
		for _, n := range sizes {
			for _, message := range []string{prose(n/2) + "\u00e4\u20ac", noise(n)} {
				typ := []MessageType{Text, Binary}[round%2]
				done := async(func() error { return write(t.Context(), from, typ, message) })
				gotTyp, got, err := waysToRead[round%len(waysToRead)](t.Context(), to)
				if err != nil || gotTyp != typ || got != message {
					t.Fatalf("%s, %d octets: read %v of %d octets, %v; want %v of %d", way, n, gotTyp, len(got), err, typ, len(message))
				}
				if err := <-done; err != nil {
					t.Fatalf("%s: %v", way, err)
				}
				round++
			}
		}
	}
}

// What goes over the wire: RSV1 where it should be, and fewer octets.
func TestDeflateOnTheWire(t *testing.T) {
	s := serve(t, tcp, &Options{Deflate: &DeflateOptions{}})
	write := func(typ MessageType, p string) frame {
		t.Helper()
		if err := s.Write(s.ctx, typ, []byte(p)); err != nil {
			t.Fatal(err)
		}
		f, _ := s.peer.next()
		return f
	}
	message := prose(1000)
	if f := write(Text, message); !f.packed || len(f.payload) > 100 || f.op != Text {
		t.Errorf("a message of prose: %v", f)
	}
	if f := write(Text, message); !f.packed || len(f.payload) > 20 {
		t.Errorf("the same again: %v, %d octets", f, len(f.payload))
	}
	for what, f := range map[string]frame{
		"uncompressed":        write(Text|Uncompressed, message),
		"below the threshold": write(Text, message[:63]),
		"noise":               write(Binary, noise(1000)),
	} {
		if f.packed || f.op == 0 {
			t.Errorf("%s: %v", what, f)
		}
	}
	if err := s.Write(s.ctx, Text, []byte(prose(100)+"\xff")); err != protocol.ErrNotText {
		t.Errorf("text that is none: %v", err)
	}
	if err := s.Write(s.ctx, 9, []byte(message)); err != protocol.ErrOpcode {
		t.Errorf("a Ping as a message: %v", err)
	}
}

// A message that NextWriter writes in parts has RSV1 on its first frame alone.
func TestDeflateFragmentsOnTheWire(t *testing.T) {
	s := serve(t, tcp, &Options{Deflate: &DeflateOptions{}})
	w, err := s.NextWriter(s.ctx, Text)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, prose(40_000))
	io.WriteString(w, noise(5000))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var frames []frame
	for len(frames) == 0 || frames[len(frames)-1].more {
		f, ok := s.peer.next()
		if !ok {
			t.Fatal("the message has no end")
		}
		frames = append(frames, f)
	}
	total := 0
	for i, f := range frames {
		if f.packed != (i == 0) || (f.op == Text) != (i == 0) {
			t.Errorf("frame %d: %v", i, f)
		}
		total += len(f.payload)
	}
	if len(frames) < 2 || total > 6000 {
		t.Errorf("%d frames of %d octets", len(frames), total)
	}
}

// packedFrame is a message that a peer without history sends.
func packedFrame(p string) frame {
	form := protocol.NewDeflater(&DeflateOptions{}, protocol.DeflateDirection{WindowBits: 15}).Form()
	payload, _ := form.Append(nil, []byte(p))
	return frame{op: Text, packed: true, payload: string(payload)}
}

// A read that its context ends in the middle of a compressed message leaves it
// to the next one, of whatever kind.
func TestDeflateReadCancelled(t *testing.T) {
	for i, read := range waysToRead {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			s := serve(t, tcp, &Options{Deflate: &DeflateOptions{}})
			message := noise(300) + prose(30_000)
			octets := packedFrame(message).octets(true)
			s.peer.out <- octets[:len(octets)-100]
			for range 3 {
				ctx, cancel := context.WithTimeout(s.ctx, time.Millisecond)
				if _, _, err := read(ctx, s.Conn); !errors.Is(err, context.DeadlineExceeded) {
					t.Fatal(err)
				}
				cancel()
			}
			s.peer.out <- octets[len(octets)-100:]
			if _, got, err := read(s.ctx, s.Conn); err != nil || got != message {
				t.Errorf("read %d octets, %v", len(got), err)
			}
		})
	}
}

// A message of which nothing has gone out when its context ends is not sent, and
// no later one refers to it.
func TestDeflateWriteCancelled(t *testing.T) {
	for name, o := range deflateTiers() {
		t.Run(name, func(t *testing.T) {
			server, client := deflatePair(t, tcp, o)
			taken, big := 0, noise(100_000)
			var sent []string
			for i := 0; taken < 5; i++ { // until the transport is full, and then some
				message := fmt.Sprintf("%s, number %d, %s", prose(300), i, big)
				if taken > 0 {
					message = fmt.Sprintf("%s, again number %d", prose(300), i)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
				err := server.Write(ctx, Text, []byte(message))
				cancel()
				var partial *PartialWriteError
				switch {
				case err == nil, errors.As(err, &partial):
					sent = append(sent, message)
				case errors.Is(err, context.DeadlineExceeded):
					taken++
				default:
					t.Fatal(err)
				}
			}
			after := prose(300) + ", the end"
			done := async(func() error { return server.Write(t.Context(), Text, []byte(after)) })
			for i, want := range append(sent, after) {
				_, p, err := client.Read(t.Context())
				if err != nil || string(p) != want {
					t.Fatalf("message %d of %d: %.40q, %v; want %.40q", i, len(sent), p, err, want)
				}
			}
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		})
	}
}

// referring is a payload that refers to a text 900 octets back.
func referring(text string) string {
	var b bytes.Buffer
	w, err := flate.NewWriterDict(&b, 6, []byte(noise(40)+text[40:]))
	if err != nil {
		panic(err) // the level is right
	}
	io.WriteString(w, noise(40))
	w.Flush()
	return strings.TrimSuffix(b.String(), "\x00\x00\xff\xff")
}

// What cannot be inflated, or must not be, closes the connection.
func TestDeflateFaults(t *testing.T) {
	tooLong := strings.Repeat("x", 5000)
	for name, test := range map[string]struct {
		frame frame
		code  StatusCode
	}{
		"not DEFLATE":  {frame{op: Binary, packed: true, payload: "\xff\xff\xff"}, StatusInvalidPayload},
		"cut":          {frame{op: Binary, packed: true, payload: packedFrame(prose(500)).payload[:9]}, StatusInvalidPayload},
		"not text":     {packedFrame(prose(500) + "\xff"), StatusInvalidPayload},
		"too long":     {packedFrame(tooLong), StatusMessageTooBig},
		"no history":   {frame{op: Text, packed: true, payload: referring(prose(900))}, StatusInvalidPayload},
		"late RSV1":    {frame{op: protocol.OpContinuation, packed: true}, StatusProtocolError},
		"control RSV1": {frame{op: protocol.OpPing, packed: true}, StatusProtocolError},
	} {
		for i, read := range waysToRead {
			s := serve(t, tcp, &Options{Deflate: &DeflateOptions{}, MaxMessage: 4096})
			s.peer.write(packedFrame(prose(99)), test.frame)
			if _, got, err := read(s.ctx, s.Conn); err != nil || got != prose(99) {
				t.Fatal(got, err)
			}
			_, _, err := read(s.ctx, s.Conn)
			if err == nil {
				t.Fatalf("%s was read", name)
			}
			broken, ok := errors.AsType[*ProtocolError](err)
			if !ok || broken.Code != test.code {
				t.Errorf("%s, reading in way %d: %v", name, i, err)
			}
			if _, _, again := read(s.ctx, s.Conn); again != err {
				t.Errorf("%s: and then %v", name, again)
			}
			if f, _ := s.peer.next(); f.op != protocol.OpClose || !strings.HasPrefix(f.payload, closeFrame(test.code, "").payload) {
				t.Errorf("%s: the peer was told %v", name, f)
			}
		}
	}
}

// A Ping that reads for itself keeps compressed messages too.
func TestDeflatePingKeeps(t *testing.T) {
	s := serve(t, tcp, &Options{Deflate: &DeflateOptions{}})
	done := async(func() error { _, err := s.Ping(s.ctx); return err })
	f, _ := s.peer.next()
	s.peer.write(packedFrame(prose(900)), packedFrame(""), pong(f.payload))
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	s.wantRead(Text, prose(900))
	s.wantRead(Text, "")

	done = async(func() error { _, err := s.Ping(s.ctx); return err })
	s.peer.next()
	s.peer.write(frame{op: Text, packed: true, payload: "\xff"})
	if err := <-done; err == nil {
		t.Error("no error from a Ping that read nonsense")
	}
}

// SetMaxMessage holds for what a message becomes.
func TestDeflateSetMaxMessage(t *testing.T) {
	s := serve(t, tcp, &Options{Deflate: &DeflateOptions{}})
	s.SetMaxMessage(100)
	s.peer.write(packedFrame(prose(100)), packedFrame(prose(101)))
	s.wantRead(Text, prose(100))
	if _, _, err := s.Read(s.ctx); err == nil || !strings.Contains(err.Error(), "MaxMessage") {
		t.Errorf("read 101 octets: %v", err)
	}
}

// A message is compressed once for all who agreed to the same.
func TestDeflatePrepared(t *testing.T) {
	var group Group
	narrow := &DeflateOptions{SendWindowBits: 9, ReceiveWindowBits: 9}
	var readers []*Conn
	for _, o := range []*DeflateOptions{{}, {}, narrow, narrow, {Send: DeflateStateless, Receive: DeflateStateless}, nil} {
		server, client := deflatePair(t, tcp, o)
		group.Add(server)
		readers = append(readers, client)
	}
	message := prose(3000)
	p, err := NewPrepared(Text, []byte(message))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := NewPrepared(Text|Uncompressed, []byte(message))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if n := group.Broadcast(p, nil); n != len(readers) {
			t.Fatalf("%d took it", n)
		}
		group.Broadcast(plain, nil)
	}
	forms := 0
	for f := p.forms.Load(); f != nil; f = f.next {
		forms++
	}
	if forms != 3 || plain.forms.Load() != nil { // for windows of 12, 9 and 15 bits
		t.Errorf("it was compressed %d times, want 3", forms)
	}
	for i, c := range readers {
		for range 4 {
			if _, got, err := c.Read(t.Context()); err != nil || string(got) != message {
				t.Errorf("connection %d: %.40q, %v", i, got, err)
			}
		}
	}
	for _, c := range group.Members() {
		in := c.Stats().BytesOut
		if _, ok := c.Deflate(); ok == (in > 4*uint64(len(message))) {
			t.Errorf("compressed %v: %d octets for four messages of %d", ok, in, len(message))
		}
	}
}

// The end of a connection gives back what it had of the budget.
func TestDeflateBudgetReturned(t *testing.T) {
	budget := NewDeflateBudget(1 << 20)
	server, client := deflatePair(t, tcp, &DeflateOptions{Budget: budget})
	for _, ends := range [][2]*Conn{{server, client}, {client, server}} {
		if err := ends[0].Write(t.Context(), Text, []byte(prose(200))); err != nil {
			t.Fatal(err)
		}
		ends[1].Read(t.Context())
	}
	if s := budget.Stats(); s.History != 2 || s.Used != 8<<10 {
		t.Errorf("while both are open: %+v", s)
	}
	client.CloseNow()
	server.Read(t.Context())
	server.Write(t.Context(), Text, []byte(prose(200)))
	if s := budget.Stats(); s.History != 0 || s.Used != 0 {
		t.Errorf("behind the end: %+v", s)
	}
}

// What is agreed on, through Accept and Dial.
func TestDeflateHandshakes(t *testing.T) {
	for name, test := range map[string]struct {
		server, client *DeflateOptions
		want           string
	}{
		"both":        {&DeflateOptions{}, &DeflateOptions{}, "true 15 true 12"},
		"server only": {&DeflateOptions{}, nil, "none"},
		"client only": {nil, &DeflateOptions{}, "none"},
		"stateless":   {&DeflateOptions{Send: DeflateStateless}, &DeflateOptions{}, "true 15 false 12"},
	} {
		t.Run(name, func(t *testing.T) {
			accept := &AcceptOptions{Options: Options{Deflate: test.server}}
			agreed := make(chan string, 1)
			ts := httptest.NewServer(accept.Handler(func(ctx context.Context, c *Conn) error {
				_, ok := c.Deflate()
				agreed <- fmt.Sprint(ok)
				return c.ReadEach(ctx, func(typ MessageType, p []byte) error { return c.Write(ctx, typ, p) })
			}))
			defer ts.Close()
			c, err := Dial(t.Context(), "ws"+ts.URL[4:], &DialOptions{Options: Options{Deflate: test.client}})
			if err != nil {
				t.Fatal(err)
			}
			defer c.CloseNow()
			got := "none"
			if a, ok := c.Deflate(); ok {
				got = fmt.Sprintf("%v %d %v %d", a.Send.Takeover, a.Send.WindowBits, a.Receive.Takeover, a.Receive.WindowBits)
			}
			if server := <-agreed; (server == "true") != (got != "none") {
				t.Errorf("the server agreed: %s, the client: %s", server, got)
			}
			for range 3 {
				if err := c.Write(t.Context(), Text, []byte(prose(500))); err != nil {
					t.Fatal(err)
				}
				wantMessage(t, prose(500), Text)(c.Read(t.Context()))
			}
			small := c.Stats().BytesIn < 500
			if small != (got != "none") {
				t.Errorf("agreed %s, and %d octets came", got, c.Stats().BytesIn)
			}
		})
	}
}

// Options that are out of range say so before anyone is connected to.
func TestDeflateOptionsRefused(t *testing.T) {
	wrong := Options{Deflate: &DeflateOptions{Level: 12}}
	if _, err := Dial(t.Context(), "ws://127.0.0.1:1/", &DialOptions{Options: wrong}); !errors.Is(err, ErrMalformedRequest) || !strings.Contains(err.Error(), "Level") {
		t.Errorf("Dial: %v", err)
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	w := httptest.NewRecorder()
	if _, err := Accept(w, r, &AcceptOptions{Options: wrong}); err == nil || !strings.Contains(err.Error(), "Level") || w.Code != http.StatusInternalServerError {
		t.Errorf("Accept: %v, status %d", err, w.Code)
	}
}

// NetConn writes compressed messages and reads them.
func TestDeflateNetConn(t *testing.T) {
	server, client := deflatePair(t, tcp, &DeflateOptions{})
	ours, theirs := NetConn(server, Binary), NetConn(client, Binary|Uncompressed)
	want := []byte(prose(50_000))
	for _, ends := range [][2]interface {
		io.Reader
		io.Writer
	}{{ours, theirs}, {theirs, ours}} {
		done := async(func() error { _, err := ends[0].Write(want); return err })
		got := make([]byte, len(want))
		if _, err := io.ReadFull(ends[1], got); err != nil || !bytes.Equal(got, want) {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

// A Ping that reads for itself when the connection ends leaves no message that
// nobody has sent.
func TestDeflatePingMakesUpNothing(t *testing.T) {
	half := packedFrame(prose(300))
	half.more = true
	for i := range 30 {
		s := serve(t, tcp, &Options{Deflate: &DeflateOptions{}})
		done := async(func() error { _, err := s.Ping(s.ctx); return err })
		s.peer.next()
		frames := []frame{half}
		for range 2000 {
			frames = append(frames, frame{more: true, payload: "\x00"})
		}
		s.peer.write(frames...)
		time.Sleep(time.Duration(i*20) * time.Microsecond)
		s.CloseNow()
		<-done
		if typ, p, err := s.Read(s.ctx); err == nil {
			t.Fatalf("read %v %q, of a message that is not whole", typ, p)
		}
	}
}

// A compressed message has a limit where others have none: it is whole before
// anything of it can be handed on.
func TestSizesDeflateUnlimited(t *testing.T) {
	testenv.NoRace(t)
	s := serve(t, tcp, &Options{Deflate: &DeflateOptions{}, MaxMessage: -1})
	s.peer.write(packedFrame(prose(3<<20)), binaryF(filled(3<<20)), frame{op: Binary, packed: true, payload: bomb(protocol.MaxInflated + 1)})
	s.wantRead(Text, prose(3<<20))
	s.wantRead(Binary, filled(3<<20))
	_, _, err := s.NextReader(s.ctx)
	wantCode(t, "a bomb", err, StatusMessageTooBig)
}
