package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// writeTables writes a table of each scenario, and one of all ratios for each
// run of scenarios that belong together.
func writeTables(w io.Writer, blocks []block) {
	for len(blocks) > 0 {
		n := 1
		for n < len(blocks) && blocks[n].Against == blocks[0].Against {
			n++
		}
		for _, b := range blocks[:n] {
			fmt.Fprintf(w, "\n%s%s: %s\n\n", b.Name, clientsOf(b), b.Title)
			b.write(w)
		}
		writeRatios(w, blocks[:n])
		blocks = blocks[n:]
	}
}

func clientsOf(b block) string {
	if b.Against == "" {
		return ""
	}
	return ", clients of " + b.Against
}

func (b block) write(w io.Writer) {
	switch {
	case b.kind == idle:
		b.writeIdle(w)
	case b.kind == zip:
		b.writeZip(w)
	case b.kind == zipIdle:
		b.writeZipIdle(w)
	case b.Against != "":
		b.writeClients(w)
	default:
		b.writeServers(w)
	}
}

func (b block) writeServers(w io.Writer) {
	row(w, "server", b.unit()+"s/s", "server CPU, us each", "p50, us", "p99, us", "CPU / "+b.Base)
	rule(w, 6)
	for _, s := range b.Programs {
		if s.failed() {
			row(w, s.Program, "failed", "", "", "", "")
			continue
		}
		row(w, s.Program+failures(s), count(s.PerSecond), fixed(s.CPU), fixed(s.P50), fixed(s.P99), ratio(s.Ratio))
	}
}

func (b block) writeClients(w io.Writer) {
	row(w, "client", b.unit()+"s/s", "client CPU, us each", "CPU / "+b.Base)
	rule(w, 4)
	for _, s := range b.Programs {
		if s.failed() {
			row(w, s.Program, "failed", "", "")
			continue
		}
		row(w, s.Program+failures(s), count(s.PerSecond), fixed(s.CPU), ratio(s.Ratio))
	}
}

func (b block) writeIdle(w io.Writer) {
	row(w, "server", "resident bytes a connection", "bytes / "+b.Base)
	rule(w, 3)
	for _, s := range b.Programs {
		row(w, s.Program+failures(s), count(s.Bytes), ratio(s.Ratio))
	}
}

func (b block) writeZip(w io.Writer) {
	row(w, "server", b.unit()+"s/s", "server CPU, us each", "bytes sent to it, each", "bytes received, each", "CPU / "+b.Base)
	rule(w, 6)
	for _, s := range b.Programs {
		if s.failed() {
			row(w, s.Program, "failed", "", "", "", "")
			continue
		}
		row(w, s.Program+failures(s), count(s.PerSecond), fixed(s.CPU), fixed(s.Sent), fixed(s.Received), ratio(s.Ratio))
	}
}

func (b block) writeZipIdle(w io.Writer) {
	row(w, "server", "resident bytes a connection", "behind a collection", "these / "+b.Base)
	rule(w, 4)
	for _, s := range b.Programs {
		row(w, s.Program+failures(s), count(s.Bytes), count(s.Kept), ratio(s.Ratio))
	}
}

// writeRatios shows every program's cost by that of the base, and under them
// the best of the peers, which is above 1 where no peer is cheaper.
func writeRatios(w io.Writer, blocks []block) {
	head, best := []string{"cost / " + blocks[0].Base + clientsOf(blocks[0])}, []string{"best peer"}
	var names []string
	cells := map[string]map[string]float64{}
	for _, b := range blocks {
		head, best = append(head, b.Name), append(best, ratio(b.BestPeer))
		for _, s := range b.Programs {
			if cells[s.Program] == nil {
				names = append(names, s.Program)
				cells[s.Program] = map[string]float64{}
			}
			cells[s.Program][b.Name] = s.Ratio
		}
	}
	fmt.Fprintln(w)
	row(w, head...)
	rule(w, len(head))
	for _, name := range names {
		line := []string{name}
		for _, b := range blocks {
			line = append(line, ratio(cells[name][b.Name]))
		}
		row(w, line...)
	}
	row(w, best...)
}

func row(w io.Writer, cells ...string) { fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | ")) }

func rule(w io.Writer, n int) { fmt.Fprintf(w, "| --- |%s\n", strings.Repeat(" ---: |", n-1)) }

func (s summary) failed() bool { return s.CPU == 0 && s.PerSecond == 0 }

func failures(s summary) string {
	if s.Failed == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d failed)", s.Failed)
}

// ratio prints a comparison; 0 means there is none.
func ratio(r float64) string {
	if r == 0 {
		return "-"
	}
	return strconv.FormatFloat(r, 'f', 2, 64)
}

// fixed prints three significant digits or more.
func fixed(v float64) string {
	switch {
	case v < 10:
		return strconv.FormatFloat(v, 'f', 3, 64)
	case v < 100:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return count(v)
}

// count prints a whole number in groups of three.
func count(v float64) string {
	s := strconv.FormatFloat(v, 'f', 0, 64)
	digits := strings.TrimPrefix(s, "-")
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return s[:len(s)-len(strings.TrimPrefix(s, "-"))] + digits
}
