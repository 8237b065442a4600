//go:build !linux || !(amd64 || arm64)

// Command loop is an echo server for Linux on amd64 and arm64.
package main

import "log"

func main() { log.Fatal("loop stands on epoll: it runs on Linux, amd64 and arm64") }
