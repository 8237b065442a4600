package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/duplexws/duplex/conformance"
)

// ReadKnown reads a baseline. The error names the line that is not understood.
func ReadKnown(r io.Reader) (*Known, error) {
	p := knownParser{k: new(Known), seen: make(map[[2]string]int)}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		if err := p.line(n, strings.TrimSpace(lines.Text())); err != nil {
			return nil, fmt.Errorf("report: line %d of the known faults: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("report: the known faults: %w", err)
	}
	p.k.head = slices.Concat(p.k.head, p.above)
	return p.k, nil
}

// A knownParser reads a baseline line by line.
type knownParser struct {
	k     *Known
	agent string
	above []string          // comments that belong to what follows
	begun bool              // the head is over
	seen  map[[2]string]int // the line in which a case stands
}

func (p *knownParser) line(n int, line string) error {
	switch {
	case line == "" && !p.begun && len(p.above) > 0:
		p.k.head, p.above, p.begun = p.above, nil, true
		return nil
	case line == "":
		return nil
	case line[0] == '#':
		p.above = append(p.above, line)
		return nil
	case line[0] == '[':
		p.begun = true
		return p.name(line)
	}
	p.begun = true
	f, err := parseFault(line)
	if err != nil {
		return err
	}
	f.agent, f.above, p.above = p.agent, p.above, nil
	key := [2]string{f.agent, f.id}
	if first := p.seen[key]; first > 0 {
		return fmt.Errorf("case %s stands in line %d already", f.id, first)
	}
	p.seen[key] = n
	p.k.known = append(p.k.known, f)
	return nil
}

// name reads the line in front of the faults of one agent.
func (p *knownParser) name(line string) (err error) {
	name, ok := strings.CutSuffix(line[1:], "]")
	if strings.HasPrefix(name, `"`) {
		name, err = strconv.Unquote(name)
	} else {
		name = strings.TrimSpace(name)
		ok = ok && name != "" && !strings.ContainsAny(name, "[]")
	}
	if !ok || err != nil {
		return fmt.Errorf("%q: write the name of an agent in brackets", line)
	}
	p.agent = name
	return nil
}

func parseFault(line string) (*fault, error) {
	line, comment, _ := strings.Cut(line, "#")
	id, rest, ok := strings.Cut(line, ":")
	f := &fault{id: strings.TrimSpace(id), comment: strings.TrimSpace(comment)}
	if !ok || !number.MatchString(f.id) {
		return nil, fmt.Errorf("%q: write the number of a case and its verdict, such as 6.4.1: NON-STRICT", line)
	}
	verdict, closing, closes := strings.Cut(rest, ", close ")
	verdict, closing = strings.TrimSpace(verdict), strings.TrimSpace(closing)
	if f.verdict, ok = verdictOf(verdict); !ok {
		return nil, fmt.Errorf("%q is no verdict", verdict)
	}
	if closes {
		if f.closing, ok = closeOf(closing); !ok {
			return nil, fmt.Errorf("%q is no verdict on closing", closing)
		}
	}
	if r := (conformance.Result{Verdict: f.verdict, Close: f.closing}); r.Passed(true) {
		return nil, errors.New("a case that passes is no known fault")
	}
	return f, nil
}
