package eventloop

// Stats are the figures of a loop.
type Stats struct {
	Conns    int    // connections that are open now
	Accepted uint64 // transports that were accepted
	Opened   uint64 // opening handshakes that succeeded
	Refused  uint64 // opening handshakes that were refused
	// HandedOver counts connections that left for Server.Requests.
	HandedOver uint64

	MessagesIn, MessagesOut uint64 // whole messages
	BytesIn, BytesOut       uint64 // octets of the transports
	Dropped                 uint64 // messages for which there was no room

	Panics       uint64 // of callbacks
	AcceptErrors uint64 // times that no connection could be accepted
	Turns        uint64 // looks at what is ready
	SlowTurns    uint64 // turns that took more than 50 ms
	Parks        uint64 // times that the loop stepped aside, see Server.Outside
}

// publish makes the figures visible to other goroutines.
func (l *Loop) publish() {
	l.statsMu.Lock()
	l.published = l.stats
	l.statsMu.Unlock()
	l.told = l.now
}

// Stats returns the loop's figures as they were a moment ago. It may be called
// from any goroutine.
func (l *Loop) Stats() Stats {
	l.statsMu.Lock()
	defer l.statsMu.Unlock()
	return l.published
}
