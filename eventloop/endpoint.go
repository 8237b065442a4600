package eventloop

import (
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/duplexws/duplex/protocol"
)

// Endpoint is a [Handler] with its [Options]: what a connection is served by. A
// server with several behind one port chooses by ServerOptions.Route.
type Endpoint struct {
	handler      Handler
	cfg          *protocol.Config
	handshake    protocol.ServerHandshake
	choose       func(u *Upgrade, offered []string) string
	deflate      *protocol.DeflateConfig
	queue        Queue
	log          *slog.Logger
	writeTimeout int64
	closeTimeout int64
}

var silent = slog.New(slog.DiscardHandler)

// NewEndpoint returns an Endpoint. A nil o is the default of all options. The
// error names the first setting with which no handshake could succeed.
func NewEndpoint(h *Handler, o *Options) (*Endpoint, error) {
	if o == nil {
		o = new(Options)
	}
	e := &Endpoint{
		cfg: protocol.NewConfig(protocol.Server, &protocol.Limits{
			MaxMessage:      o.MaxMessage,
			MaxFragments:    o.MaxFragments,
			MaxControlRate:  o.MaxControlRate,
			AssemblyTimeout: o.AssemblyTimeout,
			CloseTimeout:    o.CloseTimeout,
			PingInterval:    o.PingInterval,
			PongTimeout:     o.PongTimeout,
		}),
		handshake: protocol.ServerHandshake{
			Subprotocols: o.Subprotocols,
			Origin:       o.Origin,
			Header:       headerFields(o.Header),
		},
		choose:       o.SelectSubprotocol,
		deflate:      o.Deflate,
		queue:        Queue{or(max(o.Queue.MaxBytes, 0), DefaultQueueBytes), o.Queue.Policy},
		log:          o.Logger,
		writeTimeout: int64(or(o.WriteTimeout, DefaultWriteTimeout)),
	}
	e.closeTimeout = int64(e.cfg.Limits().CloseTimeout)
	if h != nil {
		e.handler = *h
	}
	if e.log == nil {
		e.log = silent
	}
	err := e.handshake.Validate()
	if err == nil && e.deflate != nil {
		err = e.deflate.Validate()
	}
	return e, err
}

func or[T int | time.Duration](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}

func headerFields(h map[string][]string) (fields []protocol.HeaderField) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, v := range h[name] {
			fields = append(fields, protocol.HeaderField{Name: name, Value: v})
		}
	}
	return fields
}

// endpoints numbers those that a loop's connections have, so that an idle slot
// needs no pointer. The first is the server's own.
type endpoints struct {
	list  []*Endpoint
	users []int // connections of each
	index map[*Endpoint]uint16
	free  []uint16
}

func newEndpoints(own *Endpoint) endpoints {
	return endpoints{list: []*Endpoint{own}, users: []int{1}, index: map[*Endpoint]uint16{own: 0}}
}

// enter counts a connection, and returns the number of its endpoint. It reports
// false when there are too many of them.
func (t *endpoints) enter(e *Endpoint) (n uint16, ok bool) {
	n, known := t.index[e]
	switch {
	case known:
	case len(t.free) > 0:
		n, t.free = t.free[len(t.free)-1], t.free[:len(t.free)-1]
		t.list[n] = e
	case len(t.list) == 1<<16:
		return 0, false
	default:
		n = uint16(len(t.list))
		t.list, t.users = append(t.list, e), append(t.users, 0)
	}
	t.index[e] = n
	t.users[n]++
	return n, true
}

// leave forgets an endpoint with its last connection.
func (t *endpoints) leave(n uint16) {
	if t.users[n]--; t.users[n] == 0 {
		delete(t.index, t.list[n])
		t.list[n] = nil
		t.free = append(t.free, n)
	}
}
