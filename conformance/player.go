package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A player plays one case with one peer. Its methods are the words that cases
// are written in.
type player struct {
	c        *Case
	nc       net.Conn
	asServer bool
	opts     *Options
	log      *wireLog

	site *site // nil if the peer is a client

	in      inbox
	deflate *compressed // nil if it was not negotiated

	want             []event // what must come
	other            *alternative
	missing, onReset *Verdict // on less than want, on a transport that is reset
	events           []event  // what has come, but the Close frame

	peerClose  *event
	suiteClose *frame
	suiteFirst bool  // the suite's Close frame went out before the peer's came
	gone       bool  // nothing comes any more
	how        error // why
	broken     bool  // because the peer breaks the protocol
	cut        bool  // by the suite
	deaf       bool  // writing has failed

	written atomic.Int64 // pieces that went out

	rest []byte // of a frame that was sent in part
	said speech
	shut bool // the login did not succeed

	verdict Verdict // the worst that the case itself has found
	reasons []string
}

// play runs a case over a connection whose opening handshake is done; r has
// what comes behind it, and agreed is what became of permessage-deflate.
func play(ctx context.Context, c *Case, nc net.Conn, r io.Reader, agreed *params, asServer bool, opts *Options, log *wireLog) *Result {
	return newPlayer(c, nc, agreed, asServer, opts, log).run(ctx, r)
}

func newPlayer(c *Case, nc net.Conn, agreed *params, asServer bool, opts *Options, log *wireLog) *player {
	own := *c // its play may change it
	p := &player{c: &own, nc: nc, asServer: asServer, opts: opts, log: log, deflate: newCompressed(agreed, asServer)}
	p.in.init()
	return p
}

func (p *player) run(ctx context.Context, r io.Reader) *Result {
	ctx, cancel := context.WithTimeout(ctx, p.opts.caseTimeout())
	defer cancel()
	stop := context.AfterFunc(ctx, func() { p.nc.Close() })
	defer stop()

	var reader sync.WaitGroup
	reader.Go(func() { p.read(r) })
	if p.shut = !p.asServer && !p.login(); !p.shut {
		p.c.play(p)
		p.end()
	}
	p.nc.Close()
	reader.Wait()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		p.fault(Failed, "not done after %v", p.opts.caseTimeout())
	}
	return p.result()
}

// send sends frames in one write.
func (p *player) send(frames ...frame) { p.write(frames, 0) }

// perFrame sends frames, each in a write of its own.
func (p *player) perFrame(frames ...frame) {
	for _, f := range frames {
		p.send(f)
	}
}

// chop sends frames in writes of n octets.
func (p *player) chop(n int, frames ...frame) { p.write(frames, n) }

func (p *player) write(frames []frame, n int) {
	var octets []byte
	for _, f := range frames {
		octets = f.append(octets, !p.asServer)
		p.sent(f)
	}
	if n == 0 {
		n = len(octets)
	} else {
		p.log.note(Suite, "in writes of %d octets", n)
	}
	p.raw(octets, n)
}

// begin sends a frame up to octet n of its payload, and resume the next n.
func (p *player) begin(f frame, n int) {
	octets := f.append(nil, !p.asServer)
	n += len(octets) - len(f.payload)
	p.sent(f)
	p.log.note(Suite, "of this frame the first %d octets", n)
	p.raw(octets[:n], n)
	p.rest = octets[n:]
}

func (p *player) resume(n int) {
	p.log.note(Suite, "of this frame the next %d octets", n)
	p.raw(p.rest[:n], n)
	p.rest = p.rest[n:]
}

// mostWrite is the longest write, so that one that stands still is seen.
const mostWrite = 1 << 20

// raw writes octets in pieces of n.
func (p *player) raw(octets []byte, n int) {
	for piece := range slices.Chunk(octets, min(max(n, 1), mostWrite)) {
		if p.deaf {
			return
		}
		p.nc.SetWriteDeadline(time.Now().Add(p.opts.timeout()))
		if _, err := p.nc.Write(piece); err != nil {
			p.deaf = true
		}
		p.written.Add(1)
	}
}

// sent takes note of a frame that goes out.
func (p *player) sent(f frame) {
	p.log.frame(Suite, Frame{
		Final: !f.open, RSV: f.rsv, Opcode: f.op, Masked: p.asServer == f.flipped,
		Length: f.length(), Payload: []byte(f.payload[:min(len(f.payload), mostOctets)]),
	})
	if p.any() {
		p.said.add(f)
	}
	if f.op == OpClose && f.rsv == 0 && !f.flipped && p.suiteClose == nil {
		p.drain()
		p.suiteClose, p.suiteFirst = &f, p.peerClose == nil && !p.gone
	}
}

// expect says which events must come, behind those that it was told before.
func (p *player) expect(events ...event) {
	for _, e := range events {
		if e.op.control() || !p.any() {
			p.want = append(p.want, e)
		}
	}
}

// echo expects messages to come back.
func (p *player) echo(frames ...frame) {
	for _, f := range frames {
		p.expect(event{op: f.op, payload: f.payload})
	}
}

// await waits for all events that are expected.
func (p *player) await() {
	for len(p.events) < len(p.want) && p.peerClose == nil && p.take(p.opts.timeout()) {
	}
}

// roundTrip sends frames and waits for the echo of a message, which does not
// stay in memory. It reports whether it came.
func (p *player) roundTrip(message event, frames ...frame) bool {
	p.send(frames...)
	for len(p.events) == 0 {
		if p.peerClose != nil || !p.take(p.opts.timeout()) {
			p.fault(Failed, "an echo is missing")
			return false
		}
	}
	if came := p.events[0]; !came.same(message) {
		p.fault(Failed, "came: %v; wanted: %v", came, message)
		return false
	}
	p.events = p.events[:0]
	return true
}

// quiet waits for the pause of the suite and reports whether the connection
// was still open then.
func (p *player) quiet() bool {
	deadline := time.Now().Add(p.opts.pause())
	for p.peerClose == nil && !p.gone {
		e, err, ok := p.in.next(time.Until(deadline), false)
		if !ok {
			return true
		}
		p.note(e, err)
	}
	return false
}

// fault takes note of what is wrong.
func (p *player) fault(v Verdict, format string, args ...any) {
	p.verdict = max(p.verdict, v)
	p.reasons = append(p.reasons, fmt.Sprintf(format, args...))
}

// take waits for what comes next, and reports whether something did before
// nothing had moved for so long.
func (p *player) take(patience time.Duration) bool {
	if p.gone {
		return false
	}
	e, err, ok := p.in.next(patience, true)
	if ok {
		p.note(e, err)
	}
	return ok
}

// drain takes what has come.
func (p *player) drain() {
	for !p.gone {
		e, err, ok := p.in.next(0, false)
		if !ok {
			return
		}
		p.note(e, err)
	}
}

func (p *player) note(e event, err error) {
	var broken *violation
	switch {
	case errors.As(err, &broken):
		p.fault(Failed, "%v", broken)
		p.broken, p.gone = true, true
	case err != nil:
		p.gone, p.how = true, err
	case e.op == OpClose:
		p.peerClose = &e
	case e.op == OpPing:
		p.answer(e)
	case !e.op.control() && p.any():
		// What the server says by itself is its own affair.
	default:
		p.events = append(p.events, e)
	}
}

// answer answers a Ping of the peer, where a frame can stand.
func (p *player) answer(e event) {
	if p.suiteClose == nil && len(p.rest) == 0 {
		p.send(pong(e.payload))
	}
}

// end closes the connection as the case wants it, and waits until it has ended.
func (p *player) end() {
	switch p.c.ending {
	case echoes:
		p.await()
		if !p.broken {
			p.close(1000)
		}
	case fails:
		for p.peerClose == nil && !p.goesOn() && p.take(p.opts.timeout()) {
		}
		switch {
		case p.peerClose != nil || p.gone:
		case p.goesOn():
			p.acceptOther()
			p.close(1000)
		default:
			p.close(1001)
		}
	}
	if p.broken {
		p.close(1002)
	}
	for !p.gone {
		if p.peerClose != nil {
			p.close(max(p.peerClose.code(), 1000))
			p.finish()
		}
		if !p.take(p.opts.timeout()) && !p.gone {
			p.cut = true
			p.log.note(Suite, "drops the connection")
			return
		}
	}
}

// close sends a Close frame unless one was sent.
func (p *player) close(code uint16) {
	if p.suiteClose == nil {
		p.send(closing(code, ""))
	}
}

// finish ends the suite's direction of the transport, if that is the server's:
// https://www.rfc-editor.org/rfc/rfc6455#section-7.1.1
func (p *player) finish() {
	if half, ok := p.nc.(interface{ CloseWrite() error }); ok && p.asServer {
		half.CloseWrite()
	}
}
