package protocol

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var rewrite = flag.Bool("rewrite", false, "write what the scripts in testdata give into them")

// TestScripts plays the scripts in testdata, one file per section of the RFC.
// A file begins with prose behind "#"; then each script is a packet trace:
//
//	== its name
//	limits message=10             optional: the limits of this script
//	only server                   optional: of one role only
//	< text "Hel" more             a frame comes in (see parseFrame)
//	! close 1000 "bye"            our own side closes; also: wait 5s, eof
//	  ping "x"                    an event, or an order to the driver
//	> pong "x"                    a frame goes out
//
// The lines behind each "<" or "!" are what it causes, and are what -rewrite
// writes. Every script holds for both roles, in every delivery.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 8 {
		t.Fatalf("found %d files, %v", len(files), err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) { runFile(t, name) })
	}
}

func runFile(t *testing.T, name string) {
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	for i, part := range strings.SplitAfter("\n"+string(want), "\n== ") {
		if i == 0 {
			if !strings.HasPrefix(part, "\n# ") {
				t.Fatalf("%s does not begin with prose", name)
			}
			got.WriteString(part[1:])
			continue
		}
		part, more := strings.CutSuffix(part, "\n== ")
		lines := strings.Split(strings.TrimRight(part, "\n"), "\n")
		t.Run(lines[0], func(t *testing.T) {
			got.WriteString(strings.Join(runTranscript(t, lines), "\n") + "\n")
		})
		if more {
			got.WriteString("\n== ")
		}
	}
	if t.Failed() {
		return // what is written here would be what was left of the script
	}
	if *rewrite {
		if err := os.WriteFile(name, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got.String() != string(want) {
		t.Errorf("%s: got\n%s\n(run with -rewrite, and read the difference)", name, got.String())
	}
}

// A transcript is a script in its file.
type transcript struct {
	lines  []string // without what is caused
	script script
	roles  []Role
	places []place // of the frames on the wire
	ends   []int   // octets received with each line
}

// place is where a frame lies on the wire.
type place struct{ head, body, end int }

// runTranscript plays a script for its roles and returns its lines with what
// they cause, which has to be the same for both.
func runTranscript(t *testing.T, lines []string) (got []string) {
	t.Helper()
	for _, role := range []Role{Server, Client} {
		c := parseTranscript(t, lines, role)
		if !slices.Contains(c.roles, role) {
			continue
		}
		written := c.run(t)
		if got != nil && !slices.Equal(got, written) {
			t.Errorf("a server gives\n%s\na client gives\n%s", strings.Join(got, "\n"), strings.Join(written, "\n"))
		}
		got = written
	}
	return got
}

func parseTranscript(t *testing.T, lines []string, role Role) *transcript {
	t.Helper()
	c := &transcript{roles: []Role{Server, Client}, script: script{role: role}}
	for _, line := range lines {
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "", ">": // what is caused
			continue
		case "limits":
			c.script.limits = parseLimits(t, rest)
		case "only":
			c.roles = []Role{map[string]Role{"server": Server, "client": Client}[rest]}
		case "rsv1":
			c.script.rsv1 = true
		case "<":
			f := parseFrame(t, rest)
			at := len(c.script.input)
			c.script.input = f.wire(c.script.input, role)
			end := len(c.script.input)
			c.places = append(c.places, place{at, end - len(f.payload), end})
		case "!":
			c.script.acts = append(c.script.acts, act{len(c.script.input), parseAct(t, rest)})
		}
		c.lines = append(c.lines, line)
		c.ends = append(c.ends, len(c.script.input))
	}
	return c
}

// run plays the script everywhere, then line by line to see what causes what.
func (c *transcript) run(t *testing.T) (written []string) {
	t.Helper()
	all := c.script.everywhere(t)
	shown := 0
	for i, line := range c.lines {
		written = append(written, line)
		// Only the acts up to this line, not others at the same place.
		upTo := c.script
		acts := 0
		for _, l := range c.lines[:i+1] {
			if strings.HasPrefix(l, "!") {
				acts++
			}
		}
		upTo.acts = upTo.acts[:acts]
		e := upTo.play(t, delivery{}, c.ends[i])
		for ; shown < len(e.trace); shown++ {
			s := e.trace[shown]
			written = append(written, c.show(s))
		}
		if !slices.Equal(e.trace, all[:shown]) {
			t.Fatalf("line by line:\n%sat once:\n%s", traceOf(e.trace), traceOf(all))
		}
		e.end()
	}
	if shown != len(all) {
		t.Fatalf("line by line gives %d steps, at once %d", shown, len(all))
	}
	return written
}

// show writes a step so that it is the same for both roles: a failure's place
// by frames, not octets.
func (c *transcript) show(s step) string {
	switch {
	case s.failure():
		return fmt.Sprintf("  %s %s (%s)", s.what, c.where(int(s.at)), s.why)
	case strings.HasPrefix(s.what, ">"):
		return s.String()
	}
	return "  " + s.String()
}

func (c *transcript) where(at int) string {
	for i, p := range c.places {
		switch {
		case at < p.head:
		case at == p.head:
			return fmt.Sprintf("at frame %d", i+1)
		case at >= p.body && at < p.end:
			return fmt.Sprintf("at frame %d, payload octet %d", i+1, at-p.body)
		case at < p.body:
			return fmt.Sprintf("at frame %d, header octet %d", i+1, at-p.head)
		}
	}
	return fmt.Sprintf("behind frame %d", len(c.places))
}

func parseLimits(t *testing.T, fields string) *Limits {
	t.Helper()
	l := new(Limits)
	for _, field := range strings.Fields(fields) {
		name, value, _ := strings.Cut(field, "=")
		n, err := strconv.Atoi(value)
		if err != nil {
			t.Fatal(err)
		}
		switch name {
		case "message":
			l.MaxMessage = int64(n)
		case "fragments":
			l.MaxFragments = n
		case "controls":
			l.MaxControlRate = n
		default:
			t.Fatalf("no limit %q", name)
		}
	}
	return l
}

func parseAct(t *testing.T, line string) func(*endpoint) {
	t.Helper()
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "eof":
		return (*endpoint).transportEnds
	case "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			t.Fatal(err)
		}
		return func(e *endpoint) { e.waits(d) }
	case "close":
		f := parseFrame(t, line)
		code := StatusNoStatus
		if len(f.payload) >= 2 {
			code = StatusCode(f.payload[0])<<8 | StatusCode(f.payload[1])
			f.payload = f.payload[2:]
		}
		return func(e *endpoint) { e.closes(code, f.payload) }
	}
	t.Fatalf("no act %q", line)
	return nil
}

// parseFrame reads a frame as scripts write it: an opcode by name or number
// ("op3"), and in any order "more" (FIN is 0), "rsv1" to "rsv3", "len16" and
// "len64" (the form of the length), "declares N" (the header says so, and the
// payload is what follows), "wrongly-masked" (or not masked, where it has to
// be), and the payload in pieces: "text", [hex], or a status code, the first
// two also times N ("a"*125).
func parseFrame(t *testing.T, line string) (f frame) {
	t.Helper()
	words := splitWords(t, line)
	ops := map[string]Opcode{"cont": OpContinuation, "text": OpText, "binary": OpBinary, "close": OpClose, "ping": OpPing, "pong": OpPong}
	op, ok := ops[words[0]]
	if !ok {
		n, err := strconv.Atoi(strings.TrimPrefix(words[0], "op"))
		if err != nil {
			t.Fatalf("no opcode %q", words[0])
		}
		op = Opcode(n)
	}
	f.op = op
	for i := 1; i < len(words); i++ {
		switch w := words[i]; w {
		case "more":
			f = f.unfinished()
		case "rsv1", "rsv2", "rsv3":
			f = f.reserved(f.rsv | 1<<('3'-w[3]))
		case "len16", "len64":
			f.form, _ = strconv.Atoi(w[3:])
		case "wrongly-masked":
			f = f.maskedWrongly()
		case "declares":
			i++
			n, err := strconv.ParseUint(words[i], 0, 64)
			if err != nil {
				t.Fatal(err)
			}
			f = f.declaring(n)
		default:
			f.payload += parsePiece(t, w)
		}
	}
	return f
}

func parsePiece(t *testing.T, w string) string {
	t.Helper()
	if n, err := strconv.ParseUint(w, 10, 16); err == nil {
		return string([]byte{byte(n >> 8), byte(n)})
	}
	times := 1
	if i := strings.LastIndexByte(w, '*'); i > 0 && (w[i-1] == '"' || w[i-1] == ']') {
		n, err := strconv.Atoi(w[i+1:])
		if err != nil {
			t.Fatal(err)
		}
		w, times = w[:i], n
	}
	var piece string
	var err error
	if w[0] == '[' {
		var octets []byte
		octets, err = hex.DecodeString(strings.ReplaceAll(strings.Trim(w, "[]"), " ", ""))
		piece = string(octets)
	} else {
		piece, err = strconv.Unquote(w)
	}
	if err != nil {
		t.Fatalf("%s: %v", w, err)
	}
	return strings.Repeat(piece, times)
}

// splitWords splits at spaces outside of quotes and brackets.
func splitWords(t *testing.T, line string) (words []string) {
	t.Helper()
	var word []byte
	quoted, bracketed := false, false
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '\\' && quoted:
			word = append(word, line[i:i+2]...)
			i++
			continue
		case c == '"':
			quoted = !quoted
		case c == '[' && !quoted:
			bracketed = true
		case c == ']' && !quoted:
			bracketed = false
		case c == ' ' && !quoted && !bracketed:
			if len(word) > 0 {
				words = append(words, string(word))
			}
			word = nil
			continue
		}
		word = append(word, c)
	}
	if quoted || bracketed || len(word) == 0 {
		t.Fatalf("cannot read %q", line)
	}
	return append(words, string(word))
}
