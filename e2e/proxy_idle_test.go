package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/duplexws/duplex/websocket"
)

// How long the proxies of these tests allow a connection to be idle, how often
// an end pings within that time, and how long nothing else is said.
const (
	proxyIdle   = 5 * time.Second // so a machine may stand still for almost as long
	shortPing   = proxyIdle / 5
	silence     = 2*proxyIdle + proxyIdle/4
	noKeepalive = time.Duration(-1)
)

// pinging are the options of an end that pings.
func pinging(interval time.Duration) websocket.Options {
	return websocket.Options{PingInterval: interval}
}

// idleBehindFront is silent for several of the proxy's idle timeouts. The
// keepalive of either end keeps the connection; without, the proxy cuts it.
func idleBehindFront(t *testing.T, bin string, f front) {
	serve := start(t, bin, "serve", "--addr", "127.0.0.1:0").hostPort() // pings too seldom to matter here
	echo := startEcho(t, nil, pinging(shortPing))
	short := edit{f.idle, strings.Replace(f.idle, "60s", proxyIdle.String(), 1)}

	var all silences
	for _, c := range []struct {
		name   string
		behind string
		client time.Duration
		edits  []edit
		check  func(context.Context, *websocket.Conn) error
	}{
		{"the client pings", serve, shortPing, []edit{short}, stays},
		{"the server pings", echo, noKeepalive, []edit{short}, stays},
		{"nobody pings", serve, noKeepalive, []edit{short}, isCut},
		{"nobody pings, usual timeout", serve, noKeepalive, nil, stays},
	} {
		p := startProxy(t, func(addr string) *program { return f.start(t, addr, c.behind, nil, c.edits...) })
		all.add(t, c.name, connect(t, "ws://"+p.addr+"/echo", &websocket.DialOptions{Options: pinging(c.client)}), c.check)
		defer func() {
			if strings.Contains(p.log.String(), "is DOWN") {
				t.Error("the health check takes the server for down")
			}
		}()
	}
	all.Wait()
}

// TestForwardProxyIdle is the same for a proxy of the client's.
func TestForwardProxyIdle(t *testing.T) {
	t.Parallel()
	server := startEcho(t, nil, pinging(noKeepalive))
	o := via("http://" + startTinyproxy(t, fmt.Sprintf("Timeout %d", proxyIdle/time.Second), server).addr)
	pings, silent := *o, *o
	pings.Options, silent.Options = pinging(shortPing), pinging(noKeepalive)

	var all silences
	all.add(t, "the client pings", connect(t, "ws://"+server, &pings), stays)
	all.add(t, "nobody pings", connect(t, "ws://"+server, &silent), isCut)
	all.Wait()
}

// silences are connections that are silent at the same time. (Parallel subtests
// would be as many as there are processors.)
type silences struct{ sync.WaitGroup }

// add has check watch a connection that works.
func (s *silences) add(t *testing.T, name string, c *websocket.Conn, check func(context.Context, *websocket.Conn) error) {
	t.Helper()
	wantEcho(t, c, 5)
	ctx := within(t)
	s.Go(func() {
		if err := check(ctx, c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	})
}

// stays reads for a long time, in which nothing comes, and wants the connection
// to be good then.
func stays(ctx context.Context, c *websocket.Conn) error {
	silent, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	if _, p, err := c.Read(silent); !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("read %q, error %w in the silence", p, err)
	}
	if err := c.Write(ctx, websocket.Text, []byte("still here")); err != nil {
		return err
	}
	_, p, err := c.Read(ctx)
	if err == nil && string(p) != "still here" {
		err = fmt.Errorf("read %q behind the silence", p)
	}
	return err
}

// isCut wants the connection to end without a closing handshake.
func isCut(ctx context.Context, c *websocket.Conn) error {
	_, p, err := c.Read(ctx)
	if !errors.Is(err, websocket.ErrAbnormal) || websocket.CloseStatus(err) != websocket.StatusAbnormalClosure {
		return fmt.Errorf("read %q, error %v, want the connection cut", p, err)
	}
	if err := c.Err(); !errors.Is(err, websocket.ErrAbnormal) {
		return fmt.Errorf("the connection says that it ended with %v", err)
	}
	return nil
}
