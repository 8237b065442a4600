package websocket

import (
	"context"
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
	o := &Options{Deflate: &DeflateOptions{Send: DeflateTakeover, Receive: DeflateTakeover, Budget: budget}}
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
// tier in each direction.
func TestSizesDeflateIdle(t *testing.T) {
	testenv.NoRace(t)
	pool.SetPoison(false)
	defer pool.SetPoison(true)
	const state = int(unsafe.Sizeof(deflating{}) + unsafe.Sizeof(protocol.Inflater{}) + unsafe.Sizeof(protocol.Deflater{}))
	// What does not grow with the connections: a compressor has a megabyte.
	const slack = 256 << 10 / idleEnds
	sizes := []int{200, 100_000}
	plain := make(map[int]int)
	for _, size := range sizes {
		plain[size] = idleCost(t, nil, size)
	}
	for name, test := range map[string]struct {
		o      *DeflateOptions
		window int // of each direction
	}{
		"stateless":    {&DeflateOptions{Send: DeflateStateless, Receive: DeflateStateless}, 0},
		"history":      {&DeflateOptions{}, 4 << 10},
		"takeover":     {&DeflateOptions{Send: DeflateTakeover, Receive: DeflateTakeover}, 32 << 10},
		"small window": {&DeflateOptions{Send: DeflateTakeover, Receive: DeflateTakeover, SendWindowBits: 10, ReceiveWindowBits: 10}, 1 << 10},
		"level 9":      {&DeflateOptions{Level: 9, Threshold: -1}, 4 << 10},
	} {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s, messages of %d", name, size), func(t *testing.T) {
				got := idleCost(t, test.o, size) - plain[size]
				if least, most := 2*test.window-slack, 2*test.window+state+slack; got < least || got > most {
					t.Errorf("an end holds %d octets for compressing, want %d to %d", got, least, most)
				}
			})
		}
	}
}

const idleEnds = 200

// idleCost returns what an end of an idle connection holds on the heap behind
// messages both ways, of size octets each and longer together than any window.
func idleCost(t *testing.T, o *DeflateOptions, size int) int {
	message := []byte(prose(size/2) + noise(size/2))
	count := uint64(40_000/size + 1)
	before := inUse()
	var ends []*Conn
	for len(ends) < idleEnds {
		server, client := pair(t, tcp, &Options{Deflate: o, PingInterval: -1})
		for _, c := range []*Conn{server, client} {
			go c.ReadEach(context.Background(), func(MessageType, []byte) error { return nil })
			ends = append(ends, c)
		}
	}
	for i, c := range ends {
		for range count {
			if err := c.Write(t.Context(), Text, message); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "all has come", func() bool { return ends[i^1].Stats().MessagesIn == count })
	}
	eventually(t, "all are idle", func() bool { return goroutinesIn("(*pollDesc).waitRead(") >= len(ends) })
	octets := (inUse() - before) / len(ends)
	if in := ends[0].Stats(); (o == nil) != (in.BytesIn > count*uint64(size)) {
		t.Errorf("%d octets came for %d messages of %d", in.BytesIn, count, size)
	}
	for _, c := range ends {
		c.CloseNow()
	}
	return octets
}
