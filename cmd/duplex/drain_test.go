package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/duplexws/duplex/websocket"
)

func TestSignalDrains(t *testing.T) {
	for _, c := range []struct {
		command string
		signal  os.Signal
	}{
		{"serve", syscall.SIGTERM},
		{"serve", os.Interrupt},
		{"echo", syscall.SIGTERM},
	} {
		t.Run(fmt.Sprintf("%s %v", c.command, c.signal), func(t *testing.T) {
			p := start(t, c.command, "--addr", "127.0.0.1:0", "--drain-timeout", "4s")
			var conns []*websocket.Conn
			for range 5 {
				conn := p.mustDial("/echo")
				wantEcho(t, conn, websocket.Text, []byte("x"))
				conns = append(conns, conn)
			}
			// A browser opens connections in advance. They must not hold up the
			// end, as they would in net/http for 5 s.
			early, err := net.Dial("tcp", conns[0].RemoteAddr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer early.Close()

			p.signal(c.signal)
			for _, conn := range conns {
				wantClose(t, conn, websocket.StatusGoingAway)
			}
			p.wantExit(0)
			if log := p.log.String(); strings.Contains(log, "cut off") {
				t.Errorf("the drain did not end by itself:\n%s", log)
			}
		})
	}
}

// stuck starts a server with a connection that does not answer its Close frame,
// and begins the drain.
func stuck(t *testing.T, args ...string) *process {
	p := start(t, append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)
	nc, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	io.WriteString(nc, upgrade("/echo", "localhost", ""))
	p.waitLog("connection opened")
	p.signal(syscall.SIGTERM)
	p.waitLog("draining")
	return p
}

func TestDrainTimeout(t *testing.T) {
	p := stuck(t, "--drain-timeout", "100ms")
	p.wantExit(0)
	if log := p.log.String(); !strings.Contains(log, "--drain-timeout") {
		t.Errorf("the log does not say that a connection was cut off:\n%s", log)
	}
}

func TestSecondSignalKills(t *testing.T) {
	p := stuck(t, "--drain-timeout", "1h")
	p.signal(syscall.SIGTERM)
	p.wantExit(143)
	p = stuck(t, "--drain-timeout", "1h")
	p.signal(os.Interrupt)
	p.wantExit(130)
}
