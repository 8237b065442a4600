package hostile

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/rawpeer"
)

// A scenario is a hazard that is more than an input.
type scenario struct {
	n    int
	name string
	run  func(t *testing.T, s *Server, tr transport)
}

var scenarios = []scenario{
	{21, "no octet at all", func(t *testing.T, s *Server, tr transport) { slow(t, s, tr, nil) }},
	{21, "stops in the middle of a line", func(t *testing.T, s *Server, tr transport) {
		slow(t, s, tr, [][]byte{handshake().octets("0", "http")[:40]})
	}},
	{21, "an octet at a time", func(t *testing.T, s *Server, tr transport) {
		slow(t, s, tr, rawpeer.Chop(handshake().with("X: "+strings.Repeat("a", 10_000)).octets("0", "http"), 1))
	}},
	{29, "the peer is gone before the 101", vanish},
	{29, "the peer is gone behind the first frames", vanishLater},
	{30, "the peer is gone while the application thinks", disconnect},
	{59, "the peer sends on and on instead of answering our Close", sendsOn},
	{60, "the server ends the transport first", endsFirst},
}

// slow writes pieces one by one, slowly, to a server that allows 300 ms for a
// head, and wants it to give up.
func slow(t *testing.T, s *Server, tr transport, pieces [][]byte) {
	to := port{s.HastyTCP, nil}
	if tr == overTLS {
		to = port{s.HastyTLS, s.ClientTLS}
	}
	if pieces == nil {
		to.tls = nil // not even a TLS hello
	}
	c := to.mustDial(t)
	defer c.Close()
	written := make(chan struct{})
	go func() {
		defer close(written)
		for _, p := range pieces {
			if _, err := c.Write(p); err != nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	o := c.read("GET", func(int) {})
	c.Close()
	<-written
	w := Want{MayReset: true}
	if o.head.Status != 0 {
		w.Status = 400 // net/http takes the line that is cut for a whole one
	}
	o.check(&w).report(t)
}

// vanish resets the transport right behind the request, so that the 101 may
// find nobody.
func vanish(t *testing.T, s *Server, tr transport) {
	m := s.mount(Settings{})
	for i := range 100 {
		c := s.port(tr).mustDial(t)
		p := handshake().octets(m.run, tr.scheme())
		if i%4 == 0 {
			p = append(p, rawpeer.Octets(hello, rawpeer.Ping("p"))...)
		}
		c.Write(p)
		if i%2 == 0 {
			time.Sleep(time.Duration(rand.IntN(300)) * time.Microsecond)
		}
		c.reset()
	}
	m.checkEnded().report(t)
}

// vanishLater resets the transport while the server answers.
func vanishLater(t *testing.T, s *Server, tr transport) {
	m := s.mount(Settings{})
	big := rawpeer.Octets(rawpeer.Binary(strings.Repeat("x", 200_000)))
	for range 30 {
		c := s.port(tr).mustDial(t)
		c.Write(handshake().octets(m.run, tr.scheme()))
		if resp, err := rawpeer.ReadResponse(c.r); err != nil || resp.Status != 101 {
			t.Fatal(resp, err)
		}
		c.Write(big[:rand.IntN(len(big))])
		time.Sleep(time.Duration(rand.IntN(500)) * time.Microsecond)
		c.reset()
	}
	m.checkEnded().report(t)
}

// disconnect leaves while the application has not yet decided: it must be told.
func disconnect(t *testing.T, s *Server, tr transport) {
	m := s.mount(Settings{WaitsForDisconnect: true})
	c := s.port(tr).mustDial(t)
	c.Write(handshake().octets(m.run, tr.scheme()))
	if !m.settled(func() bool { return m.waiting == 1 }) {
		t.Error("the application has not got the request")
	}
	c.reset()
	if !m.settled(func() bool { return m.gone == 1 }) {
		t.Error("the application is not told that the peer is gone")
	}
}

// sendsOn never answers the server's Close frame but sends messages: it must
// be cut off.
func sendsOn(t *testing.T, s *Server, tr transport) {
	m := s.mount(Settings{App: Closer, CloseTimeout: short})
	c := s.port(tr).mustDial(t)
	defer c.Close()
	c.Write(handshake().octets(m.run, tr.scheme()))
	p := rawpeer.Octets(hello, rawpeer.Binary(strings.Repeat("x", 1000)))
	written := make(chan error, 1)
	go func() {
		for {
			if _, err := c.Write(p); err != nil {
				written <- err
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	o := c.read("GET", func(int) {})
	o.check(&Want{Status: 101, Close: 4001, MayReset: true}).report(t)
	if err := <-written; endOf(err) == endOpen {
		t.Error("the server still takes what is sent")
	}
	m.checkEnded().report(t)
}

// endsFirst waits for the server's half of the transport to end before it ends
// its own: of TLS first, and then of TCP.
func endsFirst(t *testing.T, s *Server, tr transport) {
	for _, f := range []rawpeer.Frame{rawpeer.Close(1000, ""), rawpeer.NewFrame(rawpeer.OpClose, ""), hello.Unmasked()} {
		m := s.mount(Settings{})
		c := s.port(tr).mustDial(t)
		c.Write(append(handshake().octets(m.run, tr.scheme()), rawpeer.Octets(f)...))
		o := c.read("GET", func(int) {})
		if o.end != endEOF {
			t.Errorf("the transport ended: %s", o.end)
		}
		if _, err := c.tcp.Read(make([]byte, 1)); endOf(err) != endEOF {
			t.Errorf("TCP ended: %v", err)
		}
		c.Close()
		m.checkEnded().report(t)
	}
}
