package protocol

import "math/rand/v2"

// Keepalive decides when a silent connection is pinged and when it is dead. It
// needs no note of every message: twice in each Limits.PingInterval it compares
// how much was received, and whoever was silent from one time to the next is
// pinged, so after half an interval at least and a whole one at most. The zero
// value is off; [Keepalive.Start] turns it on.
type Keepalive struct {
	deadline int64  // when Tick is due, 0 if off
	received uint64 // octets received at the last Tick
	deadBy   int64  // when a Ping must have been answered, 0 if none waits
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
	*k = Keepalive{received: ^uint64(0)} // the opening handshake was no silence
	if cfg.ping > 0 {
		k.deadline = now + pause(cfg)
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
	overdue := k.deadBy != 0 && now >= k.deadBy
	switch {
	case overdue && !flowed && reading:
		k.deadline = 0
		return KeepDead
	case overdue || flowed:
		k.deadBy = 0
	case k.deadBy == 0:
		k.deadBy = now + cfg.pong
		k.deadline = min(k.deadBy, now+pause(cfg))
		return KeepPing
	}
	k.deadline = now + pause(cfg)
	if k.deadBy != 0 {
		k.deadline = min(k.deadBy, k.deadline)
	}
	return KeepQuiet
}

// Sent is called when the Ping that Tick asked for has been handed to the
// transport, whole: only from then on does PongTimeout count. A Ping that a
// blocked write holds up is no fault of the peer's.
func (k *Keepalive) Sent(cfg *Config, now int64) {
	if k.deadBy != 0 {
		k.deadBy = now + cfg.pong
	}
}

// pause is the time between two looks: half an interval, less up to a tenth,
// so that connections that were opened together are not pinged together.
func pause(cfg *Config) int64 {
	d := (cfg.ping + 1) / 2
	return d - rand.Int64N(d/10+1)
}
