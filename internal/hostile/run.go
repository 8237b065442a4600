package hostile

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/rawpeer"
	"github.com/duplexws/duplex/internal/testenv"
)

// gluedField marks the request that is glued on behind one that is refused.
const gluedField = "Glued"

// Run runs all rows and scenarios against a server.
func Run(t *testing.T, s *Server) {
	s.openCanary(t)
	t.Cleanup(func() {
		s.checkCanary(t)
		s.canary.Close()
		s.Log.Check(t)
	})
	for _, row := range Rows() {
		if want := row.HiddenByNetHTTP; want != nil && s.NetHTTP {
			row.Want = *want
		}
		row.Want.unread = s.OwnParser && slices.Contains(beforeRead, row.Want.Refused)
		for _, tr := range row.transports() {
			t.Run(fmt.Sprintf("%d/%s/%s", row.N, row.Name, tr), func(t *testing.T) {
				t.Parallel()
				s.run(t, &row, tr)
			})
		}
	}
	for _, sc := range scenarios {
		for _, tr := range []transport{overTCP, overTLS} {
			t.Run(fmt.Sprintf("%d/%s/%s", sc.n, sc.name, tr), func(t *testing.T) {
				t.Parallel()
				sc.run(t, s, tr)
				s.checkCanary(t)
			})
		}
	}
}

func (r *Row) transports() []transport {
	if r.PlainTLS {
		return []transport{overTLS}
	}
	return []transport{overTCP, overTLS}
}

// mostFailures is how many rows may fail before the rest is skipped: where a
// server is at a loss it may keep each waiting for long.
const mostFailures = 12

// run delivers one row in every way, and compares what comes of it.
func (s *Server) run(t *testing.T, row *Row, tr transport) {
	if s.failed.Load() > mostFailures {
		t.Skip("enough rows have failed")
	}
	defer func() {
		if t.Failed() {
			s.failed.Add(1)
		}
	}()
	ways := row.deliveries(t, tr)
	outcomes := make([]*outcome, len(ways))
	var all sync.WaitGroup
	for i, way := range ways {
		all.Go(func() {
			m := s.mount(row.Server)
			defer s.unmount(m)
			steps := way(m.run)
			if outcomes[i] = s.deliver(t, row, tr, steps); outcomes[i] == nil {
				return
			}
			if wrong := slices.Concat(outcomes[i].check(&row.Want), m.check(&row.Want)); len(wrong) > 0 {
				t.Errorf("%s\nwhen this is sent%v", strings.Join(wrong, "\n"), describe(steps))
			}
		})
	}
	all.Wait()
	s.checkCanary(t)
	for i, o := range outcomes {
		if first := outcomes[0]; o != nil && first != nil && o.String() != first.String() {
			t.Errorf("another delivery, another outcome:\n%v\nwhen this is sent%v\nbut\n%v\nwhen it is whole", o, describe(ways[i]("RUN")), first)
		}
	}
}

// describe shows the beginning of a delivery.
func describe(steps []step) string {
	var b strings.Builder
	for _, st := range steps {
		p := bytes.Join(st.pieces, nil)
		fmt.Fprintf(&b, "\nin %d pieces, behind the 101 %t: %.600q", len(st.pieces), st.behindHead, p)
	}
	return b.String()
}

// A step of a delivery is written piece by piece, once the head of the response
// has come if it says so.
type step struct {
	behindHead bool
	pieces     [][]byte
}

// deliveries returns the ways to deliver a row, each for the name of a run.
func (r *Row) deliveries(t testing.TB, tr transport) (ways []func(run string) []step) {
	parts := func(run string) (head, frames []byte) {
		switch {
		case r.Raw != "":
			return []byte(r.Raw), r.Frames
		case r.Request.line == "":
			return handshake().octets(run, tr.scheme()), r.Frames
		}
		return r.Request.octets(run, tr.scheme()), r.Frames
	}
	// What stands behind a handshake that succeeds is written behind the 101.
	apart := func(cut func([]byte) [][]byte) func(string) []step {
		return func(run string) []step {
			head, frames := parts(run)
			if r.Want.Status != 101 {
				return []step{{false, cut(slices.Concat(head, frames))}}
			}
			return []step{{false, cut(head)}, {true, cut(frames)}}
		}
	}
	together := func(cut func([]byte) [][]byte, more func(run string) []byte) func(string) []step {
		return func(run string) []step {
			head, frames := parts(run)
			return []step{{false, cut(slices.Concat(head, frames, more(run)))}}
		}
	}
	whole := func(p []byte) [][]byte { return [][]byte{p} }
	nothing := func(string) []byte { return nil }

	ways = append(ways, apart(whole))
	if r.Once {
		return ways
	}
	seed, times := r.seed(), 1
	if testenv.Full() {
		seed, times = rand.Uint64(), 3
	}
	t.Logf("cut at random with seed %d", seed)
	for i := range uint64(times) {
		cut := func(p []byte) [][]byte { return rawpeer.AtRandom(p, rand.New(rand.NewPCG(seed, i))) }
		ways = append(ways, together(cut, nothing))
	}
	if r.Want.KeepAlive || r.HalfClose || r.Dangling {
		ways = append(ways, together(whole, nothing))
	} else {
		ways = append(ways, together(whole, func(run string) []byte { return r.glue(run, tr) }))
	}
	// Under TLS, reads are cut at records: where those fall matters no more
	// than where the reads of TCP do, and costs much more to try.
	if tr == overTCP || testenv.Full() {
		ways = append(ways, apart(rawpeer.ByOctet))
	}
	for _, at := range r.GlueAt {
		ways = append(ways, func(run string) []step {
			head, frames := parts(run)
			return []step{{false, whole(slices.Concat(head, frames[:at]))}, {true, whole(frames[at:])}}
		})
	}
	return ways
}

// seed is the same in every run of the same row.
func (r *Row) seed() uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, r.N, r.Name)
	return h.Sum64()
}

// glue is what must be ignored behind a row: behind frames that close the
// connection more frames, behind a refused handshake a request that would
// succeed.
func (r *Row) glue(run string, tr transport) []byte {
	if r.Want.Status == 101 {
		return rawpeer.Octets(rawpeer.Ping("glued"), rawpeer.Text("glued"), rawpeer.Text("glued").Unmasked())
	}
	return handshake().with(gluedField+": 1").octets(run, tr.scheme())
}

// deliver writes the steps and returns what comes of it.
func (s *Server) deliver(t *testing.T, row *Row, tr transport, steps []step) *outcome {
	t.Helper()
	to := s.port(tr)
	if row.PlainTLS {
		to.tls = nil
	}
	c, err := to.dial()
	if err != nil {
		t.Error(err)
		return nil
	}
	defer c.Close()
	head, written := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(written)
		c.writeSteps(steps, head)
		if row.HalfClose {
			c.closeWrite()
		}
	}()
	o := c.read(row.method(), func(status int) {
		close(head)
		if row.Want.KeepAlive {
			c.closeWrite()
		}
	})
	c.SetDeadline(time.Unix(1, 0)) // the writer need not go on
	<-written
	return o
}

// writeSteps writes until the server will have no more: it may have answered
// and gone.
func (c *client) writeSteps(steps []step, head <-chan struct{}) {
	for _, st := range steps {
		if st.behindHead {
			<-head
		}
		for _, p := range st.pieces {
			if _, err := c.Write(p); err != nil {
				return
			}
		}
	}
}

func (r *Row) method() string {
	method, _, _ := strings.Cut(r.Request.line, " ")
	return method
}

// openCanary opens the connection that shows that the server still serves.
func (s *Server) openCanary(t testing.TB) {
	t.Helper()
	m := s.mount(Settings{})
	c := s.port(overTCP).mustDial(t)
	c.SetDeadline(time.Time{})
	c.Write(handshake().octets(m.run, "http"))
	resp, err := rawpeer.ReadResponse(c.r)
	if err != nil || resp.Status != 101 {
		t.Fatalf("the canary was not let in: %v, %v", resp, err)
	}
	s.canary = c
}

// checkCanary exchanges a message with the server.
func (s *Server) checkCanary(t testing.TB) {
	t.Helper()
	s.canaryMu.Lock()
	defer s.canaryMu.Unlock()
	s.canary.SetDeadline(time.Now().Add(patience))
	s.canary.Write(rawpeer.Octets(rawpeer.Text("tweet")))
	e, err := s.canary.frames.Next()
	for err == nil && e.Op == rawpeer.OpPing {
		e, err = s.canary.frames.Next()
	}
	if err != nil || e.Payload != "tweet" {
		t.Errorf("the canary is not served any more: %v, %v", e, err)
	}
}
