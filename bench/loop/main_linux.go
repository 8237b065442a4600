//go:build linux && (amd64 || arm64)

// Command loop is an echo server on package protocol and the transport of
// bench/epollecho: everything RFC 6455 asks of a server is checked. Held
// against bench/loopraw, it shows what the core costs an event loop.
//
// Left out: deadlines (the transport has no clock), and reading on until the
// peer has ended its half behind the closing handshake.
package main

import "github.com/duplexws/duplex/bench/epollecho"

func main() { epollecho.Main(newEcho()) }
