//go:build linux && (amd64 || arm64)

// Command loopraw is an echo server as fast as this transport allows: frames
// are parsed by hand in the loop, and nothing of the protocol is checked that
// an echo under load can do without. It is what bench/loop, the same on
// package protocol, is held against.
//
// Left out: the rules of fragmentation (frames are echoed one by one), text
// that is cut into fragments, reserved bits, minimal lengths, close codes.
package main

import "github.com/duplexws/duplex/bench/epollecho"

func main() { epollecho.Main(&echo{}) }
