package main

import (
	"fmt"
	"strconv"
	"time"
)

// kind is how a scenario is measured.
type kind int

const (
	echo    kind = iota // messages echoed: throughput, CPU, latency
	rate                // opening handshakes: the same figures, per handshake
	idle                // resident memory per connection
	zip                 // compressed messages echoed: bytes on the wire beside the rest
	zipIdle             // resident memory per connection that has compressed
)

// ofMemory reports whether memory is measured.
func (k kind) ofMemory() bool { return k == idle || k == zipIdle }

// zips reports whether messages are compressed.
func (k kind) zips() bool { return k == zip || k == zipIdle }

// A scenario is one workload.
type scenario struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	// Against is the echo server whose clients are compared. Empty: servers are.
	Against string `json:"against,omitempty"`
	kind    kind
	conns   int
	size    int
	depth   int
}

var scenarios = []scenario{
	{Name: "a", Title: "100 connections, 64 B, depth 1", conns: 100, size: 64, depth: 1},
	{Name: "b", Title: "100 connections, 64 B, depth 16", conns: 100, size: 64, depth: 16},
	{Name: "c", Title: "1000 connections, 512 B, depth 1", conns: 1000, size: 512, depth: 1},
	{Name: "d", Title: "10 connections, 16 KiB, depth 4", conns: 10, size: 16 << 10, depth: 4},
	{Name: "e", Title: "10 connections, 1 MiB, depth 1", conns: 10, size: 1 << 20, depth: 1},
	{Name: "idle", Title: "idle connections after one echo each", kind: idle, size: 64, depth: 1},
	{Name: "rate", Title: "opening handshakes, 64 under way", kind: rate, conns: 64, size: 64, depth: 1},

	{Name: "z128", Title: "100 connections, JSON of 128 B, depth 1", kind: zip, conns: 100, size: 128},
	{Name: "z1k", Title: "100 connections, JSON of 1 KiB, depth 1", kind: zip, conns: 100, size: 1 << 10},
	{Name: "z16k", Title: "10 connections, JSON of 16 KiB, depth 1", kind: zip, conns: 10, size: 16 << 10},
	{Name: "zidle", Title: "1000 idle connections after 40 messages of 1 KiB each", kind: zipIdle, conns: 1000, size: 1 << 10},
}

// zipEach is how many messages make a connection's windows full: 40 of 1 KiB.
const zipEach = 40

// timing is how long the parts of a measurement take.
type timing struct {
	Secs   float64 `json:"secs"`   // measured
	Warm   float64 `json:"warm"`   // before that
	Settle float64 `json:"settle"` // idle: between the last echo and the look at the memory
}

// loadArgs returns wsload's arguments.
func (sc scenario) loadArgs(t timing, raw bool) []string {
	args := []string{"-b", "-u", "/echo", "-c", strconv.Itoa(sc.conns),
		"-s", strconv.Itoa(sc.size), "-d", strconv.Itoa(sc.depth)}
	switch {
	case sc.kind == idle:
		// It holds the connections a second longer than they are looked at.
		return append(args, "-m", "idle", "-k", "-w", "0", "-t", seconds(t.Settle+1))
	case sc.kind == rate:
		args = append(args, "-m", "rate")
	case raw:
		args = append(args, "-m", "raw")
	}
	return append(args, "-w", seconds(t.Warm), "-t", seconds(t.Secs))
}

// zipArgs returns zipload's.
func (sc scenario) zipArgs(t timing) []string {
	args := []string{"-c", strconv.Itoa(sc.conns), "-s", strconv.Itoa(sc.size)}
	if sc.kind == zipIdle {
		return append(args, "-n", strconv.Itoa(zipEach), "-t", seconds(t.Settle+1))
	}
	return append(args, "-w", seconds(t.Warm), "-t", seconds(t.Secs))
}

func seconds(s float64) string { return strconv.FormatFloat(s, 'f', -1, 64) }

// overhead is what starting and stopping a server takes, roughly.
const overhead = 400 * time.Millisecond

// takes estimates the time of one measurement.
func (sc scenario) takes(t timing) time.Duration {
	if sc.kind.ofMemory() {
		opening := float64(sc.conns) / 10_000
		return overhead + time.Duration((t.Settle+1+opening)*1e9)
	}
	return overhead + time.Duration((t.Secs+t.Warm)*1e9)
}

// unit is what msgs/s and CPU count in this scenario.
func (sc scenario) unit() string {
	if sc.kind == rate {
		return "handshake"
	}
	return "message"
}

func pickScenarios(names []string, idleConns int) ([]scenario, error) {
	picked, err := pick(scenarios, names, func(sc scenario) string { return sc.Name })
	for i := range picked {
		if picked[i].kind == idle {
			picked[i].conns = idleConns
			picked[i].Title = fmt.Sprintf("%d %s", idleConns, picked[i].Title)
		}
	}
	return picked, err
}

// pick returns those of all that are named, in the order of names.
func pick[T any](all []T, names []string, name func(T) string) ([]T, error) {
	var picked []T
next:
	for _, want := range names {
		for _, v := range all {
			if name(v) == want {
				picked = append(picked, v)
				continue next
			}
		}
		known := make([]string, len(all))
		for i, v := range all {
			known[i] = name(v)
		}
		return nil, fmt.Errorf("%q is none of %q", want, known)
	}
	return picked, nil
}
