package main

import (
	"path/filepath"
	"slices"
)

// A program is one of those compared: an echo server, or a client of one.
type program struct {
	name string
	// dir is the Go package to build, relative to bench/. Programs with the
	// same dir are the same with other arguments. Empty: a C program.
	dir  string
	args []string // in front of the others
	idle []string // more of them when memory is measured
	raw  bool     // echoes bytes, without WebSocket
	zips bool     // for the scenarios with compression, and for no others
	peer bool     // another library's
}

// listen is the argument of the servers here; the address comes after it.
var listen = []string{"-addr"}

var servers = []program{
	{name: "duplex", dir: "../cmd/duplex", args: []string{"echo", "--addr"}},
	{name: "gorilla", dir: "./peers/gorilla", args: listen, idle: []string{"-pool"}, peer: true},
	{name: "gorilla-plain", dir: "./peers/gorilla", args: []string{"-plain", "-addr"}, idle: []string{"-pool"}, peer: true},
	{name: "coder", dir: "./peers/coder", args: listen, peer: true},
	{name: "coder-plain", dir: "./peers/coder", args: []string{"-plain", "-addr"}, peer: true},
	{name: "gobwas", dir: "./peers/gobwas", args: listen, peer: true},
	{name: "gobwasbatch", dir: "./peers/gobwasbatch", args: listen, peer: true},
	{name: "gws", dir: "./peers/gws", args: listen, peer: true},
	{name: "loop", dir: "./loop", args: listen},
	{name: "eventloop", dir: "./eventloop", args: listen},
	{name: "loopraw", dir: "./loopraw", args: listen},
	{name: "rawecho", raw: true},

	{name: "duplex-off", dir: "./zipecho", args: []string{"-tier", "off", "-addr"}, zips: true},
	{name: "duplex-stateless", dir: "./zipecho", args: []string{"-tier", "stateless", "-addr"}, zips: true},
	{name: "duplex-history", dir: "./zipecho", args: []string{"-tier", "history", "-addr"}, zips: true},
	{name: "duplex-takeover", dir: "./zipecho", args: []string{"-tier", "takeover", "-addr"}, zips: true},
	{name: "gorilla-deflate", dir: "./peers/gorilla", args: []string{"-deflate", "-addr"}, idle: []string{"-pool"}, zips: true, peer: true},
	{name: "gws-deflate", dir: "./peers/gws", args: []string{"-deflate", "-addr"}, zips: true, peer: true},
	{name: "gws-takeover", dir: "./peers/gws", args: []string{"-deflate", "-takeover", "-addr"}, zips: true, peer: true},
	{name: "gws-takeover15", dir: "./peers/gws", args: []string{"-deflate", "-takeover", "-bits", "15", "-addr"}, zips: true, peer: true},
}

var clients = []program{
	{name: "duplex", dir: "./clients/duplex"},
	{name: "duplex-into", dir: "./clients/duplex", args: []string{"-into"}},
	{name: "gorilla", dir: "./clients/gorilla", peer: true},
	{name: "coder", dir: "./clients/coder", peer: true},
	{name: "gobwas", dir: "./clients/gobwas", peer: true},
	{name: "gobwasbatch", dir: "./clients/gobwas", args: []string{"-batch", "-buf", "16384"}, peer: true},
	{name: "gws", dir: "./clients/gws", peer: true},
}

// command returns the arguments of a server that listens on a free port.
func (p program) command(k kind) []string {
	if p.raw {
		return []string{"0"}
	}
	args := slices.Concat(p.args, []string{"127.0.0.1:0"})
	if k.ofMemory() {
		args = append(args, p.idle...)
	}
	return args
}

// can reports whether the scenario makes sense for the program.
func (p program) can(sc scenario) bool {
	if sc.kind.zips() != p.zips {
		return false
	}
	return !p.raw || sc.kind == echo
}

// file is what the program is called once it is built.
func (p program) file() string {
	if p.dir == "" {
		return p.name
	}
	return filepath.Base(filepath.Dir(p.dir)) + "-" + filepath.Base(p.dir)
}

func pickPrograms(all []program, names []string) ([]program, error) {
	return pick(all, names, func(p program) string { return p.name })
}
