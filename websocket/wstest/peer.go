package wstest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/duplexws/duplex/internal/rawpeer"
	"github.com/duplexws/duplex/websocket"
)

// A Peer is the scripted end of a connection. It sends whatever the test says,
// right or wrong, says what has to come back, and does nothing else: it answers
// no Close frame, and no Ping unless AnswerPings is set. Whatever arrives is
// judged: a frame that breaks the protocol fails the test. A failure ends the
// test with Fatal and shows what has passed so far.
//
// A Peer shares no code with package websocket. Its methods may be called only
// by one goroutine at a time, the one of the test, and none of them may be called
// once the test has ended.
type Peer struct {
	// Timeout is how long the peer waits for what must come, and for the
	// other end to take what it sends. Default a minute.
	Timeout time.Duration

	// AnswerPings makes the peer answer Pings while one of its methods waits,
	// and hides them from all of these. It is for a test in which so much time
	// passes that keepalive sets in: one that waits with [Peer.WantSilence].
	AnswerPings bool

	t        testing.TB
	nc       net.Conn
	isClient bool
	br       *bufio.Reader
	frames   rawpeer.Reader
	request  *http.Request // the opening handshake, if it came
	trace    []string
}

// PlayServer returns a Peer that is the server of nc. It does no opening
// handshake by itself: [Peer.Upgrade] does. The connection is closed when the
// test ends.
func PlayServer(t testing.TB, nc net.Conn) *Peer { return newPeer(t, nc, false) }

// PlayClient returns a Peer that is the client of nc. It does no opening
// handshake by itself: [Peer.Open] does. The connection is closed when the test
// ends.
func PlayClient(t testing.TB, nc net.Conn) *Peer { return newPeer(t, nc, true) }

func newPeer(t testing.TB, nc net.Conn, isClient bool) *Peer {
	br := bufio.NewReader(nc)
	t.Cleanup(func() { nc.Close() })
	return &Peer{Timeout: time.Minute, t: t, nc: nc, isClient: isClient, br: br,
		frames: rawpeer.Reader{R: br, Masked: !isClient}}
}

// Send sends frames, all at once.
func (p *Peer) Send(frames ...Frame) {
	p.t.Helper()
	var octets []byte
	for _, f := range frames {
		octets = append(octets, f.octets(p.isClient)...)
		p.note("sent " + f.String())
	}
	p.write(octets)
}

// SendRaw sends octets as they are.
func (p *Peer) SendRaw(octets string) {
	p.t.Helper()
	p.note(fmt.Sprintf("sent octets %.80q", octets))
	p.write([]byte(octets))
}

func (p *Peer) write(octets []byte) {
	p.t.Helper()
	p.nc.SetWriteDeadline(time.Now().Add(p.Timeout))
	if _, err := p.nc.Write(octets); err != nil {
		p.fail("cannot send: %v", err)
	}
}

// Next waits for the next message or control frame and returns it. However a
// message was cut into frames, it is returned as a whole.
func (p *Peer) Next() Frame {
	p.t.Helper()
	f, err := p.next()
	if err != nil {
		p.fail("%s, want a frame", ended(err, p.Timeout))
	}
	return f
}

// Want waits for messages and control frames, and fails the test unless they are
// the next to come. However a message was cut into frames, it is one of want: of
// those, only opcode and payload count.
func (p *Peer) Want(want ...Frame) {
	p.t.Helper()
	for _, w := range want {
		got, err := p.next()
		if err != nil {
			p.fail("%s, want %v", ended(err, p.Timeout), w)
		}
		if got.Opcode != w.Opcode || got.Payload != w.Payload {
			p.fail("got %v, want %v", got, w)
		}
	}
}

// WantClose waits for a Close frame with a code, whatever its reason, which it
// returns. Code 0 stands for a Close frame without one.
func (p *Peer) WantClose(code websocket.StatusCode) (reason string) {
	p.t.Helper()
	f, err := p.next()
	switch {
	case err != nil:
		p.fail("%s, want close %d", ended(err, p.Timeout), code)
	case f.Opcode != OpClose || f.Code() != code:
		p.fail("got %v, want close %d", f, code)
	}
	return f.Payload[min(2, len(f.Payload)):]
}

// WantEOF waits for the other end to end the connection in order. Whether it sent
// a Close frame before is not asked.
func (p *Peer) WantEOF() {
	p.t.Helper()
	f, err := p.next()
	switch {
	case err == nil:
		p.fail("got %v, want the end of the connection", f)
	case err != io.EOF:
		p.fail("%s, want the end of the connection", ended(err, p.Timeout))
	}
}

// WantSilence fails the test if anything arrives within d, the end of the
// connection included. In a synctest bubble d passes at once, when all else waits.
func (p *Peer) WantSilence(d time.Duration) {
	p.t.Helper()
	end := time.Now().Add(d)
	for {
		p.nc.SetReadDeadline(end)
		_, err := p.br.Peek(1)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		if err != nil {
			p.fail("%s, want silence for %v", ended(err, d), d)
		}
		p.nc.SetReadDeadline(time.Now().Add(p.Timeout))
		f, err := p.frame()
		if err != nil {
			p.fail("something arrived, want silence for %v", d)
		}
		if !p.answered(f) {
			p.fail("got %v, want silence for %v", f, d)
		}
	}
}

// Close ends the connection without a Close frame.
func (p *Peer) Close() {
	p.note("closed the connection")
	p.nc.Close()
}

// CloseWrite ends what the peer sends, and leaves what it receives.
func (p *Peer) CloseWrite() {
	p.t.Helper()
	half, ok := p.nc.(interface{ CloseWrite() error })
	if !ok {
		p.fail("%T cannot end one direction alone", p.nc)
	}
	p.note("ended its direction")
	if err := half.CloseWrite(); err != nil {
		p.fail("cannot end its direction: %v", err)
	}
}

// next returns the next frame that the script is to see.
func (p *Peer) next() (Frame, error) {
	p.nc.SetReadDeadline(time.Now().Add(p.Timeout))
	for {
		f, err := p.frame()
		if err != nil || !p.answered(f) {
			return f, err
		}
	}
}

// answered answers f if it is a Ping that is to be answered. An other end that is
// gone shows when it is read from.
func (p *Peer) answered(f Frame) bool {
	if !p.AnswerPings || f.Opcode != OpPing {
		return false
	}
	pong := Pong(f.Payload)
	p.note("sent " + pong.String())
	p.nc.SetWriteDeadline(time.Now().Add(p.Timeout))
	p.nc.Write(pong.octets(p.isClient))
	return true
}

func (p *Peer) frame() (Frame, error) {
	e, err := p.frames.Next()
	if err != nil {
		return Frame{}, err
	}
	f := frameOf(e)
	p.note("got  " + f.String())
	return f, nil
}

// ended says what came instead of a frame.
func ended(err error, timeout time.Duration) string {
	switch {
	case err == io.EOF:
		return "the connection ended"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection ended in the midst of a frame"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Sprintf("nothing came within %v", timeout)
	}
	return err.Error()
}

// traced is how much of what has passed a failure shows.
const traced = 20

func (p *Peer) note(line string) {
	if len(p.trace) == traced {
		p.trace = p.trace[1:]
	}
	p.trace = append(p.trace, line)
}

// fail ends the test.
func (p *Peer) fail(format string, args ...any) {
	p.t.Helper()
	role := "server"
	if p.isClient {
		role = "client"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "wstest: scripted %s: ", role)
	fmt.Fprintf(&b, format, args...)
	for i, line := range p.trace {
		if i == 0 {
			b.WriteString("\nwhat has passed:")
		}
		b.WriteString("\n\t" + line)
	}
	p.t.Fatal(b.String())
}
