//go:build !linux || !(amd64 || arm64 || riscv64 || loong64 || ppc64le)

package poll

// System is the network of the operating system.
var System Network = NewPortable()
