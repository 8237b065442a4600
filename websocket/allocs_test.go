package websocket

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/duplexws/duplex/internal/pool"
	"github.com/duplexws/duplex/internal/testenv"
	"github.com/duplexws/duplex/protocol"
)

// allocs counts the allocations of f, behind a first call.
func allocs(t *testing.T, what string, want float64, f func()) {
	t.Helper()
	f()
	if got := testing.AllocsPerRun(100, f); got > want {
		t.Errorf("%s: %v allocations, want %v", what, got, want)
	}
}

// echoes makes a client whose server echoes, and the context of a handler.
func echoes(t *testing.T, tr transport) (client *Conn) {
	t.Helper()
	server, client := pair(t, tr, nil)
	go server.ReadEach(context.Background(), func(typ MessageType, p []byte) error {
		return server.Write(context.Background(), typ, p)
	})
	return client
}

// TestAllocsRoundTrip: with one context for all, and memory that is reused, a
// message costs no allocation at either end, whether it waits or not.
func TestAllocsRoundTrip(t *testing.T) {
	testenv.NoRace(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, tr := range []transport{tcp, pipe} {
		client := echoes(t, tr)
		for _, n := range []int{10, 1000, 10_000} {
			message := []byte(filled(n))
			var buf []byte
			allocs(t, tr.name, 0, func() {
				if err := client.Write(context.Background(), Text, message); err != nil {
					t.Fatal(err)
				}
				_, p, err := client.ReadInto(ctx, buf)
				if err != nil || len(p) != n {
					t.Fatal(err)
				}
				buf = p
			})
		}
		client.CloseNow()
	}
}

// TestAllocsDeflate: compressed, a message costs none either, once the histories
// are full; and one that is prepared is compressed once.
func TestAllocsDeflate(t *testing.T) {
	testenv.NoRace(t)
	ctx := context.Background()
	for name, o := range deflateTiers() {
		server, client := deflatePair(t, tcp, o)
		go server.ReadEach(ctx, func(typ MessageType, p []byte) error { return server.Write(ctx, typ, p) })
		for _, n := range []int{300, 10_000} {
			message := []byte(prose(n))
			buf := make([]byte, 0, n)
			roundTrip := func() {
				if err := client.Write(ctx, Text, message); err != nil {
					t.Fatal(err)
				}
				if _, p, err := client.ReadInto(ctx, buf); err != nil || len(p) != n {
					t.Fatal(err)
				}
			}
			for range 200 {
				roundTrip()
			}
			allocs(t, name, 0, roundTrip)
		}
		client.CloseNow()
	}
	server, client := deflatePair(t, tcp, &DeflateOptions{})
	prepared := mustPrepare(t, prose(900))
	go client.ReadEach(ctx, func(MessageType, []byte) error { return nil })
	for range 20 {
		server.WritePrepared(ctx, prepared)
	}
	allocs(t, "WritePrepared", 0, func() { server.WritePrepared(ctx, prepared) })
	client.CloseNow()
}

// TestAllocsDeflateEnded: an ended connection that the application keeps holds
// nothing of what was said.
func TestAllocsDeflateEnded(t *testing.T) {
	testenv.NoRace(t)
	pool.SetPoison(false)
	defer pool.SetPoison(true)
	o := &DeflateOptions{Send: DeflateTakeover, Receive: DeflateTakeover}
	message := []byte(prose(20_000) + noise(20_000))
	var all []*Conn
	before := inUse()
	for range 50 {
		server, client := deflatePair(t, tcp, o)
		all = append(all, server, client)
		for _, ends := range [][2]*Conn{{server, client}, {client, server}} {
			done := async(func() error { return ends[0].Write(t.Context(), Text, message) })
			if _, _, err := ends[1].Read(t.Context()); err != nil || <-done != nil {
				t.Fatal(err)
			}
		}
		server.CloseNow()
		client.CloseNow()
	}
	if got := (inUse() - before) / len(all); got > 4<<10 {
		t.Errorf("an ended connection holds %d octets", got)
	}
	runtime.KeepAlive(all)
}

// TestAllocsBuffered: for a message that is there nothing is armed, whatever the
// context.
func TestAllocsBuffered(t *testing.T) {
	testenv.NoRace(t)
	s := serve(t, tcp, nil)
	var frames []frame
	for range 300 {
		frames = append(frames, text("some text"))
	}
	s.peer.write(frames...)
	buf := make([]byte, 100)
	s.ReadInto(s.ctx, buf)
	eventually(t, "all is received", func() bool { return s.Stats().BytesIn == 300*uint64(len(text("some text").octets(true))) })
	ctxs := make([]context.Context, 0, 300)
	for range 300 {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ctxs = append(ctxs, ctx)
	}
	allocs(t, "ReadInto", 0, func() {
		if _, _, err := s.ReadInto(ctxs[0], buf); err != nil {
			t.Fatal(err)
		}
		ctxs = ctxs[1:]
	})
	stop := errors.New("stop")
	one := func(MessageType, []byte) error { return stop }
	allocs(t, "ReadEach", 0, func() {
		if err := s.ReadEach(ctxs[0], one); err != stop {
			t.Fatal(err)
		}
		ctxs = ctxs[1:]
	})
}

// TestAllocsRead: the message, and nothing else.
func TestAllocsRead(t *testing.T) {
	testenv.NoRace(t)
	client := echoes(t, tcp)
	message := []byte(filled(500))
	allocs(t, "Read", 1, func() {
		if err := client.Write(context.Background(), Text, message); err != nil {
			t.Fatal(err)
		}
		if _, _, err := client.Read(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
}

// TestAllocsWrite: every way to write, to a peer that reads.
func TestAllocsWrite(t *testing.T) {
	testenv.NoRace(t)
	for _, role := range roles {
		s := script(t, tcp, role, nil)
		go discard(s.peer)
		ctx := context.Background()
		short := []byte("short")
		prepared := mustPrepare(t, "prepared")
		allocs(t, "Write", 0, func() { s.Write(ctx, Text, short) })
		allocs(t, "WritePrepared", 0, func() { s.WritePrepared(ctx, prepared) })
		allocs(t, "Send", 0, func() { s.Send(ctx, Message{Type: Text, Data: short}) })
		allocs(t, "SendPrepared", 0, func() { s.SendPrepared(ctx, prepared) })
		if s.flags.has(hasEnded) {
			t.Error(s.Err())
		}
	}
}

func discard(p *peer) {
	buf := make([]byte, 64<<10)
	for {
		if _, err := p.nc.Read(buf); err != nil {
			return
		}
	}
}

// TestAllocsBroadcast: a message to many is encoded once.
func TestAllocsBroadcast(t *testing.T) {
	testenv.NoRace(t)
	var g Group
	for range 50 {
		s := script(t, tcp, protocol.Server, nil)
		go discard(s.peer)
		g.Add(s.Conn)
	}
	p := mustPrepare(t, filled(1000))
	allocs(t, "Broadcast", 1, func() { // the list of the members
		if n := g.Broadcast(p, nil); n != 50 {
			t.Fatalf("%d took it", n)
		}
	})
}
