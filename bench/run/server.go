package main

import "slices"

// A server is one of the programs compared.
type server struct {
	name string
	// dir is the Go package to build, relative to bench/. Servers with the
	// same dir are the same program with other arguments. Empty: a C program.
	dir  string
	args []string // in front of the address
	idle []string // more of them when memory is measured
	raw  bool     // echoes bytes, without WebSocket
}

var servers = []server{
	{name: "duplex", dir: "../cmd/duplex", args: []string{"echo", "--addr"}},
	{name: "gorilla", dir: "./peers/gorilla", args: []string{"-addr"}, idle: []string{"-pool"}},
	{name: "gorilla-plain", dir: "./peers/gorilla", args: []string{"-plain", "-addr"}, idle: []string{"-pool"}},
	{name: "coder", dir: "./peers/coder", args: []string{"-addr"}},
	{name: "coder-plain", dir: "./peers/coder", args: []string{"-plain", "-addr"}},
	{name: "gobwas", dir: "./peers/gobwas", args: []string{"-addr"}},
	{name: "gobwasbatch", dir: "./peers/gobwasbatch", args: []string{"-addr"}},
	{name: "gws", dir: "./peers/gws", args: []string{"-addr"}},
	{name: "loop", dir: "./loop", args: []string{"-addr"}},
	{name: "loopraw", dir: "./loopraw", args: []string{"-addr"}},
	{name: "rawecho", raw: true},
}

// command returns the arguments of a process that listens on a free port.
func (s server) command(k kind) []string {
	if s.raw {
		return []string{"0"}
	}
	args := slices.Concat(s.args, []string{"127.0.0.1:0"})
	if k == idle {
		args = append(args, s.idle...)
	}
	return args
}

// can reports whether the scenario makes sense for the server.
func (s server) can(sc scenario) bool { return !s.raw || sc.kind == echo }

func pickServers(names []string) ([]server, error) {
	return pick(servers, names, func(s server) string { return s.name })
}
