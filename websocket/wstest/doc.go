// Package wstest is for tests of programs that use package websocket: what
// connects two ends within the process.
package wstest
