package reconnect

import "time"

// State is what Options.OnState is told.
type State struct {
	Phase   Phase
	Attempt int           // the number of the attempt under way, or of the next: see [Attempt]
	Wait    time.Duration // for Waiting: how long
	Err     error         // for Waiting and Queued: the last failure, if any. For Ended: what was yielded, if anything
}

// Phase is what a loop does.
type Phase uint8

// The phases of a loop.
const (
	// Queued: it waits for the [Budget].
	Queued Phase = iota
	// Connecting: Prepare and the opening handshake are under way.
	Connecting
	// Connected: the body has a connection.
	Connected
	// Waiting: an attempt failed or a connection ended, and the next attempt is
	// Wait away.
	Waiting
	// Ended: the sequence has ended, or the body has left it.
	Ended
)

// String returns a word that is fit to be the label of a metric.
func (p Phase) String() string {
	switch p {
	case Queued:
		return "queued"
	case Connecting:
		return "connecting"
	case Connected:
		return "connected"
	case Waiting:
		return "waiting"
	case Ended:
		return "ended"
	}
	return "unknown"
}
