package websocket

import (
	"fmt"
	"net"
	"runtime"
	"testing"
	"unsafe"

	"github.com/duplexws/duplex/internal/pool"
	"github.com/duplexws/duplex/internal/testenv"
	"github.com/duplexws/duplex/protocol"
)

// What connections hold between messages.

// inUse returns the octets on the heap that are not garbage. The pools are empty
// behind it.
func inUse() int {
	runtime.GC()
	runtime.GC() // a sync.Pool outlives one collection
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// Row 71 of the hostile inputs: two thousand connections that all want to take
// their window over hold no more than the budget allows them together.
func TestAllocsBudget(t *testing.T) {
	testenv.NoRace(t)
	pool.SetPoison(false)
	defer pool.SetPoison(true)
	const many, windows, histories = 2000, 96, 5
	budget := NewDeflateBudget(windows*32<<10 + histories*4<<10 + 1000)
	o := &Options{Deflate: &DeflateOptions{Send: DeflateTakeover, Receive: DeflateStateless, Budget: budget}}
	var all []*Conn
	for range many {
		ours, theirs := net.Pipe()
		c, _ := newTestConn(t, protocol.Server, ours, o)
		go swallow(theirs)
		all = append(all, c)
	}
	send := func(c *Conn, typ MessageType, n int) {
		t.Helper()
		if err := c.Write(t.Context(), typ, []byte(prose(n/2)+noise(n/2))); err != nil {
			t.Fatal(err)
		}
	}
	wantTiers := func(takeover, history int64) {
		t.Helper()
		want := protocol.DeflateStats{Limit: budget.Stats().Limit, Used: takeover*32<<10 + history*4<<10,
			Takeover: takeover, History: history, Refused: budget.Stats().Refused}
		if got := budget.Stats(); got != want {
			t.Fatalf("the budget says %+v, want %+v", got, want)
		}
	}

	for _, c := range all {
		send(c, Text|Uncompressed, 1000)
	}
	wantTiers(0, 0) // none has compressed anything
	before := inUse()
	for range 3 {
		for _, c := range all {
			send(c, Text, 16<<10)
		}
	}
	wantTiers(windows, histories)
	s := budget.Stats()
	if s.Refused < many-windows-histories {
		t.Errorf("%d requests found no room", s.Refused)
	}
	got := inUse() - before
	if limit := int(s.Limit) + many*64; got > limit || got < int(s.Used) {
		t.Errorf("%d connections hold %d octets for compressing, of %d that may be used and %d that are", many, got, s.Limit, s.Used)
	}

	for _, c := range all[:windows] {
		c.CloseNow()
	}
	wantTiers(0, histories)
	for _, c := range all[windows:] {
		send(c, Text, 1000)
	}
	// The five were asked first, and left room for as many again.
	wantTiers(windows, histories)
	for _, c := range all {
		c.CloseNow()
	}
	wantTiers(0, 0)
}

// swallow reads until the transport ends.
func swallow(nc net.Conn) {
	defer nc.Close()
	var buf [2048]byte
	for {
		if _, err := nc.Read(buf[:]); err != nil {
			return
		}
	}
}

// An idle connection holds no compressor and no inflater, but the text of its
// tier in each direction, and what says which.
func TestSizesDeflateIdle(t *testing.T) {
	testenv.NoRace(t)
	pool.SetPoison(false)
	defer pool.SetPoison(true)
	const many = 50
	for _, test := range []struct {
		o      *DeflateOptions
		window int // of each direction
	}{
		{nil, 0},
		{&DeflateOptions{Send: DeflateStateless, Receive: DeflateStateless}, 0},
		{&DeflateOptions{}, 4 << 10},
		{&DeflateOptions{Send: DeflateTakeover, Receive: DeflateTakeover}, 32 << 10},
		{&DeflateOptions{Send: DeflateTakeover, Receive: DeflateTakeover, SendWindowBits: 10, ReceiveWindowBits: 10}, 1 << 10},
		{&DeflateOptions{Level: 9}, 4 << 10},
	} {
		for _, size := range []int{300, 3000, 100_000} {
			name := "off"
			if test.o != nil {
				name = fmt.Sprintf("%v, %d bits, level %d", test.o.Send, test.o.SendWindowBits, test.o.Level)
			}
			t.Run(fmt.Sprintf("%s, messages of %d", name, size), func(t *testing.T) {
				got, agreed := idleCost(t, test.o, many, size)
				fixed := 0
				if test.o != nil {
					fixed = int(unsafe.Sizeof(deflating{})+unsafe.Sizeof(protocol.Inflater{})+unsafe.Sizeof(protocol.Deflater{})) + 64
				}
				if want := 2*test.window + fixed + 200; got > want {
					t.Errorf("an end holds %d octets, more than %d", got, want)
				}
				if !agreed != (test.o == nil) || got < 2*test.window {
					t.Errorf("an end holds %d octets: it has not compressed", got)
				}
			})
		}
	}
}

// idleCost returns what permessage-deflate makes each end of a connection hold
// behind many messages of size both ways, beyond what it holds without.
func idleCost(t *testing.T, o *DeflateOptions, many, size int) (octets int, agreed bool) {
	message := prose(size/2) + noise(size/2)
	var all []*Conn
	open := func() {
		for range many {
			server, client := deflatePair(t, tcp, o)
			all = append(all, server, client)
		}
	}
	exchange := func(typ MessageType) {
		for i, c := range all {
			done := async(func() error { return c.Write(t.Context(), typ, []byte(message)) })
			wantMessage(t, message, Text)(all[i^1].Read(t.Context()))
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
	}
	plain := inUse()
	open()
	exchange(Text | Uncompressed)
	_, agreed = all[0].Deflate()
	before := inUse()
	for n := 0; n < 80_000; n += size {
		exchange(Text)
	}
	t.Logf("an end holds %d octets, %d before it has compressed", (inUse()-plain)/len(all), (before-plain)/len(all))
	octets = (inUse() - before) / len(all)
	for _, c := range all {
		c.CloseNow()
	}
	return octets, agreed
}
