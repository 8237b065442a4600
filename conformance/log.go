package conformance

import (
	"bytes"
	"fmt"
	"sync"
	"time"
)

// A Side is who sent something.
type Side uint8

// The sides of a connection.
const (
	Suite Side = iota
	Peer
)

func (s Side) String() string {
	if s == Suite {
		return "suite"
	}
	return "peer"
}

// A Frame is a frame in a wire log. Of its payload, already unmasked, the log
// keeps the beginning: Length tells how long it was.
type Frame struct {
	Final   bool
	RSV     byte // RSV1 is 4, RSV2 is 2, RSV3 is 1
	Opcode  Opcode
	Masked  bool
	Length  uint64
	Payload []byte
}

func (f Frame) String() string {
	s := f.Opcode.String()
	if !f.Final {
		s += ", not final"
	}
	if f.RSV != 0 {
		s += fmt.Sprintf(", RSV %03b", f.RSV)
	}
	if f.Masked {
		s += ", masked"
	}
	s += fmt.Sprintf(", %d octets: %q", f.Length, f.Payload)
	if uint64(len(f.Payload)) < f.Length {
		s += "..."
	}
	return s
}

// An Entry is a line of a wire log: a frame, or a Note about anything else,
// such as the opening handshake or the end of the transport.
type Entry struct {
	At    time.Duration // since the case began
	From  Side
	Frame *Frame // nil in a note
	Note  string
}

func (e Entry) String() string {
	if e.Frame != nil {
		return fmt.Sprintf("%8.3fs %-5s %v", e.At.Seconds(), e.From, *e.Frame)
	}
	return fmt.Sprintf("%8.3fs %-5s %s", e.At.Seconds(), e.From, e.Note)
}

const (
	mostEntries = 200 // the first half and the last half are kept
	mostOctets  = 256 // of the payload of a frame
)

// A wireLog collects entries. Both the reader and the player write to it.
type wireLog struct {
	mu      sync.Mutex
	start   time.Time
	entries []Entry
	omitted int
}

func (l *wireLog) frame(from Side, f Frame) {
	f.Payload = bytes.Clone(f.Payload[:min(len(f.Payload), mostOctets)])
	l.add(Entry{From: from, Frame: &f})
}

func (l *wireLog) note(from Side, format string, args ...any) {
	l.add(Entry{From: from, Note: fmt.Sprintf(format, args...)})
}

func (l *wireLog) add(e Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.At = time.Since(l.start)
	if len(l.entries) == mostEntries {
		const half = mostEntries / 2
		copy(l.entries[half:], l.entries[half+1:])
		l.entries[mostEntries-1] = e
		l.omitted++
		return
	}
	l.entries = append(l.entries, e)
}

// taken returns the log as it is now.
func (l *wireLog) taken() (entries []Entry, omitted int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Entry(nil), l.entries...), l.omitted
}
