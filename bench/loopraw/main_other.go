//go:build !linux || !(amd64 || arm64)

// Command loopraw is an echo server for Linux on amd64 and arm64.
package main

import "log"

func main() { log.Fatal("loopraw stands on epoll: it runs on Linux, amd64 and arm64") }
