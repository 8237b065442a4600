package cases

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/duplexws/duplex/internal/rawpeer"
	"github.com/duplexws/duplex/internal/testenv"
)

// patience is how long the suite waits for what must happen. It is long,
// because nothing is measured with it.
const patience = 20 * time.Second

// Play runs a case against an endpoint, over a connection whose opening
// handshake is done, and returns what the endpoint did wrong. asServer says
// that the suite is the server. Of the octets that came behind the handshake r
// may hold some. Play closes nc.
func Play(c *Case, nc net.Conn, r *bufio.Reader, asServer bool) error {
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(2 * patience))
	p := &player{c: c, nc: nc, asServer: asServer, came: make(chan rawpeer.Event)}
	go p.read(r)
	err := errors.Join(p.play(), p.judge())
	nc.Close()
	for range p.came { // the reader must not be left behind
	}
	return err
}

// A player is a case under way.
type player struct {
	c        *Case
	nc       net.Conn
	asServer bool

	came chan rawpeer.Event // from the reader, which closes it
	end  error              // then, why

	events []rawpeer.Event
	close  *rawpeer.Event // the endpoint's Close frame
	gone   bool           // came is closed
	closes bool           // the suite's Close frame went out, before the endpoint's
	cut    bool           // the suite had to cut the transport
}

func (p *player) read(r io.Reader) {
	frames := rawpeer.Reader{R: r, Masked: p.asServer}
	for {
		e, err := frames.Next()
		if err != nil {
			p.end = err
			close(p.came)
			return
		}
		p.came <- e
	}
}

// take waits for the next thing to come, and reports whether it did.
func (p *player) take(wait time.Duration) bool {
	if p.gone {
		return false
	}
	timeout := time.NewTimer(wait)
	defer timeout.Stop()
	select {
	case e, ok := <-p.came:
		p.note(e, ok)
		return true
	case <-timeout.C:
		return false
	}
}

// note keeps what came.
func (p *player) note(e rawpeer.Event, ok bool) {
	switch {
	case !ok:
		p.gone = true
	case e.Op == rawpeer.OpClose:
		p.close = &e
	default:
		p.events = append(p.events, e)
	}
}

// await waits for n events, and reports whether they came.
func (p *player) await(n int) bool {
	for len(p.events) < n && p.close == nil && p.take(patience) {
	}
	return len(p.events) >= n
}

// play sends the steps and the Close frame that the ending wants of the suite.
func (p *player) play() error {
	for i, s := range p.c.Steps() {
		if !p.await(s.Await) {
			return fmt.Errorf("step %d: %d of %d events have come", i, len(p.events), s.Await)
		}
		if s.Pause && p.take(pause()) {
			return fmt.Errorf("step %d: something came too early", i)
		}
		if s.Failed {
			for p.close == nil && !p.gone {
				if !p.take(patience) {
					return fmt.Errorf("step %d: the endpoint does not see the fault before the end of the message", i)
				}
			}
		}
		if !p.write(s) {
			break // the endpoint has gone, which the verdict is about
		}
	}
	if p.c.Ending == Echoes {
		p.await(len(p.c.Events))
		p.write(Step{Frames: []rawpeer.Frame{rawpeer.Close(1000, "")}})
	}
	return nil
}

func pause() time.Duration {
	if testenv.Full() {
		return fullPause
	}
	return shortPause
}

// write writes a step, while what comes back is taken.
func (p *player) write(s Step) bool {
	p.closes = p.closes || p.close == nil && slices.ContainsFunc(s.Frames, func(f rawpeer.Frame) bool { return f.Op == rawpeer.OpClose && f.RSV == 0 })
	written := make(chan error, 1)
	pieces := p.pieces(s)
	go func() {
		for _, piece := range pieces {
			if _, err := p.nc.Write(piece); err != nil {
				written <- err
				return
			}
		}
		written <- nil
	}()
	for {
		came := p.came
		if p.gone {
			came = nil
		}
		select {
		case err := <-written:
			return err == nil
		case e, ok := <-came:
			p.note(e, ok)
		}
	}
}

// pieces are the writes of a step.
func (p *player) pieces(s Step) (pieces [][]byte) {
	var all []byte
	for _, f := range s.Frames {
		f.Bare = p.asServer
		octets := f.Append(nil)
		if s.Part != [2]int{} {
			head := len(octets) - len(f.Payload)
			from, to := head+s.Part[0], head+s.Part[1]
			if s.Part[0] == 0 {
				from = 0
			}
			octets = octets[from:to]
		}
		if s.PerFrame {
			pieces = append(pieces, octets)
		} else {
			all = append(all, octets...)
		}
	}
	switch {
	case s.PerFrame:
		return pieces
	case s.Chop > 0:
		return rawpeer.Chop(all, s.Chop)
	}
	return [][]byte{all}
}

// judge waits for the end and gives the verdict.
func (p *player) judge() error {
	for {
		// As a server the suite ends the transport once both Close frames
		// have passed.
		if p.asServer && p.close != nil && !p.gone {
			p.reply()
			p.nc.(interface{ CloseWrite() error }).CloseWrite()
		}
		if p.gone || !p.take(patience) {
			break
		}
	}
	p.cut = !p.gone
	return errors.Join(p.judgeEvents(), p.judgeClose())
}

// reply answers the endpoint's Close frame if it came first.
func (p *player) reply() {
	if !p.closes {
		p.write(Step{Frames: []rawpeer.Frame{rawpeer.Close(max(p.close.Code, 1000), "")}})
	}
}

func (p *player) judgeEvents() error {
	if p.c.Ending == Informational || slices.Equal(p.events, p.c.Events) {
		return nil
	}
	return fmt.Errorf("came: %v\nwanted: %v", brief(p.events), brief(p.c.Events))
}

// brief prints some events of many.
func brief(events []rawpeer.Event) string {
	const most = 12
	var b strings.Builder
	for i, e := range events {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(events)-most)
			break
		}
		fmt.Fprintf(&b, " %v;", e)
	}
	return b.String()
}

// judgeClose judges how the connection was closed, in the order in which the
// faults count.
func (p *player) judgeClose() error {
	clean := p.c.Ending == Echoes || p.c.Ending == Closes
	bySuite := p.c.Ending != Fails
	switch {
	case p.cut:
		return errors.New("the endpoint does not end the transport")
	case errors.Is(p.end, rawpeer.ErrBroken):
		return p.end
	case p.c.Ending == Informational:
		return nil
	case bySuite != p.closes:
		return fmt.Errorf("the suite closed first: %t, wanted %t", p.closes, bySuite)
	case clean && (p.close == nil || p.end != io.EOF):
		return fmt.Errorf("the close was not clean: Close frame %v, then %w", p.close, p.end)
	case p.close != nil && p.close.Code != 0 && !slices.Contains(p.c.Codes, p.close.Code):
		return fmt.Errorf("closed with %d, wanted %d", p.close.Code, p.c.Codes)
	case p.end != io.EOF && !errors.Is(p.end, syscall.ECONNRESET):
		return fmt.Errorf("the transport ended: %w", p.end)
	}
	return nil
}
