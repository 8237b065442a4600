package websocket

import (
	"context"
	"sync"
	"testing"

	"github.com/duplexws/duplex/internal/pool"
	"github.com/duplexws/duplex/internal/testenv"
)

// A connection that waits for its next message holds nothing of the last one,
// of which many had one at the same time.
func TestSizesIdleBehindLarge(t *testing.T) {
	testenv.NoRace(t)
	pool.SetPoison(false)
	defer pool.SetPoison(true)
	const many, size = 50, 100_000
	for name, o := range map[string]*DeflateOptions{"plain": nil, "compressed": {Send: DeflateStateless, Receive: DeflateStateless}} {
		t.Run(name, func(t *testing.T) {
			message := []byte(prose(size/2) + noise(size/2))
			before := inUse()
			var all []*Conn
			var come sync.WaitGroup
			come.Add(many)
			for range many {
				server, client := deflatePair(t, tcp, o)
				go server.ReadEach(context.Background(), func(MessageType, []byte) error {
					come.Done()
					come.Wait()
					return nil
				})
				if err := client.Write(t.Context(), Text, message); err != nil {
					t.Fatal(err)
				}
				all = append(all, server)
			}
			come.Wait()
			eventually(t, "all are idle", func() bool { return goroutinesIn("(*pollDesc).waitRead(") >= many })
			if got := (inUse() - before) / many; got > 16<<10 { // both ends
				t.Errorf("an idle connection holds %d octets behind a message of %d", got, size)
			}
			for _, c := range all {
				c.CloseNow()
			}
		})
	}
}
