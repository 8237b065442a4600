package hostile

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// A Log is where a server under attack logs to. It judges every line.
type Log struct {
	mu     sync.Mutex
	lines  int
	faults []string
}

// maxLine is the longest line that a log may have.
const maxLine = 4 << 10

// Write takes one record, as log and slog write it.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines++
	line := bytes.TrimSuffix(p, []byte("\n"))
	switch {
	case bytes.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7F || r == 0xFFFD }):
		l.fault("octets that are no text in the log: %.200q", line)
	case len(line) > maxLine:
		l.fault("a line of %d octets in the log: %.200q", len(line), line)
	case strings.Contains(strings.ToLower(string(line)), "panic"):
		l.fault("a panic in the log: %.2000q", line)
	}
	return len(p), nil
}

func (l *Log) fault(format string, args ...any) {
	if len(l.faults) < 10 {
		l.faults = append(l.faults, fmt.Sprintf(format, args...))
	}
}

// Check reports what was wrong with the log so far.
func (l *Log) Check(t testing.TB) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.faults {
		t.Error(f)
	}
}
