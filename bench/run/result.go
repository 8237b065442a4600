package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// An entry is the outcome of one measurement.
type entry struct {
	Scenario string `json:"scenario"`
	Against  string `json:"against,omitempty"`
	Program  string `json:"program"`
	Round    int    `json:"round"`
	sample
	Failed string `json:"failed,omitempty"`
}

func (e entry) String() string {
	switch {
	case e.Failed != "":
		return "FAILED: " + e.Failed
	case e.Kept != 0:
		return fmt.Sprintf("%.0f bytes a connection, %.0f behind a collection", e.Bytes, e.Kept)
	case e.Bytes != 0:
		return fmt.Sprintf("%.0f bytes a connection", e.Bytes)
	case e.Received != 0:
		return fmt.Sprintf("%.0f/s, %.3f us of CPU each, %.0f bytes in, %.0f out", e.PerSecond, e.CPU, e.Sent, e.Received)
	}
	return fmt.Sprintf("%.0f/s, %.3f us of CPU each", e.PerSecond, e.CPU)
}

// A summary is what all rounds of a program in a scenario come to.
type summary struct {
	Program string `json:"program"`
	sample         // medians
	// Ratio is this program's cost by that of the base: CPU time, or bytes for
	// idle connections. 0 when there is no base.
	Ratio  float64 `json:"ratio"`
	Failed int     `json:"failed,omitempty"` // rounds
}

// A block is a scenario with its summaries.
type block struct {
	scenario
	Base     string    `json:"base"`
	Programs []summary `json:"programs"`
	// BestPeer is the smallest ratio of a peer, 0 if there is none.
	BestPeer float64 `json:"best_peer"`
}

// results is the file written.
type results struct {
	Machine machine `json:"machine"`
	Timing  timing  `json:"timing"`
	Rounds  int     `json:"rounds"`
	Blocks  []block `json:"scenarios"`
	Entries []entry `json:"runs"`
}

// write stores r as dir/name.json and returns the path.
func (r results) write(dir, name string) (string, error) {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(dir, name+".json")
	return path, os.WriteFile(path, append(text, '\n'), 0o644)
}
