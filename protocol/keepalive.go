package protocol

import "math/rand/v2"

// Keepalive decides when a silent connection is pinged and when it is dead. It
// needs no note of every message: it compares how much was received when its
// time comes. The zero value is off; [Keepalive.Start] turns it on.
type Keepalive struct {
	deadline int64  // when Tick is due, 0 if off
	received uint64 // octets received at the last Tick
	waiting  bool   // a Ping went out and nothing has come since
}

// KeepaliveAction is what [Keepalive.Tick] asks for.
type KeepaliveAction uint8

const (
	// KeepQuiet: nothing to do.
	KeepQuiet KeepaliveAction = iota
	// KeepPing: send a Ping.
	KeepPing
	// KeepDead: nothing was received within Limits.PongTimeout of the Ping.
	KeepDead
)

// Start turns the keepalive on, unless the Config has none.
func (k *Keepalive) Start(cfg *Config, now int64) {
	*k = Keepalive{}
	if cfg.ping > 0 {
		k.deadline = now + jitter(cfg.ping)
	}
}

// Deadline returns when Tick is due, or 0.
func (k *Keepalive) Deadline() int64 { return k.deadline }

// Tick is called when Deadline has passed, with the number of octets received
// so far and whether anyone is reading: while nobody is, an answer could not
// be seen, and the peer is given the benefit of the doubt.
func (k *Keepalive) Tick(cfg *Config, now int64, received uint64, reading bool) KeepaliveAction {
	if cfg.ping <= 0 {
		return KeepQuiet
	}
	flowed := received != k.received
	k.received = received
	switch {
	case k.waiting && !flowed && reading:
		k.deadline = 0
		return KeepDead
	case flowed || k.waiting:
		k.waiting = false
		k.deadline = now + jitter(cfg.ping)
		return KeepQuiet
	}
	k.waiting = true
	k.deadline = now + cfg.pong
	return KeepPing
}

// jitter takes up to a tenth off d, so that connections that were opened
// together are not pinged together.
func jitter(d int64) int64 { return d - rand.Int64N(d/10+1) }
