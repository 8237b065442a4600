package protocol

import (
	"math"
	"testing"
	"time"
)

func TestConfigDefaults(t *testing.T) {
	want := Limits{
		MaxMessage:      1 << 20,
		MaxFragments:    131072,
		MaxControlRate:  1000,
		AssemblyTimeout: 30 * time.Second,
		CloseTimeout:    5 * time.Second,
		PingInterval:    25 * time.Second,
		PongTimeout:     10 * time.Second,
	}
	bothRoles(t, func(t *testing.T, role Role) {
		for _, limits := range []*Limits{nil, {}} {
			cfg := NewConfig(role, limits)
			if got := cfg.Limits(); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if cfg.Role() != role {
				t.Errorf("role %v", cfg.Role())
			}
		}
	})
}

func TestConfigNegative(t *testing.T) {
	cfg := NewConfig(Server, &Limits{-1, -2, -3, -4, -5, -6, -7})
	want := Limits{
		MaxMessage:      -1,
		MaxFragments:    -1,
		MaxControlRate:  -1,
		AssemblyTimeout: -1,
		CloseTimeout:    DefaultCloseTimeout, // a peer could hold the connection for good
		PingInterval:    -1,
		PongTimeout:     DefaultPongTimeout,
	}
	if got := cfg.Limits(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if again := NewConfig(Server, &want); again.Limits() != want {
		t.Errorf("from its own limits: %+v", again.Limits())
	}
}

func TestConfigGiven(t *testing.T) {
	want := Limits{1, 2, 3, 4, 5, 6, 7}
	if got := NewConfig(Client, &want).Limits(); got != want {
		t.Errorf("got %+v", got)
	}
}

// The largest values stay what they say, and no deadline lies in the past.
func TestConfigLargest(t *testing.T) {
	const far = time.Duration(math.MaxInt64)
	cfg := NewConfig(Server, &Limits{math.MaxInt64, math.MaxInt, math.MaxInt, far, far, far, far})
	got := cfg.Limits()
	if got.MaxMessage > 0 && got.MaxMessage != math.MaxInt64 || got.MaxFragments > 0 && got.MaxFragments < math.MaxInt32 {
		t.Errorf("got %+v", got)
	}
	if cfg.maxMessage != math.MaxInt64 || cfg.maxCompressed < cfg.maxMessage {
		t.Errorf("limits %d, compressed %d", cfg.maxMessage, cfg.maxCompressed)
	}

	var o Out
	if _, _, err := o.AppendClose(cfg, start, nil, StatusNormalClosure, ""); err != nil || o.Deadline() <= start {
		t.Errorf("the close is due at %d, now is %d", o.Deadline(), start)
	}
	var k Keepalive
	if k.Start(cfg, start); k.Deadline() <= start {
		t.Errorf("the keepalive is due at %d, now is %d", k.Deadline(), start)
	}
	if k.Tick(cfg, start, 0, true); k.Deadline() <= start {
		t.Errorf("the pong is due at %d, now is %d", k.Deadline(), start)
	}
	e := newEndpoint(t, cfg)
	e.receive(wire(Server, text("a").unfinished()))
	if at := e.in.Deadline(cfg); at <= start {
		t.Errorf("the message is due at %d, now is %d", at, start)
	}
	e.end()
}

// The limit on compressed octets leaves room for text that does not compress.
func TestConfigCompressed(t *testing.T) {
	for _, max := range []int64{1, 1000, 1 << 20, 1 << 40} {
		cfg := NewConfig(Server, &Limits{MaxMessage: max})
		if want := uint64(max + max/64 + 1024); cfg.maxCompressed != want {
			t.Errorf("MaxMessage %d: %d, want %d", max, cfg.maxCompressed, want)
		}
	}
}

func TestRoleString(t *testing.T) {
	if Server.String() != "server" || Client.String() != "client" {
		t.Errorf("%v, %v", Server, Client)
	}
}
