package conformance

import (
	"bufio"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"
)

// A reply is how the suite answers the opening handshake of a client, with what
// stands right behind it.
type reply struct {
	head
	line string // the status line

	body  string  // octets behind the head
	early []frame // behind that
	held  int     // how many of their octets wait for the others to arrive

	piece int // octets that a write has, 0 for all
}

func newReply(accept string) *reply {
	a := &reply{line: "HTTP/1.1 101 Switching Protocols", head: head{eol: "\r\n"}}
	a.add("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: "+accept)
	return a
}

// An opening is a case about how a client takes the answer to its opening
// handshake.
type opening struct {
	change func(*reply)

	asks    bool          // the request is looked at too
	refuse  bool          // the client must not take the connection for open
	left    Verdict       // on a client that leaves although it need not
	stayed  Verdict       // on one that stays although it should leave
	because string        // it is no more than not strict
	behind  func(*player) // what the suite sends behind its answer
}

// answer plays a case about an answer.
func (h *ClientHandler) answer(w http.ResponseWriter, r *http.Request, c *Case, agent string, log *wireLog) *Result {
	nc, rest, err := takeOver(w, r, log)
	if err != nil {
		return notOpened(c, log, err)
	}
	o := c.opening
	a := newReply(acceptKey(r.Header.Get("Sec-WebSocket-Key")))
	if o.change != nil {
		o.change(a)
	}
	own := *c
	if o.refuse {
		own.ending = tells // it is judged here
	}
	var p *player
	own.play = func(playing *player) {
		p = playing
		p.reply(a)
		if o.behind != nil {
			o.behind(p)
		}
	}
	var wrongs []string
	if o.asks {
		wrongs = asked(r, nc, rest, h.opts.pause())
	} else if rest.Buffered() > 0 {
		wrongs = []string{"the client sends more than its request before it has an answer (RFC 6455, section 4.1)"}
	}
	// net/http takes a read that ends for the end of the request, and cancels.
	result := play(context.WithoutCancel(r.Context()), &own, nc, rest, nil, true, &h.opts, log)
	result.Case = *c
	o.judge(p, result)
	if o.asks && h.keys.reused(agent) {
		wrongs = append(wrongs, "the client has sent a key of an earlier connection again")
	}
	if len(wrongs) > 0 {
		result.Verdict, result.Reason = Failed, strings.Join(append(wrongs, result.Reason), "; ")
	}
	return result
}

// reply sends an answer and what stands behind it.
func (p *player) reply(a *reply) {
	head := a.octets(a.line)
	behind := []byte(a.body)
	for _, f := range a.early {
		behind = f.append(behind, false)
	}
	octets := append([]byte(head), behind...)
	octets, held := octets[:len(octets)-a.held], octets[len(octets)-a.held:]
	p.log.note(Suite, "%s", shown(head))
	if a.body != "" {
		p.log.note(Suite, "behind that, %d octets: %s", len(a.body), shown(a.body))
	}
	if a.piece > 0 {
		p.log.note(Suite, "in writes of %d octets", a.piece)
		p.raw(octets, a.piece)
	} else {
		p.raw(octets, len(octets))
	}
	if len(held) > 0 {
		p.log.note(Suite, "a pause inside a frame")
		p.quiet()
		p.raw(held, len(held))
	}
	p.known(a.early)
}

// judge gives the verdict on what the client has made of the answer.
func (o *opening) judge(p *player, r *Result) {
	left := len(p.events) == 0 && p.peerClose == nil && p.gone && !p.broken
	switch {
	case o.refuse && (p.broken || len(p.events) > 0):
		r.Verdict, r.Close = o.stayed, CloseOK
		r.Reason = fmt.Sprintf("the client goes on as if the connection were open: %s", brief(p.events))
		if p.broken {
			r.Reason = "the client goes on: " + strings.Join(p.reasons, "; ")
		}
		if o.stayed == NonStrict {
			r.Reason += "; " + o.because
		}
	case o.refuse && p.peerClose != nil:
		r.Verdict, r.Close, r.Reason = NonStrict, CloseOK, "the client sends a Close frame on a connection that was never open"
	case o.refuse && p.verdict == NonStrict:
		r.Verdict, r.Close, r.Reason = NonStrict, CloseOK, p.reasons[0]
	case o.refuse && p.cut:
		r.Verdict, r.Close, r.Reason = NonStrict, CloseOK, "the client does not end the connection"
	case o.refuse:
		r.Verdict, r.Close, r.Reason = OK, CloseOK, ""
	case left && o.left != Failed:
		r.Verdict, r.Close, r.Reason = o.left, CloseOK, ""
		if o.left == NonStrict {
			r.Reason = "the client does not take the answer: " + o.because
		}
	case left:
		r.Verdict, r.Close, r.Reason = Failed, CloseNoHandshake, "the client does not take the answer"
	}
	if r.Case.ending == tells && r.Verdict != Failed {
		r.Verdict, r.Close, r.Reason = Informational, CloseInformational, cmp.Or(r.Reason, "the client ended it")
	}
}

// offerGrammar is that of https://www.rfc-editor.org/rfc/rfc6455#section-9.1
var offerGrammar = func() *regexp.Regexp {
	token := "[-!#$%&'*+.^_`|~0-9A-Za-z]+"
	param := token + `([ \t]*=[ \t]*(` + token + `|"([^"\\]|\\.)*"))?`
	offer := token + `([ \t]*;[ \t]*` + param + `)*`
	return regexp.MustCompile(`^[ \t]*` + offer + `([ \t]*,[ \t]*` + offer + `)*[ \t]*$`)
}()

// asked lists what is wrong with a request, though a server could answer it:
// https://www.rfc-editor.org/rfc/rfc6455#section-4.1
func asked(r *http.Request, nc net.Conn, rest *bufio.Reader, patience time.Duration) (list []string) {
	wrong := func(is bool, format string, args ...any) {
		if is {
			list = append(list, fmt.Sprintf(format, args...))
		}
	}
	nc.SetReadDeadline(time.Now().Add(patience))
	_, err := rest.Peek(1)
	nc.SetReadDeadline(time.Time{})
	key := r.Header.Get("Sec-WebSocket-Key")
	_, strict := base64.StdEncoding.Strict().DecodeString(key)
	wrong(err == nil, "the client does not wait for the answer (RFC 6455, section 4.1)")
	wrong(err != nil && !errors.Is(err, os.ErrDeadlineExceeded), "the client leaves before the answer: %v", err)
	wrong(r.ContentLength != 0 || len(r.TransferEncoding) > 0, "the request has a body")
	wrong(r.Host == "", "the request has an empty Host")
	wrong(strict != nil, "the key %q is not the base64 of 16 octets alone", key)
	wrong(len(r.Header.Values("Origin")) > 1, "the request has more than one Origin")
	seen := make(map[string]bool)
	for _, name := range strings.Split(strings.Join(r.Header.Values("Sec-WebSocket-Protocol"), ","), ",") {
		name = strings.Trim(name, " \t")
		none := len(r.Header.Values("Sec-WebSocket-Protocol")) == 0
		wrong(!none && (!isToken(name) || seen[name]), "the request offers the subprotocol %q, which is no token or comes twice", name)
		seen[name] = true
	}
	for _, offers := range r.Header.Values("Sec-WebSocket-Extensions") {
		wrong(!offerGrammar.MatchString(offers), "the request offers extensions in a form that there is not: %q", offers)
	}
	return list
}
