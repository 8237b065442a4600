package conformance

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A prober tries opening handshakes with a server. Its methods are the words
// that group 15 is written in.
type prober struct {
	ctx    context.Context
	c      *Case
	target *url.URL
	opts   *Options
	log    *wireLog

	nc    *patient
	r     *bufio.Reader
	close func()
	key   string

	played  *Result // what came of the connection behind a handshake that succeeded
	shut    bool    // none did, and one should have
	verdict Verdict
	reasons []string
}

// patient is a transport on which nothing may stand still for too long.
type patient struct {
	net.Conn
	limit time.Duration // 0 is none
}

func (p *patient) Read(b []byte) (int, error) {
	if p.limit > 0 {
		p.SetReadDeadline(time.Now().Add(p.limit))
	}
	return p.Conn.Read(b)
}

// probe plays a case about the opening handshake.
func (o *Options) probe(ctx context.Context, c *Case, target *url.URL, log *wireLog) *Result {
	ctx, cancel := context.WithTimeout(ctx, o.caseTimeout())
	defer cancel()
	p := &prober{ctx: ctx, c: c, target: target, opts: o, log: log, close: func() {}}
	c.probe(p)
	p.close()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		p.fault(Failed, "not done after %v", o.caseTimeout())
	}
	return p.result()
}

func (p *prober) result() *Result {
	r := p.played
	if r == nil {
		r = &Result{Case: *p.c, Started: p.log.start}
	}
	if p.shut {
		r.Close = CloseNoHandshake
	}
	if r.Reason != "" {
		p.reasons = append(p.reasons, r.Reason)
	}
	r.Verdict, r.Reason = max(r.Verdict, p.verdict), strings.Join(p.reasons, "; ")
	return r
}

// fault takes note of what is wrong or remarkable.
func (p *prober) fault(v Verdict, format string, args ...any) {
	p.verdict = max(p.verdict, v)
	p.reasons = append(p.reasons, fmt.Sprintf(format, args...))
}

// connect makes a transport, with TLS for wss, instead of the one before, and
// reports whether it could be made.
func (p *prober) connect() bool { return p.connectBy(p.opts.transport) }

func (p *prober) connectBy(dial func(context.Context, *url.URL) (net.Conn, error)) bool {
	p.close()
	nc, err := dial(p.ctx, p.target)
	if err != nil {
		p.fault(Failed, "cannot connect: %v", err)
		p.close = func() {}
		return false
	}
	p.nc = &patient{nc, p.opts.timeout()}
	p.r = bufio.NewReaderSize(p.nc, 16<<10)
	stop := context.AfterFunc(p.ctx, func() { nc.Close() })
	p.close = func() {
		stop()
		nc.Close()
	}
	return true
}

// try makes an opening handshake, which change makes odd, and judges what comes
// of it.
func (p *prober) try(w want, change func(*request)) {
	if !p.connect() {
		return
	}
	r := newRequest(p.target, p.opts.Header, newKey())
	if change != nil {
		change(r)
	}
	if len(p.opts.Login) > 0 && len(r.early) > 0 && p.c.NeedsEcho {
		p.fault(Informational, "not tried: the server wants to hear something else first")
		return
	}
	p.key = r.value("Sec-WebSocket-Key") // as it is, right or wrong
	rest := p.send(r)
	p.judge(w, r, rest)
}

// send sends a request and what stands behind it, and returns what waits for
// the answer.
func (p *prober) send(r *request) (rest []byte) {
	head := r.text()
	behind := []byte(r.body)
	for _, f := range r.early {
		behind = f.append(behind, true)
	}
	if r.second != nil {
		behind = append(behind, r.second.text()...)
	}
	behind, rest = behind[:len(behind)-r.held], behind[len(behind)-r.held:]
	octets := append([]byte(head), behind...)
	p.log.note(Suite, "%s", shown(head))
	if len(behind) > 0 {
		p.log.note(Suite, "behind that, %d octets: %s", len(behind), shown(string(behind)))
	}
	switch {
	case r.piece > 0:
		p.log.note(Suite, "in writes of %d octets", r.piece)
		p.write(octets, r.piece)
	case r.pause:
		p.write(octets[:len(head)/2], len(head))
		p.log.note(Suite, "a pause in the middle")
		p.wait(p.opts.pause())
		p.write(octets[len(head)/2:], len(octets))
	case r.split:
		p.log.note(Suite, "the last octet of the head in a write with what is behind it")
		p.write(octets[:len(head)-1], len(head))
		p.write(octets[len(head)-1:], len(octets))
	default:
		p.write(octets, len(octets))
	}
	return rest
}

// write writes octets in pieces of n, as far as the server takes them.
func (p *prober) write(octets []byte, n int) error {
	for piece := range slices.Chunk(octets, n) {
		p.nc.SetWriteDeadline(time.Now().Add(p.opts.timeout()))
		if _, err := p.nc.Write(piece); err != nil {
			return err
		}
	}
	return nil
}

func (p *prober) wait(d time.Duration) {
	select {
	case <-time.After(d):
	case <-p.ctx.Done():
	}
}

// shown is what a log shows of octets.
func shown(octets string) string {
	const most = 2 << 10
	more := ""
	if len(octets) > most {
		octets, more = octets[:most], fmt.Sprintf("... (%d octets)", len(octets))
	}
	if strings.ContainsFunc(octets, func(r rune) bool { return r < ' ' && r != '\r' && r != '\n' || r > '~' }) {
		return fmt.Sprintf("%q%s", octets, more)
	}
	return octets + more
}

// answer reads a response, and those in front of it that are only
// informational.
func (p *prober) answer() (head *response, err error) {
	for range 10 {
		head, err = readResponse(p.r)
		if head.octets != "" {
			p.log.note(Peer, "%s", shown(head.octets))
		}
		if err != nil || head.status/100 != 1 || head.status == 101 {
			return head, err
		}
	}
	return head, malformed("one informational response comes after another")
}

// judge judges the answer to a request.
func (p *prober) judge(w want, r *request, rest []byte) {
	head, err := p.answer()
	var broken *violation
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		p.fault(Failed, "the server neither answers nor ends the connection")
	case errors.As(err, &broken):
		p.fault(Failed, "%v", err)
	case err == io.ErrUnexpectedEOF:
		p.fault(Failed, "the server ends the connection inside its response")
	case err != nil:
		p.log.note(Peer, "ends the connection: %v", err)
		// A reset can overtake an answer: a server that refuses need not read
		// what stands behind.
		if w.dropped != OK && (err == io.EOF || !r.more()) {
			p.fault(w.dropped, "%s", w.why("the server ends the connection without an answer"))
		}
	case head.status != 101:
		p.refused(w, r, head)
	case w.upgraded == Failed || w.plain:
		p.fault(Failed, "the server upgrades")
	default:
		if w.upgraded != OK {
			p.fault(w.upgraded, "the server upgrades: %s", w.because)
		}
		p.upgraded(r, head, rest)
	}
}

// refused judges a refusal, and what comes behind it.
func (p *prober) refused(w want, r *request, head *response) {
	p.shut = w.upgraded == OK && w.refused == Failed
	if v, why := w.judge(head.status); why != "" {
		p.fault(v, "%s", why)
	}
	if w.versions && !head.has("Sec-WebSocket-Version", "13") {
		p.fault(Failed, "the refusal does not tell the version that the server speaks: it has no Sec-WebSocket-Version: 13 (RFC 6455, section 4.2.2)")
	}
	if head.status == 426 && !head.has("Upgrade", "websocket") {
		p.fault(NonStrict, "the answer 426 does not tell what to upgrade to: it has no Upgrade: websocket (RFC 9110, section 15.5.22)")
	}
	if head.status == 405 && len(head.values("Allow")) == 0 {
		p.fault(NonStrict, "the answer 405 does not tell the methods that are allowed: it has no Allow (RFC 9110, section 15.5.6)")
	}
	if r.more() || w.closes {
		p.behind(w, r, head)
	}
}

var anotherResponse = regexp.MustCompile(`(?m)^HTTP/1\.[01] [0-9]{3}`)

// behind judges what comes behind a refusal: the server must not take what
// stood behind the handshake for a request.
func (p *prober) behind(w want, r *request, head *response) {
	body, whole, err := head.body(p.r, r.method)
	if err == nil && whole {
		p.nc.limit = p.opts.pause()
		var next *response
		if next, err = p.answer(); err == nil || next.octets != "" {
			p.fault(w.served, "the server takes what stands behind the refused handshake for a request, and answers %d", next.status)
			return
		}
	}
	switch {
	case anotherResponse.MatchString(body):
		p.fault(w.served, "the server takes what stands behind the refused handshake for a request, and answers it too")
	case errors.Is(err, os.ErrDeadlineExceeded) && w.closes:
		p.fault(NonStrict, "the server leaves the connection open, though nobody knows where another request would begin")
	}
}

// upgraded checks a response that upgrades, and plays with what it has opened.
func (p *prober) upgraded(r *request, head *response, rest []byte) {
	for _, why := range p.wrongs(r, head) {
		p.fault(Failed, "%s", why)
	}
	for _, name := range []string{"Content-Length", "Transfer-Encoding"} {
		if len(head.values(name)) > 0 {
			p.fault(NonStrict, "the response 101 has %s (RFC 9110, section 8.6)", name)
		}
	}
	agreed, err := accepted(head.values("Sec-WebSocket-Extensions"), p.c.offers, p.c.exact)
	if err != nil {
		p.fault(Failed, "%v", err)
	}
	if p.verdict == Failed {
		return
	}
	p.nc.limit = 0
	p.nc.SetDeadline(time.Time{})
	c := *p.c
	c.play = func(pl *player) {
		pl.known(r.early)
		pl.raw(rest, len(rest))
		p.c.play(pl)
	}
	p.played = play(p.ctx, &c, p.nc.Conn, p.r, agreed, false, p.opts, p.log)
	p.played.Case = *p.c
}

// wrongs lists what a client could not accept:
// https://www.rfc-editor.org/rfc/rfc6455#section-4.1
func (p *prober) wrongs(r *request, head *response) (list []string) {
	wrong := func(is bool, format string, args ...any) {
		if is {
			list = append(list, fmt.Sprintf(format, args...))
		}
	}
	upgrade, accept, chosen := head.values("Upgrade"), head.values("Sec-WebSocket-Accept"), head.values("Sec-WebSocket-Protocol")
	wrong(head.minor == 0, "the response is HTTP/1.0, which knows no 101")
	wrong(len(upgrade) != 1 || !strings.EqualFold(upgrade[0], "websocket"), "the response has Upgrade: %q, wanted websocket", upgrade)
	wrong(!head.has("Connection", "upgrade"), "the response has no Connection: Upgrade")
	wrong(!slices.Equal(accept, []string{acceptKey(p.key)}), "the response has Sec-WebSocket-Accept: %q, wanted %q", accept, acceptKey(p.key))
	wrong(len(chosen) > 1 || len(chosen) == 1 && !slices.Contains(r.offered(), chosen[0]),
		"the response has Sec-WebSocket-Protocol: %q, of what was offered: %q", chosen, r.offered())
	wrong(len(head.values("X-Injected")) > 0, "an escaped line end of the request ends a line of the response")
	return list
}

// known takes note of frames that were sent before the server had answered.
func (p *player) known(early []frame) {
	for _, f := range early {
		p.sent(f)
		switch f.op {
		case OpPing:
			p.expect(event{op: OpPong, payload: f.payload})
		case OpText, OpBinary:
			p.echo(f)
		case OpClose:
			p.suiteFirst = true // whatever has come since
		}
	}
}
