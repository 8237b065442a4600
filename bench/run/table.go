package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// writeTables writes a table of each scenario and one of all ratios.
func writeTables(w io.Writer, blocks []block, base string) {
	for _, b := range blocks {
		fmt.Fprintf(w, "\n%s: %s\n\n", b.Name, b.Title)
		if b.kind == idle {
			writeIdle(w, b, base)
		} else {
			writeBlock(w, b, base)
		}
	}
	writeRatios(w, blocks, base)
}

func writeBlock(w io.Writer, b block, base string) {
	row(w, "server", b.unit()+"s/s", "server CPU, us each", "p50, us", "p99, us", "CPU / "+base)
	rule(w, 6)
	for _, s := range b.Servers {
		if s.CPU == 0 && s.PerSecond == 0 {
			row(w, s.Server, "failed", "", "", "", "")
			continue
		}
		row(w, s.Server+failures(s), count(s.PerSecond), fixed(s.CPU), fixed(s.P50), fixed(s.P99), ratio(s.Ratio))
	}
}

func writeIdle(w io.Writer, b block, base string) {
	row(w, "server", "resident bytes a connection", "bytes / "+base)
	rule(w, 3)
	for _, s := range b.Servers {
		row(w, s.Server+failures(s), count(s.Bytes), ratio(s.Ratio))
	}
}

// writeRatios shows every server's cost by that of the base.
func writeRatios(w io.Writer, blocks []block, base string) {
	head := []string{"cost / " + base}
	var names []string
	cells := map[string]map[string]float64{}
	for _, b := range blocks {
		head = append(head, b.Name)
		for _, s := range b.Servers {
			if cells[s.Server] == nil {
				names = append(names, s.Server)
				cells[s.Server] = map[string]float64{}
			}
			cells[s.Server][b.Name] = s.Ratio
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
}

func row(w io.Writer, cells ...string) { fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | ")) }

func rule(w io.Writer, n int) { fmt.Fprintf(w, "| --- |%s\n", strings.Repeat(" ---: |", n-1)) }

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
