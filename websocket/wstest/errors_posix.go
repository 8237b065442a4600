//go:build !windows && !plan9

package wstest

import "syscall"

var (
	reset   = []error{syscall.ECONNRESET}
	refused = []error{syscall.ECONNREFUSED}
)
