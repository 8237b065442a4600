package protocol

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A conformanceCase is a case of the catalogue that WebSocket implementations
// are commonly held against (groups 1 to 7, 9 and 10; 12 and 13 are
// compression), with the number that it has there. Of outcomes that are graded,
// only the best passes.
type conformanceCase struct {
	id      string
	frames  []frame
	replies []string // what is sent back, before the close
	verdict verdict
	limits  *Limits
	chop    int // octets a read; 0 is in every delivery
}

// perFrame is the chop that reads each frame on its own.
const perFrame = -1

// A verdict says how the connection ends.
type verdict struct {
	fail    []StatusCode // the endpoint fails it with one of these
	replies []StatusCode // or replies to the Close at the end of frames
}

// echoes: the case ends with a Close 1000 of the peer's, which is answered.
var echoes = verdict{replies: []StatusCode{1000}}

func fails(codes ...StatusCode) verdict { return verdict{fail: codes} }

// TestConformance plays every case against an endpoint of either role.
func TestConformance(t *testing.T) {
	groups := [][]conformanceCase{
		framingCases(), pingCases(), reservedBitCases(), reservedOpcodeCases(), fragmentationCases(),
		textCases(), closeCases(), limitCases(), autoFragmentCases(),
	}
	counts := []int{16, 11, 8, 10, 20, 141, 37, 54, 1}
	bothRoles(t, func(t *testing.T, role Role) {
		for i, group := range groups {
			if len(group) != counts[i] {
				t.Errorf("group %s has %d cases, not %d", group[0].id, len(group), counts[i])
			}
			for _, c := range group {
				t.Run(c.id, func(t *testing.T) { c.run(t, role) })
			}
		}
		failFastCases(t, role)
	})
}

func (c *conformanceCase) run(t *testing.T, role Role) {
	t.Helper()
	frames := c.frames
	if c.verdict.fail == nil && (len(frames) == 0 || !slices.ContainsFunc(frames, func(f frame) bool { return f.op == OpClose })) {
		frames = append(slices.Clip(frames), closing(1000, ""))
	}
	s := &script{role: role, limits: c.limits, input: wire(role, frames...)}
	var trace []step
	if c.chop == 0 {
		trace = s.everywhere(t)
	} else {
		e := s.play(t, delivery{cuts: chopped(c.chop, role, frames), space: true}, len(s.input))
		trace = e.trace
		e.end()
	}
	c.judge(t, trace)
}

func chopped(chop int, role Role, frames []frame) (cuts []int) {
	at := 0
	if chop == perFrame {
		for _, f := range frames {
			at += len(f.wire(nil, role))
			cuts = append(cuts, at)
		}
		return cuts
	}
	for n := len(wire(role, frames...)); at < n; at += chop {
		cuts = append(cuts, at)
	}
	return cuts
}

// judge compares what was sent with what the case demands.
func (c *conformanceCase) judge(t *testing.T, trace []step) {
	t.Helper()
	var sent []string
	var end string
	for _, s := range trace {
		switch {
		case strings.HasPrefix(s.what, "> close"):
			end = strings.TrimPrefix(s.what, "> close")
		case strings.HasPrefix(s.what, "> "):
			if end != "" {
				t.Fatalf("%v was sent behind a Close", s)
			}
			sent = append(sent, s.what[2:]+" "+s.payload)
		}
	}
	if !slices.Equal(sent, c.replies) {
		t.Errorf("%d replies, want %d:\n%s", len(sent), len(c.replies), traceOf(trace))
	}
	codes := c.verdict.replies
	failed := slices.ContainsFunc(trace, step.failure)
	if c.verdict.fail != nil {
		codes = c.verdict.fail
	}
	if failed != (c.verdict.fail != nil) {
		t.Errorf("failed is %v:\n%s", failed, traceOf(trace))
	}
	if !slices.ContainsFunc(codes, func(code StatusCode) bool { return end == fmt.Sprintf(" %d", code) || code == 0 && end == "" }) {
		t.Errorf("closed with %q, want %d:\n%s", end, codes, traceOf(trace))
	}
	if last := trace[len(trace)-1].what; !strings.HasSuffix(last, ": end transport") {
		t.Errorf("ends with %q", last)
	}
}

func textReply(p string) string   { return "text " + p }
func binaryReply(p string) string { return "binary " + p }
func pongReply(p string) string   { return "pong " + p }

func framingCases() (cases []conformanceCase) {
	sizes := []int{0, 125, 126, 127, 128, 65535, 65536, 65536}
	for i, n := range sizes {
		p := strings.Repeat("*", n)
		cases = append(cases, conformanceCase{id: fmt.Sprintf("1.1.%d", i+1), frames: []frame{text(p)}, replies: []string{textReply(p)}, verdict: echoes})
	}
	for i, n := range sizes {
		p := strings.Repeat("\xFE", n)
		cases = append(cases, conformanceCase{id: fmt.Sprintf("1.2.%d", i+1), frames: []frame{binaryOf(p)}, replies: []string{binaryReply(p)}, verdict: echoes})
	}
	cases[7].chop, cases[15].chop = 997, 997
	return cases
}

func pingCases() []conformanceCase {
	var many []frame
	var pongs []string
	for i := range 10 {
		p := fmt.Sprintf("payload-%d", i)
		many, pongs = append(many, ping(p)), append(pongs, pongReply(p))
	}
	one := func(id, p string) conformanceCase {
		return conformanceCase{id: id, frames: []frame{ping(p)}, replies: []string{pongReply(p)}, verdict: echoes}
	}
	return []conformanceCase{
		one("2.1", ""),
		one("2.2", "Hello, world!"),
		one("2.3", "\x00\xFF\xFE\xFD\xFC\xFB\x00\xFF"),
		one("2.4", strings.Repeat("\xFE", 125)),
		{id: "2.5", frames: []frame{ping(strings.Repeat("\xFE", 126))}, verdict: fails(1002)},
		{id: "2.6", frames: []frame{ping(strings.Repeat("\xFE", 125))}, replies: []string{pongReply(strings.Repeat("\xFE", 125))}, verdict: echoes, chop: 1},
		{id: "2.7", frames: []frame{pong("")}, verdict: echoes},
		{id: "2.8", frames: []frame{pong("unsolicited pong payload")}, verdict: echoes},
		{id: "2.9", frames: []frame{pong("unsolicited pong payload"), ping("ping payload")}, replies: []string{pongReply("ping payload")}, verdict: echoes},
		{id: "2.10", frames: many, replies: pongs, verdict: echoes},
		{id: "2.11", frames: many, replies: pongs, verdict: echoes, chop: 1},
	}
}

func reservedBitCases() []conformanceCase {
	const hello, octets = "Hello, world!", "\x00\xFF\xFE\xFD\xFC\xFB\x00\xFF"
	behind := func(id string, rsv byte, chop int) conformanceCase {
		return conformanceCase{id: id, frames: []frame{text(hello), text(hello).reserved(rsv), ping("")},
			replies: []string{textReply(hello)}, verdict: fails(1002), chop: chop}
	}
	return []conformanceCase{
		{id: "3.1", frames: []frame{text(hello).reserved(1)}, verdict: fails(1002)},
		behind("3.2", 2, 0),
		behind("3.3", 3, perFrame),
		behind("3.4", 4, 1),
		{id: "3.5", frames: []frame{binaryOf(octets).reserved(5)}, verdict: fails(1002)},
		{id: "3.6", frames: []frame{binaryOf(hello).reserved(6)}, verdict: fails(1002)},
		{id: "3.6 with a real ping", frames: []frame{ping(hello).reserved(6)}, verdict: fails(1002)},
		{id: "3.7", frames: []frame{closed("").reserved(7)}, verdict: fails(1002)},
	}
}

func reservedOpcodeCases() (cases []conformanceCase) {
	for i, first := range []Opcode{3, 11} {
		for j, p := range []string{"", "reserved opcode payload", "", "Hello, world!", "Hello, world!"} {
			c := conformanceCase{id: fmt.Sprintf("4.%d.%d", i+1, j+1), verdict: fails(1002)}
			bad := frame{op: first + Opcode(j), payload: p}
			c.frames = []frame{bad}
			if j >= 2 {
				c.frames = []frame{text("Hello, world!"), bad, ping("")}
				c.replies = []string{textReply("Hello, world!")}
			}
			cases = append(cases, c)
		}
	}
	return cases
}

func fragmentationCases() []conformanceCase {
	const whole, T, P = "fragment1fragment2", "Hello, world!", "ping payload"
	f1, f2 := text("fragment1").unfinished(), cont("fragment2")
	split := []frame{f1, f2}
	pinged := []frame{f1, ping(P), f2}
	nothing := []frame{cont("non-continuation payload"), text(T)}
	nothingMore := []frame{cont("non-continuation payload").unfinished(), text(T)}
	order := []frame{f1, cont("fragment2").unfinished(), ping("pongme 1!"), cont("fragment3").unfinished(),
		cont("fragment4").unfinished(), ping("pongme 2!"), cont("fragment5")}
	ordered := []string{pongReply("pongme 1!"), pongReply("pongme 2!"), textReply(whole + "fragment3fragment4fragment5")}
	twice := func(first frame) []frame {
		three := []frame{first, text("fragment2").unfinished(), cont("fragment3")}
		return append(three, three...)
	}
	return []conformanceCase{
		{id: "5.1", frames: []frame{ping("fragment1").unfinished(), f2}, verdict: fails(1002)},
		{id: "5.2", frames: []frame{pong("fragment1").unfinished(), f2}, verdict: fails(1002)},
		{id: "5.3", frames: split, replies: []string{textReply(whole)}, verdict: echoes},
		{id: "5.4", frames: split, replies: []string{textReply(whole)}, verdict: echoes, chop: perFrame},
		{id: "5.5", frames: split, replies: []string{textReply(whole)}, verdict: echoes, chop: 1},
		{id: "5.6", frames: pinged, replies: []string{pongReply(P), textReply(whole)}, verdict: echoes},
		{id: "5.7", frames: pinged, replies: []string{pongReply(P), textReply(whole)}, verdict: echoes, chop: perFrame},
		{id: "5.8", frames: pinged, replies: []string{pongReply(P), textReply(whole)}, verdict: echoes, chop: 1},
		{id: "5.9", frames: nothing, verdict: fails(1002)},
		{id: "5.10", frames: nothing, verdict: fails(1002), chop: perFrame},
		{id: "5.11", frames: nothing, verdict: fails(1002), chop: 1},
		{id: "5.12", frames: nothingMore, verdict: fails(1002)},
		{id: "5.13", frames: nothingMore, verdict: fails(1002), chop: perFrame},
		{id: "5.14", frames: nothingMore, verdict: fails(1002), chop: 1},
		{id: "5.15", frames: []frame{f1, f2, cont("fragment3").unfinished(), text("fragment4")}, replies: []string{textReply(whole)}, verdict: fails(1002)},
		{id: "5.16", frames: twice(cont("fragment1").unfinished()), verdict: fails(1002)},
		{id: "5.17", frames: twice(cont("fragment1")), verdict: fails(1002)},
		{id: "5.18", frames: []frame{f1, text("fragment2")}, verdict: fails(1002)},
		{id: "5.19", frames: order, replies: ordered, verdict: echoes},
		{id: "5.20", frames: order, replies: ordered, verdict: echoes, chop: perFrame},
	}
}

func closeCases() (cases []conformanceCase) {
	const hello = "Hello World!"
	echoed := []string{textReply(hello)}
	long := strings.Repeat("BAsd7&jh23", 26215)[:256<<10]
	clean := verdict{replies: []StatusCode{1000}}
	cases = []conformanceCase{
		{id: "7.1.1", frames: []frame{text(hello), closing(1000, "")}, replies: echoed, verdict: clean},
		{id: "7.1.2", frames: []frame{closing(1000, ""), closed("")}, verdict: clean},
		{id: "7.1.3", frames: []frame{closing(1000, ""), ping("")}, verdict: clean},
		{id: "7.1.4", frames: []frame{closing(1000, ""), text(hello)}, verdict: clean},
		{id: "7.1.5", frames: []frame{text("fragment1").unfinished(), closing(1000, ""), cont("fragment2")}, verdict: clean},
		{id: "7.1.6", frames: []frame{text(long), text(hello), closing(1000, ""), ping("")}, replies: []string{textReply(long), textReply(hello)}, verdict: clean},
		{id: "7.3.1", frames: []frame{closed("")}, verdict: verdict{replies: []StatusCode{0}}},
		{id: "7.3.2", frames: []frame{closed("a")}, verdict: fails(1002)},
		{id: "7.3.3", frames: []frame{closing(1000, "")}, verdict: clean},
		{id: "7.3.4", frames: []frame{closing(1000, hello)}, verdict: clean},
		{id: "7.3.5", frames: []frame{closing(1000, strings.Repeat("*", 123))}, verdict: clean},
		{id: "7.3.6", frames: []frame{closing(1000, strings.Repeat("*", 124))}, verdict: fails(1002)},
		{id: "7.5.1", frames: []frame{closing(1000, kosme+"\xED\xA0\x80edited")}, verdict: fails(1002, 1007)},
	}
	add := func(group string, v func(StatusCode) verdict, codes ...StatusCode) {
		for i, code := range codes {
			cases = append(cases, conformanceCase{id: fmt.Sprintf("%s.%d", group, i+1), frames: []frame{closing(code, "")}, verdict: v(code)})
		}
	}
	same := func(code StatusCode) verdict { return verdict{replies: []StatusCode{code}} }
	broken := func(StatusCode) verdict { return fails(1002) }
	add("7.7", same, 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
	add("7.9", broken, 0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999)
	add("7.13", broken, 5000, 65535)
	return cases
}
