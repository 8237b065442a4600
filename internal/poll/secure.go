package poll

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"sync"

	"time"
)

// Secure is a network of TLS servers over another one. The handshake of TLS runs
// on a goroutine, since it cannot be interrupted; behind it crypto/tls reads and
// writes what the other network has, without waiting.
type Secure struct {
	Network
	config  *tls.Config
	timeout time.Duration
	busy    func(n int)

	mu      sync.Mutex
	under   map[net.Conn]struct{} // whose handshake is under way
	done    []*secured            // whose handshake succeeded, to be accepted
	conns   map[Handle]*secured   // that were, and that no poller knows yet
	pollers []*securePoller       // that watch the listener
	waiting sync.WaitGroup
	closed  bool
}

// mostHandshakes is how many may be under way; those beyond wait in the system.
const mostHandshakes = 4096

// NewSecure returns a network of TLS over n, for one listener. A handshake may
// take timeout; busy, if not nil, is told how many more or fewer are under way.
func NewSecure(n Network, config *tls.Config, timeout time.Duration, busy func(n int)) *Secure {
	config = config.Clone()
	if len(config.NextProtos) == 0 {
		config.NextProtos = []string{"http/1.1"}
	}
	if busy == nil {
		busy = func(int) {}
	}
	return &Secure{Network: n, config: config, timeout: timeout, busy: busy,
		under: make(map[net.Conn]struct{}), conns: make(map[Handle]*secured)}
}

// NewPoller returns a poller.
func (n *Secure) NewPoller() (Poller, error) {
	p, err := n.Network.NewPoller()
	if err != nil {
		return nil, err
	}
	return &securePoller{Poller: p, net: n}, nil
}

// CloseListener also ends the handshakes that are under way.
func (n *Secure) CloseListener(h Handle) error {
	n.mu.Lock()
	n.closed = true
	for nc := range n.under {
		nc.Close()
	}
	n.mu.Unlock()
	n.waiting.Wait()
	for _, c := range n.done {
		c.nc.Close()
	}
	n.done = nil
	return n.Network.CloseListener(h)
}

// begin starts a handshake, and takes nc over. It reports whether more may be
// begun.
func (n *Secure) begin(nc net.Conn) (more bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		nc.Close()
		return false
	}
	n.under[nc] = struct{}{}
	n.waiting.Go(func() { n.handshake(nc) })
	return len(n.under) < mostHandshakes
}

func (n *Secure) handshake(nc net.Conn) {
	n.busy(1)
	defer n.busy(-1)
	c := &secured{nc: nc}
	c.tls = tls.Server(c, n.config)
	nc.SetDeadline(time.Now().Add(n.timeout))
	err := c.tls.HandshakeContext(context.Background())
	nc.SetDeadline(time.Time{})

	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.under, nc)
	if err == nil && !n.closed {
		n.done = append(n.done, c)
	} else {
		tellPlain(err)
		nc.Close()
	}
	n.announce(err == nil)
}

// settle makes a transport of a connection that is secure. Called with mu held.
func (n *Secure) settle(c *secured) (Handle, error) {
	h, err := n.Network.Attach(c.nc)
	if err == nil {
		c.nc = nil
		n.conns[h] = c
	}
	return h, err
}

// Attach takes back what Detach has given, and what the other network takes.
func (n *Secure) Attach(nc net.Conn) (Handle, error) {
	if t, ok := nc.(*tls.Conn); ok {
		if c, ok := t.NetConn().(*secured); ok && c.nc != nil {
			n.mu.Lock()
			defer n.mu.Unlock()
			return n.settle(c)
		}
	}
	return n.Network.Attach(nc)
}

// announce tells a poller, each in its turn, that there is something to accept,
// or room for another handshake. Called with mu held.
func (n *Secure) announce(accept bool) {
	if len(n.pollers) == 0 || !accept && len(n.under) != mostHandshakes-1 {
		return
	}
	p := n.pollers[0]
	n.pollers = append(n.pollers[1:], p)
	p.accepts.Store(true)
	p.Wake()
}

// tellPlain answers who speaks plain HTTP to a TLS port.
func tellPlain(err error) {
	var record tls.RecordHeaderError
	if !errors.As(err, &record) || record.Conn == nil {
		return
	}
	for _, method := range []string{"GET ", "POST", "HEAD", "PUT ", "OPTI"} {
		if strings.HasPrefix(string(record.RecordHeader[:]), method) {
			io.WriteString(record.Conn, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nthis port speaks TLS: use https or wss\n")
		}
	}
}

// take returns the connection of a handle, nil if there is none.
func (n *Secure) take(h Handle) *secured {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := n.conns[h]
	delete(n.conns, h)
	return c
}
