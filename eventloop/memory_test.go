package eventloop

import (
	"runtime"
	"testing"
	"unsafe"

	"github.com/duplexws/duplex/internal/poll"
	"github.com/duplexws/duplex/internal/rawpeer"
	"github.com/duplexws/duplex/internal/testenv"
)

// A slot is nearly all that an idle connection keeps.
func TestSizes(t *testing.T) {
	const most = 184 // on 64-bit systems; others have less
	if n := unsafe.Sizeof(slot{}); n > most {
		t.Errorf("a slot has %d octets, more than %d", n, most)
	} else {
		t.Logf("a slot has %d octets", n)
	}
}

// Idle connections keep their slot and nothing else, however many there are, and
// a message of one of them costs what it costs alone.
func TestManyConnectionsAllocs(t *testing.T) {
	testenv.NoRace(t)
	n := 20_000
	if testenv.Full() {
		n = 1_000_000
	}
	w := newWorld(t, &Handler{OnMessage: echo}, nil)
	before := heap()
	hello := rawpeer.Octets(rawpeer.Text("hello"))
	peers := make([]*poll.FakePeer, n)
	for i := range peers {
		p := w.net.Dial(w.server.listener)
		p.Write([]byte(request))
		w.loop.turn(0)
		w.loop.turn(0)
		p.Write(hello)
		w.loop.turn(0)
		if got := p.Read(); len(got) < 100 || string(got[len(got)-7:]) != "\x81\x05hello" {
			t.Fatalf("connection %d: answered %q", i, got)
		}
		peers[i] = p
	}
	total := heap() - before
	network := w.net.Footprint() + 8*n // and peers
	each := (total - network) / n
	t.Logf("%d connections: %d octets each, and %d of the network's", n, each, network/n)
	if each > 220 {
		t.Errorf("%d octets a connection", each)
	}
	if got := w.loop.slots.n; got != n {
		t.Errorf("%d connections are open", got)
	}
	for i := 1; i <= n; i++ {
		if w.loop.slots.at(uint32(i)).x != nil {
			t.Fatalf("connection %d is idle and has an extra", i)
		}
	}

	// What does not depend on their number: the calls of a message.
	calls := w.net.Calls
	peers[n/2].Write(hello)
	w.loop.turn(0)
	if got := w.net.Calls; got.Wait != calls.Wait+1 || got.Read != calls.Read+1 || got.Write != calls.Write+1 || got.Control != calls.Control {
		t.Errorf("a message costs from %+v to %+v", calls, got)
	}
	if allocs := testing.AllocsPerRun(100, func() { w.loop.turn(0) }); allocs != 0 {
		t.Errorf("a turn allocates %v times", allocs)
	}
	runtime.KeepAlive(peers)
}

func heap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
