//go:build linux && (amd64 || arm64)

package epollecho

// A Handler makes replies out of what was received. It is called once per
// read, not per message, so that both loops pay the same for the seam.
type Handler[S any] interface {
	// Feed consumes p, appending replies to l.Cork (after l.Room) or lending
	// them (l.Lend). The loop sends them when Feed returns; with false it
	// closes the connection after that. p lies in c.Into when that was set,
	// else in the loop's receive buffer, which the next read overwrites.
	Feed(l *Loop[S], c *Conn[S], p []byte) bool

	// Sent says that nothing lent since the last Feed is needed any more.
	Sent(c *Conn[S])
}

// A Conn is one connection.
type Conn[S any] struct {
	// State is the handler's.
	State S
	// Into is the destination of the next read, nil for the loop's buffer.
	// The handler sets it in Feed.
	Into []byte

	fd   int32
	open bool   // the handshake is done
	lent bool   // out borrows from the handler
	head []byte // the request so far
	out  []byte // not sent yet; while there is any, nothing is read
}
