package echotest

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/duplexws/duplex/internal/testenv"
	"github.com/gobwas/ws"
)

const (
	// spare is how many objects the server may allocate in all while it echoes
	// a workload: it does so to answer how many it has allocated.
	spare = 5
	// tries is how often the server may try. Pools are filled once for each
	// size that reads happen to have, and a garbage collection empties them;
	// what is allocated per message shows every time.
	tries = 10
)

// Allocs checks that a server which has warmed up allocates nothing per
// message, by the workloads b, d and e.
func Allocs(t *testing.T, s *Server) {
	testenv.NoRace(t)
	for _, w := range []struct{ size, depth, rounds int }{
		{64, 16, 200},
		{16 << 10, 4, 200},
		{1 << 20, 1, 200},
	} {
		t.Run(fmt.Sprint(w.size), func(t *testing.T) {
			c := dial(t, s.addr)
			sent := bytes.Repeat(encode(frame(ws.OpBinary, w.size)), w.depth)
			want := bytes.Repeat(ws.MustCompileFrame(frame(ws.OpBinary, w.size)), w.depth)
			c.echo(sent, want, w.rounds)
			n := 0
			for range tries {
				before := s.allocs(t)
				c.echo(sent, want, w.rounds)
				if n = s.allocs(t) - before; n <= spare {
					return
				}
			}
			t.Errorf("%d allocations for %d messages", n, w.rounds*w.depth)
		})
	}
}

// echo sends the same octets again and again and wants the same back.
func (c *client) echo(sent, want []byte, rounds int) {
	c.t.Helper()
	got := make([]byte, len(want))
	for range rounds {
		go c.Write(sent)
		if _, err := io.ReadFull(c.r, got); err != nil {
			c.t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			c.t.Fatal("the echo differs")
		}
	}
}
