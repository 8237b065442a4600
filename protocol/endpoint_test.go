package protocol

import (
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A step is one line of a trace: an event that was reported, a frame that was
// sent, or an order to the driver.
type step struct {
	what    string // "text", "> pong", "failed 1002", "close done: end transport"
	payload string // of a message or a frame
	at      uint64 // failed: the offset
	why     string // failed: rule or limit, and the reason
}

// event reports whether the step was received, not sent or ordered.
func (s step) event() bool {
	return !strings.HasPrefix(s.what, ">") && !strings.Contains(s.what, ":")
}

func (s step) failure() bool { return strings.HasPrefix(s.what, "failed ") }

func (s step) String() string {
	switch {
	case s.failure():
		return fmt.Sprintf("%s, %s, at %d", s.what, s.why, s.at)
	case s.payload == "" && s.what != "text" && s.what != "binary":
		return s.what
	}
	return s.what + " " + inShort(s.payload)
}

// inShort writes a payload as scripts do: in full while it is short, as a
// multiple of its period if it has one, and else by its beginning and checksum.
func inShort(p string) string {
	if len(p) <= 64 {
		return strconv.Quote(p)
	}
	for period := 1; period <= 10; period++ {
		if p == strings.Repeat(p[:period], len(p)/period) {
			return fmt.Sprintf("%q*%d", p[:period], len(p)/period)
		}
	}
	return fmt.Sprintf("%q... %d octets, crc32 %08x", p[:16], len(p), crc32.ChecksumIEEE([]byte(p)))
}

func traceOf(steps []step) string {
	var sb strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&sb, "\t%v\n", s)
	}
	return sb.String()
}

// An endpoint is In, Assembler and Out as a driver puts them together, over an
// application that echoes: it sends every message back, answers Pings, replies
// to a Close and fails when it must. It keeps a trace of all that, and checks
// what has to hold after every call.
type endpoint struct {
	t     testing.TB
	cfg   *Config
	in    In
	out   Out
	owed  Owed
	built Assembler

	now      int64
	received uint64
	chunks   []byte // of the message under way
	trace    []step
	mute     bool // reads without echoing
}

// start is when every script begins.
const start = int64(time.Hour)

func newEndpoint(t testing.TB, cfg *Config) *endpoint {
	return &endpoint{t: t, cfg: cfg, now: start}
}

// receive gives the endpoint the octets of one read, which it may change.
func (e *endpoint) receive(p []byte) {
	e.t.Helper()
	e.received += uint64(len(p))
	var ev Event
	for rest := p; ; {
		if rest = e.in.Feed(e.cfg, e.now, rest, &ev); ev.Kind == None {
			if len(rest) != 0 {
				e.t.Fatalf("nothing was found in the octets, but %d are left", len(rest))
			}
			break
		}
		if !e.in.Done() && e.in.Offset() != e.received-uint64(len(rest)) {
			e.t.Fatalf("offset %d, but %d octets were consumed", e.in.Offset(), e.received-uint64(len(rest)))
		}
		e.handle(&ev)
	}
	if held := uint64(cap(e.built.buf)); held > 2*e.received+minBuffer {
		e.t.Fatalf("the assembler holds %d octets after %d were received", held, e.received)
	}
}

func (e *endpoint) handle(ev *Event) {
	e.t.Helper()
	switch ev.Kind {
	case Data:
		e.data(ev)
	case Ping:
		e.note("ping", string(ev.Payload))
		e.owed.Pong(ev.Payload)
	case Pong:
		e.note("pong", string(ev.Payload))
	case Close:
		what := "close"
		if ev.Code != StatusNoStatus {
			what = fmt.Sprintf("close %d", ev.Code)
		}
		e.note(what, string(ev.Payload))
		e.owed.Reply(ev.Code)
	case Failed:
		e.checkError(ev.Err)
		e.trace = append(e.trace, failure(ev.Err))
		e.owed.Fail(ev.Err)
	}
	if !e.owed.Empty() {
		e.sendWith(func(dst []byte) ([]byte, CloseAction) {
			return e.out.AppendOwed(e.cfg, e.now, dst, &e.owed)
		})
	}
}

func failure(err *Error) step {
	why := err.Section
	if err.Limit != "" {
		why = err.Limit
	}
	return step{what: fmt.Sprintf("failed %d", err.Code), at: err.Offset, why: why + ": " + err.Reason}
}

// checkError holds an Error against its documentation.
func (e *endpoint) checkError(err *Error) {
	e.t.Helper()
	if !slices.Contains([]StatusCode{1002, 1007, 1008, 1009}, err.Code) {
		e.t.Errorf("undocumented status code: %v", err)
	}
	if (err.Section == "") == (err.Limit == "") {
		e.t.Errorf("neither a rule nor a limit, or both: %v", err)
	}
	if err.Offset > e.received {
		e.t.Errorf("offset %d after %d octets: %v", err.Offset, e.received, err)
	}
	for _, r := range err.Error() {
		if r < ' ' || r > '~' {
			e.t.Errorf("octets of the peer in %q", err.Error())
		}
	}
	if CheckClose(err.Code, err.Reason) != nil {
		e.t.Errorf("the reason does not fit into a Close frame: %v", err)
	}
}

// data takes a chunk: in order, and the same through the Assembler and by hand.
func (e *endpoint) data(ev *Event) {
	e.t.Helper()
	if ev.First != (e.chunks == nil) {
		e.t.Fatalf("first is %v behind %d octets of the message", ev.First, len(e.chunks))
	}
	if len(ev.Payload) == 0 && !ev.Last {
		e.t.Fatal("an empty chunk that ends nothing")
	}
	e.chunks = append(append(e.chunks, ev.Payload...), "."...)[:len(e.chunks)+len(ev.Payload)]
	message, whole := e.built.Add(&e.in, ev)
	if whole != ev.Last {
		e.t.Fatalf("whole is %v at a chunk with last %v", whole, ev.Last)
	}
	if !whole {
		if e.built.Len() != len(e.chunks) {
			e.t.Fatalf("the assembler counts %d octets of %d", e.built.Len(), len(e.chunks))
		}
		return
	}
	if string(message) != string(e.chunks) {
		e.t.Fatalf("assembled %s from %s", inShort(string(message)), inShort(string(e.chunks)))
	}
	e.chunks = nil
	what := ev.Opcode.String()
	if ev.Compressed {
		what += " compressed"
	}
	e.note(what, string(message))
	if e.mute {
		return
	}
	e.sendWith(func(dst []byte) ([]byte, CloseAction) {
		dst, err := e.out.AppendMessage(e.cfg, dst, ev.Opcode, ev.Compressed, message)
		if err != nil && err != ErrCloseSent {
			e.t.Fatal(err)
		}
		return dst, 0
	})
}

func (e *endpoint) note(what, payload string) {
	e.trace = append(e.trace, step{what: what, payload: payload})
}

// sendWith adds to the trace what is appended, read by cutFrame, and what the
// driver is told to do.
func (e *endpoint) sendWith(add func(dst []byte) ([]byte, CloseAction)) {
	e.t.Helper()
	const before = "what the buffer held before"
	sent, act := add([]byte(before))
	if string(sent[:len(before)]) != before {
		e.t.Fatal("appending changed what was there")
	}
	for rest := sent[len(before):]; len(rest) > 0; {
		f, masked, behind, err := cutFrame(rest)
		if err != nil {
			e.t.Fatal(err)
		}
		if masked != (e.cfg.role == Client) {
			e.t.Fatalf("a %v sends with masking %v", e.cfg.role, masked)
		}
		if shortest := len(f.payload) < 126 && f.form == 0 ||
			len(f.payload) >= 126 && len(f.payload) < 1<<16 && f.form == 16 || len(f.payload) >= 1<<16 && f.form == 64; !shortest {
			e.t.Fatalf("%d octets in form %d", len(f.payload), f.form)
		}
		e.trace = append(e.trace, step{what: "> " + describe(&f), payload: f.payload})
		rest = behind
	}
	e.ordered(act)
}

// describe names a frame and takes the status code off a Close.
func describe(f *frame) string {
	what := f.op.String()
	if f.op == OpClose && len(f.payload) >= 2 {
		what += " " + strconv.Itoa(int(f.payload[0])<<8|int(f.payload[1]))
		f.payload = f.payload[2:]
	}
	for i, name := range []string{"rsv3", "rsv2", "rsv1"} {
		if f.rsv>>i&1 != 0 {
			what += " " + name
		}
	}
	if f.more {
		what += " more"
	}
	return what
}

func (e *endpoint) ordered(act CloseAction) {
	if act&EndTransport != 0 {
		e.note(e.out.State().String()+": end transport", "")
	}
	if act&Abort != 0 {
		e.note(e.out.State().String()+": abort", "")
	}
}

// closes is the application ending the connection.
func (e *endpoint) closes(code StatusCode, reason string) {
	e.t.Helper()
	e.sendWith(func(dst []byte) ([]byte, CloseAction) {
		dst, act, err := e.out.AppendClose(e.cfg, e.now, dst, code, reason)
		if err != nil {
			e.t.Fatal(err)
		}
		return dst, act
	})
}

// transportEnds is the peer ending the transport, or its loss.
func (e *endpoint) transportEnds() {
	e.ordered(e.out.Step(e.cfg, e.now, TransportEnds))
}

// waits lets time pass, and acts on the deadlines that it passes.
func (e *endpoint) waits(d time.Duration) {
	e.t.Helper()
	e.now += int64(d)
	if at := e.in.Deadline(e.cfg); at != 0 && e.now >= at {
		var ev Event
		e.in.Expire(&ev)
		e.handle(&ev)
	}
	if at := e.out.Deadline(); at != 0 && e.now >= at {
		e.ordered(e.out.Step(e.cfg, e.now, TimeUp))
	}
}

// end gives back what the endpoint holds, as a driver does.
func (e *endpoint) end() { e.built.Release() }
