package wstest

import "syscall"

// The first of each is what package syscall has invented to be portable, the
// other what Windows says
// (https://learn.microsoft.com/windows/win32/winsock/windows-sockets-error-codes-2).
var (
	reset   = []error{syscall.ECONNRESET, syscall.WSAECONNRESET}
	refused = []error{syscall.ECONNREFUSED, syscall.Errno(10061)} // WSAECONNREFUSED
)
