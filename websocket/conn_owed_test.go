package websocket

import (
	"testing"

	"github.com/duplexws/duplex/protocol"
)

// writeHook is told of each write.
type writeHook struct {
	*watched
	hook func()
}

func (w *writeHook) Write(head, tail []byte, wait bool) (int, error) {
	w.hook()
	return w.watched.Write(head, tail, wait)
}

// TestOwedWhileUnlocking: what the reader leaves to the holder of the write lock
// is sent, though he has looked into the outbox for the last time.
func TestOwedWhileUnlocking(t *testing.T) {
	run(t, func(t *testing.T, tr transport) {
		s := serve(t, tr, nil)
		left := 3
		s.Conn.stream = &writeHook{s.stream, func() {
			if left--; left > 0 {
				s.owe(func(q *protocol.Owed) { q.Pong([]byte("left behind")) })
			}
		}}
		s.owe(func(q *protocol.Owed) { q.Pong([]byte("first")) })
		s.peer.want(pong("first"), pong("left behind"), pong("left behind"))
	}, tcp, tlsTCP)
}
